//! The RPCs with any number of small answers: ListFlights and ListActions, and what DoAction
//! shares with them.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wingbeat_wire::grpc::frame;
use wingbeat_wire::message::{Criteria, Empty, FlightInfo, Message};

use super::request::read_one;
use super::{Answer, Call};
use crate::{CallContext, Code, ReplyStream, Resource, Result};

pub(super) fn list_flights(call: Call) -> Answer {
    many(async move {
        let criteria: Criteria = read_one(call.body, call.dispatcher.limits()).await?;
        call.cx.check(Resource::Service).await?;
        let flights = call.dispatcher.service.dyn_list_flights(&call.cx, criteria).await?;
        Ok(only_visible(call.cx, flights))
    })
}

pub(super) fn list_actions(call: Call) -> Answer {
    many(async move {
        let Empty {} = read_one(call.body, call.dispatcher.limits()).await?;
        call.cx.check(Resource::Service).await?;
        call.dispatcher.service.dyn_list_actions(&call.cx).await
    })
}

/// Leaves out the flights that the caller may not see, and those that nobody can be asked about.
fn only_visible(cx: CallContext, flights: ReplyStream<FlightInfo>) -> ReplyStream<FlightInfo> {
    if !cx.has_authorizers() {
        return flights;
    }
    ReplyStream::from_stream(flights.try_filter_map(move |info| {
        let cx = cx.clone();
        async move {
            let Some(descriptor) = &info.flight_descriptor else { return Ok(None) };
            match cx.check(Resource::Descriptor(descriptor)).await {
                Ok(()) => Ok(Some(info)),
                Err(error) if error.code() == Code::PermissionDenied => Ok(None),
                Err(error) => Err(error),
            }
        }
    }))
}

pub(super) fn many<M: Message + 'static>(
    answers: impl Future<Output = Result<ReplyStream<M>>> + Send + 'static,
) -> Answer {
    let answers = stream::once(answers).try_flatten();
    Box::pin(answers.map(|answer| Ok(frame(answer?.encode()))))
}
