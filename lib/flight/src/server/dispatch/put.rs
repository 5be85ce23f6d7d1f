//! DoPut.

use wingbeat_wire::grpc::frame;
use wingbeat_wire::message::{Message as _, PutResult};

use super::driven::{Driven, Queue};
use super::{Answer, Call};
use crate::stream::AckSender;
use crate::{Resource, Upload};

pub(super) fn do_put(call: Call) -> Answer {
    let (acks, results) = AckSender::new();
    let handler = async move {
        let mut reader = call.dispatcher.data_reader(call.body);
        let descriptor = reader.read_descriptor().await?;
        call.cx.check(Resource::Descriptor(&descriptor)).await?;
        reader.watch(call.waiting);
        let upload = Upload::new(descriptor, reader, acks);
        call.dispatcher.service.dyn_do_put(&call.cx, upload).await
    };
    Box::pin(Driven::new(handler, Queue::new(results, |result: PutResult| frame(result.encode()))))
}
