//! Handshake.

use std::time::Duration;

use tokio::time::timeout;
use wingbeat_net::Messages;
use wingbeat_wire::Limits;
use wingbeat_wire::grpc::{MessageDeframer, frame};
use wingbeat_wire::message::{HandshakeResponse, Message as _};

use super::driven::{Driven, Queue};
use super::{Answer, Call};
use crate::auth::{Gate, not_authenticated, unfit_token};
use crate::stream::Incoming;
use crate::{AuthAttempt, CallContext, Code, Handshake, Method, Result};

/// How large a message may be from somebody who has not said yet who it is: credentials are not
/// longer than what headers hold.
const STRANGERS_MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// How long somebody may take to say who it is.
const STRANGERS_PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn handshake(call: Call) -> Answer {
    let features = call.dispatcher.features.clone();
    let is_closed = features.gate().is_closed();
    let deframer = MessageDeframer::new(&call.dispatcher.request_limits(Method::Handshake));
    let requests = Incoming::new(Messages::from_request(call.body, deframer));
    let (handshake, responses) = Handshake::new(requests, call.waiting);
    let handler = async move {
        match is_closed {
            true => introduce(features.gate(), &call.cx, handshake).await,
            false => call.dispatcher.service.dyn_handshake(&call.cx, handshake).await,
        }
    };
    let answers = Queue::new(responses, |response: HandshakeResponse| frame(response.encode()));
    Box::pin(Driven::new(handler, answers))
}

/// The handshake of a server that lets in only whom it knows: credentials for a token.
async fn introduce(gate: &Gate, cx: &CallContext, mut handshake: Handshake) -> Result<()> {
    let presented = timeout(STRANGERS_PATIENCE, handshake.credentials(cx)).await;
    let presented = presented.map_err(|_| {
        not_authenticated(None, "the handshake waited for credentials, and none came")
    })?;
    let credentials = presented.map_err(|error| match error.code() {
        Code::Unauthenticated => not_authenticated(None, error.message()),
        _ => error,
    })?;
    let found = gate.authenticate(&AuthAttempt::of_handshake(cx, &credentials)).await?;
    tracing::Span::current().record("user", found.identity().as_str());
    let Some(token) = found.token() else { return Ok(()) };
    let token = std::str::from_utf8(token.as_bytes()).map_err(|_| unfit_token())?;
    handshake.grant(cx, token).await
}

/// These limits for somebody who has not said yet who it is.
pub(super) fn strangers_limits(limits: &Limits) -> Limits {
    let mut limits = limits.clone();
    limits.message_bytes_max = limits.message_bytes_max.min(STRANGERS_MESSAGE_BYTES_MAX);
    limits
}
