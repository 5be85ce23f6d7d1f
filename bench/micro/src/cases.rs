//! The list of cases, and the work that each stands for.

use std::hint::black_box;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use bytes::Bytes;
use wingbeat_wire::data::{
    BodyPool, FlightDataDecoder, FlightDataDeframer, FlightDataEncoder, FlightDataHead,
};
use wingbeat_wire::ipc::{decode_schema, encode_schema};
use wingbeat_wire::message::FlightDescriptor;
use wingbeat_wire::{Deframe, Limits, Segments};

use crate::{streams, workloads};

/// Every case, `OPERATION/WORKLOAD`:
///
/// * `encode`, `decode`: one batch, in the midst of a stream. Encoding includes the head.
/// * `deframe-16k`, `deframe-1m`, `deframe-whole`: one mebibyte of messages, or one message where
///   that is longer, in pieces of this size.
/// * `head-write`, `head-parse`: the head of one message, with a descriptor and metadata in it
///   where the workload is `put`.
/// * `schema-encode`, `schema-decode`: the schema of a workload.
/// * `stream`: a hundred batches from the arrays through encoder, deframer and decoder to arrays.
pub const NAMES: &[&str] = &[
    "encode/large",
    "encode/small",
    "encode/tiny",
    "encode/wide",
    "encode/strings",
    "encode/dictionary",
    "encode/nested",
    "encode/lz4",
    "encode/zstd",
    "decode/large",
    "decode/small",
    "decode/tiny",
    "decode/wide",
    "decode/strings",
    "decode/dictionary",
    "decode/nested",
    "decode/lz4",
    "decode/zstd",
    "deframe-16k/large",
    "deframe-16k/small",
    "deframe-16k/tiny",
    "deframe-1m/large",
    "deframe-1m/small",
    "deframe-1m/tiny",
    "deframe-1m/wide",
    "deframe-whole/large",
    "deframe-whole/small",
    "deframe-whole/tiny",
    "head-write/get",
    "head-write/put",
    "head-parse/get",
    "head-parse/put",
    "schema-encode/small",
    "schema-encode/wide",
    "schema-encode/nested",
    "schema-decode/small",
    "schema-decode/wide",
    "schema-decode/nested",
    "stream/tiny",
    "stream/small",
];

/// Work that is set up and can be done again and again.
pub struct Case {
    work: Box<dyn FnMut()>,
    bytes: usize,
}

impl Case {
    /// The case of this name, set up; `None` when there is none.
    pub fn new(name: &str) -> Option<Self> {
        if !NAMES.contains(&name) {
            return None;
        }
        let (operation, workload) = name.split_once('/')?;
        Some(match operation {
            "encode" => encode(workload),
            "decode" => decode(workload),
            "deframe-16k" => deframe(workload, 16 << 10),
            "deframe-1m" => deframe(workload, 1 << 20),
            "deframe-whole" => deframe(workload, usize::MAX),
            "head-write" => head_write(workload == "put"),
            "head-parse" => head_parse(workload == "put"),
            "schema-encode" => schema_encode(workload),
            "schema-decode" => schema_decode(workload),
            _ => stream(workload),
        })
    }

    /// Does the work once.
    pub fn run(&mut self) {
        (self.work)();
    }

    /// How many bytes on the wire the work is about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn of(bytes: usize, work: impl FnMut() + 'static) -> Self {
        Self { work: Box::new(work), bytes }
    }
}

fn encode(workload: &str) -> Case {
    let batch = workloads::batch(workload);
    let mut encoder = streams::encoder(workload, &batch);
    let bytes = streams::messages(workload, &batch, 1).last().map_or(0, Segments::len);
    Case::of(bytes, move || {
        encoder.push(batch.clone().into()).unwrap();
        while let Some(message) = encoder.poll().unwrap() {
            black_box(message);
        }
    })
}

fn decode(workload: &str) -> Case {
    let messages = streams::messages(workload, &workloads::batch(workload), 1);
    let bytes = messages.last().map_or(0, Segments::len);
    let (mut decoder, message) = streams::decoder(streams::received(&messages));
    Case::of(bytes, move || {
        black_box(decoder.push(message.clone()).unwrap());
    })
}

fn deframe(workload: &str, piece: usize) -> Case {
    let batch = workloads::batch(workload);
    let len = streams::messages(workload, &batch, 1).last().map_or(1, Segments::len);
    let count = (1_usize << 20).div_ceil(len);
    let mut messages = streams::messages(workload, &batch, count);
    let messages = messages.split_off(messages.len() - count);
    let pieces = match piece {
        usize::MAX => messages.iter().map(Segments::to_bytes).collect(),
        piece => streams::pieces(&messages, piece),
    };
    let mut deframer = streams::deframer();
    Case::of(pieces.iter().map(Bytes::len).sum(), move || {
        for piece in &pieces {
            deframer.push(piece.clone());
            while let Some(message) = deframer.poll().unwrap() {
                black_box(message);
            }
        }
        deframer.finish().unwrap();
    })
}

/// A message with a body of one segment.
struct HeadParts {
    descriptor: Option<FlightDescriptor>,
    app_metadata: Option<Bytes>,
    data_header: Bytes,
    body: Bytes,
}

impl HeadParts {
    fn new(is_put: bool) -> Self {
        let messages = streams::messages("tiny", &workloads::batch("tiny"), 1);
        let data_header = streams::received(&messages).pop().unwrap().data_header;
        Self {
            descriptor: is_put.then(|| FlightDescriptor::path(["data", "trips"])),
            app_metadata: is_put.then(|| Bytes::from_static(b"{\"part\":17}")),
            data_header,
            body: Bytes::from(vec![7; 512]),
        }
    }

    fn encode(&self) -> Segments {
        let head = FlightDataHead {
            descriptor: self.descriptor.as_ref(),
            data_header: &self.data_header,
            app_metadata: self.app_metadata.as_deref(),
            ..FlightDataHead::default()
        };
        head.encode(Some(Segments::from(self.body.clone())))
    }
}

fn head_write(is_put: bool) -> Case {
    let parts = HeadParts::new(is_put);
    Case::of(parts.encode().len(), move || {
        black_box(parts.encode());
    })
}

fn head_parse(is_put: bool) -> Case {
    let message = HeadParts::new(is_put).encode().to_bytes();
    let mut deframer = streams::deframer();
    Case::of(message.len(), move || {
        deframer.push(message.clone());
        black_box(deframer.poll().unwrap());
    })
}

fn schema_encode(workload: &str) -> Case {
    let schema: SchemaRef = workloads::batch(workload).schema();
    Case::of(encode_schema(&schema).len(), move || {
        black_box(encode_schema(&schema));
    })
}

fn schema_decode(workload: &str) -> Case {
    let schema = workloads::batch(workload).schema();
    let (message, limits) = (encode_schema(&schema), Limits::default());
    Case::of(message.len(), move || {
        black_box(decode_schema(&message, &limits).unwrap());
    })
}

/// Both sides of a whole stream, in memory: what a call costs, without a connection.
fn stream(workload: &str) -> Case {
    const BATCHES: usize = 100;
    const PIECE: usize = 16 << 10;
    let batch = workloads::batch(workload);
    let (workload, limits, pool) = (workload.to_owned(), Limits::default(), BodyPool::default());
    let bytes = streams::messages(&workload, &batch, BATCHES).iter().map(Segments::len).sum();
    Case::of(bytes, move || {
        let mut encoder = FlightDataEncoder::new(streams::options(&workload));
        let mut deframer = FlightDataDeframer::new(&limits, pool.clone());
        let mut decoder = FlightDataDecoder::new(&limits);
        encoder.start(Arc::clone(batch.schema_ref())).unwrap();
        let mut sent = 0;
        let mut connection = Vec::with_capacity(2 * PIECE);
        loop {
            let message = encoder.poll().unwrap();
            message.iter().flat_map(Segments::iter).for_each(|part| connection.extend(part));
            if connection.len() >= PIECE || (message.is_none() && sent == BATCHES) {
                deframer.push(std::mem::take(&mut connection).into());
                while let Some(message) = deframer.poll().unwrap() {
                    black_box(decoder.push(message).unwrap());
                }
            }
            match message {
                None if sent == BATCHES => break,
                None => {
                    encoder.push(batch.clone().into()).unwrap();
                    sent += 1;
                }
                Some(_) => {}
            }
        }
        deframer.finish().unwrap();
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_does_its_work() {
        for name in NAMES {
            let mut case = Case::new(name).unwrap();
            assert!(case.bytes() > 0, "{name}");
            (0..3).for_each(|_| case.run());
        }
        assert!(Case::new("encode/unheard-of").is_none() && Case::new("encode").is_none());
    }
}
