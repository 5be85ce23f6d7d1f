//! [`ReadOptions`]: how whole flights are read.

use std::fmt;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use super::fetcher::DynLocationFetcher;
use super::{LocationFetcher, LocationPolicy};

/// How whole flights are read, see [`Client::with_read_options`](crate::Client::with_read_options).
/// The defaults are meant to be right for most.
#[derive(Clone)]
#[non_exhaustive]
pub struct ReadOptions {
    /// How many endpoints are read at once, each over a connection of its own: as many as this
    /// machine has cores, at least 4 and at most 16. No server gets more connections than that
    /// from all reads of a client and its clones together.
    pub connections: usize,
    /// About how many bytes of received batches wait for their reader; 64 MiB. Endpoints stop,
    /// over the network, while there is no room. Beside it each connection holds what its window
    /// lets through, see [`ChannelConfig::stream_window_bytes`](crate::ChannelConfig).
    pub bytes_max: usize,
    /// The order of the rows; as the FlightInfo says.
    pub order: ReadOrder,
    /// Where locations may lead, and who gets credentials.
    pub locations: LocationPolicy,
    /// How long a location that could not be reached is tried after the others; 30 s, in which a
    /// server is back if it was only started again.
    pub unreachable_for: Duration,
    pub(super) fetcher: Option<Arc<dyn DynLocationFetcher>>,
}

/// The order in which the rows of several endpoints come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReadOrder {
    /// One endpoint after the other where the FlightInfo says that it is ordered, else as they
    /// come. The rows of one endpoint are always in order.
    #[default]
    FlightInfo,
    /// One endpoint after the other, as the FlightInfo lists them.
    Endpoints,
    /// As they come, also where the FlightInfo says that it is ordered.
    Arrival,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            connections: available_parallelism().map_or(4, NonZero::get).clamp(4, 16),
            bytes_max: 64 << 20,
            order: ReadOrder::default(),
            locations: LocationPolicy::default(),
            unreachable_for: Duration::from_secs(30),
            fetcher: None,
        }
    }
}

impl ReadOptions {
    /// Sets [`connections`](Self::connections); at least one.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Sets [`bytes_max`](Self::bytes_max).
    #[must_use]
    pub fn with_bytes_max(mut self, bytes_max: usize) -> Self {
        self.bytes_max = bytes_max;
        self
    }

    /// Sets [`order`](Self::order).
    #[must_use]
    pub fn with_order(mut self, order: ReadOrder) -> Self {
        self.order = order;
        self
    }

    /// Sets [`locations`](Self::locations).
    #[must_use]
    pub fn with_locations(mut self, locations: LocationPolicy) -> Self {
        self.locations = locations;
        self
    }

    /// Sets [`unreachable_for`](Self::unreachable_for).
    #[must_use]
    pub fn with_unreachable_for(mut self, unreachable_for: Duration) -> Self {
        self.unreachable_for = unreachable_for;
        self
    }

    /// Reads `http://` and `https://` locations with that, on the hosts that
    /// [`LocationPolicy::allow_http_from`] names. Without it they cannot be read.
    #[must_use]
    pub fn with_fetcher(mut self, fetcher: impl LocationFetcher) -> Self {
        self.fetcher = Some(Arc::new(fetcher));
        self
    }
}

impl fmt::Debug for ReadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadOptions")
            .field("connections", &self.connections)
            .field("bytes_max", &self.bytes_max)
            .field("order", &self.order)
            .field("locations", &self.locations)
            .field("unreachable_for", &self.unreachable_for)
            .finish_non_exhaustive()
    }
}
