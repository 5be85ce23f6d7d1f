//! [`Reading`]: one read of a flight, and how it opens an endpoint.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arrow_schema::SchemaRef;
use wingbeat_net::{Address, Channel, Reach};
use wingbeat_wire::message::{FlightEndpoint, Location, Ticket};

use super::home::Home;
use super::locations::Spread;
use super::opened::Opened;
use super::place::Place;
use super::pool::Lease;
use super::renewal::Endpoints;
use super::schema::check_schema;
use super::{LocationRequest, ReadOptions};
use crate::{Client, Code, Error, Origin, Result};

/// What the endpoints of one read have in common.
#[derive(Debug)]
pub(super) struct Reading {
    client: Client,
    home: Home,
    endpoints: Endpoints,
    spread: Spread,
    deadline: Option<Instant>,
    /// Of the flight, once it is known.
    schema: OnceLock<SchemaRef>,
}

impl Reading {
    /// A read that begins now, in which the client's timeout runs.
    pub(super) async fn new(client: &Client, endpoints: Vec<FlightEndpoint>) -> Arc<Self> {
        let deadline = client.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let address = client.address.clone();
        let leads_elsewhere = |endpoint: &FlightEndpoint| {
            !endpoint.locations.iter().all(Location::is_reuse_connection)
        };
        let is_local = endpoints.iter().any(leads_elsewhere)
            && client.pool.is_home_local(address.as_ref()).await;
        Arc::new(Self {
            client: client.clone(),
            home: Home { address, is_local },
            spread: Spread::of(&endpoints),
            endpoints: Endpoints::new(client, endpoints),
            deadline,
            schema: OnceLock::new(),
        })
    }

    pub(super) fn options(&self) -> &ReadOptions {
        &self.client.read_options
    }

    /// How many endpoints there are.
    pub(super) fn len(&self) -> usize {
        self.endpoints.len()
    }

    /// The schema of the flight; `None` until an endpoint is open.
    pub(super) fn schema(&self) -> Option<&SchemaRef> {
        self.schema.get()
    }

    /// Takes the schema of an endpoint, which is the flight's if it is the first.
    ///
    /// # Errors
    /// INTERNAL, by the peer's fault, for one that differs.
    pub(super) fn agree(&self, found: &SchemaRef) -> Result<()> {
        check_schema(self.schema.get_or_init(|| found.clone()), found)
    }

    /// An endpoint is read, or no longer wanted.
    pub(super) fn release(&self, index: usize) {
        self.endpoints.release(index);
    }

    /// Whether the same call may do better, there or elsewhere: the server is not there, or makes
    /// no progress.
    pub(super) fn is_retriable(&self, error: &Error) -> bool {
        match error.code() {
            Code::Unavailable => true,
            Code::DeadlineExceeded => {
                self.deadline.is_none_or(|deadline| Instant::now() < deadline)
            }
            _ => false,
        }
    }

    /// Remembers that a place is not to be tried first for a while.
    pub(super) fn note_outage(&self, place: &Place) {
        self.client.pool.outages.note(place, self.options().unreachable_for);
    }

    /// Opens an endpoint at the first of its locations that can be read. Those that were
    /// unreachable of late come last.
    ///
    /// # Errors
    /// The server's, or of several locations that all failed what is wrong with each.
    pub(super) async fn open(self: Arc<Self>, index: usize) -> Result<Opened> {
        let endpoint = self.endpoints.get(index);
        let ticket = endpoint.ticket.clone().unwrap_or_default();
        let mut failures = Vec::new();
        for place in self.places(index, &endpoint, &mut failures) {
            match self.open_at(&place, ticket.clone()).await {
                Ok(opened) => {
                    self.client.pool.outages.clear(&place);
                    return Ok(opened);
                }
                Err(error) if self.is_retriable(&error) => {
                    tracing::debug!(index, %place, %error, "cannot read an endpoint there");
                    self.note_outage(&place);
                    failures.push(error);
                }
                Err(error) => return Err(self.located(error, index, Some(&place))),
            }
        }
        Err(self.located(all_of(failures), index, None))
    }

    /// Where an endpoint may be read, in the order in which that is tried.
    fn places(
        &self,
        index: usize,
        endpoint: &FlightEndpoint,
        refusals: &mut Vec<Error>,
    ) -> Vec<Place> {
        let policy = &self.options().locations;
        let mut places = Vec::new();
        for location in self.spread.order(index, endpoint) {
            match policy.judge(&self.home, &location) {
                Ok(place) => places.push(place),
                Err(error) => refusals.push(error),
            }
        }
        let outages = &self.client.pool.outages;
        // Stable: the rest keeps its order.
        places.sort_by_key(|place| outages.contains(place));
        places
    }

    async fn open_at(&self, place: &Place, ticket: Ticket) -> Result<Opened> {
        let timeout = self.time_left()?;
        let (mut client, lease) = match place {
            Place::Home => self.home_client(),
            Place::Server { address, reach, is_trusted } => {
                self.other_client(address, *reach, *is_trusted)
            }
            Place::Http { uri, reach } => return self.fetch(place, uri, *reach, timeout).await,
        };
        client.timeout = timeout;
        let (stream, promise) = client.get(ticket).await?;
        Ok(Opened { stream, place: place.clone(), promise, _lease: Some(lease) })
    }

    async fn fetch(
        &self,
        place: &Place,
        uri: &str,
        reach: Reach,
        timeout: Option<Duration>,
    ) -> Result<Opened> {
        let Some(fetcher) = &self.options().fetcher else {
            let text = format!("cannot read from the location {place}: no fetcher for http is set");
            return Err(Error::unavailable(text));
        };
        let limits = &self.client.options.limits;
        let stream = fetcher.fetch(LocationRequest { uri, reach, timeout, limits }).await?;
        Ok(Opened { stream, place: place.clone(), promise: None, _lease: None })
    }

    /// The client itself, over one of its connections.
    fn home_client(&self) -> (Client, Lease) {
        let client = &self.client;
        let lease = client.pool.lease(None, self.options().connections, |first| match first {
            None => client.channel.clone(),
            Some(_) => client.channel.separate(),
        });
        (Client { channel: lease.channel.clone(), ..client.clone() }, lease)
    }

    /// A client of another server, with what that server may see.
    fn other_client(&self, address: &Address, reach: Reach, is_trusted: bool) -> (Client, Lease) {
        let own = &self.client;
        let key = Some((address.clone(), reach));
        let lease = own.pool.lease(key, self.options().connections, |first| match first {
            None => self.connect(address, reach),
            Some(first) => first.separate(),
        });
        let mut client = Client {
            channel: lease.channel.clone(),
            address: Some(address.clone()),
            limit: Default::default(),
            ..own.clone()
        };
        if !is_trusted {
            let policy = &self.options().locations;
            client.headers.clear();
            for (name, value) in
                own.headers.iter().filter(|(name, _)| policy.sends_everywhere(name))
            {
                client.headers.append(name, value.clone());
            }
            client.cookies = None;
            client.basic = None;
            if !policy.has_middleware_everywhere() {
                client.middleware = Arc::default();
            }
        }
        (client, lease)
    }

    /// A channel to another server. A server name for certificates is meant for one host.
    fn connect(&self, address: &Address, reach: Reach) -> Channel {
        let mut config = self.client.options.transport.clone();
        let host = super::home::host_port(address).map(|(host, _)| host);
        if host.zip(self.home.host()).is_none_or(|(a, b)| !a.eq_ignore_ascii_case(b)) {
            config.tls = config.tls.without_server_name();
        }
        if config.reach == Reach::Anywhere {
            config.reach = reach;
        }
        Channel::new(address.clone(), config)
    }

    fn time_left(&self) -> Result<Option<Duration>> {
        let Some(deadline) = self.deadline else { return Ok(None) };
        match deadline.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(Error::deadline_exceeded("the time for reading the flight is over")),
        }
    }

    /// An error with the endpoint and the place that it came from, unless that is plain.
    pub(super) fn located(&self, error: Error, index: usize, place: Option<&Place>) -> Error {
        error.with_notes(self.notes(index, place))
    }

    /// Which endpoint, and where, as far as it is not plain.
    pub(super) fn notes(&self, index: usize, place: Option<&Place>) -> Vec<String> {
        let mut notes = Vec::new();
        let len = self.len();
        if len > 1 {
            notes.push(format!("endpoint {} of {len}", index.saturating_add(1)));
        }
        if let Some(place) = place.filter(|place| len > 1 || **place != Place::Home) {
            notes.push(format!("reading from {place}"));
        }
        notes
    }
}

/// Of several failures one that names all; of one, itself.
fn all_of(mut failures: Vec<Error>) -> Error {
    let Some(last) = failures.pop() else {
        return Error::unavailable("the endpoint has no location");
    };
    if failures.is_empty() {
        return last;
    }
    // What is refused here stays refused; what is away may come back.
    let code = match last.code() {
        Code::FailedPrecondition => failures.first().map_or(Code::Unavailable, Error::code),
        code => code,
    };
    let origin = if code == Code::FailedPrecondition { Origin::Local } else { Origin::Peer };
    let mut text = "none of the endpoint's locations can be read".to_owned();
    for failure in failures.iter().chain([&last]) {
        text.push_str("; ");
        text.push_str(failure.message());
    }
    Error::new(code, text).with_origin(origin)
}
