//! How a body leaves.

use std::future::poll_fn;

use tokio_util::task::AbortOnDropHandle;

use super::*;
use crate::stream::testing::{MIB, Peer, Stream, pump, settle};

fn send(stream: Stream, count: usize, len: usize, shared: &ConnectionShared) -> Sending {
    let mut pump = pump(stream, count, len, shared.clone());
    AbortOnDropHandle::new(tokio::spawn(async move { poll_fn(|cx| pump.poll(cx)).await.is_ok() }))
}

type Sending = AbortOnDropHandle<bool>;

fn shared() -> ConnectionShared {
    ConnectionShared::new(Arc::default())
}

#[tokio::test(start_paused = true)]
async fn a_message_leaves_whole_as_soon_as_there_is_room_for_it() {
    let (stream, mut peer) = Peer::call(MIB * 3 / 2).await;
    let sending = send(stream, 10, MIB, &shared());
    for count in 0..10 {
        assert_eq!(peer.frame().await.unwrap().unwrap(), MIB, "message {count}");
        // In two parts, with which the window is wide enough for a part, and then for the whole.
        peer.grant(MIB / 4).await;
        peer.grant(MIB * 3 / 4).await;
    }
    assert!(sending.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_short_message_takes_what_room_there_is() {
    let (stream, mut peer) = Peer::call(1000).await;
    let sending = send(stream, 1, 1500, &shared());
    assert_eq!(peer.frame().await.unwrap().unwrap(), 1000);
    peer.grant(1000).await;
    assert_eq!(peer.frame().await.unwrap().unwrap(), 500);
    assert!(sending.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_stops_reading_holds_up_nobody_for_long() {
    let (stream, mut peer) = Peer::call(MIB).await;
    let shared = shared();
    let _sending = send(stream, 10, MIB, &shared);
    let mut other = Sender::new(shared.traffic.clone());
    other.begin();
    settle().await;
    for _ in 0..2 {
        peer.read(MIB).await;
        // sleep: the clock is a virtual one, and its time is what is tested.
        tokio::time::sleep(PAUSE * 9 / 10).await;
        assert_eq!(other.turn_len(), Some(2 * MIB), "it may go on");
        // sleep: as above.
        tokio::time::sleep(PAUSE / 5).await;
        assert_eq!(other.turn_len(), None, "it rests");
        peer.grant(MIB).await;
        assert_eq!(other.turn_len(), Some(2 * MIB), "it goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_ends_holds_up_nobody() {
    let (stream, mut peer) = Peer::call(2 * MIB).await;
    let shared = shared();
    let mut other = Sender::new(shared.traffic.clone());
    other.begin();
    let sending = send(stream, 1, MIB, &shared);
    settle().await;
    assert!(sending.await.unwrap());
    assert_eq!(other.turn_len(), None);
    peer.read(MIB).await;
    assert!(peer.frame().await.is_none());
}
