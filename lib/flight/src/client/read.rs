//! Reading a whole flight, from wherever its endpoints lie.

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wingbeat_wire::message::{FlightDescriptor, FlightEndpoint, FlightInfo, Location};

use super::{Client, address};
use crate::{Address, BatchStream, Code, Error, Origin, Result};

impl Client {
    /// Reads a flight: asks GetFlightInfo, then reads the endpoints one after the other.
    ///
    /// The first endpoint is open when this returns, the others follow as the stream is read. An
    /// endpoint without a location, or with that for the reuse of the connection, is read from this
    /// client's server; others from the first of their locations that can be reached, with this
    /// client's options and timeout, but without its headers, cookies and middleware: credentials
    /// are for one server only.
    ///
    /// # Errors
    /// The server's, or what went wrong on the way; INTERNAL, by the peer's fault, for a flight
    /// with neither endpoints nor schema or endpoints of different schemas.
    pub async fn read(&self, descriptor: FlightDescriptor) -> Result<BatchStream> {
        let info = self.get_flight_info(descriptor).await?;
        self.read_info(&info).await
    }

    /// Reads the flight of a FlightInfo that is at hand, see [`read`](Self::read).
    ///
    /// # Errors
    /// See [`read`](Self::read).
    pub async fn read_info(&self, info: &FlightInfo) -> Result<BatchStream> {
        let mut endpoints = info.endpoints.clone().into_iter();
        let Some(first) = endpoints.next() else {
            let schema = self.decode_schema(info)?.ok_or_else(|| {
                Error::internal("the flight has neither endpoints nor a schema")
                    .with_origin(Origin::Peer)
            })?;
            return Ok(BatchStream::from_batches(Arc::new(schema), []));
        };
        let first = self.read_endpoint(&first).await?;
        let schema = first.schema().clone();
        let (client, expected) = (self.clone(), schema.clone());
        let others = stream::iter(endpoints).then(move |endpoint| {
            let (client, expected) = (client.clone(), expected.clone());
            async move {
                let batches = client.read_endpoint(&endpoint).await?;
                check_schema(&expected, batches.schema())?;
                Ok::<_, Error>(batches)
            }
        });
        Ok(BatchStream::from_stream(schema, first.chain(others.try_flatten())))
    }

    /// Reads one endpoint of a flight, from the first of its locations that can be reached.
    ///
    /// # Errors
    /// The server's; of several locations that failed, the last one's.
    pub async fn read_endpoint(&self, endpoint: &FlightEndpoint) -> Result<BatchStream> {
        let ticket = endpoint.ticket.clone().unwrap_or_default();
        if endpoint.locations.is_empty() {
            return self.do_get(ticket).await;
        }
        let mut failure = None;
        for location in &endpoint.locations {
            let opened = match self.at(location) {
                Ok(client) => client.do_get(ticket.clone()).await,
                Err(error) => Err(error),
            };
            match opened {
                Ok(batches) => return Ok(batches),
                Err(error) if is_elsewhere(&error) => failure = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(failure.unwrap_or_else(|| Error::unavailable("the endpoint has no location")))
    }

    /// A client of another location.
    fn at(&self, location: &Location) -> Result<Self> {
        if location.is_reuse_connection() {
            return Ok(self.clone());
        }
        let address = address::parse(&location.uri).map_err(|error| {
            let text = format!("cannot read from the location {location}: {}", error.message());
            Error::unavailable(text).with_origin(Origin::Peer)
        })?;
        if self.address.as_ref() == Some(&address) {
            return Ok(self.clone());
        }
        let is_same_host = self.address.as_ref().is_some_and(|own| host(own) == host(&address));
        let mut options = self.options.clone();
        if !is_same_host {
            let tls = &mut Arc::make_mut(&mut options).transport.tls;
            *tls = std::mem::take(tls).without_server_name();
        }
        let mut client = Self::with_address(address, options);
        client.timeout = self.timeout;
        Ok(client)
    }
}

/// The host that a certificate has to be for.
fn host(address: &Address) -> Option<&str> {
    match address {
        Address::Tcp { host, .. } | Address::Tls { host, .. } => Some(host),
        _ => None,
    }
}

/// Whether another location of the same endpoint may do better.
fn is_elsewhere(error: &Error) -> bool {
    matches!(error.code(), Code::Unavailable)
}

/// Endpoints of one flight may differ in metadata, and in nothing else.
fn check_schema(expected: &SchemaRef, found: &SchemaRef) -> Result<()> {
    let same = |a: &Schema, b: &Schema| {
        a.fields().len() == b.fields().len()
            && a.fields()
                .iter()
                .zip(b.fields())
                .all(|(a, b)| a.name() == b.name() && a.data_type().equals_datatype(b.data_type()))
    };
    if Arc::ptr_eq(expected, found) || same(expected, found) {
        return Ok(());
    }
    let text = format!("an endpoint of the flight has the schema {found}, expected {expected}");
    Err(Error::internal(text).with_origin(Origin::Peer))
}
