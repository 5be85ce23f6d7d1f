//! Reading as methods of [`Client`].

use std::future::poll_fn;
use std::sync::Arc;

use wingbeat_wire::message::{FlightDescriptor, FlightEndpoint, FlightInfo};

use super::fetch::Fetch;
use super::merge::Merged;
use super::reading::Reading;
use super::{ReadOptions, ReadOrder};
use crate::{BatchStream, Client, Error, Origin, Result};

impl Client {
    /// Says how whole flights are read: over how many connections, in which order, within how much
    /// memory, and where their locations may lead. To be said for one read, on a clone:
    ///
    /// ```no_run
    /// # async fn run(client: wingbeat::Client) -> wingbeat::Result<()> {
    /// use wingbeat::{FlightDescriptor, LocationPolicy, ReadOptions};
    ///
    /// let cluster = LocationPolicy::default().trust_credentials_to(["*.nodes.example.org"])?;
    /// let options = ReadOptions::default().with_connections(16).with_locations(cluster);
    /// let client = client.clone().with_read_options(options);
    /// let mut trips = client.read(FlightDescriptor::path(["trips"])).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_read_options(mut self, options: ReadOptions) -> Self {
        self.read_options = Arc::new(options);
        self
    }

    /// Reads a flight: asks GetFlightInfo, then reads all of its endpoints.
    ///
    /// Several endpoints are read at once, over a connection each
    /// ([`ReadOptions::connections`]), which this client and its clones share. Their batches come
    /// one endpoint after the other where the FlightInfo says that it is ordered, else as they
    /// arrive. What waits for its reader is bounded by [`ReadOptions::bytes_max`].
    ///
    /// An endpoint without a location, or with that for the reuse of the connection, is read from
    /// this client's server; others from the first of their locations that can be reached, as far
    /// as the [policy](crate::LocationPolicy) lets them lead, and by default without this client's
    /// headers, credentials, cookies and middleware. One that fails before its first batch is
    /// read from its other locations. One that fails later is read on where the server promises the
    /// same rows in the same order, as this implementation's does for files; otherwise the error
    /// says which endpoint it was, where, and after how many rows.
    ///
    /// Endpoints that expire are renewed in time, where the server offers that. This client's
    /// [timeout](Self::with_timeout) is for all of it. Dropping the stream cancels every call.
    ///
    /// # Errors
    /// The server's, or what went wrong on the way; INTERNAL, by the peer's fault, for a flight
    /// with neither endpoints nor schema or endpoints of different schemas; FAILED_PRECONDITION for
    /// locations that the policy refuses.
    pub async fn read(&self, descriptor: FlightDescriptor) -> Result<BatchStream> {
        let info = self.get_flight_info(descriptor).await?;
        self.read_info(&info).await
    }

    /// Reads the flight of a FlightInfo that is at hand, see [`read`](Self::read).
    ///
    /// # Errors
    /// See [`read`](Self::read).
    pub async fn read_info(&self, info: &FlightInfo) -> Result<BatchStream> {
        let is_ordered = match self.read_options.order {
            ReadOrder::FlightInfo => info.ordered,
            ReadOrder::Endpoints => true,
            ReadOrder::Arrival => false,
        };
        match &info.endpoints[..] {
            [] => self.read_nothing(info),
            [endpoint] => self.read_endpoint(endpoint).await,
            endpoints => {
                let reading = Reading::new(self, endpoints.to_vec()).await;
                let merged = Merged::start(&reading, is_ordered);
                merged.ready().await?;
                let schema = reading.schema().cloned();
                let schema = schema.ok_or_else(|| Error::internal("no endpoint was opened"))?;
                Ok(BatchStream::from_stream(schema, merged))
            }
        }
    }

    /// Reads one endpoint of a flight, see [`read`](Self::read).
    ///
    /// # Errors
    /// The server's; of several locations that failed, what is wrong with each.
    pub async fn read_endpoint(&self, endpoint: &FlightEndpoint) -> Result<BatchStream> {
        let reading = Reading::new(self, vec![endpoint.clone()]).await;
        let mut fetch = Fetch::new(reading, 0);
        let schema = poll_fn(|cx| fetch.poll_open(cx)).await?;
        Ok(BatchStream::from_stream(schema, fetch))
    }

    /// Reads a flight as a stream for each endpoint, in the order of the FlightInfo, for engines
    /// that read in parallel themselves. A stream is opened when it is first polled, and stops its
    /// server while it is not; there is no budget, as nothing is read ahead. In everything else
    /// they are as those of [`read`](Self::read). To each server there are up to
    /// [`ReadOptions::connections`] connections, which streams share where there are more of them.
    ///
    /// Where the FlightInfo has no schema, the first endpoint is open when this returns.
    ///
    /// # Errors
    /// See [`read`](Self::read).
    pub async fn read_partitions(&self, info: &FlightInfo) -> Result<Vec<BatchStream>> {
        let reading = Reading::new(self, info.endpoints.clone()).await;
        let fetches = (0..reading.len()).map(|index| Fetch::new(reading.clone(), index));
        let mut fetches: Vec<_> = fetches.collect();
        let schema = match (self.decode_schema(info)?, fetches.first_mut()) {
            (Some(schema), _) => {
                let schema = Arc::new(schema);
                reading.agree(&schema)?;
                schema
            }
            (None, Some(first)) => poll_fn(|cx| first.poll_open(cx)).await?,
            (None, None) => return Ok(Vec::new()),
        };
        let stream = |fetch| BatchStream::from_stream(schema.clone(), fetch);
        Ok(fetches.into_iter().map(stream).collect())
    }

    /// A flight without endpoints has no rows.
    fn read_nothing(&self, info: &FlightInfo) -> Result<BatchStream> {
        let schema = self.decode_schema(info)?.ok_or_else(|| {
            Error::internal("the flight has neither endpoints nor a schema")
                .with_origin(Origin::Peer)
        })?;
        Ok(BatchStream::from_batches(Arc::new(schema), []))
    }
}
