//! The RPCs with any number of small answers: ListFlights and ListActions, and what DoAction
//! shares with them.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wingbeat_wire::grpc::frame;
use wingbeat_wire::message::{Criteria, Empty, Message};

use super::request::read_one;
use super::{Answer, Call};
use crate::{ReplyStream, Result};

pub(super) fn list_flights(call: Call) -> Answer {
    many(async move {
        let criteria: Criteria = read_one(call.body, call.dispatcher.limits()).await?;
        call.dispatcher.service.dyn_list_flights(&call.cx, criteria).await
    })
}

pub(super) fn list_actions(call: Call) -> Answer {
    many(async move {
        let Empty {} = read_one(call.body, call.dispatcher.limits()).await?;
        call.dispatcher.service.dyn_list_actions(&call.cx).await
    })
}

pub(super) fn many<M: Message + 'static>(
    answers: impl Future<Output = Result<ReplyStream<M>>> + Send + 'static,
) -> Answer {
    let answers = stream::once(answers).try_flatten();
    Box::pin(answers.map(|answer| Ok(frame(answer?.encode()))))
}
