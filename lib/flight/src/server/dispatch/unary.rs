//! The RPCs with one answer: GetFlightInfo, PollFlightInfo and GetSchema.

use futures_util::stream;
use wingbeat_wire::grpc::frame;
use wingbeat_wire::message::{FlightDescriptor, Message};

use super::request::read_one;
use super::{Answer, Call};
use crate::{Resource, Result};

pub(super) fn get_flight_info(call: Call) -> Answer {
    one(async move {
        let service = &call.dispatcher.service;
        let asked: FlightDescriptor = read_one(call.body, call.dispatcher.limits()).await?;
        call.cx.check(Resource::Descriptor(&asked)).await?;
        let mut info = service.dyn_get_flight_info(&call.cx, asked.clone()).await?;
        info.flight_descriptor.get_or_insert(asked);
        Ok(info)
    })
}

pub(super) fn poll_flight_info(call: Call) -> Answer {
    one(async move {
        let service = &call.dispatcher.service;
        let asked: FlightDescriptor = read_one(call.body, call.dispatcher.limits()).await?;
        call.cx.check(Resource::Descriptor(&asked)).await?;
        let mut poll = service.dyn_poll_flight_info(&call.cx, asked.clone()).await?;
        if let Some(info) = &mut poll.info {
            info.flight_descriptor.get_or_insert(asked);
        }
        Ok(poll)
    })
}

pub(super) fn get_schema(call: Call) -> Answer {
    one(async move {
        let service = &call.dispatcher.service;
        let asked: FlightDescriptor = read_one(call.body, call.dispatcher.limits()).await?;
        call.cx.check(Resource::Descriptor(&asked)).await?;
        service.dyn_get_schema(&call.cx, asked).await
    })
}

fn one<M: Message>(answer: impl Future<Output = Result<M>> + Send + 'static) -> Answer {
    Box::pin(stream::once(async { Ok(frame(answer.await?.encode())) }))
}
