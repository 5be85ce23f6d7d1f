//! What is sent and received in a case: options by the name of the workload, and the bytes that
//! an encoder makes.

use arrow_array::RecordBatch;
use bytes::Bytes;
use wingbeat_wire::data::{
    BodyPool, Decoded, FlightData, FlightDataDecoder, FlightDataDeframer, FlightDataEncoder,
};
use wingbeat_wire::ipc::{Compression, EncodeOptions, MessageSize};
use wingbeat_wire::{Deframe, Limits, Segments};

/// One message a batch, and what the workload asks for besides.
pub(crate) fn options(workload: &str) -> EncodeOptions {
    let options = EncodeOptions::default().with_message_size(MessageSize::Whole);
    match workload {
        "lz4" => options.with_compression(Compression::Lz4Frame),
        "zstd" => options.with_compression(Compression::Zstd { level: 1 }),
        _ => options,
    }
}

/// An encoder that has sent its schema, and this batch once, dictionaries included.
pub(crate) fn encoder(workload: &str, batch: &RecordBatch) -> FlightDataEncoder {
    let mut encoder = FlightDataEncoder::new(options(workload));
    encoder.start(batch.schema()).unwrap();
    encoder.push(batch.clone().into()).unwrap();
    while encoder.poll().unwrap().is_some() {}
    encoder
}

/// The messages of a stream that begins with the schema and has `batches` times this batch.
pub(crate) fn messages(workload: &str, batch: &RecordBatch, batches: usize) -> Vec<Segments> {
    let mut encoder = FlightDataEncoder::new(options(workload));
    encoder.start(batch.schema()).unwrap();
    let mut messages = Vec::new();
    for _ in 0..batches {
        encoder.push(batch.clone().into()).unwrap();
        messages.extend(std::iter::from_fn(|| encoder.poll().unwrap()));
    }
    messages
}

/// The bytes of messages in pieces of `piece` bytes, as a connection hands them on.
pub(crate) fn pieces(messages: &[Segments], piece: usize) -> Vec<Bytes> {
    let all: Vec<u8> = messages.iter().flat_map(|message| message.to_bytes().to_vec()).collect();
    all.chunks(piece).map(|piece| piece.to_vec().into()).collect()
}

/// A deframer of the usual limits.
pub(crate) fn deframer() -> FlightDataDeframer {
    FlightDataDeframer::new(&Limits::default(), BodyPool::default())
}

/// The messages as they are received.
pub(crate) fn received(messages: &[Segments]) -> Vec<FlightData> {
    let mut deframer = deframer();
    messages.iter().for_each(|message| deframer.push(message.to_bytes()));
    std::iter::from_fn(|| deframer.poll().unwrap()).collect()
}

/// A decoder that has read all of a stream but its last message, and that message.
pub(crate) fn decoder(mut messages: Vec<FlightData>) -> (FlightDataDecoder, FlightData) {
    let mut decoder = FlightDataDecoder::new(&Limits::default());
    let last = messages.pop().unwrap();
    for message in messages {
        decoder.push(message).unwrap();
    }
    let decoded = decoder.push(last.clone()).unwrap();
    assert!(matches!(decoded, Some(Decoded::Chunk(chunk)) if chunk.data.is_some()));
    (decoder, last)
}
