//! Who looks after a call that is handed over to its end.

use super::*;
use crate::stream::ConnectionShared;
use crate::stream::testing::{Peer, pump, settle};

const LEN: usize = 10;

/// A body of [`LEN`] bytes, handed over, to a peer with room for so many.
async fn handed_over(room: usize) -> (Option<Tail>, Peer) {
    let (stream, peer) = Peer::call(room).await;
    let mut pump = pump(stream, 1, LEN, ConnectionShared::new(Arc::default()));
    poll_fn(|cx| pump.poll(cx)).await.unwrap();
    (pump.into_tail(), peer)
}

#[tokio::test(start_paused = true)]
async fn what_there_is_room_for_needs_nobody() {
    for room in [LEN, LEN + 1] {
        let (tail, mut peer) = handed_over(room).await;
        assert!(tail.is_none(), "room for {room}");
        peer.read(LEN).await;
        assert!(peer.frame().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_early_it_resets_the_call() {
    for room in [0, 1, LEN - 1] {
        let (tail, mut peer) = handed_over(room).await;
        let tail = tail.expect("there is no room for all");
        settle().await;
        drop(tail);
        // h2 hands out no more of a stream that was reset.
        let reset = async {
            loop {
                if let Err(error) = peer.frame().await.expect("it does not end well") {
                    return error;
                }
            }
        };
        assert_eq!(reset.await.reason(), Some(Reason::CANCEL), "room for {room}");
    }
}

#[tokio::test(start_paused = true)]
async fn taken_to_the_end_it_resets_nothing() {
    let (tail, mut peer) = handed_over(LEN - 1).await;
    let tail = tail.expect("there is no room for all");
    let taken = tokio::spawn(tail.taken());
    peer.read(LEN - 1).await;
    assert!(!taken.is_finished(), "a byte is missing");
    peer.grant(LEN - 1).await;
    peer.read(1).await;
    taken.await.unwrap();
    assert!(peer.frame().await.is_none(), "it ends well");
}
