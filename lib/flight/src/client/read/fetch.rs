//! [`Fetch`]: one endpoint from its first row to its last, over failures.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow_schema::SchemaRef;
use futures_core::Stream;

use super::opened::Opened;
use super::place::Place;
use super::promise::Promise;
use super::reading::Reading;
use super::skip::Skip;
use crate::{Error, FlightStreamChunk, Origin, Result};

/// How often an endpoint is opened anew without a new row since.
const ATTEMPTS_MAX: u32 = 3;

/// The rows of one endpoint. Nothing is opened before it is first polled.
///
/// One that fails before anything came of it is read from its other locations, or again from the
/// same. One that fails later is read again only under a [`Promise`], and the rows that came
/// already are passed over.
pub(super) struct Fetch {
    reading: Arc<Reading>,
    index: usize,
    state: State,
    skip: Skip,
    /// Where it was read last.
    place: Option<Place>,
    promise: Option<Promise>,
    delivered: Delivered,
    /// How often it failed since the last new row.
    attempts: u32,
}

/// What was handed on.
#[derive(Debug, Default)]
struct Delivered {
    rows: u64,
    /// Whether anything was, be it metadata alone.
    is_any: bool,
}

enum State {
    Opening(Pin<Box<dyn Future<Output = Result<Opened>> + Send>>),
    Open(Opened),
    Over,
}

impl Fetch {
    pub(super) fn new(reading: Arc<Reading>, index: usize) -> Self {
        Self {
            state: State::Opening(Box::pin(reading.clone().open(index))),
            reading,
            index,
            skip: Skip::default(),
            place: None,
            promise: None,
            delivered: Delivered::default(),
            attempts: 0,
        }
    }

    /// Begins again with the first row: what was handed on is not wanted.
    pub(super) fn restart(&mut self) {
        self.state = State::Opening(Box::pin(self.reading.clone().open(self.index)));
        self.skip = Skip::default();
        self.delivered = Delivered::default();
        self.attempts = 0;
    }

    /// Waits until it is open. Its schema agrees with the flight's then.
    pub(super) fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<Result<SchemaRef>> {
        loop {
            match &mut self.state {
                State::Open(opened) => return Poll::Ready(Ok(opened.stream.schema().clone())),
                State::Over => return Poll::Ready(Err(Error::internal("the endpoint is over"))),
                State::Opening(opening) => {
                    let opened = ready!(opening.as_mut().poll(cx));
                    let begun = match opened {
                        Ok(opened) => self.begin(opened),
                        Err(error) => Err(error.with_notes(self.rows_note().into_iter().collect())),
                    };
                    if let Err(error) = begun {
                        self.state = State::Over;
                        return Poll::Ready(Err(error));
                    }
                }
            }
        }
    }

    fn begin(&mut self, opened: Opened) -> Result<()> {
        let agreed = self.reading.agree(opened.stream.schema());
        agreed.map_err(|error| self.far(error, &opened.place))?;
        if self.delivered.is_any && opened.promise != self.promise {
            let text = "the endpoint has another version now, and cannot be read on";
            let error = Error::aborted(text).with_origin(Origin::Peer);
            return Err(self.far(error, &opened.place));
        }
        self.promise.clone_from(&opened.promise);
        self.place = Some(opened.place.clone());
        self.state = State::Open(opened);
        Ok(())
    }

    /// Opens it again after an error, where that cannot lose or double a row.
    fn recover(&mut self, error: Error) -> Result<()> {
        let Some(place) = self.place.clone() else { return Err(error) };
        if !self.reading.is_retriable(&error) {
            return Err(self.far(error, &place));
        }
        self.reading.note_outage(&place);
        if self.delivered.is_any && self.promise.is_none() {
            let note = "the server does not promise the same rows in the same order, so it was \
                        not read again";
            return Err(self.far_because(error, &place, Some(note)));
        }
        self.attempts += 1;
        if self.attempts > ATTEMPTS_MAX {
            return Err(self.far(error, &place));
        }
        let rows = self.delivered.rows;
        tracing::debug!(index = self.index, %place, rows, %error, "an endpoint is read again");
        self.skip = if self.delivered.is_any { Skip::rows(rows) } else { Skip::default() };
        self.state = State::Opening(Box::pin(self.reading.clone().open(self.index)));
        Ok(())
    }

    /// An error with where it happened, and how far the endpoint was read.
    fn far(&self, error: Error, place: &Place) -> Error {
        self.far_because(error, place, None)
    }

    fn far_because(&self, error: Error, place: &Place, why: Option<&str>) -> Error {
        let mut notes = self.reading.notes(self.index, Some(place));
        notes.extend(self.rows_note());
        notes.extend(why.map(str::to_owned));
        error.with_notes(notes)
    }

    fn rows_note(&self) -> Option<String> {
        let rows = self.delivered.rows;
        (rows > 0).then(|| format!("after {rows} rows"))
    }

    /// What is new in a chunk.
    fn take(&mut self, chunk: FlightStreamChunk) -> Option<FlightStreamChunk> {
        let chunk = self.skip.apply(chunk)?;
        self.delivered.is_any = true;
        if let Some(batch) = &chunk.data {
            self.delivered.rows += batch.num_rows() as u64;
            self.attempts = 0;
        }
        Some(chunk)
    }

    /// The end of the stream, which may come too early.
    fn finish(&mut self) -> Result<()> {
        let (missing, place) = (self.skip.rows_left(), self.place.take());
        self.state = State::Over;
        match place {
            Some(place) if missing > 0 => {
                let text = format!("the endpoint has {missing} rows less than before");
                let error = Error::data_loss(text).with_origin(Origin::Peer);
                Err(self.far(error, &place))
            }
            _ => Ok(()),
        }
    }
}

impl Stream for Fetch {
    type Item = Result<FlightStreamChunk>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let opened = match &mut self.state {
                State::Over => return Poll::Ready(None),
                State::Open(opened) => opened,
                State::Opening(_) => match ready!(self.poll_open(cx)) {
                    Ok(_) => continue,
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
            };
            match ready!(Pin::new(&mut opened.stream).poll_next(cx)) {
                Some(Ok(chunk)) => {
                    if let Some(chunk) = self.take(chunk) {
                        return Poll::Ready(Some(Ok(chunk)));
                    }
                }
                None => return Poll::Ready(self.finish().err().map(Err)),
                Some(Err(error)) => {
                    if let Err(error) = self.recover(error) {
                        self.state = State::Over;
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
        }
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.reading.release(self.index);
    }
}
