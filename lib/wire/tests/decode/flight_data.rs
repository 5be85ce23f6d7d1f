//! `FlightData` messages: which of them yield something, and which are refused.

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::writer::IpcWriteOptions;
use bytes::Bytes;
use wingbeat_wire::data::{Decoded, FlightData, FlightDataDecoder, FlightStreamChunk};
use wingbeat_wire::message::FlightDescriptor;
use wingbeat_wire::{DecodeError, Limits};

use crate::forge::says;
use crate::samples::{Parts, batch_of, messages, words};

/// Schema, dictionary and batch, and the batch itself.
fn stream() -> (Vec<FlightData>, RecordBatch) {
    let batch = batch_of(vec![("w", words(&["a", "b"], vec![1, 0, 1]))]);
    let parts = messages(std::slice::from_ref(&batch), IpcWriteOptions::default());
    let data = parts.into_iter().map(|Parts { header, body }| FlightData {
        data_header: header.into(),
        data_body: Some(body).filter(|body| !body.is_empty()),
        ..FlightData::default()
    });
    (data.collect(), batch)
}

fn tagged(mut message: FlightData, tag: &'static str) -> FlightData {
    message.app_metadata = Some(Bytes::from_static(tag.as_bytes()));
    message
}

fn chunk(data: Option<RecordBatch>, tag: &'static str) -> Option<Decoded> {
    let app_metadata = Some(Bytes::from_static(tag.as_bytes()));
    Some(Decoded::Chunk(FlightStreamChunk { data, app_metadata }))
}

#[test]
fn every_message_of_a_stream() {
    let (data, batch) = stream();
    let [schema, dictionary, rows] = <[FlightData; 3]>::try_from(data).unwrap();
    let alone = |tag| tagged(FlightData::default(), tag);
    let descriptor = FlightData {
        flight_descriptor: Some(FlightDescriptor::path(["a"])),
        ..FlightData::default()
    };
    let found = Some(Decoded::Schema(batch.schema()));
    let cases = [
        (alone("before the schema"), chunk(None, "before the schema")),
        (descriptor, None),
        (schema.clone(), found),
        (alone("between"), chunk(None, "between")),
        (dictionary.clone(), None),
        (tagged(rows.clone(), "with rows"), chunk(Some(batch.clone()), "with rows")),
        (rows.clone(), Some(Decoded::Chunk(batch.clone().into()))),
        // Present but empty is not absent.
        (tagged(rows.clone(), ""), chunk(Some(batch.clone()), "")),
        (schema.clone(), None),
        (tagged(schema, "beside a repeated schema"), chunk(None, "beside a repeated schema")),
        // A batch without metadata has that of its dictionaries.
        (tagged(dictionary.clone(), "beside a dictionary"), None),
        (dictionary.clone(), None),
        (rows.clone(), chunk(Some(batch.clone()), "beside a dictionary")),
        (tagged(dictionary, "beside a dictionary"), None),
        (tagged(rows.clone(), "its own"), chunk(Some(batch.clone()), "its own")),
        (rows, Some(Decoded::Chunk(batch.clone().into()))),
        (FlightData::default(), None),
    ];
    let mut decoder = FlightDataDecoder::new(&Limits::default());
    assert_eq!(decoder.schema(), None);
    for (index, (message, expected)) in cases.into_iter().enumerate() {
        assert_eq!(decoder.push(message).unwrap(), expected, "message {index}");
    }
    assert_eq!(decoder.schema(), Some(&batch.schema()));
}

#[test]
fn messages_that_make_no_sense() {
    let push = |messages: Vec<FlightData>| -> DecodeError {
        let mut decoder = FlightDataDecoder::new(&Limits::default());
        let result = messages.into_iter().try_for_each(|message| decoder.push(message).map(drop));
        result.unwrap_err()
    };
    let (data, _) = stream();
    let body = FlightData { data_body: Some(Buffer::from(&[1_u8][..])), ..FlightData::default() };
    says(push(vec![body]), "FlightData.data_header: a body without a header that describes it");
    says(push(vec![data[2].clone()]), "a record batch before the schema");
    says(push(vec![data[0].clone(), data[2].clone()]), "dictionary 0, which was never sent");
    let mut bodiless = data[2].clone();
    bodiless.data_body = None;
    says(push(vec![data[0].clone(), bodiless]), "message body is cut short: needs ");
}
