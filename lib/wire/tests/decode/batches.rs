//! Batches and dictionaries that are wrong in one particular way, each with its error.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray, StringViewArray};
use arrow_buffer::Buffer;
use arrow_ipc::MetadataVersion;
use arrow_ipc::writer::IpcWriteOptions;
use arrow_schema::UnionMode::{Dense, Sparse};
use arrow_schema::{DataType, Field, Schema};
use wingbeat_wire::Limits;
use wingbeat_wire::ipc::{BatchDecoder, DecodedMessage};

use crate::forge::{Batch, decoder_for, le, says};
use crate::samples::{self, Parts, batch_of, messages, words, write};

#[test]
fn the_order_of_messages() {
    let batches = [batch_of(vec![("w", words(&["a"], vec![0, 0]))])];
    let parts = messages(&batches, IpcWriteOptions::default());
    let push = |order: &[usize]| {
        let mut decoder = BatchDecoder::new(&Limits::default());
        order
            .iter()
            .map(|index| decoder.push(&parts[*index].header, &parts[*index].body))
            .collect::<Result<Vec<_>, _>>()
            .unwrap_err()
            .to_string()
    };
    says(push(&[2]), "Message.header: a record batch before the schema");
    says(push(&[1]), "Message.header: a dictionary before the schema");
    says(push(&[0, 2]), "a batch uses dictionary 0, which was never sent");

    let mut decoder = decoder_for(DataType::Int32);
    let error = decoder.push(&parts[1].header, &parts[1].body).unwrap_err();
    says(error, "DictionaryBatch.id: 0 is not in the schema");
    let error = decoder.push(&parts[0].header, &parts[0].body).unwrap_err();
    says(error, "a second schema that differs from the first");
}

#[test]
fn deltas_need_a_base() {
    let data_type = batch_of(vec![("w", words(&["a"], vec![0]))]).column(0).data_type().clone();
    let delta = Batch {
        rows: 1,
        nodes: &[(1, 0)],
        places: &[(0, 0), (0, 8), (8, 1)],
        dictionary: Some((0, true)),
        ..Default::default()
    };
    let mut body = vec![0; 16];
    body[4] = 1;
    let error = delta.push(data_type.clone(), &body).unwrap_err();
    says(error, "DictionaryBatch.isDelta: a delta for dictionary 0, which was never sent");
    let base = Batch { dictionary: Some((0, false)), ..delta.clone() };
    assert_eq!(base.push(data_type.clone(), &body).unwrap(), DecodedMessage::Dictionary);
    let lying = Batch { rows: 2, ..base };
    says(lying.error(data_type, &body), "dictionary 0 has 1 values, says 2");
}

#[test]
fn dictionaries_are_limited_in_total() {
    let batches: Vec<_> = (0..50)
        .map(|i| {
            let text = format!("{i:0>1000}");
            batch_of(vec![("w", words(&[&text], vec![0]))])
        })
        .collect();
    let replaced = messages(&batches, IpcWriteOptions::default());
    let limits = Limits::default().with_dictionary_bytes_max(10_000);
    let mut decoder = BatchDecoder::new(&limits);
    // Each takes the place of the one before.
    for part in &replaced {
        decoder.push(&part.header, &part.body).unwrap();
    }
    // Deltas add up.
    let delta = Batch {
        rows: 1,
        nodes: &[(1, 0)],
        places: &[(0, 0), (0, 8), (8, 1000)],
        dictionary: Some((0, true)),
        ..Default::default()
    };
    let mut body = vec![b'x'; 1008];
    body[..8].copy_from_slice(&[0, 0, 0, 0, 0xe8, 3, 0, 0]);
    let header = delta.build(body.len());
    let body = Buffer::from(&body[..]);
    let errors: Vec<_> = (0..20).filter_map(|_| decoder.push(&header, &body).err()).collect();
    assert!(errors.len() >= 10);
    assert!(errors[0].is_limit());
    says(&errors[0], "dictionaries (bytes) is ");
}

#[test]
fn numbers_of_nodes_and_buffers() {
    let fine = Batch { rows: 1, nodes: &[(1, 0)], places: &[(0, 0), (0, 4)], ..Default::default() };
    let body = [1, 0, 0, 0];
    assert!(fine.push(DataType::Int32, &body).is_ok());
    let case = |batch: Batch<'_>| batch.error(DataType::Int32, &body);
    says(case(Batch { nodes: &[], ..fine.clone() }), "RecordBatch.nodes: column 0 \"c\": fewer");
    says(case(Batch { places: &[(0, 0)], ..fine.clone() }), "buffers: column 0 \"c\": fewer");
    says(
        case(Batch { nodes: &[(1, 0), (1, 0)], ..fine.clone() }),
        "RecordBatch.nodes: 1 more than the schema has a place for",
    );
    says(
        case(Batch { places: &[(0, 0), (0, 4), (0, 4)], ..fine.clone() }),
        "RecordBatch.buffers: 1 more than the schema has a place for",
    );
    says(
        case(Batch { counts: Some(&[0]), ..fine.clone() }),
        "RecordBatch.variadicBufferCounts: 1 more than the schema has a place for",
    );
    let views = Batch { places: &[(0, 0), (0, 0)], ..fine };
    says(views.error(DataType::Utf8View, &body), "variadicBufferCounts: column 0 \"c\": fewer");
    let views = Batch { counts: Some(&[-1]), ..views };
    says(views.error(DataType::Utf8View, &body), "-1 buffers, with 0 left");
    let views = Batch { counts: Some(&[i64::MAX]), ..views };
    says(views.error(DataType::Utf8View, &body), "9223372036854775807 buffers, with 0 left");
}

#[test]
fn lengths_and_null_counts() {
    let fine = Batch { rows: 1, nodes: &[(1, 0)], places: &[(0, 1), (0, 4)], ..Default::default() };
    let case = |batch: Batch<'_>| batch.error(DataType::Int32, &[1, 0, 0, 0]);
    says(case(Batch { rows: -1, ..fine.clone() }), "RecordBatch.length: -1 is no number of rows");
    says(case(Batch { rows: 2, ..fine.clone() }), "1 rows in a batch of 2");
    says(case(Batch { nodes: &[(-4, 0)], ..fine.clone() }), "-4 is no number of rows");
    let huge = Batch { nodes: &[(i64::MAX, 0)], ..fine.clone() };
    assert!(huge.push(DataType::Int32, &[0; 4]).unwrap_err().is_limit());
    says(
        case(Batch { nodes: &[(1, -1)], ..fine.clone() }),
        "FieldNode.null_count: column 0 \"c\": -1 of 1",
    );
    says(case(Batch { nodes: &[(1, 2)], ..fine.clone() }), "2 of 1 rows");
    says(case(Batch { nodes: &[(1, 1)], ..fine.clone() }), "1 announced, 0 found");
    let absent = Batch { nodes: &[(1, 1)], places: &[(0, 0), (0, 4)], ..fine };
    says(case(absent), "RecordBatch.buffers is cut short: needs 1 bytes, has 0");
}

#[test]
fn places_outside_the_body() {
    let fine = Batch { rows: 1, nodes: &[(1, 0)], places: &[(0, 0), (0, 4)], ..Default::default() };
    let case = |places: &[(i64, i64)]| {
        Batch { places, ..fine.clone() }.error(DataType::Int32, &[1, 0, 0, 0])
    };
    says(case(&[(0, 0), (1, 4)]), "message body is cut short: needs 5 bytes, has 4");
    says(case(&[(0, 0), (i64::MAX, i64::MAX)]), "message body is cut short");
    says(case(&[(0, 0), (-8, 4)]), "offset -8 is out of range");
    says(case(&[(0, 0), (0, -4)]), "length -4 is out of range");
    says(case(&[(0, 9), (0, 4)]), "message body is cut short: needs 9 bytes, has 4");
    says(case(&[(0, 0), (0, 3)]), "RecordBatch.buffers is cut short: needs 4 bytes, has 3");
    // The message itself says how long its body is.
    let error = decoder_for(DataType::Int32).push(&fine.build(100), &Buffer::from(&[0; 99][..]));
    says(error.unwrap_err(), "message body is cut short: needs 100 bytes, has 99");
}

#[test]
fn offsets_and_texts() {
    let text = |offsets: &[i32], text: &[u8]| {
        let mut body = le(offsets);
        let start = body.len() as i64;
        body.extend(text);
        let rows = offsets.len() as i64 - 1;
        let batch = Batch {
            rows,
            nodes: &[(rows, 0)],
            places: &[(0, 0), (0, start), (start, text.len() as i64)],
            ..Default::default()
        };
        batch.error(DataType::Utf8, &body)
    };
    says(text(&[0, 3, 2], b"abc"), "offsets: column 0 \"c\": not rising from zero or above");
    says(text(&[-1, 2], b"abc"), "not rising from zero or above");
    says(text(&[0, 4], b"abc"), "values of variable length is cut short: needs 4 bytes, has 3");
    says(text(&[0, 2], b"\xff\xfe"), "non UTF-8 data");
    says(text(&[0, 1, 2], "ä".as_bytes()), "Split UTF-8 codepoint at offset 1");
}

#[test]
fn views_outside_their_buffers() {
    let column: ArrayRef =
        Arc::new(StringViewArray::from(vec!["a text that is longer than a view holds inline"]));
    let parts = messages(&[batch_of(vec![("v", column)])], IpcWriteOptions::default());
    let push = |change: fn(&mut [u8])| {
        let mut decoder = BatchDecoder::new(&Limits::default());
        decoder.push(&parts[0].header, &parts[0].body).unwrap();
        let mut body = parts[1].body.to_vec();
        change(&mut body);
        decoder.push(&parts[1].header, &Buffer::from(&body[..])).unwrap_err().to_string()
    };
    says(push(|body| body[8] = 1), "Invalid buffer index at 0: got index 1 but only has 1");
    says(push(|body| body[12] = 200), "Invalid buffer slice at 0");
    says(push(|body| body[4] = b'x'), "Mismatch between embedded prefix and data");
    says(push(|body| body[3] = 0x7f), "above the limit of 1073741824");
}

#[test]
fn keys_runs_and_ids_out_of_range() {
    let mut decoder = BatchDecoder::new(&Limits::default());
    let parts =
        messages(&[batch_of(vec![("w", words(&["a", "b"], vec![0, 1, 1]))])], Default::default());
    decoder.push(&parts[0].header, &parts[0].body).unwrap();
    decoder.push(&parts[1].header, &parts[1].body).unwrap();
    let mut body = parts[2].body.to_vec();
    body[1] = 2;
    let error = decoder.push(&parts[2].header, &Buffer::from(&body[..])).unwrap_err();
    says(error, "Invalid dictionary key 2 at index 1, expected 0 <= key < 2");

    let runs = DataType::RunEndEncoded(
        Arc::new(Field::new("run_ends", DataType::Int32, false)),
        Arc::new(Field::new("values", DataType::Int32, true)),
    );
    let run = |rows: i64, ends: &[i32]| {
        let count = ends.len() as i64;
        let body = le(ends);
        let batch = Batch {
            rows,
            nodes: &[(rows, 0), (count, 0), (count, 0)],
            places: &[(0, 0), (0, 4 * count), (0, 0), (0, 4 * count)],
            ..Default::default()
        };
        batch.push(runs.clone(), &body).map(drop)
    };
    assert_eq!(run(3, &[1, 5]), Ok(()));
    says(run(3, &[2, 2, 3]).unwrap_err(), "run ends that do not rise from above zero");
    says(run(3, &[-1, 3]).unwrap_err(), "run ends that do not rise from above zero");
    says(run(3, &[1, 2]).unwrap_err(), "the last run ends at 2, 3 rows announced");
    says(run(3, &[]).unwrap_err(), "the last run ends at 0, 3 rows announced");
    let endless = run(0x7fff_ffff, &[0x7fff_ffff]).unwrap_err();
    says(endless, "FieldNode.length (rows without data) is 2147483647");
}

#[test]
fn list_views_and_unions_out_of_range() {
    let item = Arc::new(Field::new("item", DataType::Int32, true));
    let view = |offset: i32, size: i32| {
        let batch = Batch {
            rows: 1,
            nodes: &[(1, 0), (2, 0)],
            places: &[(0, 0), (0, 4), (4, 4), (0, 0), (0, 8)],
            ..Default::default()
        };
        batch.push(DataType::ListView(Arc::clone(&item)), &le(&[offset, size])).map(drop)
    };
    assert_eq!(view(0, 2), Ok(()));
    says(view(1, 2).unwrap_err(), "within the bounds of the child array");
    says(view(-1, 1).unwrap_err(), "list view: column 0 \"c\": a negative offset or size");
    says(view(1, -1).unwrap_err(), "list view: column 0 \"c\": a negative offset or size");

    let fields = arrow_schema::UnionFields::try_new(
        [2, 5],
        [Field::new("a", DataType::Int32, true), Field::new("b", DataType::Int32, true)],
    )
    .unwrap();
    let union = |mode, id: u8, offset: u8, len: i64| {
        let dense = mode == Dense;
        let mut body = vec![0; 16];
        body[0] = id;
        body[4] = offset;
        let mut places = vec![(0, 1), (4, 4), (0, 0), (8, 8), (0, 0), (8, 8)];
        if !dense {
            places.remove(1);
        }
        let nodes = [(1, 0), (len, 0), (1, 0)];
        let batch = Batch { rows: 1, nodes: &nodes, places: &places, ..Default::default() };
        batch.push(DataType::Union(fields.clone(), mode), &body).map(drop)
    };
    assert_eq!(union(Dense, 2, 0, 2), Ok(()));
    assert_eq!(union(Sparse, 5, 0, 1), Ok(()));
    says(union(Dense, 3, 0, 1).unwrap_err(), "must match one of the field type ids");
    says(union(Dense, 0x80, 0, 1).unwrap_err(), "must match one of the field type ids");
    says(union(Dense, 2, 1, 1).unwrap_err(), "within the length of the Array");
    says(union(Sparse, 2, 0, 2).unwrap_err(), "must be equal in length");
}

#[test]
fn children_of_another_length() {
    let pair = DataType::Struct(vec![Field::new("a", DataType::Int32, true)].into());
    let batch = Batch {
        rows: 1,
        nodes: &[(1, 0), (2, 0)],
        places: &[(0, 0), (0, 0), (0, 8)],
        ..Default::default()
    };
    says(batch.error(pair, &[0; 8]), "Incorrect array length for StructArray field \"a\"");
    let item = Arc::new(Field::new("item", DataType::Int32, true));
    let fixed = DataType::FixedSizeList(Arc::clone(&item), 3);
    says(batch.error(fixed, &[0; 8]), "items of fixed size lists is cut short: needs 3 bytes");
    let list = Batch { places: &[(0, 0), (0, 8), (0, 0), (0, 8)], ..batch };
    says(
        list.error(DataType::List(item), &le(&[0, 3])),
        "Max offset of 3 exceeds length of values 2",
    );
}

#[test]
fn a_column_that_must_not_be_null() {
    let schema = Arc::new(Schema::new(vec![Field::new("c", DataType::Int32, false)]));
    let parts = samples::take_apart(&write(&schema, &[], IpcWriteOptions::default()));
    let mut decoder = BatchDecoder::new(&Limits::default());
    decoder.push(&parts[0].header, &Buffer::default()).unwrap();
    let batch =
        Batch { rows: 1, nodes: &[(1, 1)], places: &[(0, 1), (0, 4)], ..Default::default() };
    let error = decoder.push(&batch.build(4), &Buffer::from(&[0; 4][..])).unwrap_err();
    says(error, "Column 'c' is declared as non-nullable but contains null values");
}

#[test]
fn overlapping_buffers_are_counted() {
    // 1000 columns that all name the same megabyte are a gigabyte to validate.
    let fields: Vec<_> =
        (0..1000).map(|i| Field::new(i.to_string(), DataType::Binary, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let limits = Limits::default().with_decoded_bytes_max(100 << 20);
    let mut decoder = BatchDecoder::new(&limits);
    let parts = samples::take_apart(&write(&schema, &[], IpcWriteOptions::default()));
    decoder.push(&parts[0].header, &Buffer::default()).unwrap();
    let places: Vec<_> = (0..1000).flat_map(|_| [(0, 0), (0, 8), (0, 1 << 20)]).collect();
    let batch = Batch { rows: 1, nodes: &[(1, 0); 1000], places: &places, ..Default::default() };
    let body = vec![0; 1 << 20];
    let error = decoder.push(&batch.build(body.len()), &Buffer::from(&body[..])).unwrap_err();
    assert!(error.is_limit());
    says(error, "overlapping buffers (bytes)");
}

#[test]
fn rows_without_data_are_limited() {
    let batch = Batch { rows: 1 << 30, nodes: &[(1 << 30, 0)], ..Default::default() };
    let error = batch.push(DataType::Null, &[]).unwrap_err();
    assert!(error.is_limit());
    says(error, "FieldNode.length (rows without data) is 1073741824, above the limit of 134217728");
}

#[test]
fn samples_are_what_they_seem() {
    // The hand-written builder above and arrow-ipc's writer agree.
    let column: ArrayRef = Arc::new(StringArray::from(vec!["abc"]));
    let Parts { body, .. } = messages(
        &[batch_of(vec![("c", Arc::clone(&column))])],
        IpcWriteOptions::try_new(8, false, MetadataVersion::V5).unwrap(),
    )
    .remove(1);
    let batch = Batch {
        rows: 1,
        nodes: &[(1, 0)],
        places: &[(0, 0), (0, 8), (8, 3)],
        ..Default::default()
    };
    let DecodedMessage::Batch(found) = batch.push(DataType::Utf8, &body).unwrap() else {
        panic!("not a batch");
    };
    assert_eq!(found.column(0), &column);
}
