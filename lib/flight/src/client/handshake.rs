//! Handshake: [`HandshakeCall`], its messages on a client.

use std::fmt;
use std::pin::Pin;

use futures_util::stream;
use tokio_util::task::AbortOnDropHandle;
use wingbeat_net::Body;
use wingbeat_wire::grpc::{MessageDeframer, frame};
use wingbeat_wire::message::{HandshakeRequest, HandshakeResponse, Message as _};

use super::Client;
use super::call::{Sent, decode};
use crate::stream::{Incoming, Sender, channel};
use crate::{Error, Method, Result};

/// How many requests may wait for the connection.
const REQUESTS_MAX: usize = 4;

/// A handshake on its way: messages back and forth until the server ends it. Tokens that the server
/// sends as headers or trailers go to the client's [middleware](Client::with_middleware).
///
/// Dropping it before its end cancels the call.
pub struct HandshakeCall {
    requests: Sender<HandshakeRequest>,
    responses: Responses,
}

enum Responses {
    Opening(Pin<Box<dyn Future<Output = Result<Incoming<MessageDeframer>>> + Send>>),
    Open(Box<Incoming<MessageDeframer>>),
    Failed(Error),
}

impl Client {
    /// Handshake: agrees with the server on who this client is.
    pub fn handshake(&self) -> HandshakeCall {
        let (requests, mut outgoing) = channel(REQUESTS_MAX);
        let messages = stream::poll_fn(move |cx| {
            outgoing.poll_next(cx).map(|item| {
                item.map(|request: Result<HandshakeRequest>| {
                    let request = request.map_err(|error| error.to_status())?;
                    Ok(frame(request.encode()))
                })
            })
        });
        let (client, body) = (self.clone(), Body::request(messages));
        let call = AbortOnDropHandle::new(tokio::spawn(async move {
            let started = client.start(Method::Handshake, Sent::Stream(body)).await?;
            Ok(client.messages(started))
        }));
        let opening = async { call.await.unwrap_or_else(|error| Err(error.into())) };
        HandshakeCall { requests, responses: Responses::Opening(Box::pin(opening)) }
    }
}

impl HandshakeCall {
    /// Sends a request.
    ///
    /// # Errors
    /// CANCELLED when the call is over; [`next`](Self::next) says why.
    pub async fn send(&mut self, request: HandshakeRequest) -> Result<()> {
        self.requests.send(request).await
    }

    /// Says that there are no further requests. Answers still come.
    pub fn finish(&mut self) {
        self.requests.finish();
    }

    /// The server's next answer; `None` when it has ended the handshake well.
    ///
    /// # Errors
    /// The server's error, or what went wrong on the way.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<HandshakeResponse>> {
        if let Responses::Opening(opening) = &mut self.responses {
            self.responses = match opening.await {
                Ok(incoming) => Responses::Open(Box::new(incoming)),
                Err(error) => Responses::Failed(error),
            };
        }
        match &mut self.responses {
            Responses::Open(incoming) => incoming.next().await?.map(decode).transpose(),
            Responses::Failed(error) => Err(error.clone()),
            Responses::Opening(_) => Err(Error::internal("a handshake opened twice")),
        }
    }
}

impl fmt::Debug for HandshakeCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakeCall").finish_non_exhaustive()
    }
}
