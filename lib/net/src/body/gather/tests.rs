//! Messages over scripts of a stream.

use std::task::Waker;

use wingbeat_wire::grpc::Code;

use super::*;

/// Polls a gather over a script; `None` in it is a stream that is not ready.
fn run(script: Vec<Option<Item>>) -> Vec<Poll<Item>> {
    let mut script = script.into_iter();
    let mut gather = Gather::default();
    let mut cx = Context::from_waker(Waker::noop());
    let mut out = Vec::new();
    let mut over = false;
    while !over {
        out.push(gather.poll(&mut cx, |_| match script.next() {
            Some(Some(item)) => Poll::Ready(item),
            Some(None) => Poll::Pending,
            None => {
                over = true;
                Poll::Ready(None)
            }
        }));
    }
    out
}

fn message(len: usize, byte: u8) -> Segments {
    Segments::from(Bytes::from(vec![byte; len]))
}

fn item(message: Segments) -> Option<Item> {
    Some(Some(Ok(message)))
}

fn lens(polls: &[Poll<Item>]) -> Vec<Option<usize>> {
    let len = |poll: &Poll<Item>| match poll {
        Poll::Ready(Some(Ok(segments))) => Some(segments.len()),
        _ => None,
    };
    polls.iter().map(len).collect()
}

#[test]
fn small_messages_that_are_ready_leave_together_and_none_waits() {
    let script = vec![
        item(message(1, 1)),
        item(message(2, 2)),
        None,
        item(message(4, 3)),
        None,
        None,
        item(message(8, 4)),
    ];
    let polls = run(script);
    assert_eq!(lens(&polls), [Some(3), Some(4), None, Some(8)]);
    assert!(polls[2].is_pending());
    let Poll::Ready(Some(Ok(first))) = &polls[0] else { panic!("no message") };
    assert_eq!(first.to_bytes(), &[1, 2, 2][..]);
    assert_eq!(first.iter().count(), 1, "neighbours are one piece");
}

#[test]
fn a_large_message_travels_alone_and_in_its_place() {
    let large = message(ALONE_LEN_MIN, 9);
    let address = large.iter().next().map(|piece| piece.as_ptr());
    let script = vec![item(message(1, 1)), item(large), item(message(2, 2))];
    let polls = run(script);
    assert_eq!(lens(&polls), [Some(1), Some(ALONE_LEN_MIN), Some(2)]);
    let Poll::Ready(Some(Ok(alone))) = &polls[1] else { panic!("no message") };
    assert_eq!(alone.iter().next().map(|piece| piece.as_ptr()), address);
}

#[test]
fn longer_pieces_are_shared() {
    let pieces = [16, COPIED_LEN_MAX, 16].map(|len| Bytes::from(vec![7; len]));
    let message: Segments = pieces.iter().cloned().collect();
    let polls = run(vec![item(message.clone()), item(message)]);
    let Poll::Ready(Some(Ok(both))) = &polls[0] else { panic!("no message") };
    let found: Vec<_> = both.iter().collect();
    assert_eq!(
        found.iter().map(|piece| piece.len()).collect::<Vec<_>>(),
        [16, COPIED_LEN_MAX, 32, COPIED_LEN_MAX, 16]
    );
    for at in [0, 1, 3] {
        assert_eq!(found[at].as_ptr(), pieces[at.min(1)].as_ptr(), "piece {at}");
    }
}

#[test]
fn no_more_than_so_much_at_once() {
    let script = (0..40).map(|_| item(message(32 << 10, 1))).collect();
    let lens = lens(&run(script));
    assert!(lens.iter().flatten().all(|len| *len <= GATHERED_LEN_MAX + (32 << 10)), "{lens:?}");
    assert_eq!(lens.iter().flatten().sum::<usize>(), 40 * (32 << 10));
}

#[test]
fn an_error_comes_after_what_was_before_it() {
    let failure = Status::new(Code::DataLoss, "gone");
    let polls = run(vec![item(message(1, 1)), Some(Some(Err(failure)))]);
    assert_eq!(lens(&polls)[0], Some(1));
    assert!(matches!(&polls[1], Poll::Ready(Some(Err(status))) if status.code == Code::DataLoss));
}
