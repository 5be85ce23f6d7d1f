//! Wingbeat.
mod client;
mod context;
mod error;
mod method;
mod server;
mod service;
mod stream;

pub use arrow;
pub use http::{HeaderMap, HeaderName, HeaderValue};
pub use wingbeat_net::{
    Address, AddressError, Body, BoxError, BytesBody, ChannelConfig, PeerAddr, ServerConfig,
};
pub use wingbeat_wire::data::FlightStreamChunk;
pub use wingbeat_wire::grpc::Code;
pub use wingbeat_wire::ipc::{Compression, EncodeOptions};
pub use wingbeat_wire::message::{
    Action, ActionResult, ActionType, BasicAuth, CancelFlightInfoRequest, CancelFlightInfoResult,
    CancelStatus, CloseSessionRequest, CloseSessionResult, CloseSessionStatus, Criteria, Empty,
    FlightDescriptor, FlightEndpoint, FlightInfo, GetSessionOptionsRequest,
    GetSessionOptionsResult, HandshakeRequest, HandshakeResponse, Location, Message, PollInfo,
    PutResult, RenewFlightEndpointRequest, SchemaResult, SessionOptionValue, SetSessionOptionError,
    SetSessionOptionsRequest, SetSessionOptionsResult, Ticket, Timestamp,
};
pub use wingbeat_wire::{DecodeError, EncodeError, Limits, Segments};

pub use crate::client::{Client, ClientOptions, HandshakeCall, PutResults, ResponseObserver};
pub use crate::context::CallContext;
pub use crate::error::{Error, Origin, Result};
pub use crate::method::Method;
pub use crate::server::{FlightServer, HttpService, Server, ServerOptions};
pub use crate::service::{DynFlightService, FlightService, Router};
pub use crate::stream::{
    AckSender, BatchSender, BatchStream, Exchange, ExchangeReceiver, ExchangeSender, Handshake,
    ReplyStream, Upload,
};
