//! A body read as messages, and how it ended.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::HeaderMap;
use http_body::Body as _;
use wingbeat_wire::Deframe;
use wingbeat_wire::grpc::Code;

use crate::body::{Body, BoxError};
use crate::status::Status;

/// The messages of one direction of a call.
///
/// Reads only as it is asked, so a reader that stops stops the sender once the stream's window is
/// full. Dropping it before its end cancels the call (on a client) or refuses the rest of the
/// upload (on a server).
#[derive(Debug)]
pub struct Messages<D: Deframe> {
    /// Gone as soon as the call is over or failed, which frees what it holds.
    body: Option<Body>,
    deframer: D,
    side: Side,
    trailers: Option<HeaderMap>,
    failure: Option<Status>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// A server reads a request: it ends when the client half-closes.
    Request,
    /// A client reads a response: it ends with a `grpc-status`.
    Response,
}

impl<D: Deframe> Messages<D> {
    /// Reads what a client sends.
    pub fn from_request(body: Body, deframer: D) -> Self {
        Self { body: Some(body), deframer, side: Side::Request, trailers: None, failure: None }
    }

    /// Reads what a server answers, as [`Channel::call`](crate::Channel::call) returned it.
    pub fn from_response(response: http::Response<Body>, deframer: D) -> Self {
        let (head, body) = response.into_parts();
        // A trailers-only response carries its status here.
        let trailers = Status::from_trailers(&head.headers).map(|_| head.headers);
        Self { body: Some(body), deframer, side: Side::Response, trailers, failure: None }
    }

    /// The next message; `None` when all have been read and the call (or, on a server, the
    /// upload) ended well.
    ///
    /// # Errors
    /// The status of a call that did not end well, or what went wrong with its bytes or its
    /// connection. Every later call returns the same.
    ///
    /// # Cancel safety
    /// Cancel-safe: nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<Option<D::Message>, Status> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// [`next`](Self::next), to be polled.
    ///
    /// # Errors
    /// See [`next`](Self::next).
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<D::Message>, Status>> {
        if let Some(status) = &self.failure {
            return Poll::Ready(Err(status.clone()));
        }
        let result = ready!(self.poll_inner(cx));
        if let Err(status) = &result {
            self.failure = Some(status.clone());
            self.body = None;
        }
        Poll::Ready(result)
    }

    /// The trailers, once [`next`](Self::next) has returned `None` or the server's error.
    pub fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_ref()
    }

    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<D::Message>, Status>> {
        loop {
            match self.deframer.poll() {
                Ok(Some(message)) => return Poll::Ready(Ok(Some(message))),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Err(Status::from_decode(&error, self.fault()))),
            }
            let Some(body) = &mut self.body else { return Poll::Ready(Ok(None)) };
            match ready!(Pin::new(body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(mut data) => {
                        while let Some(piece) = data.pop_front() {
                            self.deframer.push(piece);
                        }
                    }
                    Err(frame) => {
                        if let Ok(trailers) = frame.into_trailers() {
                            self.trailers = Some(trailers);
                        }
                    }
                },
                Some(Err(error)) => return Poll::Ready(Err(self.broken(error))),
                None => {
                    self.body = None;
                    if let Err(status) = self.end() {
                        return Poll::Ready(Err(status));
                    }
                }
            }
        }
    }

    /// Whose fault bytes are that make no sense: a server blames its caller, and a client its
    /// server.
    fn fault(&self) -> Code {
        match self.side {
            Side::Request => Code::InvalidArgument,
            Side::Response => Code::Internal,
        }
    }

    fn broken(&self, error: BoxError) -> Status {
        match (error.downcast::<Status>(), self.side) {
            (Ok(status), _) => *status,
            (Err(error), Side::Request) => {
                Status::new(Code::Cancelled, format!("the request broke off: {error}"))
            }
            (Err(error), Side::Response) => Status::new(Code::Unknown, error.to_string()),
        }
    }

    /// Looks at how the body ended.
    fn end(&self) -> Result<(), Status> {
        if self.side == Side::Response {
            let status = self.trailers.as_ref().and_then(Status::from_trailers);
            match status {
                Some(status) if status.code == Code::Ok => {}
                Some(status) => return Err(status),
                None => {
                    let text = "the server ended the call without a grpc-status";
                    return Err(Status::new(Code::Unknown, text));
                }
            }
        }
        self.deframer.finish().map_err(|error| Status::from_decode(&error, self.fault()))
    }
}
