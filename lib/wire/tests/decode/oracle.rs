//! What arrow-ipc's writer writes is decoded to what went in, and to what its reader returns.

use std::sync::Arc;

use crate::samples::{batch_of, columns, messages, take_apart, words, write};
use arrow_array::types::Int8Type;
use arrow_array::{Array, DictionaryArray, Int32Array, RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::{DictionaryHandling, IpcWriteOptions};
use arrow_ipc::{CompressionType, MetadataVersion};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use wingbeat_wire::Limits;
use wingbeat_wire::ipc::{BatchDecoder, DecodedMessage, decode_encapsulated_schema, decode_schema};

/// Decodes a whole stream.
fn decode(stream: &[u8]) -> (SchemaRef, Vec<RecordBatch>) {
    let mut decoder = BatchDecoder::new(&Limits::default());
    let mut batches = Vec::new();
    for message in take_apart(stream) {
        if let DecodedMessage::Batch(batch) = decoder.push(&message.header, &message.body).unwrap()
        {
            batches.push(batch);
        }
    }
    (Arc::clone(decoder.schema().unwrap()), batches)
}

/// Writes, reads with both, compares.
fn round_trip(schema: &SchemaRef, batches: &[RecordBatch], options: IpcWriteOptions) {
    let stream = write(schema, batches, options);
    let (found_schema, found) = decode(&stream);
    assert_eq!(found_schema, *schema);
    assert_eq!(found, batches);
    let oracle: Vec<_> =
        StreamReader::try_new(&stream[..], None).unwrap().map(Result::unwrap).collect();
    assert_eq!(found, oracle);
    for batch in &found {
        for column in batch.columns() {
            column.to_data().validate_full().unwrap();
        }
    }
}

fn variants() -> Vec<IpcWriteOptions> {
    let plain = IpcWriteOptions::default;
    vec![
        plain(),
        IpcWriteOptions::try_new(8, false, MetadataVersion::V5).unwrap(),
        plain().try_with_compression(Some(CompressionType::LZ4_FRAME)).unwrap(),
        plain().try_with_compression(Some(CompressionType::ZSTD)).unwrap(),
    ]
}

#[test]
fn every_type_alone() {
    for (name, column) in columns() {
        let whole = batch_of(vec![(name, column)]);
        let mut batches = vec![whole.slice(0, 7), whole.slice(2, 4), whole.slice(6, 1)];
        // arrow-ipc does not read back what it writes for no rows of runs.
        if !name.starts_with("runs") {
            batches.push(whole.slice(3, 0));
        }
        for options in variants() {
            round_trip(&whole.schema(), &batches, options);
        }
    }
}

#[test]
fn no_rows_of_runs() {
    for (name, column) in columns().into_iter().filter(|(name, _)| name.starts_with("runs")) {
        let empty = batch_of(vec![(name, column)]).slice(3, 0);
        let stream =
            write(&empty.schema(), std::slice::from_ref(&empty), IpcWriteOptions::default());
        assert_eq!(decode(&stream).1, [empty], "{name}");
    }
}

#[test]
fn every_type_together() {
    let whole = batch_of(columns());
    for options in variants() {
        round_trip(&whole.schema(), &[whole.clone(), whole.slice(1, 5)], options);
    }
}

#[test]
fn metadata_version_4() {
    // Unions and runs had a validity buffer then, as C++ and arrow-ipc's writer have it; the reader
    // of arrow-ipc trips over that of the runs.
    let options = IpcWriteOptions::try_new(64, false, MetadataVersion::V4).unwrap();
    let whole = batch_of(columns());
    let (schema, found) = decode(&write(&whole.schema(), std::slice::from_ref(&whole), options));
    assert_eq!(schema, whole.schema());
    assert_eq!(found, [whole]);
}

#[test]
fn large_columns_take_the_stepwise_path() {
    let numbers: Vec<i32> = (0..6_000_000).map(|i| i / 7).collect();
    let batch = batch_of(vec![("n", Arc::new(Int32Array::from(numbers)))]);
    for options in variants() {
        round_trip(&batch.schema(), std::slice::from_ref(&batch), options);
    }
}

#[test]
fn zero_columns_keep_their_rows() {
    let schema = Arc::new(Schema::empty());
    let options = RecordBatchOptions::new().with_row_count(Some(12));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), vec![], &options).unwrap();
    let (_, found) = decode(&write(&schema, &[batch], IpcWriteOptions::default()));
    assert_eq!(found[0].num_rows(), 12);
    assert_eq!(found[0].num_columns(), 0);
}

#[test]
fn a_stream_without_batches_has_its_schema() {
    let schema = batch_of(columns()).schema();
    let (found, batches) = decode(&write(&schema, &[], IpcWriteOptions::default()));
    assert_eq!(found, schema);
    assert!(batches.is_empty());
}

fn dictionary_batches() -> Vec<RecordBatch> {
    [
        words(&["a", "b"], vec![0, 1, 1]),
        words(&["a", "b", "c"], vec![2, 1]),
        words(&["a", "b", "c", "d", "e"], vec![4, 3, 0, 1]),
    ]
    .map(|column| batch_of(vec![("word", column)]))
    .to_vec()
}

#[test]
fn dictionaries_are_replaced() {
    let mut batches = dictionary_batches();
    batches.push(batch_of(vec![("word", words(&["other"], vec![0, 0]))]));
    round_trip(&batches[0].schema(), &batches, IpcWriteOptions::default());
}

#[test]
fn dictionaries_grow_by_deltas() {
    let batches = dictionary_batches();
    let options = IpcWriteOptions::default().with_dictionary_handling(DictionaryHandling::Delta);
    round_trip(&batches[0].schema(), &batches, options.clone());
    // Two deltas before the next use are joined at once.
    let parts = messages(&batches, options);
    assert_eq!(parts.len(), 7);
    let mut decoder = BatchDecoder::new(&Limits::default());
    for index in [0, 1, 3, 5] {
        decoder.push(&parts[index].header, &parts[index].body).unwrap();
    }
    let last = decoder.push(&parts[6].header, &parts[6].body).unwrap();
    assert_eq!(last, DecodedMessage::Batch(batches[2].clone()));
}

#[test]
fn a_dictionary_that_no_row_needs_may_be_missing() {
    let array = DictionaryArray::<Int8Type>::from_iter([None::<&str>, None]);
    let batch = batch_of(vec![("word", Arc::new(array))]);
    let parts = messages(std::slice::from_ref(&batch), IpcWriteOptions::default());
    let mut decoder = BatchDecoder::new(&Limits::default());
    decoder.push(&parts[0].header, &parts[0].body).unwrap();
    let last = parts.last().unwrap();
    let found = decoder.push(&last.header, &last.body).unwrap();
    assert_eq!(found, DecodedMessage::Batch(batch));
}

#[test]
fn arrays_are_slices_of_the_body() {
    let numbers = Int32Array::from_iter_values(0..1000);
    let batch = batch_of(vec![("n", Arc::new(numbers))]);
    let parts = messages(&[batch], IpcWriteOptions::default());
    let mut decoder = BatchDecoder::new(&Limits::default());
    decoder.push(&parts[0].header, &parts[0].body).unwrap();
    let body = &parts[1].body;
    let DecodedMessage::Batch(found) = decoder.push(&parts[1].header, body).unwrap() else {
        panic!("not a batch");
    };
    let values = found.column(0).to_data().buffers()[0].as_ptr().addr();
    let start = body.as_ptr().addr();
    assert!((start..start + body.len()).contains(&values), "the values were copied");
}

#[test]
fn a_misaligned_body_is_copied_column_by_column() {
    let whole = batch_of(columns());
    let parts = messages(std::slice::from_ref(&whole), IpcWriteOptions::default());
    let mut decoder = BatchDecoder::new(&Limits::default());
    for part in &parts {
        // One byte off, for every type.
        let mut shifted = vec![0; part.body.len() + 1];
        shifted[1..].copy_from_slice(&part.body);
        let body = Buffer::from(&shifted[..]).slice(1);
        if let DecodedMessage::Batch(found) = decoder.push(&part.header, &body).unwrap() {
            assert_eq!(found, whole);
        }
    }
}

#[test]
fn bytes_behind_the_body_are_tolerated() {
    let whole = batch_of(columns());
    let parts = messages(std::slice::from_ref(&whole), IpcWriteOptions::default());
    let mut decoder = BatchDecoder::new(&Limits::default());
    for part in &parts {
        let mut longer = part.body.to_vec();
        longer.extend([0xaa; 13]);
        if let DecodedMessage::Batch(found) =
            decoder.push(&part.header, &Buffer::from(&longer[..])).unwrap()
        {
            assert_eq!(found, whole);
        }
    }
}

#[test]
fn schemas_alone() {
    let limits = Limits::default();
    let schema = batch_of(columns()).schema();
    let stream = write(&schema, &[], IpcWriteOptions::default());
    let header = &take_apart(&stream)[0].header;
    assert_eq!(decode_schema(header, &limits).unwrap(), *schema);
    // With the continuation marker, and without it as before Arrow 0.15; an end of stream follows.
    assert_eq!(decode_encapsulated_schema(&stream, &limits).unwrap(), *schema);
    assert_eq!(decode_encapsulated_schema(&stream[4..], &limits).unwrap(), *schema);
}

#[test]
fn a_repeated_schema_is_tolerated() {
    let batch = batch_of(columns());
    let parts = messages(std::slice::from_ref(&batch), IpcWriteOptions::default());
    let mut decoder = BatchDecoder::new(&Limits::default());
    for part in parts.iter().flat_map(|part| [&parts[0], part]) {
        if let DecodedMessage::Batch(found) = decoder.push(&part.header, &part.body).unwrap() {
            assert_eq!(found, batch);
        }
    }
}

#[test]
fn run_ends_with_names_of_their_own() {
    // Names and metadata of the children belong to the type and must survive.
    let runs = arrow_array::RunArray::try_new(
        &Int32Array::from(vec![1, 3]),
        &Int32Array::from(vec![10, 20]),
    )
    .unwrap();
    let data_type = DataType::RunEndEncoded(
        Arc::new(Field::new("ends", DataType::Int32, false)),
        Arc::new(Field::new("items", DataType::Int32, false)),
    );
    let data = runs.to_data().into_builder().data_type(data_type).build().unwrap();
    let batch = batch_of(vec![("runs", arrow_array::make_array(data))]);
    round_trip(&batch.schema(), &[batch.clone(), batch.slice(1, 1)], IpcWriteOptions::default());
}
