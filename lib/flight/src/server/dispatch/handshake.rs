//! Handshake.

use wingbeat_net::Messages;
use wingbeat_wire::grpc::{MessageDeframer, frame};
use wingbeat_wire::message::{HandshakeResponse, Message as _};

use super::driven::{Driven, Queue};
use super::{Answer, Call};
use crate::Handshake;
use crate::stream::Incoming;

pub(super) fn handshake(call: Call) -> Answer {
    let deframer = MessageDeframer::new(call.dispatcher.limits());
    let requests = Incoming::new(Messages::from_request(call.body, deframer));
    let (handshake, responses) = Handshake::new(requests, call.waiting);
    let handler = async move { call.dispatcher.service.dyn_handshake(&call.cx, handshake).await };
    let answers = Queue::new(responses, |response: HandshakeResponse| frame(response.encode()));
    Box::pin(Driven::new(handler, answers))
}
