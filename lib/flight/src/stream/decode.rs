//! Messages of `FlightData` that arrive, read as a schema and chunks.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use arrow_schema::SchemaRef;
use tokio::task::JoinHandle;
use wingbeat_wire::data::{
    Decoded, FlightData, FlightDataDecoder, FlightDataDeframer, FlightStreamChunk,
};
use wingbeat_wire::message::FlightDescriptor;
use wingbeat_wire::{DecodeError, Limits};

use super::Incoming;
use crate::{Code, Error, Result};

/// How many messages with metadata alone may come before the schema. They are kept while somebody
/// waits for the schema; a peer that sends more of them means no good.
const EARLY_CHUNKS_MAX: usize = 64;

/// Whether a handler waits for its client, as seen from outside of the handler.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waiting(Arc<AtomicBool>);

impl Waiting {
    pub(crate) fn set(&self, waiting: bool) {
        self.0.store(waiting, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The reading side of DoGet, DoPut and DoExchange, on either end. Bodies that are compressed are
/// decoded on tokio's blocking threads.
#[derive(Debug)]
pub(crate) struct DataReader {
    messages: Incoming<FlightDataDeframer>,
    decoder: Decoder,
    schema: Option<SchemaRef>,
    descriptor: Option<FlightDescriptor>,
    /// The first message, read for its descriptor.
    first: Option<FlightData>,
    early: VecDeque<FlightStreamChunk>,
    failure: Option<Error>,
    /// The code of bytes that make no sense.
    fault: Code,
    waiting: Waiting,
}

#[derive(Debug)]
enum Decoder {
    Idle(Box<FlightDataDecoder>),
    Busy(JoinHandle<(Box<FlightDataDecoder>, Outcome)>),
    /// Lost in a panic.
    Gone,
}

type Outcome = Result<Option<Decoded>, DecodeError>;

impl DataReader {
    /// Reads what a client sends.
    pub(crate) fn from_request(messages: Incoming<FlightDataDeframer>, limits: &Limits) -> Self {
        Self::new(messages, limits, Code::InvalidArgument)
    }

    /// Reads what a server answers.
    pub(crate) fn from_response(messages: Incoming<FlightDataDeframer>, limits: &Limits) -> Self {
        Self::new(messages, limits, Code::Internal)
    }

    fn new(messages: Incoming<FlightDataDeframer>, limits: &Limits, fault: Code) -> Self {
        Self {
            messages,
            decoder: Decoder::Idle(Box::new(FlightDataDecoder::new(limits))),
            schema: None,
            descriptor: None,
            first: None,
            early: VecDeque::new(),
            failure: None,
            fault,
            waiting: Waiting::default(),
        }
    }

    /// Tells from now on whether somebody waits for the next message.
    pub(crate) fn watch(&mut self, waiting: Waiting) {
        self.waiting = waiting;
    }

    /// Reads the descriptor, which the first message carries. A client that sends none, or
    /// nothing at all, gets `Unknown`.
    pub(crate) async fn read_descriptor(&mut self) -> Result<FlightDescriptor> {
        if self.descriptor.is_none() && self.first.is_none() {
            let first = poll_fn(|cx| self.poll_message(cx)).await?;
            self.descriptor = first.as_ref().and_then(|message| message.flight_descriptor.clone());
            self.first = first;
        }
        Ok(self.descriptor.clone().unwrap_or_default())
    }

    /// The schema, `None` when the stream ends without one. Metadata that comes before it is kept
    /// for [`poll_chunk`](Self::poll_chunk).
    pub(crate) fn poll_schema(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<SchemaRef>>> {
        loop {
            if let Some(schema) = &self.schema {
                return Poll::Ready(Ok(Some(schema.clone())));
            }
            match ready!(self.poll_decoded(cx))? {
                Some(Decoded::Chunk(_)) if self.early.len() == EARLY_CHUNKS_MAX => {
                    let text = format!("more than {EARLY_CHUNKS_MAX} messages before the schema");
                    return Poll::Ready(Err(self.fail(Error::new(self.fault, text))));
                }
                Some(Decoded::Chunk(chunk)) => self.early.push_back(chunk),
                Some(Decoded::Schema(_)) => {}
                None => return Poll::Ready(Ok(None)),
            }
        }
    }

    /// The next chunk, `None` at the end.
    pub(crate) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<FlightStreamChunk>>> {
        if let Some(chunk) = self.early.pop_front() {
            return Poll::Ready(Ok(Some(chunk)));
        }
        loop {
            match ready!(self.poll_decoded(cx))? {
                Some(Decoded::Chunk(chunk)) => return Poll::Ready(Ok(Some(chunk))),
                Some(Decoded::Schema(_)) => {}
                None => return Poll::Ready(Ok(None)),
            }
        }
    }

    fn poll_decoded(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Decoded>>> {
        if let Some(failure) = &self.failure {
            return Poll::Ready(Err(failure.clone()));
        }
        loop {
            if let Some(decoded) = ready!(self.poll_busy(cx))? {
                return Poll::Ready(Ok(Some(decoded)));
            }
            let message = match self.first.take() {
                Some(first) => first,
                None => match ready!(self.poll_message(cx))? {
                    Some(message) => message,
                    None => return Poll::Ready(Ok(None)),
                },
            };
            if let Some(decoded) = self.decode(message)? {
                return Poll::Ready(Ok(Some(decoded)));
            }
        }
    }

    /// Decodes a message, or starts to.
    fn decode(&mut self, message: FlightData) -> Result<Option<Decoded>> {
        let Decoder::Idle(mut decoder) = std::mem::replace(&mut self.decoder, Decoder::Gone) else {
            return Err(self.fail(Error::internal("the decoder of a stream is gone")));
        };
        if message.is_compressed() {
            self.decoder = Decoder::Busy(tokio::task::spawn_blocking(move || {
                let result = decoder.push(message);
                (decoder, result)
            }));
            return Ok(None);
        }
        let result = decoder.push(message);
        self.decoder = Decoder::Idle(decoder);
        self.decoded(result)
    }

    /// Waits for the blocking thread, if one is at work.
    fn poll_busy(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Decoded>>> {
        let Decoder::Busy(handle) = &mut self.decoder else { return Poll::Ready(Ok(None)) };
        let result = match ready!(Pin::new(handle).poll(cx)) {
            Ok((decoder, result)) => {
                self.decoder = Decoder::Idle(decoder);
                self.decoded(result)
            }
            Err(error) => {
                self.decoder = Decoder::Gone;
                Err(self.fail(error.into()))
            }
        };
        Poll::Ready(result)
    }

    fn decoded(&mut self, result: Outcome) -> Result<Option<Decoded>> {
        let decoded = result.map_err(|error| self.fail(Error::from_decode(&error, self.fault)))?;
        if let Some(Decoded::Schema(schema)) = &decoded {
            self.schema = Some(schema.clone());
        }
        Ok(decoded)
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<FlightData>>> {
        let poll = self.messages.poll_next(cx);
        self.waiting.set(poll.is_pending());
        match ready!(poll) {
            Ok(message) => Poll::Ready(Ok(message)),
            Err(error) => Poll::Ready(Err(self.fail(error))),
        }
    }

    /// Remembers an error: it is what every later read gives.
    fn fail(&mut self, error: Error) -> Error {
        self.failure = Some(error.clone());
        error
    }
}
