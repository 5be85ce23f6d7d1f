//! `FlightData` in any split and order, whole and damaged.

use proptest::prelude::*;
use wingbeat_testkit::Random;

use super::*;
use crate::Segments;
use crate::data::FlightDataHead;
use crate::grpc::frame;
use crate::ipc::Placement;
use crate::testing::{mutated, mutations, truncations};

mod golden;

fn deframer() -> FlightDataDeframer {
    FlightDataDeframer::new(&Limits::default(), BodyPool::default())
}

/// Feeds pieces as a transport does and collects what comes.
fn deframe_with(
    mut deframer: FlightDataDeframer,
    pieces: impl IntoIterator<Item = Bytes>,
) -> Result<Vec<FlightData>, DecodeError> {
    let mut messages = Vec::new();
    for piece in pieces {
        deframer.push(piece);
        while let Some(message) = deframer.poll()? {
            messages.push(message);
        }
    }
    deframer.finish().map(|()| messages)
}

fn deframe(pieces: impl IntoIterator<Item = Bytes>) -> Result<Vec<FlightData>, DecodeError> {
    deframe_with(deframer(), pieces)
}

/// One message of these protobuf fields.
fn message(fields: &[u8]) -> Bytes {
    frame(Bytes::copy_from_slice(fields)).to_bytes()
}

fn one(fields: &[u8]) -> Result<FlightData, DecodeError> {
    deframe([message(fields)]).map(|mut messages| {
        assert_eq!(messages.len(), 1);
        messages.remove(0)
    })
}

fn encoded(data: &FlightData) -> Bytes {
    let head = FlightDataHead {
        descriptor: data.flight_descriptor.as_ref(),
        data_header: &data.data_header,
        app_metadata: data.app_metadata.as_deref(),
        placement: Placement::Unknown,
    };
    let body = data.data_body.as_ref().map(|body| Bytes::copy_from_slice(body));
    head.encode(body.map(Segments::from)).to_bytes()
}

fn flight_data() -> impl Strategy<Value = FlightData> {
    let bytes = |max| proptest::collection::vec(any::<u8>(), 0..max).prop_map(Bytes::from);
    let descriptor = prop_oneof![
        Just(FlightDescriptor::Unknown),
        ".*".prop_map(|part| FlightDescriptor::path([part])),
        bytes(200).prop_map(FlightDescriptor::Command),
    ];
    let descriptor = proptest::option::of(descriptor);
    let (metadata, body) = (proptest::option::of(bytes(200)), proptest::option::of(bytes(70_000)));
    (descriptor, bytes(200), metadata, body).prop_map(|(descriptor, header, metadata, body)| {
        FlightData {
            flight_descriptor: descriptor,
            data_header: header,
            app_metadata: metadata,
            data_body: body.map(Buffer::from),
        }
    })
}

/// Splits into pieces of random sizes, mostly short, empty ones among them.
fn split(mut stream: Bytes, seed: u64) -> Vec<Bytes> {
    let mut random = Random::new(seed);
    let mut pieces = Vec::new();
    while !stream.is_empty() {
        let max = [1, 2, 30, 300, 5_000, 100_000][random.below(6)];
        pieces.push(stream.split_to(random.below(max + 1).min(stream.len())));
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same_messages(
        messages in proptest::collection::vec(flight_data(), 0..5),
        seed: u64,
        claim_bytes_max in prop_oneof![Just(0), Just(1000), Just(1 << 20)],
    ) {
        let stream: Bytes = messages.iter().flat_map(encoded).collect();
        let limits = Limits::default().with_claim_bytes_max(claim_bytes_max);
        let deframer = FlightDataDeframer::new(&limits, BodyPool::default());
        prop_assert_eq!(deframe_with(deframer, split(stream, seed)).unwrap(), messages);
    }
}

#[test]
fn a_byte_at_a_time_and_all_at_once() {
    let data = FlightData {
        flight_descriptor: Some(FlightDescriptor::path(["a", "b"])),
        data_header: Bytes::from(vec![1; 200]),
        app_metadata: Some(Bytes::from_static(b"meta")),
        data_body: Some(Buffer::from(vec![2u8; 300])),
    };
    let stream = [encoded(&data), encoded(&FlightData::default()), encoded(&data)].concat();
    let expected = [data.clone(), FlightData::default(), data];
    for size in [1, 7, stream.len()] {
        let pieces = stream.chunks(size).map(Bytes::copy_from_slice);
        assert_eq!(deframe(pieces).unwrap(), expected);
    }
}

#[test]
fn fields_in_any_order() {
    let fields: [&[u8]; 5] = [
        b"\x0a\x05\x08\x02\x12\x01q",
        b"\x12\x04head",
        b"\x1a\x04meta",
        b"\xc2\x3e\x04body",
        b"\xf8\x3f\x96\x01\xf9\x3f12345678\xfa\x3f\x03abc\xfa\x3f\x00\xfd\x3f1234",
    ];
    let expected = FlightData {
        flight_descriptor: Some(FlightDescriptor::command("q")),
        data_header: Bytes::from_static(b"head"),
        app_metadata: Some(Bytes::from_static(b"meta")),
        data_body: Some(Buffer::from(b"body")),
    };
    for first in 0..5 {
        let mut order = fields;
        order.rotate_left(first);
        assert_eq!(one(&order.concat()).as_ref(), Ok(&expected));
        order.reverse();
        assert_eq!(one(&order.concat()).as_ref(), Ok(&expected));
    }
}

#[test]
fn of_repeated_fields_the_last_wins_and_descriptors_merge() {
    let fields = b"\x12\x01a\xc2\x3e\x02xy\x1a\x01m\x0a\x02\x08\x01\x12\x01b\xc2\x3e\x01z\x1a\x00\
                   \x0a\x03\x1a\x01p";
    let expected = FlightData {
        flight_descriptor: Some(FlightDescriptor::path(["p"])),
        data_header: Bytes::from_static(b"b"),
        app_metadata: Some(Bytes::new()),
        data_body: Some(Buffer::from(b"z")),
    };
    assert_eq!(one(fields), Ok(expected));
}

#[test]
fn absent_is_not_empty() {
    assert_eq!(one(b""), Ok(FlightData::default()));
    let data = one(b"\x1a\x00\xc2\x3e\x00").unwrap();
    assert_eq!(
        (data.app_metadata, data.data_body.map(|body| body.len())),
        (Some(Bytes::new()), Some(0))
    );
}

/// What a body that was copied starts at a multiple of.
const ALIGNMENT: usize = 64;

#[test]
fn the_body_is_aligned_and_allocated_once() {
    let body: Bytes = (0..100_000u32).map(|n| n as u8).collect();
    let data = FlightData { data_body: Some(Buffer::from(body.clone())), ..FlightData::default() };
    let pool = BodyPool::default();
    for round in 0..3 {
        let deframer = FlightDataDeframer::new(&Limits::default(), pool.clone());
        let pieces = split(encoded(&data), round);
        let received = deframe_with(deframer, pieces).unwrap().remove(0).data_body.unwrap();
        assert_eq!(received.as_slice(), body);
        assert!(received.as_ptr().addr().is_multiple_of(ALIGNMENT));
        let counts = (pool.statistics().allocated, pool.statistics().reused);
        assert_eq!(counts, (1, round), "the same memory each time");
    }
}

#[test]
fn an_aligned_body_in_one_piece_is_not_copied() {
    let len = 100_000;
    let head = FlightDataHead::default().encode(Some(Bytes::from(vec![0; len]).into()));
    let head = head.iter().next().unwrap().to_vec();
    let pool = BodyPool::default();
    // Pieces whose memory starts so that the body in it is aligned as some allocators do it, and
    // ones that are off.
    for off in [0, 1, 8, 16, 48] {
        let mut memory = vec![0; head.len() + len + 2 * ALIGNMENT];
        let start = (memory.as_ptr().addr() + head.len()).next_multiple_of(ALIGNMENT)
            - memory.as_ptr().addr()
            - head.len()
            + off;
        memory[start..start + head.len()].copy_from_slice(&head);
        let piece = Bytes::from(memory).slice(start..start + head.len() + len);
        let adopted = pool.statistics().adopted;
        let deframer = FlightDataDeframer::new(&Limits::default(), pool.clone());
        let data = deframe_with(deframer, vec![piece.clone()]).unwrap().remove(0);
        let body = data.data_body.unwrap();
        let shared = off % SHARED_ALIGNMENT == 0;
        assert_eq!(piece.as_ptr_range().contains(&body.as_ptr()), shared, "off by {off}");
        assert_eq!(pool.statistics().adopted - adopted, u64::from(shared));
        assert!(body.as_ptr().addr().is_multiple_of(if shared { 16 } else { ALIGNMENT }));
        assert_eq!(body.len(), len);
    }
}

#[test]
fn small_parts_do_not_keep_the_piece_alive() {
    let stream = message(b"\x12\x04head\x1a\x04meta\xc2\x3e\x04body");
    let data = deframe([stream.clone()]).unwrap().remove(0);
    let within = |part: &[u8]| stream.as_ptr_range().contains(&part.as_ptr());
    assert!(!within(&data.app_metadata.unwrap()) && !within(&data.data_body.unwrap()));
    assert!(within(&data.data_header), "dropped once it is decoded");
}

#[test]
fn a_message_above_the_limit_is_refused_by_its_prefix() {
    let limits = Limits::default().with_message_bytes_max(1000);
    let mut deframer = FlightDataDeframer::new(&limits, BodyPool::default());
    deframer.push(Bytes::from_static(b"\0\0\0\x03\xe9"));
    let error = deframer.poll().unwrap_err();
    assert_eq!(error, DecodeError::limit("gRPC message length", 1001, 1000));
    deframer.push(message(b""));
    assert_eq!(deframer.poll(), Err(error.clone()), "it stays in error");
    assert_eq!(deframer.finish(), Err(error));
}

#[test]
fn what_is_wrong_is_named() {
    let cases: [(&[u8], &str); 9] = [
        (b"\xc2\x3e\x05body", "FlightData.data_body is cut short: needs 5 bytes, has 4"),
        (
            b"\xc2\x3e\xff\xff\xff\xff\x07body",
            "FlightData.data_body is cut short: needs 2147483647 bytes, has 4",
        ),
        (b"\x12\x7f", "FlightData.data_header is cut short: needs 127 bytes, has 0"),
        (b"\x10\x01", "FlightData: field 2 has wire type 0, expected 2 (bytes)"),
        (b"\x12", "FlightData is cut short: needs 2 bytes, has 1"),
        (b"\xfd\x3f123", "FlightData is cut short: needs 6 bytes, has 5"),
        (b"\x13", "protobuf tag: a group (field 2, wire type 3) is not supported"),
        (b"\x02\x00", "protobuf tag: field number 0 does not exist"),
        (b"\x0a\x03\x1a\x01\xff", "FlightDescriptor.path: not UTF-8 from byte 0 on"),
    ];
    for (fields, expected) in cases {
        assert_eq!(one(fields).unwrap_err().to_string(), expected);
        let pieces = message(fields);
        let pieces = pieces.chunks(1).map(Bytes::copy_from_slice);
        let bytewise = deframe(pieces).unwrap_err().to_string();
        assert_eq!(bytewise, expected, "a byte at a time");
    }
}

#[test]
fn a_stream_that_ends_early() {
    let data = FlightData {
        data_header: Bytes::from_static(b"head"),
        data_body: Some(Buffer::from(b"body")),
        ..FlightData::default()
    };
    let stream = encoded(&data);
    for part in truncations(&stream) {
        let (len, result) = (part.len(), deframe([part]));
        match len {
            0 => assert_eq!(result, Ok(Vec::new())),
            1..5 => {
                let expected = DecodeError::truncated("gRPC message prefix", 5, len);
                assert_eq!(result, Err(expected));
            }
            _ => {
                let expected = DecodeError::truncated("FlightData", stream.len() - 5, len - 5);
                assert_eq!(result, Err(expected));
            }
        }
    }
}

#[test]
fn damage_ends_in_a_value_or_an_error() {
    for (name, fields) in golden::all() {
        let mut refused = 0;
        for part in truncations(&fields) {
            drop(one(&part));
        }
        for seed in 0..mutations() {
            // The prefix stays right, so that the damage is met inside the message.
            let stream = message(&mutated(&fields, seed));
            let whole = deframe([stream.clone()]);
            refused += u64::from(whole.is_err());
            assert_eq!(deframe(split(stream, seed)), whole, "{name}, seed {seed}");
            drop(deframe([mutated(&message(&fields), seed)]));
        }
        assert!(refused > 0, "{name}: no mutation was noticed");
    }
}
