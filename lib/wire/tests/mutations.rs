//! Whatever happens to the bytes of a valid message, decoding ends in a value or in an error: no
//! panic, no abort, no allocation beyond what the limits allow. What is decoded can be walked.
//!
//! Each kind of message goes through every truncation and 20 000 seeded mutations;
//! `WINGBEAT_SLOW=1` makes it a million.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

#[path = "decode/samples.rs"]
mod samples;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{DictionaryHandling, IpcWriteOptions};
use bytes::Bytes;
use samples::{Parts, batch_of, columns, messages, words};
use wingbeat_testkit::Random;
use wingbeat_wire::data::{BodyPool, FlightDataDecoder, FlightDataDeframer, FlightDataHead};
use wingbeat_wire::ipc::{BatchDecoder, DecodedMessage, decode_encapsulated_schema, decode_schema};
use wingbeat_wire::{Deframe, Limits, Segments};

/// Counts what this thread holds, and its peak.
struct Counting;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

fn count(grown: usize, shrunk: usize) {
    // A thread that is ending has no counters any more.
    let _ = HELD.try_with(|held| {
        let now = held.get().wrapping_add(grown).wrapping_sub(shrunk);
        held.set(now);
        // Memory freed here may come from another thread, so that the count may be below zero.
        let _ = PEAK.try_with(|peak| {
            if now < isize::MAX as usize && now > peak.get() {
                peak.set(now);
            }
        });
    });
}

// SAFETY: every call is handed to the system's allocator as it came.
#[expect(unsafe_code, reason = "an allocator that counts cannot be written without")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The highest amount that `run` held beyond what was held before.
fn peak_of<T>(run: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get();
    PEAK.set(before);
    let value = run();
    (value, PEAK.get().saturating_sub(before))
}

/// Numbers at which arithmetic goes wrong.
const EDGES: [i64; 20] = [
    0,
    1,
    2,
    3,
    7,
    8,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 40,
    i64::MAX,
    i64::MIN,
    -1,
    -8,
];

/// Changes a few bytes.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        if bytes.is_empty() {
            bytes.push(random.next_u64() as u8);
        }
        let at = random.below(bytes.len());
        match random.below(8) {
            0 | 1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes[at] = random.next_u64() as u8,
            3 => bytes[at] = bytes[at].wrapping_add(1),
            4 | 5 => {
                let edge = EDGES[random.below(EDGES.len())].to_le_bytes();
                let width = [1, 2, 4, 8][random.below(4)];
                let at = at / width * width;
                let end = bytes.len().min(at + width);
                bytes[at..end].copy_from_slice(&edge[..end - at]);
            }
            6 => {
                let from = random.below(bytes.len());
                let len = random.below(24).min(bytes.len() - from).min(bytes.len() - at);
                bytes.copy_within(from..from + len, at);
            }
            _ => {
                let len = random.below(16).min(bytes.len() - at);
                if random.below(2) == 0 {
                    bytes.drain(at..at + len);
                } else {
                    let part = bytes[at..at + len].to_vec();
                    bytes.splice(at..at, part);
                }
            }
        }
    }
}

/// Modest limits, so that what they let through stays far below what a mistake would take.
fn limits() -> Limits {
    Limits::default()
        .with_claim_bytes_max(1 << 20)
        .with_decoded_bytes_max(8 << 20)
        .with_dictionary_bytes_max(8 << 20)
}

/// Decoding a mutated message of some kilobytes must not hold more than this.
const PEAK_MAX: usize = 24 << 20;

fn rounds() -> usize {
    if std::env::var_os("WINGBEAT_SLOW").is_some_and(|slow| slow == "1") {
        1_000_000
    } else {
        20_000
    }
}

/// Runs `decode` on every truncation and many mutations of `original`. `decode` returns whether
/// the bytes were accepted; it is told whether to look closely at what came out.
fn torment(name: &str, original: &[u8], mut decode: impl FnMut(&[u8], bool) -> bool) {
    assert!(decode(original, true), "{name}: the original is refused");
    let mut random = Random::new(0x5eed_0000 + original.len() as u64);
    let mut accepted = 0;
    let mut check = |bytes: &[u8], what: &dyn Fn() -> String, closely: bool| {
        let (outcome, peak) = peak_of(|| catch_unwind(AssertUnwindSafe(|| decode(bytes, closely))));
        let Ok(ok) = outcome else {
            panic!("{name}: {} panicked: {bytes:?}", what());
        };
        assert!(peak < PEAK_MAX, "{name}: {} held {peak} bytes: {bytes:?}", what());
        accepted += usize::from(ok);
    };
    // A body of many kilobytes is cut at every place near its ends, and at many in between.
    let step = (original.len() / 20_000).max(1);
    for end in (0..original.len()).step_by(step) {
        check(&original[..end], &|| format!("cut at {end}"), true);
    }
    let mut bytes = Vec::new();
    for round in 0..rounds() {
        bytes.clear();
        bytes.extend_from_slice(original);
        mutate(&mut bytes, &mut random);
        check(&bytes, &|| format!("round {round}"), round % 8 == 0);
    }
    // Mutations that change no meaning pass; none passing means that something else is wrong.
    assert!(accepted > 0, "{name}: nothing was accepted");
}

/// Walks everything that a batch holds.
fn walk(batch: &RecordBatch) {
    for column in batch.columns() {
        // The rows a peer may claim without data are many; their formatting would take hours.
        let column = column.slice(0, column.len().min(1000));
        column.to_data().validate_full().unwrap();
        column.logical_null_count();
        let _ = format!("{column:?}");
    }
}

/// Decodes the messages before `at` as they are, and `bytes` in the place of message `at`, split
/// into header and body as the original was.
struct Stream {
    parts: Vec<Parts>,
    at: usize,
}

impl Stream {
    fn new(batches: &[RecordBatch], options: IpcWriteOptions, at: usize) -> Self {
        Self { parts: messages(batches, options), at }
    }

    fn decoder(&self) -> BatchDecoder {
        let mut decoder = BatchDecoder::new(&limits());
        for part in &self.parts[..self.at] {
            decoder.push(&part.header, &part.body).unwrap();
        }
        decoder
    }

    fn push(&self, header: &[u8], body: &Buffer, closely: bool) -> bool {
        let mut decoder = self.decoder();
        let mut batches = Vec::new();
        let Ok(message) = decoder.push(header, body) else { return false };
        if let DecodedMessage::Batch(batch) = message {
            batches.push(batch);
        }
        // What was taken must not spoil what follows, either.
        for part in &self.parts[self.at + 1..] {
            if let Ok(DecodedMessage::Batch(batch)) = decoder.push(&part.header, &part.body) {
                batches.push(batch);
            }
        }
        if closely {
            batches.iter().for_each(walk);
        }
        true
    }

    fn torment(&self, name: &str) {
        let part = &self.parts[self.at];
        torment(&format!("{name}, header"), &part.header, |bytes, closely| {
            self.push(bytes, &part.body, closely)
        });
        if !part.body.is_empty() {
            torment(&format!("{name}, body"), &part.body, |bytes, closely| {
                self.push(&part.header, &Buffer::from(bytes), closely)
            });
        }
    }
}

fn one_batch() -> Vec<RecordBatch> {
    vec![batch_of(columns())]
}

fn codec(codec: CompressionType) -> IpcWriteOptions {
    IpcWriteOptions::default().try_with_compression(Some(codec)).unwrap()
}

#[test]
fn schemas() {
    let stream = samples::write(&one_batch()[0].schema(), &[], IpcWriteOptions::default());
    let header = samples::take_apart(&stream).remove(0).header;
    torment("schema", &header, |bytes, closely| {
        let schema = decode_schema(bytes, &limits());
        if let (true, Ok(schema)) = (closely, &schema) {
            let _ = format!("{schema:?}");
            walk(&RecordBatch::new_empty(Arc::new(schema.clone())));
        }
        schema.is_ok()
    });
    torment("encapsulated schema", &stream, |bytes, _| {
        decode_encapsulated_schema(bytes, &limits()).is_ok()
    });
}

#[test]
fn record_batches() {
    let batches = one_batch();
    let last = messages(&batches, IpcWriteOptions::default()).len() - 1;
    Stream::new(&batches, IpcWriteOptions::default(), last).torment("record batch");
}

#[test]
fn record_batches_of_one_type() {
    // Mutations spread over all columns rarely reach what only one type checks.
    for (name, column) in columns() {
        let batches = [batch_of(vec![(name, column)])];
        let last = messages(&batches, IpcWriteOptions::default()).len() - 1;
        let stream = Stream::new(&batches, IpcWriteOptions::default(), last);
        let header = &stream.parts[last].header;
        let body = &stream.parts[last].body;
        let whole: Vec<u8> = header.iter().chain(body.iter()).copied().collect();
        let mut random = Random::new(7);
        for round in 0..rounds() / 20 {
            let mut bytes = whole.clone();
            mutate(&mut bytes, &mut random);
            let (header, body) = bytes.split_at(header.len().min(bytes.len()));
            let body = Buffer::from(body);
            let run = || catch_unwind(AssertUnwindSafe(|| stream.push(header, &body, true)));
            let (outcome, peak) = peak_of(run);
            assert!(outcome.is_ok(), "{name}: round {round} panicked: {bytes:?}");
            assert!(peak < PEAK_MAX, "{name}: round {round} held {peak} bytes: {bytes:?}");
        }
    }
}

#[test]
fn dictionaries() {
    // Of strings, of lists with a dictionary inside, and deltas.
    let nested = columns().into_iter().filter(|(name, _)| *name == "dictionary_list_dictionary");
    let nested = [batch_of(nested.collect())];
    for at in [1, 2] {
        Stream::new(&nested, IpcWriteOptions::default(), at).torment("nested dictionary");
    }
    let growing = [
        batch_of(vec![("w", words(&["a", "b"], vec![0, 1]))]),
        batch_of(vec![("w", words(&["a", "b", "goose"], vec![0, 2]))]),
    ];
    let delta = IpcWriteOptions::default().with_dictionary_handling(DictionaryHandling::Delta);
    Stream::new(&growing, delta, 3).torment("delta");
}

#[test]
fn compressed() {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values((0..3000).map(|i| i % 100)));
    let texts: Vec<String> = (0..3000).map(|i| format!("goose {}", i % 50)).collect();
    let texts: ArrayRef = Arc::new(arrow_array::StringArray::from(texts));
    let batches = [batch_of(vec![("n", numbers), ("t", texts)])];
    for (name, compression) in
        [("lz4", CompressionType::LZ4_FRAME), ("zstd", CompressionType::ZSTD)]
    {
        Stream::new(&batches, codec(compression), 1).torment(name);
    }
}

/// A `FlightData` message as it travels, behind the schema.
fn flight_data(part: &Parts) -> Vec<u8> {
    let mut body = Segments::new();
    body.push(Bytes::from(part.body.to_vec()));
    let head = FlightDataHead {
        descriptor: None,
        data_header: &part.header,
        app_metadata: Some(b"some metadata"),
        ..FlightDataHead::default()
    };
    head.encode(Some(body)).to_bytes().to_vec()
}

#[test]
fn flight_data_messages() {
    let columns = columns().into_iter().filter(|(name, _)| !name.contains("dictionary")).collect();
    let parts = messages(&[batch_of(columns)], IpcWriteOptions::default());
    let schema = flight_data(&parts[0]);
    let pool = BodyPool::default();
    torment("flight data", &flight_data(&parts[1]), |bytes, closely| {
        let mut deframer = FlightDataDeframer::new(&limits(), pool.clone());
        let mut decoder = FlightDataDecoder::new(&limits());
        deframer.push(Bytes::from(schema.clone()));
        deframer.push(Bytes::from(bytes.to_vec()));
        let mut decoded = 0;
        loop {
            match deframer.poll() {
                Ok(Some(message)) => match decoder.push(message) {
                    Ok(Some(wingbeat_wire::data::Decoded::Chunk(chunk))) => {
                        decoded += 1;
                        if let (true, Some(batch)) = (closely, &chunk.data) {
                            walk(batch);
                        }
                    }
                    Ok(_) => {}
                    Err(_) => return false,
                },
                Ok(None) => return deframer.finish().is_ok() && decoded > 0,
                Err(_) => return false,
            }
        }
    });
}
