//! [`Handshake`]: the messages of a Handshake, on a server.

use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use tokio::sync::mpsc;
use wingbeat_wire::grpc::MessageDeframer;
use wingbeat_wire::message::{HandshakeRequest, HandshakeResponse, Message as _};

use super::{Incoming, Waiting};
use crate::{Code, Error, Result};

/// How many answers may wait for the client.
const RESPONSES_MAX: usize = 4;

/// What a client says before its first call, and the way to answer. Any number of messages go
/// back and forth; the handshake is over when the handler returns.
pub struct Handshake {
    requests: Incoming<MessageDeframer>,
    responses: mpsc::Sender<HandshakeResponse>,
    waiting: Waiting,
}

impl Handshake {
    pub(crate) fn new(
        requests: Incoming<MessageDeframer>,
        waiting: Waiting,
    ) -> (Self, mpsc::Receiver<HandshakeResponse>) {
        let (responses, rx) = mpsc::channel(RESPONSES_MAX);
        (Self { requests, responses, waiting }, rx)
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
