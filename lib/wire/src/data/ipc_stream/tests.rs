//! Streams of Arrow's own writer, whole, in pieces, cut short and damaged.

use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch, StringArray};

use super::*;
use crate::data::{Decoded, FlightDataDecoder};
use crate::testing::{mutated, mutations};

fn batch(rows: i64) -> RecordBatch {
    let ids = Int64Array::from_iter_values(0..rows);
    let names = StringArray::from_iter_values((0..rows).map(|at| format!("goose {at}")));
    RecordBatch::try_from_iter([("id", Arc::new(ids) as _), ("name", Arc::new(names) as _)])
        .unwrap()
}

fn encoded(rows: &[i64]) -> Vec<u8> {
    let schema = batch(0).schema();
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &schema).unwrap();
    rows.iter().for_each(|rows| writer.write(&batch(*rows)).unwrap());
    writer.into_inner().unwrap()
}

/// What is read of `bytes`, and whether the stream said that it was over.
fn read(bytes: &[u8], piece: usize, limits: &Limits) -> Result<(Vec<usize>, bool), DecodeError> {
    let mut deframer = IpcStreamDeframer::new(limits, BodyPool::default());
    let mut decoder = FlightDataDecoder::new(limits);
    let mut rows = Vec::new();
    for piece in bytes.chunks(piece) {
        deframer.push(Bytes::copy_from_slice(piece));
        while let Some(message) = deframer.poll()? {
            if let Some(Decoded::Chunk(chunk)) = decoder.push(message)? {
                rows.push(chunk.data.map_or(0, |batch| batch.num_rows()));
            }
        }
    }
    deframer.finish()?;
    Ok((rows, deframer.is_over()))
}

#[test]
fn in_pieces_of_any_size() {
    let bytes = encoded(&[10, 0, 20_000]);
    for piece in [1, 3, 7, 64, 4096, bytes.len()] {
        let found = read(&bytes, piece, &Limits::default());
        assert_eq!(found, Ok((vec![10, 0, 20_000], true)), "{piece}");
    }
    // Without the end that it says, and with something behind it.
    let bare = &bytes[..bytes.len() - 8];
    assert_eq!(read(bare, 100, &Limits::default()), Ok((vec![10, 0, 20_000], false)));
    let more = [&bytes[..], b"and more"].concat();
    assert_eq!(read(&more, 5, &Limits::default()), Ok((vec![10, 0, 20_000], true)));
}

#[test]
fn the_form_before_arrow_0_15() {
    let bytes = encoded(&[3]);
    let mut old = Vec::new();
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let len = u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize;
        let body = if len == 0 {
            0
        } else {
            usize::try_from(Table::root(&rest[8..]).unwrap().i64(3).unwrap()).unwrap()
        };
        old.extend_from_slice(&rest[4..8 + len + body]);
        rest = &rest[8 + len + body..];
    }
    assert_eq!(read(&old, 9, &Limits::default()), Ok((vec![3], true)));
}

#[test]
fn every_truncation_is_told_but_those_between_messages() {
    let bytes = encoded(&[2, 3]);
    let whole: Vec<usize> = (0..bytes.len())
        .filter(|len| read(&bytes[..*len], 64, &Limits::default()).is_ok())
        .collect();
    // Nothing, the schema, one batch, two.
    assert_eq!(whole.len(), 4, "{whole:?}");
}

#[test]
fn lengths_are_held_against_the_limit() {
    let bytes = encoded(&[20_000]);
    let limits = Limits::default().with_message_bytes_max(100_000);
    assert!(read(&bytes, 4096, &limits).unwrap_err().is_limit());
    let limits = Limits::default();
    let huge = [&[0xff; 4][..], &0x7fff_ffff_u32.to_le_bytes()].concat();
    assert!(read(&huge, 8, &limits).unwrap_err().is_limit());
    for text in ["<html><body>", "PAR1\0\0\0\0", "\u{7ff}\u{7ff}\u{7ff}\u{7ff}"] {
        assert!(read(text.as_bytes(), 100, &limits).is_err(), "{text}");
    }
    let negative = [&[0xff; 4][..], &0xffff_fff0_u32.to_le_bytes()].concat();
    assert!(read(&negative, 8, &limits).unwrap_err().to_string().contains("no Arrow IPC stream"));
}

#[test]
fn damage_ends_in_an_error_or_in_rows() {
    let bytes = Bytes::from(encoded(&[50]));
    let limits = Limits::default().with_message_bytes_max(1 << 20);
    for seed in 0..mutations() {
        let _ = read(&mutated(&bytes, seed), 512, &limits);
    }
}
