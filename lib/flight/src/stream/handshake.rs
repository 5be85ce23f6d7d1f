//! [`Handshake`]: the messages of a Handshake, on a server.

use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use http::header;
use tokio::sync::mpsc;
use wingbeat_wire::grpc::MessageDeframer;
use wingbeat_wire::message::{HandshakeRequest, HandshakeResponse, Message as _};

use super::{Incoming, Waiting};
use crate::auth::granting_header;
use crate::{CallContext, Code, Credentials, Error, Result};

/// How many answers may wait for the client.
const RESPONSES_MAX: usize = 4;

/// What a client says before its first call, and the way to answer. Any number of messages go
/// back and forth; the handshake is over when the handler returns.
pub struct Handshake {
    requests: Incoming<MessageDeframer>,
    responses: mpsc::Sender<HandshakeResponse>,
    waiting: Waiting,
    /// Whether the credentials came in a request.
    by_payload: bool,
}

impl Handshake {
    pub(crate) fn new(
        requests: Incoming<MessageDeframer>,
        waiting: Waiting,
    ) -> (Self, mpsc::Receiver<HandshakeResponse>) {
        let (responses, rx) = mpsc::channel(RESPONSES_MAX);
        (Self { requests, responses, waiting, by_payload: false }, rx)
    }

    /// The client's next message; `None` when it has finished.
    ///
    /// # Errors
    /// When the handshake broke off or makes no sense.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<HandshakeRequest>> {
        let message = poll_fn(|cx| {
            let poll: Poll<_> = self.requests.poll_next(cx);
            self.waiting.set(poll.is_pending());
            poll
        })
        .await?;
        let request = message.map(HandshakeRequest::decode).transpose();
        request.map_err(|error| Error::from_decode(&error, Code::InvalidArgument))
    }

    /// The credentials that the client presents: in the headers of the call, else as a
    /// [`BasicAuth`](crate::BasicAuth) message in its first request.
    ///
    /// # Errors
    /// UNAUTHENTICATED when there are none or they are malformed, or that the handshake broke off.
    pub async fn credentials(&mut self, cx: &CallContext) -> Result<Credentials> {
        if let Some(credentials) = Credentials::from_headers(cx.headers())? {
            return Ok(credentials);
        }
        match self.next().await? {
            Some(request) => {
                self.by_payload = true;
                Credentials::from_payload(request.payload)
            }
            None => Err(Error::unauthenticated("the handshake presents no credentials")),
        }
    }

    /// Hands out a token, to be presented from now on: in an answer where the credentials came in a
    /// request, whose client sends it as `auth-token-bin`, else as `authorization: Bearer` in a
    /// header, or in a trailer when headers are out.
    ///
    /// # Errors
    /// INTERNAL for a token that no header may hold; CANCELLED when the call is over.
    pub async fn grant(&mut self, cx: &CallContext, token: &str) -> Result<()> {
        if self.by_payload {
            return self.send(HandshakeResponse::new(token.to_owned())).await;
        }
        let value = granting_header(token.as_bytes())?;
        cx.set_header(header::AUTHORIZATION, value.clone())
            .or_else(|_| cx.set_trailer(header::AUTHORIZATION, value))
    }

    /// Answers.
    ///
    /// # Errors
    /// CANCELLED when the call is over.
    pub async fn send(&mut self, response: HandshakeResponse) -> Result<()> {
        let sent = self.responses.send(response).await;
        sent.map_err(|_| Error::cancelled("the handshake's call is over"))
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").finish_non_exhaustive()
    }
}
