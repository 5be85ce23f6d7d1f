//! How long messages wait for window.

use std::future::poll_fn;
use std::sync::Arc;

use tokio::time::Instant;

use super::*;
use crate::following::Following;
use crate::stream::testing::{MIB, Peer, Stream, rope};

/// What a message comes to wait for.
struct Waiting {
    window: Window,
    stream: Stream,
    ledger: Ledger,
    peer: Peer,
}

impl Waiting {
    /// For a window that was of 1 MiB, and has room for a part of that only.
    async fn narrowed() -> Self {
        let (stream, peer) = Peer::call(MIB).await;
        let (window, ledger) = (Window::default(), Ledger::default());
        let mut waiting = Self { window, stream, ledger, peer };
        assert_eq!(waiting.wait(MIB, true).await, Duration::ZERO);
        waiting.narrow().await;
        waiting
    }

    /// Uses up more than half of the window.
    async fn narrow(&mut self) {
        let data = Sent::new(rope(USED), &Arc::default(), &Arc::<Following>::default());
        self.stream.send_data(data, false).unwrap();
        self.peer.read(USED).await;
    }

    /// How long a message waits.
    async fn wait(&mut self, len: usize, is_whole: bool) -> Duration {
        let start = Instant::now();
        self.stream.reserve_capacity(len);
        let poll =
            poll_fn(|cx| self.window.poll(&mut self.stream, &self.ledger, len, is_whole, cx));
        poll.await.unwrap();
        start.elapsed()
    }

    /// How many messages in a row do not wait before one that does, in vain.
    async fn at_once(&mut self) -> usize {
        let mut count = 0;
        while self.wait(MIB, true).await < PATIENCE {
            count += 1;
            assert!(count < 10_000, "none waits");
        }
        count
    }
}

const USED: usize = MIB * 5 / 8;

#[tokio::test(start_paused = true)]
async fn one_that_waits_in_vain_spares_more_and_more() {
    let mut waiting = Waiting::narrowed().await;
    assert_eq!(waiting.at_once().await, 0, "the first waits");
    for expected in [64, 128, 256, 512, 1024, 1024] {
        assert_eq!(waiting.at_once().await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn only_messages_that_are_to_arrive_whole_are_counted() {
    let mut waiting = Waiting::narrowed().await;
    assert_eq!(waiting.at_once().await, 0);
    for _ in 0..200 {
        assert_eq!(waiting.wait(MIB, false).await, Duration::ZERO);
    }
    assert_eq!(waiting.at_once().await, 64);
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_and_fits_makes_others_wait_again() {
    let mut waiting = Waiting::narrowed().await;
    for expected in [0, 64, 128] {
        assert_eq!(waiting.at_once().await, expected);
    }
    for _ in 0..256 {
        assert_eq!(waiting.wait(MIB, true).await, Duration::ZERO);
    }
    let Waiting { mut window, mut stream, ledger, mut peer } = waiting;
    stream.reserve_capacity(MIB);
    let mut poll = std::pin::pin!(poll_fn(|cx| window.poll(&mut stream, &ledger, MIB, true, cx)));
    assert!(tokio::time::timeout(PATIENCE / 2, poll.as_mut()).await.is_err());
    peer.grant(USED).await;
    poll.await.unwrap();
    let mut waiting = Waiting { window, stream, ledger, peer };
    waiting.narrow().await;
    for expected in [0, 64, 128] {
        assert_eq!(waiting.at_once().await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_never_wide_enough_is_not_waited_for() {
    let mut waiting = Waiting::narrowed().await;
    for len in [MIB + 1, 4 * MIB] {
        assert_eq!(waiting.wait(len, true).await, Duration::ZERO);
    }
    assert_eq!(waiting.wait(MIB * 3 / 8, true).await, Duration::ZERO, "it fits");
}

#[tokio::test(start_paused = true)]
async fn what_lies_before_a_message_is_waited_for_as_long_as_it_takes() {
    let waiting = Waiting::narrowed().await;
    let Waiting { mut window, mut stream, ledger, peer: _peer } = waiting;
    ledger.hand(MIB as u64 + 1);
    stream.reserve_capacity(MIB);
    let start = Instant::now();
    let mut poll = std::pin::pin!(poll_fn(|cx| window.poll(&mut stream, &ledger, MIB, true, cx)));
    let long = 100 * PATIENCE;
    assert!(tokio::time::timeout(long, poll.as_mut()).await.is_err(), "a byte is before it");
    ledger.moved(1);
    poll.await.unwrap();
    let waited = start.elapsed();
    assert!((long + PATIENCE..long + 2 * PATIENCE).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_for_a_stream_that_is_closed() {
    let (mut stream, _peer) = Peer::call(0).await;
    stream.send_reset(Reason::CANCEL);
    let (mut window, ledger) = (Window::default(), Ledger::default());
    let polled = poll_fn(|cx| window.poll(&mut stream, &ledger, 1, true, cx)).await;
    assert!(polled.is_err());
}
