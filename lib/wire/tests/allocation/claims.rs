//! A claimed length costs the claimant its bytes first: no memory is taken for what is only said.

use bytes::Bytes;
use wingbeat_wire::data::{BodyPool, FlightDataDeframer};
use wingbeat_wire::grpc::MessageDeframer;
use wingbeat_wire::message::{FlightInfo, Message};
use wingbeat_wire::{DecodeError, Deframe, Limits};

use crate::counting::{Allocated, allocated};

fn flight_data(limits: &Limits, pool: &BodyPool, stream: &Bytes) -> Result<usize, DecodeError> {
    let mut deframer = FlightDataDeframer::new(limits, pool.clone());
    deframer.push(stream.clone());
    let mut messages = 0;
    while deframer.poll()?.is_some() {
        messages += 1;
    }
    Ok(messages)
}

/// A gRPC message that claims `len` bytes, and the first of them.
fn claim(len: u32, fields: &[u8]) -> Bytes {
    [&[0], &len.to_be_bytes()[..], fields].concat().into()
}

/// What may be allocated for a message of a hundred bytes.
const SMALL: usize = 4096;

#[test]
fn two_gibibytes_claimed_inside_a_hundred_bytes() {
    let field: &[u8] = b"\xc2\x3e\xff\xff\xff\xff\x07";
    for tag in [field, b"\x12\xff\xff\xff\xff\x07", b"\x0a\xff\xff\xff\xff\x07"] {
        let mut fields = tag.to_vec();
        fields.resize(100, 0);
        let stream = claim(100, &fields);
        let (Allocated { bytes, .. }, result) =
            allocated(|| flight_data(&Limits::default(), &BodyPool::default(), &stream));
        assert!(matches!(result, Err(DecodeError::Truncated { need: 0x7fff_ffff, .. })));
        assert!(bytes < SMALL, "{bytes} bytes");

        let plain = Bytes::from(fields);
        let (Allocated { bytes, .. }, result) = allocated(|| FlightInfo::decode(plain));
        assert!(result.is_err());
        assert!(bytes < SMALL, "{bytes} bytes");
    }
}

#[test]
fn two_gibibytes_claimed_by_the_prefix() {
    let unlimited = Limits::default().with_message_bytes_max(u32::MAX as usize);
    let body = claim(0x7fff_ffff, b"\xc2\x3e\xf0\xff\xff\xff\x07 the first few bytes of the body");
    for (limits, expected) in [(Limits::default(), None), (unlimited, Some(0))] {
        let (Allocated { bytes, .. }, result) =
            allocated(|| flight_data(&limits, &BodyPool::default(), &body));
        assert_eq!(result.ok(), expected, "refused, or waiting for more");
        // Short pieces are gathered in a block.
        assert!(bytes < 2 * SMALL, "{bytes} bytes");

        let (Allocated { bytes, .. }, result) = allocated(|| {
            let mut deframer = MessageDeframer::new(&limits);
            deframer.push(body.clone());
            deframer.poll()
        });
        assert_eq!(result.is_ok(), expected.is_some());
        assert!(bytes < 2 * SMALL, "{bytes} bytes");
    }
}

/// As many calls as a server lets a client have at a time.
const CALLS: usize = 1024;

#[test]
fn what_many_calls_claim_costs_them_an_eighth_of_it_first() {
    const LEN: usize = 15 << 20;
    let mut fields = b"\xc2\x3e\x80\x80\xc0\x07".to_vec();
    fields.resize(fields.len() + 1000, 7);
    let begin = claim((6 + LEN) as u32, &fields);
    let (limits, pool) = (Limits::default(), BodyPool::default());
    let start = |mut deframer: FlightDataDeframer| {
        deframer.push(begin.clone());
        assert!(deframer.poll().unwrap().is_none());
        deframer
    };
    let new = || FlightDataDeframer::new(&limits, pool.clone());
    let (Allocated { bytes, .. }, calls) =
        allocated(|| (0..CALLS).map(|_| start(new())).collect::<Vec<_>>());
    // A block for what came of each.
    assert!(bytes < CALLS * 2 * SMALL, "{bytes} bytes for {} calls", calls.len());
    assert_eq!(pool.statistics().pinned_bytes, 0);

    let start = |mut deframer: MessageDeframer| {
        deframer.push(begin.clone());
        assert!(deframer.poll().unwrap().is_none());
        deframer
    };
    let (Allocated { bytes, .. }, calls) =
        allocated(|| (0..CALLS).map(|_| start(MessageDeframer::new(&limits))).collect::<Vec<_>>());
    assert!(bytes < CALLS * 2 * SMALL, "{bytes} bytes for {} calls", calls.len());
}

#[test]
fn memory_for_a_long_body_is_taken_once_when_an_eighth_is_there() {
    const LEN: usize = 12 << 20;
    const PIECE: usize = 16 << 10;
    let mut fields = b"\xc2\x3e\x80\x80\x80\x06".to_vec();
    let head = claim((6 + LEN) as u32, &fields);
    fields = (0..LEN).map(|at| (at / 1000) as u8).collect();
    let body = Bytes::from(fields);
    let pool = BodyPool::default();
    let mut deframer = FlightDataDeframer::new(&Limits::default(), pool.clone());
    deframer.push(head);
    let mut received = None;
    for at in (0..LEN).step_by(PIECE) {
        let piece = body.slice(at..at + PIECE);
        let (Allocated { bytes, .. }, polled) = allocated(|| {
            deframer.push(piece);
            deframer.poll().unwrap()
        });
        received = polled;
        // Any other costs its place in a list.
        let expected = if at + PIECE == LEN / 8 { LEN..LEN + SMALL } else { 0..SMALL };
        assert!(expected.contains(&bytes), "{bytes} bytes at {at}");
    }
    let received = received.unwrap().data_body.unwrap();
    assert!(received.as_slice() == body, "other bytes");
    assert_eq!(pool.statistics().allocated, 1);
}

#[test]
fn a_body_takes_memory_once_and_then_no_more() {
    const LEN: usize = 1 << 20;
    let mut fields = b"\xc2\x3e\x80\x80\x40".to_vec();
    fields.resize(5 + LEN, 7);
    let stream = claim(fields.len() as u32, &fields);
    let pieces: Vec<_> = stream.chunks(16_384).map(Bytes::copy_from_slice).collect();
    let (limits, pool) = (Limits::default(), BodyPool::default());
    let receive = || {
        let mut deframer = FlightDataDeframer::new(&limits, pool.clone());
        let mut body = None;
        for piece in &pieces {
            deframer.push(piece.clone());
            body = deframer.poll().unwrap();
        }
        body.unwrap().data_body.unwrap()
    };
    let (Allocated { bytes: first, .. }, body) = allocated(receive);
    assert_eq!(body.as_slice(), &fields[5..]);
    assert!((LEN..LEN + SMALL).contains(&first), "{first} bytes");
    drop(body);
    let (Allocated { bytes: second, .. }, body) = allocated(receive);
    assert_eq!(body.len(), LEN);
    assert!(second < SMALL, "the memory of the first is used again: {second} bytes");
}
