//! Apache Arrow Flight: record batches between processes, at the speed of the wire.
//!
//! A service implements the methods of [`FlightService`] that it needs, and [`Server`] serves it:
//!
//! ```no_run
//! # use std::sync::Arc;
//! use wingbeat::arrow::array::RecordBatch;
//! use wingbeat::{BatchStream, CallContext, FlightService, Result, Server, Ticket};
//!
//! struct Geese(RecordBatch);
//!
//! impl FlightService for Geese {
//!     async fn do_get(&self, _cx: &CallContext, _ticket: Ticket) -> Result<BatchStream> {
//!         Ok(BatchStream::from_batches(self.0.schema(), [self.0.clone()]))
//!     }
//! }
//!
//! # async fn run(batch: RecordBatch) -> Result<()> {
//! Server::bind("grpc://127.0.0.1:8815").await?.serve(Geese(batch)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A client reads a whole flight, from as many servers as it lies on, in two lines:
//!
//! ```no_run
//! # async fn run() -> wingbeat::Result<()> {
//! # use wingbeat::{Client, FlightDescriptor};
//! let client = Client::new("grpc://127.0.0.1:8815")?;
//! let batches = client.read(FlightDescriptor::path(["geese"])).await?.collect_batches().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Names are those of the Flight specification; `Result` is [`ActionResult`] here. All of it
//! understands and is understood by the other implementations of Flight.
//!
//! # Arrow
//! The Arrow that this crate speaks is re-exported as [`wingbeat::arrow`](arrow): use that, and
//! there is one `RecordBatch` only.
//!
//! # Backpressure
//! Nothing is collected that can be streamed. A producer is asked for its next batch when there is
//! room for it: behind a reader that stops, a connection holds its window (16 MiB for a stream by
//! default) and 2 MiB waiting to be sent, and then the producer rests, on whichever side of the
//! network it is. All queues in between have bounds.
//!
//! # Cancellation
//! Dropping is cancelling. A stream, an [`Exchange`]'s halves or [`PutResults`] that are dropped
//! before their end reset the call, and the handler on the server is dropped with everything that
//! it holds. What runs beside the handler listens to [`CallContext::cancelled`]. An upload that
//! breaks off, because its source failed or was dropped, is reset as well and never looks
//! finished: that takes [`BatchSender::finish`]. Deadlines ([`Client::with_timeout`]) are kept on
//! both sides.
//!
//! # Limits
//! What a peer may ask of this process is bounded by [`Limits`]: the size of a message (256 MiB),
//! of a decompressed one, of dictionaries, the depth of types. What is sent is split by its true
//! size ([`EncodeOptions::message_size`]): for a peer of this implementation at what it takes,
//! which it says in a header, and for others just under 4 MiB, since many take no more. A single
//! row that is larger travels whole.
//!
//! # Memory of received batches
//! A received batch is slices of the message that it came in, and any slice of it, however small,
//! keeps the whole message in memory. [`compact`] copies what is to be kept for long. Bodies come
//! from a [`BodyPool`] ([`ClientOptions::pool`], [`ServerOptions::pool`]), which keeps up to 64 MiB
//! to be used again; [`BodyPool::statistics`] counts what is in use.
//!
//! # Errors
//! [`Error`] is a code, whose fault it was, and a text that the peer may read. `?` takes any
//! foreign error and keeps its text here: it goes to the log, and the caller learns only INTERNAL.
//!
//! # Threads
//! Runs on tokio. Handlers and streams are polled on its I/O threads; compression, and what is
//! given to [`BatchStream::from_reader`] and [`BatchStream::from_blocking`], runs on its blocking
//! threads.
//!
//! # Observing
//! Every call runs in a [`tracing`] span `flight` with its method and peer; panics and errors whose
//! text is not sent are logged in it. No subscriber is installed here.

mod auth;
mod client;
mod context;
mod cookie;
mod credentials;
mod error;
mod method;
mod middleware;
mod peer;
mod peer_identity;
mod poll;
mod server;
mod service;
mod session;
mod standard_action;
mod stream;

pub use arrow;
pub use http::{HeaderMap, HeaderName, HeaderValue};
pub use wingbeat_net::{
    Address, AddressError, Body, BoxError, BytesBody, ChannelConfig, ClientTls, PeerAddr,
    PeerCertificate, PemSource, Reach, ServerConfig, ServerTls, TlsError,
};
pub use wingbeat_wire::data::{BodyPool, BodyPoolStatistics, FlightStreamChunk};
pub use wingbeat_wire::grpc::Code;
pub use wingbeat_wire::ipc::{
    Compression, EncodeOptions, MessageSize, Placement, body_len, compact,
};
pub use wingbeat_wire::message::{
    Action, ActionResult, ActionType, BasicAuth, CancelFlightInfoRequest, CancelFlightInfoResult,
    CancelStatus, CloseSessionRequest, CloseSessionResult, CloseSessionStatus, Criteria, Empty,
    FlightDescriptor, FlightEndpoint, FlightInfo, GetSessionOptionsRequest,
    GetSessionOptionsResult, HandshakeRequest, HandshakeResponse, Location, Message, PollInfo,
    PutResult, RenewFlightEndpointRequest, SchemaResult, SessionOptionValue, SetSessionOptionError,
    SetSessionOptionsRequest, SetSessionOptionsResult, Ticket, Timestamp,
};
pub use wingbeat_wire::{DecodeError, EncodeError, Limits, Segments};

pub use crate::auth::{
    Access, AuthAttempt, Authenticated, Authenticator, Authorizer, Permission, Refusal, Resource,
};
pub use crate::client::{
    Client, ClientOptions, HandshakeCall, LocationFetcher, LocationPolicy, LocationRequest,
    Polling, PutResults, ReadOptions, ReadOrder,
};
pub use crate::context::CallContext;
pub use crate::cookie::CookieJar;
pub use crate::credentials::{Credentials, Token};
pub use crate::error::{ArrowStatus, ArrowStatusCode, Error, Origin, Result};
pub use crate::method::Method;
pub use crate::middleware::{
    ClientCallInfo, ClientMiddleware, ClientMiddlewareFactory, ServerCallInfo, ServerMiddleware,
    ServerMiddlewareFactory,
};
pub use crate::peer_identity::PeerIdentity;
pub use crate::poll::{PollQueries, QueryProgress};
pub use crate::server::{FlightServer, HttpService, Server, ServerOptions};
pub use crate::service::{DynFlightService, FlightService, Router};
pub use crate::session::{
    MemorySessions, SESSION_COOKIE, Session, SessionId, SessionOptionKind, SessionStore, Sessions,
};
pub use crate::standard_action::StandardAction;
pub use crate::stream::{
    AckSender, BatchSender, BatchStream, Exchange, ExchangeReceiver, ExchangeSender, Handshake,
    ReplyStream, Upload,
};
