//! What is received lies in one body, from the first column to the last.

use arrow_array::RecordBatch;
use bytes::{Bytes, BytesMut};
use wingbeat_testkit::memory::{buffers, shareable, span};
use wingbeat_wire::data::{
    BodyPool, Decoded, FlightDataDecoder, FlightDataDeframer, FlightDataEncoder,
};
use wingbeat_wire::ipc::{EncodeOptions, MessageSize};
use wingbeat_wire::{Deframe, Limits, Segments};

/// A stream of batches, in pieces as a connection hands them on.
fn stream(batches: &[RecordBatch], piece: usize) -> Vec<Bytes> {
    let mut encoder =
        FlightDataEncoder::new(EncodeOptions::default().with_message_size(MessageSize::Whole));
    encoder.start(batches[0].schema()).unwrap();
    for batch in batches {
        encoder.push(batch.clone().into()).unwrap();
    }
    let mut bytes = BytesMut::new();
    for message in std::iter::from_fn(|| encoder.poll().unwrap()) {
        message.iter().for_each(|part| bytes.extend_from_slice(part));
    }
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        pieces.push(bytes.split_to(piece.min(bytes.len())).freeze());
    }
    pieces
}

/// Calls `with` with each batch and the length of its body.
fn receive(pool: &BodyPool, pieces: Vec<Bytes>, mut with: impl FnMut(RecordBatch, usize)) {
    let limits = Limits::default();
    let mut deframer = FlightDataDeframer::new(&limits, pool.clone());
    let mut decoder = FlightDataDecoder::new(&limits);
    for piece in pieces {
        deframer.push(piece);
        while let Some(message) = deframer.poll().unwrap() {
            let body = message.data_body.as_ref().map_or(0, |body| body.len());
            if let Some(Decoded::Chunk(chunk)) = decoder.push(message).unwrap() {
                with(chunk.data.unwrap(), body);
            }
        }
    }
}

#[test]
fn every_buffer_of_every_column() {
    let batch = shareable();
    for piece in [1000, 16 << 10, 1 << 20] {
        let mut count = 0;
        receive(
            &BodyPool::default(),
            stream(&[batch.clone(), batch.clone()], piece),
            |got, len| {
                assert_eq!(got, batch);
                let buffers = buffers(&got);
                assert!(buffers.len() > 15 && len > 4 << 20, "{}, {len}", buffers.len());
                let span = span(&buffers);
                assert!(span.start.is_multiple_of(64) && span.len() <= len, "{span:?}, {len}");
                // All of the body belongs to one buffer or another, or is padding.
                let used: usize =
                    buffers.iter().map(|buffer| buffer.len().next_multiple_of(64)).sum();
                assert_eq!(used, len);
                count += 1;
            },
        );
        assert_eq!(count, 2);
    }
}

#[test]
fn the_memory_of_one_batch_is_that_of_the_next() {
    let batch = shareable();
    let pool = BodyPool::default();
    let mut places = Vec::new();
    let batches = vec![batch.clone(); 4];
    receive(&pool, stream(&batches, 16 << 10), |got, _| places.push(span(&buffers(&got))));
    assert_eq!(places, vec![places[0].clone(); 4]);
}

#[test]
fn a_body_that_arrives_aligned_and_whole_is_not_copied_at_all() {
    let batch = shareable().project(&[0]).unwrap();
    let source = buffers(&batch).remove(0);
    let mut encoder =
        FlightDataEncoder::new(EncodeOptions::default().with_message_size(MessageSize::Whole));
    encoder.start(batch.schema()).unwrap();
    encoder.push(batch.clone().into()).unwrap();
    let mut messages: Vec<Segments> = std::iter::from_fn(|| encoder.poll().unwrap()).collect();
    // As between two peers in one process: the pieces of a message come together.
    let mut deframer = FlightDataDeframer::new(&Limits::default(), BodyPool::default());
    for message in &mut messages {
        std::iter::from_fn(|| message.pop_front()).for_each(|piece| deframer.push(piece));
    }
    let mut decoder = FlightDataDecoder::new(&Limits::default());
    let decoded = std::iter::from_fn(|| deframer.poll().unwrap())
        .filter_map(|message| decoder.push(message).unwrap());
    let Some(Decoded::Chunk(chunk)) = decoded.last() else { unreachable!("there is a batch") };
    let found = buffers(&chunk.data.unwrap()).remove(0);
    assert_eq!((found.as_ptr(), found.len()), (source.as_ptr(), source.len()));
}
