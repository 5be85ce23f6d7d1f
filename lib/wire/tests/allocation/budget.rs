//! What a batch may allocate on its way, once its stream is under way. A copy of a body, or of a
//! column, is far above each budget; so is an allocation for each row.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use bytes::{Bytes, BytesMut};
use wingbeat_wire::data::{
    BodyPool, Decoded, FlightDataDecoder, FlightDataDeframer, FlightDataEncoder,
};
use wingbeat_wire::ipc::{EncodeOptions, MessageSize};
use wingbeat_wire::{Deframe, Limits, Segments};

use crate::counting::{Allocated, allocated};

/// The pieces in which a connection hands on what it reads.
const PIECE: usize = 16 << 10;

fn numbers(rows: i64, columns: i64) -> RecordBatch {
    let column = |column: i64| Int64Array::from_iter_values((0..rows).map(|row| row * 31 + column));
    let columns = (0..columns).map(|c| (format!("c{c}"), Arc::new(column(c)) as ArrayRef, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn words(rows: usize) -> RecordBatch {
    let words = (0..rows).map(|row| Some(format!("word {row}")).filter(|_| row % 7 != 0));
    let column: ArrayRef = Arc::new(words.collect::<StringArray>());
    RecordBatch::try_from_iter_with_nullable([("w", column, true)]).unwrap()
}

/// Both sides of a stream, and what the last batch sent through them allocated on each.
struct Stream {
    encoder: FlightDataEncoder,
    deframer: FlightDataDeframer,
    decoder: FlightDataDecoder,
}

impl Stream {
    /// A stream that has sent its schema.
    fn new(batch: &RecordBatch) -> Self {
        let options = EncodeOptions::default().with_message_size(MessageSize::Whole);
        let limits = Limits::default();
        let mut stream = Self {
            encoder: FlightDataEncoder::new(options),
            deframer: FlightDataDeframer::new(&limits, BodyPool::default()),
            decoder: FlightDataDecoder::new(&limits),
        };
        stream.encoder.start(batch.schema()).unwrap();
        let schema = stream.encoder.poll().unwrap().unwrap();
        assert!(matches!(stream.receive(&pieces(&schema)), Some(Decoded::Schema(_))));
        stream
    }

    /// The message of one batch.
    fn send(&mut self, batch: RecordBatch) -> Segments {
        self.encoder.push(batch.into()).unwrap();
        let message = self.encoder.poll().unwrap().unwrap();
        assert!(self.encoder.poll().unwrap().is_none());
        message
    }

    fn receive(&mut self, pieces: &[Bytes]) -> Option<Decoded> {
        let mut decoded = None;
        for piece in pieces {
            self.deframer.push(piece.clone());
            while let Some(message) = self.deframer.poll().unwrap() {
                decoded = self.decoder.push(message).unwrap();
            }
        }
        decoded
    }
}

/// As a connection hands them on: parts of one buffer that it reads into.
fn pieces(message: &Segments) -> Vec<Bytes> {
    let mut read = BytesMut::from(&message.to_bytes()[..]);
    let mut pieces = Vec::new();
    while !read.is_empty() {
        pieces.push(read.split_to(PIECE.min(read.len())).freeze());
    }
    pieces
}

/// What one batch allocates to be sent, and to be received, after three like it.
fn steady(batch: &RecordBatch) -> (Allocated, Allocated) {
    let mut stream = Stream::new(batch);
    let mut last = (Allocated::default(), Allocated::default());
    for _ in 0..4 {
        let given = batch.clone();
        let (sending, message) = allocated(|| stream.send(given));
        let pieces = pieces(&message);
        let (receiving, decoded) = allocated(|| stream.receive(&pieces));
        let Some(Decoded::Chunk(chunk)) = decoded else { unreachable!("{decoded:?}") };
        assert_eq!(chunk.data.as_ref(), Some(batch));
        last = (sending, receiving);
    }
    last
}

/// Asserts that `spent` is within `bytes` and `count`.
#[track_caller]
fn within(spent: Allocated, bytes: usize, count: usize) {
    assert!(spent.bytes <= bytes && spent.count <= count, "{spent:?}, budget {bytes} and {count}");
}

#[test]
fn a_large_batch_costs_no_more_than_its_head() {
    let (sending, receiving) = steady(&numbers(131_072, 4));
    within(sending, 600, 2);
    // With a list of the pieces that came before the body's memory was taken.
    within(receiving, 1900, 13);
}

#[test]
fn a_tiny_batch() {
    let (sending, receiving) = steady(&numbers(16, 4));
    // One piece for all, and the list of pieces. The body, of 512 bytes, is collected once.
    within(sending, 1000, 2);
    within(receiving, 1800, 12);
}

#[test]
fn a_wide_batch_costs_little_for_each_column() {
    let (sending, receiving) = steady(&numbers(1024, 1000));
    within(sending, 90 * 1000, 2);
    within(receiving, 200 * 1000, 1100);
}

#[test]
fn words_and_nulls_are_not_copied() {
    let (sending, receiving) = steady(&words(100_000));
    within(sending, 600, 2);
    within(receiving, 1000, 9);
}
