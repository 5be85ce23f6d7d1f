//! The messages of DoGet, DoPut and DoExchange, as they are handed to the transport, are the
//! arrays' own memory.

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use wingbeat_testkit::memory::{buffers, shareable};
use wingbeat_wire::Segments;
use wingbeat_wire::data::{FlightDataEncoder, FlightStreamChunk};
use wingbeat_wire::ipc::{EncodeOptions, MessageSize};
use wingbeat_wire::message::FlightDescriptor;

/// The longest head of a message in these tests: gRPC's prefix, the fields and the metadata.
const HEAD_LEN_MAX: usize = 2048;

fn encoder() -> FlightDataEncoder {
    FlightDataEncoder::new(EncodeOptions::default().with_message_size(MessageSize::Whole))
}

fn poll(encoder: &mut FlightDataEncoder) -> Vec<Segments> {
    std::iter::from_fn(|| encoder.poll().unwrap()).collect()
}

/// Asserts that each buffer of the batch is a piece of the message, once and in its place, and
/// that the pieces besides are the head and padding.
fn assert_shares(message: &Segments, batch: &RecordBatch) {
    let mut sources = buffers(batch).into_iter().peekable();
    for (index, piece) in message.iter().enumerate() {
        let is_source =
            |source: &Buffer| source.as_ptr() == piece.as_ptr() && source.len() >= piece.len();
        if sources.next_if(is_source).is_none() {
            let most = if index == 0 { HEAD_LEN_MAX } else { 63 };
            assert!(piece.len() <= most, "piece {index} has {} copied bytes", piece.len());
        }
    }
    assert_eq!(sources.count(), 0, "buffers that are no piece");
}

#[test]
fn get() {
    let batch = shareable();
    let mut encoder = encoder();
    encoder.start(batch.schema()).unwrap();
    for _ in 0..3 {
        encoder.push(batch.clone().into()).unwrap();
    }
    let messages = poll(&mut encoder);
    // The schema and a dictionary, then the batches.
    assert_eq!(messages.len(), 5);
    messages[2..].iter().for_each(|message| assert_shares(message, &batch));
}

#[test]
fn put() {
    let batch = shareable();
    let mut encoder = encoder();
    encoder.descriptor(FlightDescriptor::path(["data", "trips"]));
    encoder.start(batch.schema()).unwrap();
    let chunk = FlightStreamChunk::from(batch.clone());
    encoder.push(chunk.with_metadata("part 1")).unwrap();
    assert_shares(poll(&mut encoder).last().unwrap(), &batch);
}

#[test]
fn exchange() {
    let batch = shareable();
    let mut encoder = encoder();
    encoder.descriptor(FlightDescriptor::command("echo"));
    encoder.descriptor_only();
    encoder.push(FlightStreamChunk::metadata("hello")).unwrap();
    encoder.start(batch.schema()).unwrap();
    // A descriptor that comes late rides on the dictionary or the rows.
    poll(&mut encoder);
    encoder.descriptor(FlightDescriptor::command("echo"));
    encoder.push(batch.clone().into()).unwrap();
    encoder.push(FlightStreamChunk::from(batch.clone()).with_metadata("again")).unwrap();
    let messages = poll(&mut encoder);
    assert_eq!(messages.len(), 3);
    messages[1..].iter().for_each(|message| assert_shares(message, &batch));
}

#[test]
fn the_pieces_of_a_batch_that_is_split() {
    let batch = shareable();
    let options = EncodeOptions::default().with_message_size(1 << 20);
    let mut encoder = FlightDataEncoder::new(options);
    encoder.start(batch.schema()).unwrap();
    encoder.push(batch.clone().into()).unwrap();
    let messages = poll(&mut encoder);
    assert!(messages.len() > 8, "{}", messages.len());
    let sources = buffers(&batch);
    let is_source = |piece: &&[u8]| {
        let (start, len) = (piece.as_ptr().addr(), piece.len());
        sources.iter().any(|source| {
            let source = source.as_slice().as_ptr_range();
            (source.start.addr()..=source.end.addr() - len).contains(&start)
        })
    };
    let all: usize = messages.iter().map(Segments::len).sum();
    let shared: usize =
        messages.iter().flat_map(Segments::iter).filter(is_source).map(<[u8]>::len).sum();
    // Three columns have offsets, which are made to start at 0 in each message but the first; views
    // are rewritten with the part of their bytes that they use; bitmaps are short of 4 KiB.
    let rows = batch.num_rows();
    let rebased = rows * (4 + 8 + 4 + 16) + 4 * rows / 8;
    assert!(shared + rebased + 16_384 > all, "{shared} of {all}");
}
