//! What goes over the wire, read back by the Arrow project's reader.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_ipc::reader::StreamReader;
use arrow_schema::Schema;

use super::*;
use crate::data::{BodyPool, FlightData, FlightDataDeframer};
use crate::ipc::Compression;
use crate::{Deframe, Limits};

fn batch(rows: i64) -> RecordBatch {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    let words: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|i| i.to_string())));
    RecordBatch::try_from_iter([("n", numbers), ("w", words)]).unwrap()
}

/// All messages that are ready, with their sizes on the wire.
fn drain(encoder: &mut FlightDataEncoder) -> Vec<(usize, FlightData)> {
    let mut messages = Vec::new();
    let mut deframer = FlightDataDeframer::new(&Limits::default(), BodyPool::default());
    while let Some(message) = encoder.poll().unwrap() {
        let size = message.len();
        deframer.push(message.to_bytes());
        messages.push((size, deframer.poll().unwrap().expect("a whole message")));
        assert!(deframer.poll().unwrap().is_none());
    }
    messages
}

/// The rows of all messages, by way of an IPC stream.
fn read(messages: &[(usize, FlightData)]) -> Vec<RecordBatch> {
    let mut stream = Vec::new();
    for (_, message) in messages.iter().filter(|(_, message)| !message.data_header.is_empty()) {
        let padded = message.data_header.len().next_multiple_of(8);
        stream.extend([0xff; 4]);
        stream.extend((padded as u32).to_le_bytes());
        stream.extend_from_slice(&message.data_header);
        stream.resize(stream.len() + padded - message.data_header.len(), 0);
        stream.extend_from_slice(message.data_body.as_deref().unwrap_or_default());
    }
    StreamReader::try_new(&*stream, None).unwrap().map(Result::unwrap).collect()
}

#[test]
fn the_schema_comes_at_once_with_the_descriptor() {
    let descriptor = FlightDescriptor::path(["geese"]);
    let mut encoder = FlightDataEncoder::new(EncodeOptions::default());
    encoder.descriptor(descriptor.clone());
    encoder.start(batch(1).schema()).unwrap();
    let messages = drain(&mut encoder);
    assert_eq!(messages.len(), 1);
    let (_, schema) = &messages[0];
    assert_eq!(schema.flight_descriptor, Some(descriptor));
    assert_eq!((&schema.data_body, &schema.app_metadata), (&None, &None));
    encoder.push(batch(3).into()).unwrap();
    let rows = drain(&mut encoder);
    assert_eq!((rows.len(), &rows[0].1.flight_descriptor), (1, &None));
    assert_eq!(read(&[messages, rows].concat()), [batch(3)]);
}

#[test]
fn metadata_comes_before_the_schema_between_batches_and_after() {
    let mut encoder = FlightDataEncoder::new(EncodeOptions::default());
    encoder.descriptor(FlightDescriptor::command("go"));
    encoder.descriptor_only();
    encoder.push(FlightStreamChunk::metadata("before")).unwrap();
    encoder.start(batch(1).schema()).unwrap();
    encoder.push(FlightStreamChunk::from(batch(1)).with_metadata("with")).unwrap();
    encoder.push(FlightStreamChunk::metadata("")).unwrap();
    encoder.push(FlightStreamChunk::default()).unwrap();
    encoder.push(batch(2).into()).unwrap();
    let messages = drain(&mut encoder);
    let found: Vec<_> = messages
        .iter()
        .map(|(_, m)| {
            (m.flight_descriptor.is_some(), m.app_metadata.as_deref(), m.data_body.is_some())
        })
        .collect();
    let expected: [(bool, Option<&[u8]>, bool); 6] = [
        (true, None, false),
        (false, Some(b"before"), false),
        (false, None, false),
        (false, Some(b"with"), true),
        (false, Some(b""), false),
        (false, None, true),
    ];
    assert_eq!(found, expected);
    assert_eq!(read(&messages), [batch(1), batch(2)]);
}

#[test]
fn metadata_rides_on_the_first_piece_and_counts() {
    let max = 20_000;
    for compression in [None, Some(Compression::Lz4Frame)] {
        let options = EncodeOptions::default().with_message_size(max).with_compression(compression);
        let mut encoder = FlightDataEncoder::new(options);
        assert_eq!(encoder.compresses(), compression.is_some());
        encoder.start(batch(1).schema()).unwrap();
        let metadata = Bytes::from(vec![7; 5_000]);
        for _ in 0..2 {
            let chunk = FlightStreamChunk::from(batch(10_000)).with_metadata(metadata.clone());
            encoder.push(chunk).unwrap();
        }
        let messages = drain(&mut encoder);
        assert!(messages.iter().all(|(size, _)| *size <= max));
        let carriers = messages.iter().filter(|(_, m)| m.app_metadata == Some(metadata.clone()));
        assert_eq!(carriers.count(), 2);
        assert_eq!(messages[1].1.app_metadata, Some(metadata));
        assert!(
            messages.iter().all(|(_, m)| {
                m.data_body.is_none() || m.is_compressed() == compression.is_some()
            })
        );
        let rows = read(&messages);
        assert!(rows.len() > 4);
        let schema = batch(1).schema();
        let whole = arrow_select::concat::concat_batches(&schema, &rows).unwrap();
        assert_eq!(whole.slice(0, 10_000), batch(10_000));
        assert_eq!(whole.slice(10_000, 10_000), batch(10_000));
    }
}

#[test]
fn every_default_message_is_below_four_mebibytes() {
    let mut encoder = FlightDataEncoder::new(EncodeOptions::default());
    encoder.start(batch(1).schema()).unwrap();
    encoder.push(FlightStreamChunk::from(batch(600_000)).with_metadata("m")).unwrap();
    let messages = drain(&mut encoder);
    assert!(messages.len() > 3);
    assert!(messages.iter().all(|(size, _)| *size < 4 << 20));
    assert!(messages[1].0 > 3 << 20);
}

#[test]
fn the_peers_limit_counts_without_the_prefix() {
    let mut encoder = FlightDataEncoder::new(EncodeOptions::default());
    encoder.start(batch(1).schema()).unwrap();
    encoder.push(FlightStreamChunk::from(batch(1)).with_metadata(vec![1; 1_000])).unwrap();
    let (size, _) = drain(&mut encoder).remove(1);
    for (limit, fits) in [(size - PREFIX_LEN, true), (size - PREFIX_LEN - 1, false)] {
        let options = EncodeOptions::default().with_peer_bytes_max(limit);
        let mut encoder = FlightDataEncoder::new(options);
        encoder.start(batch(1).schema()).unwrap();
        encoder.push(FlightStreamChunk::from(batch(1)).with_metadata(vec![1; 1_000])).unwrap();
        assert!(encoder.poll().unwrap().is_some(), "the schema fits");
        match encoder.poll() {
            Ok(message) => assert_eq!((message.map(|m| m.len()), fits), (Some(size), true)),
            Err(error) => {
                let (bytes, limit) = ((size - PREFIX_LEN) as u64, limit as u64);
                let expected = EncodeError::TooLarge { row: Some(0), bytes, limit };
                assert_eq!((error, fits), (expected, false));
            }
        }
        encoder.push(FlightStreamChunk::metadata(vec![0; 5_000])).unwrap();
        assert!(encoder.poll().is_err(), "metadata counts as well");
    }
}

#[test]
fn other_options_hold_from_the_schema_on_and_not_later() {
    let small = EncodeOptions::default().with_message_size(1_000);
    let mut encoder = FlightDataEncoder::new(EncodeOptions::default());
    encoder.set_options(small.clone().with_compression(Compression::Lz4Frame));
    assert!(encoder.compresses());
    encoder.set_options(small);
    assert!(!encoder.compresses());
    encoder.start(batch(1).schema()).unwrap();
    encoder.set_options(EncodeOptions::default());
    encoder.push(batch(1_000).into()).unwrap();
    let messages = drain(&mut encoder);
    assert!(messages.iter().all(|(len, _)| *len <= 1_000));
    assert_eq!(read(&messages).iter().map(RecordBatch::num_rows).sum::<usize>(), 1_000);
}

#[test]
fn misuse_is_an_error() {
    let mut encoder = FlightDataEncoder::new(EncodeOptions::default());
    assert!(encoder.push(batch(1).into()).is_err());
    encoder.start(batch(1).schema()).unwrap();
    assert!(encoder.start(batch(1).schema()).is_err());
    let other = RecordBatch::new_empty(Arc::new(Schema::empty()));
    encoder.push(other.into()).unwrap();
    assert!(encoder.poll().unwrap().is_some(), "the schema");
    assert!(encoder.poll().is_err());
    encoder.push(batch(1).into()).unwrap();
    assert!(encoder.poll().unwrap().is_some(), "the stream goes on");
}
