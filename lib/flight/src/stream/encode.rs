//! Schema and chunks to send, made into framed messages of `FlightData`.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow_schema::SchemaRef;
use futures_core::Stream;
use tokio::task::JoinHandle;
use wingbeat_wire::data::{FlightDataEncoder, FlightStreamChunk};
use wingbeat_wire::ipc::EncodeOptions;
use wingbeat_wire::message::FlightDescriptor;
use wingbeat_wire::{EncodeError, Segments};

use super::BatchStream;
use super::channel::Receiver;
use super::reason::Reason;
use crate::peer::PeerLimit;
use crate::{Error, Result};

/// What is to be sent.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// The schema, before the first batch, and how to encode from there on where that was said.
    Start(SchemaRef, Option<EncodeOptions>),
    Chunk(FlightStreamChunk),
}

impl Outgoing {
    /// Not worth the way to another thread.
    fn is_small(&self) -> bool {
        match self {
            Self::Start(..) => true,
            Self::Chunk(chunk) => chunk.data.is_none(),
        }
    }
}

/// Where it comes from.
pub(crate) enum Source {
    /// A stream, whose schema goes out at once.
    Stream { batches: BatchStream, started: bool },
    /// One end of an exchange.
    Exchange(Receiver<Outgoing>),
}

impl From<BatchStream> for Source {
    fn from(batches: BatchStream) -> Self {
        Self::Stream { batches, started: false }
    }
}

impl Source {
    /// Tells the producer, before it is dropped, where it will stand why.
    pub(crate) fn give_up_later(&self, reason: Arc<Reason>) {
        match self {
            Self::Stream { batches, .. } => batches.give_up_later(reason),
            Self::Exchange(receiver) => {
                receiver.shared().give_up(reason.get().cloned().unwrap_or_else(|| {
                    Error::cancelled("the exchange is over; its receiver says why")
                }))
            }
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Outgoing>>> {
        match self {
            Self::Stream { batches, started: true } => Pin::new(batches)
                .poll_next(cx)
                .map(|item| item.map(|item| item.map(Outgoing::Chunk))),
            Self::Stream { batches, started } => {
                *started = true;
                Poll::Ready(Some(Ok(Outgoing::Start(batches.schema().clone(), None))))
            }
            Self::Exchange(receiver) => receiver.poll_next(cx),
        }
    }
}

/// Pulls a source and encodes it, one message at a time and only as it is asked. Compression runs
/// on tokio's blocking threads, and one message ahead: while a compressed message is being sent,
/// the next one is made.
pub(crate) struct EncodeStream {
    source: Source,
    encoder: Encoder,
    compresses: bool,
    /// Taken from the source ahead of time, and not worth a thread.
    pulled: Option<Outgoing>,
    /// Whether the source has ended or failed, and what it holds is still to be sent.
    source_done: bool,
    failure: Option<Error>,
    /// What the peer takes, which may become known while the stream runs.
    limit: PeerLimit,
    /// What the encoder was told of it.
    told: Option<usize>,
}

enum Encoder {
    Idle(Box<FlightDataEncoder>),
    Busy(JoinHandle<(Box<FlightDataEncoder>, Encoded)>),
    /// Lost in a panic, or no longer needed.
    Gone,
}

type Encoded = Result<Option<Segments>, EncodeError>;

impl EncodeStream {
    /// `descriptor` rides on the first message; `limit` is what the receiver takes.
    pub(crate) fn new(
        source: impl Into<Source>,
        options: EncodeOptions,
        limit: PeerLimit,
        descriptor: Option<FlightDescriptor>,
    ) -> Self {
        let source = source.into();
        let options = match &source {
            Source::Stream { batches, .. } => batches.options().cloned().unwrap_or(options),
            Source::Exchange(_) => options,
        };
        let mut encoder = FlightDataEncoder::new(options);
        if let Some(descriptor) = descriptor {
            encoder.descriptor(descriptor);
            if matches!(source, Source::Exchange(_)) {
                // A server may answer before it gets a schema, but it has to know the descriptor.
                encoder.descriptor_only();
            }
        }
        Self {
            source,
            compresses: encoder.compresses(),
            encoder: Encoder::Idle(Box::new(encoder)),
            pulled: None,
            source_done: false,
            failure: None,
            limit,
            told: None,
        }
    }

    pub(crate) fn source_mut(&mut self) -> &mut Source {
        &mut self.source
    }

    /// Moves what is at hand to the encoder. On the compressing path this is done on a blocking
    /// thread, which also makes the next message.
    fn step(&mut self, item: Option<Outgoing>) -> Poll<Result<Option<Segments>>> {
        let Encoder::Idle(mut encoder) = std::mem::replace(&mut self.encoder, Encoder::Gone) else {
            return Poll::Ready(Err(Error::internal("the encoder of a stream is gone")));
        };
        if let Some(Outgoing::Start(_, Some(options))) = &item {
            encoder.set_options(options.clone());
            self.compresses = encoder.compresses();
            self.told = None;
        }
        if let Some(bytes_max) = self.limit.get().filter(|bytes| self.told != Some(*bytes)) {
            self.told = Some(bytes_max);
            encoder.receiver_takes(bytes_max);
        }
        if self.compresses && !item.as_ref().is_some_and(Outgoing::is_small) {
            self.encoder = Encoder::Busy(tokio::task::spawn_blocking(move || {
                let encoded = encode(&mut encoder, item);
                (encoder, encoded)
            }));
            return Poll::Pending;
        }
        let encoded = encode(&mut encoder, item);
        self.encoder = Encoder::Idle(encoder);
        Poll::Ready(encoded.map_err(|error| Error::from_encode(&error)))
    }

    /// Waits for the blocking thread, if one is at work.
    fn poll_busy(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Segments>>> {
        let Encoder::Busy(handle) = &mut self.encoder else { return Poll::Ready(Ok(None)) };
        Poll::Ready(match ready!(Pin::new(handle).poll(cx)) {
            Ok((encoder, encoded)) => {
                self.encoder = Encoder::Idle(encoder);
                encoded.map_err(|error| Error::from_encode(&error))
            }
            Err(error) => Err(error.into()),
        })
    }

    /// The source's next item; `None` at its end, which is kept, and how it failed.
    fn pull(&mut self, cx: &mut Context<'_>) -> Poll<Option<Outgoing>> {
        Poll::Ready(match ready!(self.source.poll_next(cx)) {
            Some(Ok(item)) => Some(item),
            ended => {
                self.source_done = true;
                self.failure = ended.and_then(Result::err);
                None
            }
        })
    }

    /// Begins to compress the message behind the one that is handed out, if there is one already.
    fn begin_next(&mut self, cx: &mut Context<'_>) {
        let Encoder::Idle(encoder) = &self.encoder else { return };
        let mut item = None;
        if encoder.is_idle() {
            if self.source_done {
                return;
            }
            let Poll::Ready(Some(next)) = self.pull(cx) else { return };
            if next.is_small() {
                self.pulled = Some(next);
                return;
            }
            item = Some(next);
        }
        // Pending: what compresses takes a thread for all that is not small.
        let _ = self.step(item);
    }

    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Segments>>> {
        // What the encoder holds goes first, then the source is asked.
        let mut drained = matches!(&self.encoder, Encoder::Idle(encoder) if encoder.is_idle());
        loop {
            if matches!(self.encoder, Encoder::Busy(_)) {
                match ready!(self.poll_busy(cx))? {
                    Some(segments) => {
                        self.begin_next(cx);
                        return Poll::Ready(Ok(Some(segments)));
                    }
                    None => drained = true,
                }
            }
            let item = if !drained {
                None
            } else if let Some(item) = self.pulled.take() {
                Some(item)
            } else if self.source_done {
                return Poll::Ready(self.failure.take().map_or(Ok(None), Err));
            } else {
                match ready!(self.pull(cx)) {
                    Some(item) => Some(item),
                    None => continue,
                }
            };
            match self.step(item) {
                Poll::Ready(Ok(Some(segments))) => return Poll::Ready(Ok(Some(segments))),
                Poll::Ready(Ok(None)) => drained = true,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                // Busy now: the loop polls it.
                Poll::Pending => {}
            }
        }
    }
}

fn encode(encoder: &mut FlightDataEncoder, item: Option<Outgoing>) -> Encoded {
    match item {
        Some(Outgoing::Start(schema, _)) => encoder.start(schema)?,
        Some(Outgoing::Chunk(chunk)) => encoder.push(chunk)?,
        None => {}
    }
    encoder.poll()
}

impl Stream for EncodeStream {
    type Item = Result<Segments>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Segments>>> {
        if self.source_done && matches!(self.encoder, Encoder::Gone) {
            return Poll::Ready(None);
        }
        let result = ready!(self.poll_inner(cx));
        if !matches!(result, Ok(Some(_))) {
            self.source_done = true;
            self.encoder = Encoder::Gone;
        }
        Poll::Ready(result.transpose())
    }
}

#[cfg(test)]
mod tests;
