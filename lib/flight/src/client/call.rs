//! One call, from its request to its messages.

use futures_util::stream;
use http::{HeaderMap, Response};
use tracing::Instrument as _;
use wingbeat_net::{Body, CallRequest, Messages, Status};
use wingbeat_wire::data::FlightDataDeframer;
use wingbeat_wire::grpc::{MessageDeframer, frame};
use wingbeat_wire::message::Message;
use wingbeat_wire::{Deframe, Segments};

use super::{CallHooks, Client};
use crate::peer::announce;
use crate::stream::{DataReader, Incoming};
use crate::{Code, Error, Method, Origin, ReplyStream, Result};

/// A response whose headers are there.
pub(super) struct Started {
    response: Response<Body>,
    hooks: CallHooks,
    /// How long a message may be.
    bytes_max: usize,
}

impl Client {
    /// Sends a request and waits for the headers of its response.
    pub(super) async fn start(&self, method: Method, sent: Sent) -> Result<Started> {
        let mut request = match sent {
            Sent::Message(message) => CallRequest::of_message(method.path(), message),
            Sent::Stream(body) => CallRequest::new(method.path(), body),
        };
        request.headers = self.headers.clone();
        announce(&self.options.limits, &mut request.headers);
        let mut hooks = CallHooks::start(self, method, &mut request.headers)?;
        request.timeout = self.timeout;
        let span = tracing::debug_span!("flight_client", %method);
        let started = self.channel.call(request).instrument(span).await;
        let response = match started {
            Ok(response) => response,
            Err(status) => {
                if status.is_from_peer() {
                    hooks.received_trailers(&status.metadata);
                }
                let error = Error::from_status(status);
                hooks.complete(Err(&error));
                return Err(error);
            }
        };
        self.limit.learn(response.headers());
        if Status::from_trailers(response.headers()).is_none() {
            hooks.received_headers(response.headers());
        }
        Ok(Started { response, hooks, bytes_max: self.options.limits.message_bytes_max })
    }

    /// A call with one request and one answer.
    pub(super) async fn unary<A: Message>(
        &self,
        method: Method,
        request: impl Message,
    ) -> Result<A> {
        let started = self.start(method, one(&request)).await?;
        let mut messages = self.messages(started);
        let Some(message) = messages.next().await? else {
            return Err(malformed(method, "has no message, expected one"));
        };
        if messages.next().await?.is_some() {
            return Err(malformed(method, "has several messages, expected one"));
        }
        decode(message)
    }

    /// A call with one request and any number of answers.
    pub(super) async fn many<A: Message + Send + 'static>(
        &self,
        method: Method,
        request: impl Message,
    ) -> Result<ReplyStream<A>> {
        let started = self.start(method, one(&request)).await?;
        let messages = self.messages(started);
        let answers = stream::try_unfold(messages, async |mut messages| {
            let Some(message) = messages.next().await? else { return Ok(None) };
            Ok(Some((decode(message)?, messages)))
        });
        Ok(ReplyStream::from_stream(answers))
    }

    /// The small messages of a response.
    pub(super) fn messages(&self, started: Started) -> Incoming<MessageDeframer> {
        started.incoming(MessageDeframer::new(&self.options.limits))
    }

    /// The data of a response.
    pub(super) fn data(&self, started: Started) -> DataReader {
        let limits = &self.options.limits;
        let deframer = FlightDataDeframer::new(limits, self.options.pool.clone());
        DataReader::from_response(started.incoming(deframer), limits)
    }
}

impl Started {
    /// The headers of the response.
    pub(super) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    fn incoming<D: Deframe>(self, deframer: D) -> Incoming<D> {
        let (head, body) = self.response.into_parts();
        let body = body.decompressed(&head.headers, self.bytes_max, Code::Internal);
        let response = Response::from_parts(head, body);
        Incoming::of_call(Messages::from_response(response, deframer), self.hooks)
    }
}

/// What a call sends.
pub(super) enum Sent {
    /// One message, framed.
    Message(Segments),
    /// Messages as they are made.
    Stream(Body),
}

/// A request that is one message.
pub(super) fn one(message: &impl Message) -> Sent {
    Sent::Message(frame(message.encode()))
}

/// A message of a response.
pub(super) fn decode<A: Message>(message: bytes::Bytes) -> Result<A> {
    A::decode(message).map_err(|error| Error::from_decode(&error, Code::Internal))
}

fn malformed(method: Method, what: &str) -> Error {
    Error::internal(format!("the server's answer to {method} {what}")).with_origin(Origin::Peer)
}
