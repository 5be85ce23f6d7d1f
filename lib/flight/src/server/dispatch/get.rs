//! DoGet.

use futures_util::{TryStreamExt as _, stream};
use wingbeat_wire::message::Ticket;

use super::request::read_one;
use super::{Answer, Call};
use crate::stream::EncodeStream;
use crate::{Error, Resource};

pub(super) fn do_get(call: Call) -> Answer {
    let messages = async move {
        let ticket: Ticket = read_one(call.body, call.dispatcher.limits()).await?;
        call.cx.check(Resource::Ticket(&ticket)).await?;
        let batches = call.dispatcher.service.dyn_do_get(&call.cx, ticket).await?;
        let options = call.dispatcher.options.encode.clone();
        Ok::<_, Error>(EncodeStream::new(batches, options, call.limit, None))
    };
    Box::pin(stream::once(messages).try_flatten())
}
