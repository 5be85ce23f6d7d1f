//! From a request to the method of a service and back.
//!
//! Each RPC becomes one stream of framed messages that contains its handler: polling the stream
//! runs the handler, and dropping it cancels it. [`CallStream`] wraps that stream in what all
//! calls have in common (deadline, panics, cancellation, tracing), and [`respond`] decides when
//! the response's headers go out.

mod action;
mod call_stream;
mod driven;
mod exchange;
mod get;
mod handshake;
mod put;
mod replies;
mod request;
mod respond;
mod unary;

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use futures_core::Stream;
use futures_util::stream;
use http::request::Parts;
use http::{Request, Response, header};
use tracing::{Instrument as _, Span};
use wingbeat_net::{Body, Messages, PeerAddr, Status, accept};
use wingbeat_wire::data::FlightDataDeframer;
use wingbeat_wire::{Limits, Segments};

use self::call_stream::CallStream;
use self::respond::respond;
use super::{Features, ServerOptions};
use crate::auth::granting_header;
use crate::credentials::mark_secrets;
use crate::method::SERVICE_PATH;
use crate::peer::{PeerLimit, announce};
use crate::service::DynFlightService;
use crate::stream::{DataReader, Incoming, Waiting};
use crate::{CallContext, Code, Method, PeerIdentity, Result, Token};

/// The framed messages of an answer, with the handler inside.
type Answer = Pin<Box<dyn Stream<Item = Result<Segments>> + Send>>;

/// A Flight service and what its calls share.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    pub(super) service: Arc<dyn DynFlightService>,
    pub(super) options: ServerOptions,
    pub(super) features: Arc<Features>,
}

/// What the file of an RPC gets.
struct Call {
    dispatcher: Arc<Dispatcher>,
    cx: CallContext,
    body: Body,
    /// Set while a handler waits for its client.
    waiting: Waiting,
    /// What the client takes.
    limit: PeerLimit,
}

impl Dispatcher {
    pub(crate) fn new(
        service: Arc<dyn DynFlightService>,
        options: ServerOptions,
        features: Features,
    ) -> Self {
        Self { service, options, features: Arc::new(features) }
    }

    fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// What a request of the method may cost. Strangers may send no more than it takes to say who
    /// they are.
    fn request_limits(&self, method: Method) -> Cow<'_, Limits> {
        match method {
            Method::Handshake if self.features.gate().is_closed() => {
                Cow::Owned(handshake::strangers_limits(self.limits()))
            }
            _ => Cow::Borrowed(self.limits()),
        }
    }

    /// Reads the data that a client sends.
    fn data_reader(&self, body: Body) -> DataReader {
        let deframer = FlightDataDeframer::new(self.limits(), self.options.pool.clone());
        let messages = Messages::from_request(body, deframer);
        DataReader::from_request(Incoming::new(messages), self.limits())
    }

    /// Answers a request, whatever its path.
    pub(crate) async fn dispatch(self: Arc<Self>, request: Request<Body>) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        mark_secrets(&mut parts.headers);
        let head = match accept(&parts) {
            Ok(head) => head,
            Err(response) => return *response,
        };
        PeerIdentity::adopt(&mut parts.extensions);
        let deadline = head.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        match Method::from_path(parts.uri.path()) {
            Some(method) => self.call(method, parts, body, deadline).await,
            None => self.refuse_unknown(parts, deadline).await,
        }
    }

    /// Answers a call of what is not here. A stranger learns no more from it than from any other.
    async fn refuse_unknown(&self, mut parts: Parts, deadline: Option<Instant>) -> Response<Body> {
        let span = span("unknown", &parts);
        let entering = self.features.gate().enter(None, &mut parts, deadline);
        let path = match entering.instrument(span).await {
            Ok(_) => parts.uri.path(),
            Err(error) => return error.to_status().into_response(),
        };
        let text = match path.starts_with(SERVICE_PATH) {
            true => format!("unknown method {path}"),
            false => format!("no service is mounted at {path}"),
        };
        Status::new(Code::Unimplemented, text).into_response()
    }

    /// Answers a call.
    async fn call(
        self: Arc<Self>,
        method: Method,
        mut parts: Parts,
        body: Body,
        deadline: Option<Instant>,
    ) -> Response<Body> {
        let limit = PeerLimit::from_headers(&parts.headers);
        let is_one_of_ours = limit.get().is_some();
        // What is compressed may unpack to no more than may come as it is.
        let bytes_max = self.request_limits(method).message_bytes_max;
        let body = body.decompressed(&parts.headers, bytes_max, Code::InvalidArgument);
        let span = span(method.name(), &parts);
        let entering = self.features.gate().enter(Some(method), &mut parts, deadline);
        let entered = entering.instrument(span.clone()).await;
        let (token, middleware, refused) = match entered {
            Ok(token) => {
                let (middleware, refused) = self.features.start_call(method, &mut parts);
                (token, middleware, refused)
            }
            Err(error) => (None, Vec::new(), Some(error)),
        };
        let cx = CallContext::new(method, parts, deadline, self.features.clone(), middleware);
        let refused = refused.or_else(|| hand_out(token, &cx).err());
        let waiting = Waiting::default();
        let own_limits = self.limits().clone();
        let call = Call { dispatcher: self, cx: cx.clone(), body, waiting: waiting.clone(), limit };
        let answer = match refused {
            Some(error) => Box::pin(stream::once(async { Err(error) })),
            None => answer(method, call),
        };
        let stream = CallStream::new(answer, &cx, span.clone());
        let mut response = respond(cx, stream, waiting).instrument(span).await;
        if is_one_of_ours {
            announce(&own_limits, response.headers_mut());
        }
        response
    }
}

/// What a call's events are logged under: all of them, whichever level is asked for.
fn span(method: &str, parts: &Parts) -> Span {
    let user = tracing::field::Empty;
    match parts.extensions.get::<PeerAddr>() {
        Some(peer) => tracing::error_span!("flight", %method, %peer, user),
        None => tracing::error_span!("flight", %method, user),
    }
}

/// Gives the caller the token that it got for its password.
fn hand_out(token: Option<Token>, cx: &CallContext) -> Result<()> {
    match token {
        Some(token) => cx.set_header(header::AUTHORIZATION, granting_header(token.as_bytes())?),
        None => Ok(()),
    }
}

/// The answer of the handler that is there for the method.
fn answer(method: Method, call: Call) -> Answer {
    match method {
        Method::Handshake => handshake::handshake(call),
        Method::ListFlights => replies::list_flights(call),
        Method::GetFlightInfo => unary::get_flight_info(call),
        Method::PollFlightInfo => unary::poll_flight_info(call),
        Method::GetSchema => unary::get_schema(call),
        Method::DoGet => get::do_get(call),
        Method::DoPut => put::do_put(call),
        Method::DoExchange => exchange::do_exchange(call),
        Method::DoAction => action::do_action(call),
        Method::ListActions => replies::list_actions(call),
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher").field("options", &self.options).finish_non_exhaustive()
    }
}
