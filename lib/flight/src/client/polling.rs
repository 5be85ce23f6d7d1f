//! PollFlightInfo to its end: [`Polling`].

use std::fmt;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use wingbeat_wire::message::{
    CancelFlightInfoResult, FlightDescriptor, FlightEndpoint, FlightInfo, PollInfo, Timestamp,
};

use super::Client;
use crate::{Code, Error, Origin, Result};

/// How often in a row a server may be unavailable.
const UNAVAILABLE_MAX: u32 = 5;
/// The first pause before a server is asked again that was unavailable, or that does not hold its
/// answers back until there is something new. Each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// A query that is polled for, see [`Client::poll`].
///
/// Dropping it does not end the query, which its server forgets sooner or later;
/// [`cancel`](Self::cancel) does.
pub struct Polling {
    client: Client,
    /// What to ask with next; `None` when the query is complete.
    next: Option<FlightDescriptor>,
    latest: Option<PollInfo>,
    /// How many endpoints were handed out.
    taken: usize,
    pause: Duration,
    failure: Option<Error>,
}

impl Client {
    /// Starts a query with PollFlightInfo, to be asked for as it goes on. Nothing is sent before
    /// the first of the methods is called.
    ///
    /// ```no_run
    /// # async fn run(client: wingbeat::Client) -> wingbeat::Result<()> {
    /// # use wingbeat::FlightDescriptor;
    /// let mut polling = client.poll(FlightDescriptor::command("heavy query"));
    /// while let Some(endpoint) = polling.next_endpoint().await? {
    ///     let batches = client.read_endpoint(&endpoint).await?.collect_batches().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll(&self, descriptor: FlightDescriptor) -> Polling {
        let (client, next) = (self.clone(), Some(descriptor));
        Polling { client, next, latest: None, taken: 0, pause: PAUSE, failure: None }
    }

    /// Polls until the query is complete.
    ///
    /// # Errors
    /// See [`Polling::next`].
    pub async fn poll_to_end(&self, descriptor: FlightDescriptor) -> Result<FlightInfo> {
        self.poll(descriptor).finish().await
    }
}

impl Polling {
    /// Asks once more, and gives what the server says; `None` when the query is complete.
    ///
    /// A [timeout](Client::with_timeout) of the client is one for each call: when it passes, or the
    /// server is unavailable, the query is asked for again, up to its expiration. Starting it is
    /// tried once. A server that answers at once and says nothing new is asked less and less often.
    ///
    /// # Errors
    /// The server's, or what went wrong on the way; INTERNAL, by the peer's fault, when an endpoint
    /// is gone that was there. Every later call gives the same.
    ///
    /// # Cancel safety
    /// Cancel-safe, but for the call that starts the query: that starts another one.
    pub async fn next(&mut self) -> Result<Option<&PollInfo>> {
        if let Some(error) = &self.failure {
            return Err(error.clone());
        }
        let Some(descriptor) = self.next.clone() else { return Ok(None) };
        match self.advance(descriptor).await {
            Ok(()) => Ok(self.latest.as_ref()),
            Err(error) => {
                self.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    /// The next endpoint, as soon as it is there; `None` when the query is complete and all of its
    /// endpoints were handed out.
    ///
    /// # Errors
    /// See [`next`](Self::next).
    ///
    /// # Cancel safety
    /// See [`next`](Self::next); no endpoint is lost.
    pub async fn next_endpoint(&mut self) -> Result<Option<FlightEndpoint>> {
        loop {
            let endpoints = self.info().map(|info| info.endpoints.as_slice()).unwrap_or_default();
            if let Some(endpoint) = endpoints.get(self.taken).cloned() {
                self.taken += 1;
                return Ok(Some(endpoint));
            }
            if self.next().await?.is_none() {
                return Ok(None);
            }
        }
    }

    /// Polls until the query is complete, and gives its result.
    ///
    /// # Errors
    /// See [`next`](Self::next).
    pub async fn finish(mut self) -> Result<FlightInfo> {
        while self.next().await?.is_some() {}
        self.latest.and_then(|latest| latest.info).ok_or_else(|| {
            let text = "the last answer to PollFlightInfo has no FlightInfo";
            Error::internal(text).with_origin(Origin::Peer)
        })
    }

    /// Ends the query on its server.
    ///
    /// # Errors
    /// The server's, or what went wrong on the way; FAILED_PRECONDITION before the first answer.
    pub async fn cancel(&self) -> Result<CancelFlightInfoResult> {
        let info = self.info().cloned().ok_or_else(|| {
            Error::failed_precondition("nothing is known yet of the query to cancel")
        })?;
        self.client.cancel_flight_info(info).await
    }

    /// What the server said last.
    pub fn latest(&self) -> Option<&PollInfo> {
        self.latest.as_ref()
    }

    fn info(&self) -> Option<&FlightInfo> {
        self.latest.as_ref()?.info.as_ref()
    }

    /// Asks, and remembers the answer.
    async fn advance(&mut self, descriptor: FlightDescriptor) -> Result<()> {
        let asked_at = Instant::now();
        let poll = self.ask(descriptor).await?;
        let is_new = self.latest.as_ref().is_none_or(|latest| differs(latest, &poll));
        if is_new {
            self.pause = PAUSE;
        } else if asked_at.elapsed() < PAUSE {
            self.rest().await;
        }
        if self.latest.as_ref().is_some_and(|latest| !grows(latest, &poll)) {
            let text = "an answer to PollFlightInfo lacks endpoints of an earlier one";
            return Err(Error::internal(text).with_origin(Origin::Peer));
        }
        self.next = poll.flight_descriptor.clone();
        self.latest = Some(poll);
        Ok(())
    }

    /// Asks until there is an answer.
    async fn ask(&mut self, descriptor: FlightDescriptor) -> Result<PollInfo> {
        let mut unavailable = 0;
        loop {
            let asked_at = Instant::now();
            let error = match self.client.poll_flight_info(descriptor.clone()).await {
                Ok(poll) => return Ok(poll),
                Err(error) => error,
            };
            let Some(latest) = &self.latest else { return Err(error) };
            if latest.expiration_time.is_some_and(is_over) {
                return Err(error);
            }
            match error.code() {
                // A long poll that found nothing new. A server that says so at once is not asked
                // again at once.
                Code::DeadlineExceeded if asked_at.elapsed() < PAUSE => self.rest().await,
                Code::DeadlineExceeded => {}
                Code::Unavailable if unavailable < UNAVAILABLE_MAX => {
                    unavailable += 1;
                    self.rest().await;
                }
                _ => return Err(error),
            }
        }
    }

    /// Waits a while, and longer the next time.
    async fn rest(&mut self) {
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
    }
}

/// Whether an answer says something that the one before did not say. That the time moves on and the
/// descriptor with it is nothing new.
fn differs(before: &PollInfo, now: &PollInfo) -> bool {
    let said = |poll: &PollInfo| {
        let info = poll.info.as_ref();
        let totals = info.map(|info| (info.endpoints.len(), info.total_records, info.total_bytes));
        (totals, poll.progress.map(f64::to_bits), poll.is_complete())
    };
    said(before) != said(now)
}

/// Whether everything that was there is there. An endpoint may change its expiration.
fn grows(before: &PollInfo, now: &PollInfo) -> bool {
    let endpoints = |poll: &PollInfo| poll.info.clone().map(|info| info.endpoints);
    let (before, now) = (endpoints(before).unwrap_or_default(), endpoints(now).unwrap_or_default());
    before.len() <= now.len() && before.iter().zip(&now).all(|(a, b)| a.ticket == b.ticket)
}

fn is_over(time: Timestamp) -> bool {
    // A time that no clock can show is not over.
    SystemTime::try_from(time).is_ok_and(|time| time <= SystemTime::now())
}

impl fmt::Debug for Polling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polling")
            .field("is_complete", &self.next.is_none())
            .field("taken", &self.taken)
            .finish_non_exhaustive()
    }
}
