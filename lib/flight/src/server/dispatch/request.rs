//! Requests of one message.

use wingbeat_net::{Body, Messages};
use wingbeat_wire::Limits;
use wingbeat_wire::grpc::MessageDeframer;
use wingbeat_wire::message::Message;

use crate::{Code, Error, Origin, Result};

/// Reads the one message of a request, and the end after it.
pub(super) async fn read_one<M: Message>(body: Body, limits: &Limits) -> Result<M> {
    let mut messages = Messages::from_request(body, MessageDeframer::new(limits));
    let Some(message) = messages.next().await.map_err(Error::from_status)? else {
        return Err(Error::invalid_argument("the request has no message, expected one"));
    };
    if messages.next().await.map_err(Error::from_status)?.is_some() {
        return Err(Error::invalid_argument("the request has several messages, expected one"));
    }
    M::decode(message)
        .map_err(|error| Error::from_decode(&error, Code::InvalidArgument))
        .map_err(|error| error.with_origin(Origin::Caller))
}
