//! The RPCs as methods of [`Client`].

use std::future::poll_fn;

use arrow_schema::{Schema, SchemaRef};
use futures_util::stream;
use wingbeat_wire::message::{
    Action, ActionResult, ActionType, Criteria, Empty, FlightDescriptor, FlightInfo, PollInfo,
    SchemaResult, Ticket,
};

use super::Client;
use super::call::one;
use super::read::Promise;
use crate::{BatchStream, Code, Error, Method, Origin, ReplyStream, Result};

impl Client {
    /// ListFlights: the flights that match, as the server finds them.
    ///
    /// # Errors
    /// The server's, or what went wrong on the way.
    pub async fn list_flights(&self, criteria: Criteria) -> Result<ReplyStream<FlightInfo>> {
        self.many(Method::ListFlights, criteria).await
    }

    /// GetFlightInfo: how a flight can be read.
    ///
    /// # Errors
    /// The server's, or what went wrong on the way.
    pub async fn get_flight_info(&self, descriptor: FlightDescriptor) -> Result<FlightInfo> {
        self.unary(Method::GetFlightInfo, descriptor).await
    }

    /// PollFlightInfo: the same of a flight that may still be made.
    ///
    /// # Errors
    /// The server's, or what went wrong on the way.
    pub async fn poll_flight_info(&self, descriptor: FlightDescriptor) -> Result<PollInfo> {
        self.unary(Method::PollFlightInfo, descriptor).await
    }

    /// GetSchema: the schema of a flight.
    ///
    /// # Errors
    /// The server's, what went wrong on the way, or that the schema makes no sense.
    pub async fn get_schema(&self, descriptor: FlightDescriptor) -> Result<SchemaRef> {
        let result: SchemaResult = self.unary(Method::GetSchema, descriptor).await?;
        let schema = result.decode_schema(&self.options.limits);
        schema.map(Into::into).map_err(|error| Error::from_decode(&error, Code::Internal))
    }

    /// The schema in a FlightInfo; `None` when the server put none there.
    ///
    /// # Errors
    /// When it makes no sense or exceeds this client's limits.
    pub fn decode_schema(&self, info: &FlightInfo) -> Result<Option<Schema>> {
        if info.schema.is_empty() {
            return Ok(None);
        }
        let schema = info.decode_schema(&self.options.limits);
        schema.map(Some).map_err(|error| Error::from_decode(&error, Code::Internal))
    }

    /// DoGet: the data behind a ticket, with its schema known. Dropping the stream cancels the
    /// call.
    ///
    /// # Errors
    /// The server's, or what went wrong on the way; INTERNAL, by the peer's fault, when the server
    /// sends no schema.
    pub async fn do_get(&self, ticket: Ticket) -> Result<BatchStream> {
        self.get(ticket).await.map(|(batches, _promise)| batches)
    }

    /// DoGet, with what the server says about doing it again.
    pub(super) async fn get(&self, ticket: Ticket) -> Result<(BatchStream, Option<Promise>)> {
        let started = self.start(Method::DoGet, one(&ticket)).await?;
        let promise = Promise::from_headers(started.headers());
        let mut reader = self.data(started);
        let Some(schema) = poll_fn(|cx| reader.poll_schema(cx)).await? else {
            let text = "the server sent no schema for DoGet; even an empty flight has one";
            return Err(Error::internal(text).with_origin(Origin::Peer));
        };
        let chunks = stream::poll_fn(move |cx| reader.poll_chunk(cx).map(Result::transpose));
        Ok((BatchStream::from_stream(schema, chunks), promise))
    }

    /// DoAction: something other than moving data.
    ///
    /// # Errors
    /// The server's, or what went wrong on the way.
    pub async fn do_action(&self, action: Action) -> Result<ReplyStream<ActionResult>> {
        self.many(Method::DoAction, action).await
    }

    /// ListActions: the actions that the server offers.
    ///
    /// # Errors
    /// The server's, or what went wrong on the way.
    pub async fn list_actions(&self) -> Result<ReplyStream<ActionType>> {
        self.many(Method::ListActions, Empty {}).await
    }
}
