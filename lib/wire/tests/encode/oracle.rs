//! What the Arrow project's own reader makes of our messages.

use std::io::Cursor;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::{MessageHeader, root_as_message};
use bytes::Bytes;
use wingbeat_wire::Limits;
use wingbeat_wire::ipc::{BatchDecoder, BatchEncoder, DecodedMessage, EncodeOptions, MessageSize};

/// A message as it goes over a stream.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) header: Bytes,
    pub(crate) body: Bytes,
}

impl Message {
    /// What kind it is, and the number of its rows or values.
    pub(crate) fn kind(&self) -> (MessageHeader, i64) {
        let message = root_as_message(&self.header).unwrap();
        assert_eq!(message.bodyLength(), self.body.len() as i64);
        let batch = message.header_as_record_batch();
        let values =
            || message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data());
        let rows = batch.or_else(values).map_or(0, |batch| batch.length());
        (message.header_type(), rows)
    }

    pub(crate) fn is_delta(&self) -> bool {
        let message = root_as_message(&self.header).unwrap();
        message.header_as_dictionary_batch().is_some_and(|dictionary| dictionary.isDelta())
    }

    fn size(&self) -> usize {
        self.header.len() + self.body.len()
    }
}

/// All messages of a stream. Asserts that each has the size by which it was judged.
pub(crate) fn encode(batches: &[RecordBatch], options: &EncodeOptions) -> Vec<Message> {
    let mut encoder = BatchEncoder::new(options.clone());
    let header = encoder.start(batches[0].schema()).unwrap();
    let mut messages = vec![Message { header, body: Bytes::new() }];
    for batch in batches {
        encoder.push(batch.clone()).unwrap();
        loop {
            let judged = std::cell::Cell::new(Vec::new());
            let message = encoder.poll(|_, len| {
                let mut sizes = judged.take();
                sizes.push(len.header + len.body);
                judged.set(sizes);
                len.header + len.body
            });
            let Some(message) = message.unwrap() else { break };
            let message = Message { header: message.header, body: message.body.to_bytes() };
            assert!(judged.take().contains(&message.size()), "a size nobody foresaw");
            let (kind, rows) = message.kind();
            let whole = rows <= 1 || kind == MessageHeader::DictionaryBatch;
            let max = match options.message_size {
                MessageSize::AtMost(max) => max,
                _ => usize::MAX,
            };
            assert!(message.size() <= max || whole, "{} bytes for {rows}", message.size());
            messages.push(message);
        }
    }
    messages
}

/// The messages as an IPC stream.
pub(crate) fn stream(messages: &[Message]) -> Vec<u8> {
    let mut stream = Vec::new();
    for message in messages {
        let padded = message.header.len().next_multiple_of(8);
        stream.extend([0xff; 4]);
        stream.extend((padded as u32).to_le_bytes());
        stream.extend_from_slice(&message.header);
        stream.resize(stream.len() + padded - message.header.len(), 0);
        stream.extend_from_slice(&message.body);
    }
    stream.extend([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    stream
}

/// Asserts that the Arrow project's reader and our own give back the schema and, piece by piece,
/// the rows.
pub(crate) fn assert_reads(messages: &[Message], batches: &[RecordBatch]) {
    let reader = StreamReader::try_new(Cursor::new(stream(messages)), None).unwrap();
    assert_eq!(reader.schema(), batches[0].schema());
    assert_pieces(reader.map(Result::unwrap), batches);

    let mut decoder = BatchDecoder::new(&Limits::default());
    let decoded = messages.iter().filter_map(|message| {
        match decoder.push(&message.header, &Buffer::from(&message.body[..])).unwrap() {
            DecodedMessage::Batch(batch) => Some(batch),
            _ => None,
        }
    });
    assert_pieces(decoded, batches);
    assert_eq!(decoder.schema(), Some(&batches[0].schema()));
}

fn assert_pieces(mut pieces: impl Iterator<Item = RecordBatch>, batches: &[RecordBatch]) {
    for batch in batches {
        let mut row = 0;
        loop {
            let piece = pieces.next().expect("a batch");
            assert!(row + piece.num_rows() <= batch.num_rows());
            let expected = batch.slice(row, piece.num_rows());
            let columns = piece.columns().iter().zip(expected.columns());
            for (at, (found, expected)) in columns.enumerate() {
                let field = batch.schema_ref().field(at);
                assert_eq!(found, expected, "rows {row}.. of {field:?}");
            }
            row += piece.num_rows();
            if row == batch.num_rows() {
                break;
            }
        }
    }
    assert!(pieces.next().is_none(), "more batches than were sent");
}

pub(crate) fn round_trip(batches: &[RecordBatch], options: &EncodeOptions) -> Vec<Message> {
    let messages = encode(batches, options);
    assert_reads(&messages, batches);
    messages
}
