//! Hostile clients.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, Request, Response};
use tokio::sync::mpsc;
use tokio::time::{Duration, interval};
use wingbeat_net::{Body, CallRequest, Messages, ServerConfig, Status, reply};
use wingbeat_wire::Limits;
use wingbeat_wire::grpc::{Code, MessageDeframer, frame};

use crate::STALL;
use crate::memory::Memory;
use crate::support::{TestServer, answer, within};
use crate::wire::*;

const MIB: usize = 1 << 20;

/// How a call ended for its handler.
#[derive(Debug)]
enum Ended {
    Read(Result<(), Status>),
    Dropped,
}

/// Tells when it is dropped, unless something else was told.
struct Held(Option<mpsc::UnboundedSender<Ended>>);

impl Held {
    fn tell(&mut self, ended: Ended) {
        if let Some(tell) = self.0.take() {
            tell.send(ended).ok();
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.tell(Ended::Dropped);
    }
}

struct Victim {
    server: TestServer,
    ended: mpsc::UnboundedReceiver<Ended>,
}

impl Victim {
    async fn start(limits: Limits) -> Self {
        Self::start_with(limits, ServerConfig::default()).await
    }

    async fn start_with(limits: Limits, config: ServerConfig) -> Self {
        let (tell, ended) = mpsc::unbounded_channel();
        let handler = move |request| handle(request, tell.clone(), limits.clone());
        let mut config = config.with_stall_timeout(STALL);
        // What these tests show has to hold without pings.
        config.keepalive_interval = None;
        let address = "grpc://127.0.0.1:0".parse().unwrap();
        Self { server: TestServer::start_on(&address, handler, config).await, ended }
    }

    async fn connect(&self, settings: &[(u16, u32)]) -> Wire {
        Wire::connect(self.server.socket_addr(), settings).await
    }

    /// How the reading of a request ended.
    async fn read(&mut self) -> Result<(), Status> {
        match within(self.ended.recv()).await.unwrap() {
            Ended::Read(result) => result,
            Ended::Dropped => panic!("no request was read"),
        }
    }

    /// The handler learns that its request broke off, or is gone before it could.
    async fn broken(&mut self) {
        match within(self.ended.recv()).await.unwrap() {
            Ended::Read(result) => assert_eq!(result.unwrap_err().code, Code::Cancelled),
            Ended::Dropped => {}
        }
    }

    async fn dropped(&mut self) {
        let ended = within(self.ended.recv()).await.unwrap();
        assert!(matches!(ended, Ended::Dropped), "{ended:?}");
    }
}

async fn handle(
    request: Request<Body>,
    tell: mpsc::UnboundedSender<Ended>,
    limits: Limits,
) -> Response<Body> {
    match request.uri().path() {
        "/ping" => answer(["pong"]),
        "/read" => {
            let mut messages =
                Messages::from_request(request.into_body(), MessageDeframer::new(&limits));
            let mut held = Held(Some(tell));
            let result = loop {
                match messages.next().await {
                    Ok(Some(_)) => {}
                    Ok(None) => break Ok(()),
                    Err(status) => break Err(status),
                }
            };
            held.tell(Ended::Read(result));
            answer(["read"])
        }
        "/endless" => {
            let (held, data) = (Arc::new(Held(Some(tell))), Bytes::from(vec![7; MIB]));
            let messages = stream::repeat_with(move || {
                let _held = &held;
                Ok(frame(data.clone()))
            });
            reply(HeaderMap::new(), Body::response(messages, HeaderMap::new))
        }
        "/one" => {
            let held = Held(Some(tell));
            let message = stream::once(async { Ok(frame(Bytes::from(vec![7; MIB]))) });
            let messages = message.chain(stream::poll_fn(move |_| {
                let _held = &held;
                std::task::Poll::Ready(None)
            }));
            reply(HeaderMap::new(), Body::response(messages, HeaderMap::new))
        }
        other => panic!("nothing at {other}"),
    }
}

/// A small call on the same connection, from its beginning to its end.
async fn ping(wire: &mut Wire, stream: u32) {
    wire.request(stream, "/ping").await;
    wire.grant(stream, 100).await;
    wire.send(DATA, END_STREAM, stream, &message(0, &[])).await;
    let pong = |frame: &Frame| frame.stream == stream && frame.kind == DATA;
    assert_eq!(wire.wait(pong).await.payload, message(4, b"pong"));
    wire.wait(|frame| frame.stream == stream && frame.ends_stream()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn announces_a_huge_frame_and_sends_none_of_it() {
    let memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[]).await;
    wire.request(1, "/read").await;
    ping(&mut wire, 3).await;
    // Nothing can come after it on this connection, so the connection has to end.
    wire.raw(&Wire::header(DATA, 0, 1, (1 << 24) - 1)).await;
    wire.ended().await;
    victim.broken().await;
    // The frame's own room, none of which was touched.
    memory.assert_peak_below(18);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn announces_a_frame_larger_than_allowed() {
    let memory = Memory::count().await;
    let mut config = ServerConfig::default();
    // By default there are no larger frames than those that are taken.
    config.frame_bytes_max = 8 << 20;
    let victim = Victim::start_with(Limits::default(), config).await;
    let mut wire = victim.connect(&[]).await;
    wire.request(1, "/read").await;
    wire.raw(&Wire::header(DATA, 0, 1, (1 << 24) - 1)).await;
    assert_eq!(wire.ended().await, Some(FRAME_SIZE_ERROR));
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn announces_that_it_takes_huge_frames_and_takes_none() {
    let memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let settings = [(MAX_FRAME_SIZE, (1 << 24) - 1), (INITIAL_WINDOW_SIZE, WINDOW_MAX)];
    let mut wire = victim.connect(&settings).await;
    wire.grant(0, WINDOW_MAX - WINDOW_DEFAULT).await;
    wire.request(1, "/endless").await;
    victim.dropped().await;
    wire.ended().await;
    memory.assert_peak_below(24);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trickles_the_bytes_of_a_message() {
    let memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[]).await;
    wire.request(1, "/read").await;
    wire.send(DATA, 0, 1, &message(1 << 20, &[])).await;
    let mut pace = interval(Duration::from_millis(20));
    let mut read = pin!(victim.read());
    let status = loop {
        tokio::select! {
            result = &mut read => break result.unwrap_err(),
            _ = pace.tick() => { wire.try_send(DATA, 0, 1, &[7]).await.ok(); }
        }
    };
    assert_eq!(status.code, Code::DeadlineExceeded, "{status}");
    assert!(status.message.contains("of its 1048576 bytes came"), "{status}");
    ping(&mut wire, 3).await;
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trickles_the_bytes_of_a_frame() {
    let memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[]).await;
    wire.request(1, "/read").await;
    wire.raw(&Wire::header(DATA, 0, 1, MIB)).await;
    let (mut read, mut write) = wire.socket.into_split();
    let trickle = async {
        let mut pace = interval(Duration::from_millis(20));
        while tokio::io::AsyncWriteExt::write_all(&mut write, &[0]).await.is_ok() {
            pace.tick().await;
        }
    };
    let mut rest = Vec::new();
    let ended = tokio::io::AsyncReadExt::read_to_end(&mut read, &mut rest);
    let ((), ended) = within(async { tokio::join!(trickle, ended) }).await;
    drop(ended);
    victim.broken().await;
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_grants_window() {
    let memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[(INITIAL_WINDOW_SIZE, 0)]).await;
    wire.request(1, "/endless").await;
    ping(&mut wire, 3).await;
    victim.dropped().await;
    assert_eq!(wire.reset(1).await, CANCEL);
    ping(&mut wire, 5).await;
    memory.assert_peak_below(8);
}

/// Once the last byte is with the transport, nothing but the call itself could end it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_a_little_window_and_no_more() {
    let memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[(INITIAL_WINDOW_SIZE, 10)]).await;
    wire.request(1, "/one").await;
    ping(&mut wire, 3).await;
    victim.dropped().await;
    assert_eq!(wire.reset(1).await, CANCEL);
    ping(&mut wire, 5).await;
    memory.assert_peak_below(8);
}

/// An answer so short that the transport has all of it at once, its end with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_nothing_of_a_short_answer() {
    let _memory = Memory::count().await;
    let victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[(INITIAL_WINDOW_SIZE, 0)]).await;
    wire.request(1, "/ping").await;
    wire.send(DATA, END_STREAM, 1, &message(0, &[])).await;
    assert_eq!(wire.reset(1).await, CANCEL);
    ping(&mut wire, 3).await;
}

/// A reader that was slow once gets whole messages again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_slowly_for_a_while() {
    let _memory = Memory::count().await;
    let victim = Victim::start(Limits::default()).await;
    let settings = [(INITIAL_WINDOW_SIZE, 5 * MIB as u32 / 2), (MAX_FRAME_SIZE, (1 << 24) - 1)];
    let mut wire = victim.connect(&settings).await;
    wire.grant(0, WINDOW_MAX - WINDOW_DEFAULT).await;
    wire.request(1, "/endless").await;
    let mut whole = 0;
    let mut taken = 0;
    for count in 0..600 {
        let frame = wire.wait(|frame| frame.kind == DATA).await;
        whole += usize::from(frame.payload.len() == MIB + 5);
        taken += frame.payload.len();
        // What is left of the window is less than a message then, and nothing more is granted
        // until a part of one comes: the message has waited for the whole in vain.
        if count >= 2 {
            wire.grant(1, taken as u32).await;
            taken = 0;
        }
    }
    assert!(whole > 400, "{whole} of 600 frames were a message");
}

/// A window that was wide makes messages wait for the whole of it. Here it turns into less than
/// nothing (RFC 9113, 6.9.2), then into a little at a time, then into nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn narrows_a_wide_window() {
    const NARROW: u32 = 100_000;
    let memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let settings = [(INITIAL_WINDOW_SIZE, 8 * MIB as u32), (MAX_FRAME_SIZE, (1 << 24) - 1)];
    let mut wire = victim.connect(&settings).await;
    wire.grant(0, WINDOW_MAX - WINDOW_DEFAULT).await;
    wire.request(1, "/endless").await;
    let mut taken = 0;
    while taken < 6 * MIB {
        let frame = wire.wait(|frame| frame.kind == DATA).await;
        assert!(frame.payload.len() == MIB + 5 || taken > 5 * MIB, "a whole message");
        taken += frame.payload.len();
    }
    wire.settings(&[(INITIAL_WINDOW_SIZE, NARROW)]).await;
    ping(&mut wire, 3).await;
    // What was sent before the server knew, with which the window is empty, or below.
    let mut missing = taken.max(8 * MIB) as u32 - NARROW;
    for _ in 0..50 {
        wire.grant(1, missing + NARROW).await;
        missing = 0;
        let mut come = 0;
        while come < NARROW as usize {
            let frame = wire.wait(|frame| frame.kind == DATA).await;
            come += frame.payload.len();
        }
    }
    victim.dropped().await;
    assert_eq!(wire.reset(1).await, CANCEL);
    ping(&mut wire, 5).await;
    // With what this side holds of frames.
    memory.assert_peak_below(16);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trickles_window() {
    let memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[(INITIAL_WINDOW_SIZE, 10)]).await;
    wire.request(1, "/endless").await;
    let mut pace = interval(Duration::from_millis(20));
    let mut dropped = pin!(victim.dropped());
    loop {
        tokio::select! {
            () = &mut dropped => break,
            _ = pace.tick() => { wire.grant(1, 1).await; }
        }
    }
    assert_eq!(wire.reset(1).await, CANCEL);
    ping(&mut wire, 3).await;
    memory.assert_peak_below(8);
}

/// The calls of a connection share its window in turns, so that a small one need not wait until all
/// others have sent what they have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_a_connection_less_window_than_its_calls_want() {
    const CALLS: u32 = 64;
    let _memory = Memory::count().await;
    let victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[(INITIAL_WINDOW_SIZE, WINDOW_MAX)]).await;
    let begins = |frame: &Frame| frame.kind == HEADERS;
    for stream in (1..).step_by(2).take(CALLS as usize) {
        wire.request(stream, "/endless").await;
        wire.wait(begins).await;
    }
    // Whatever is granted from here on, they claim.
    let small = 2 * CALLS + 1;
    wire.request(small, "/ping").await;
    wire.send(DATA, END_STREAM, small, &message(0, &[])).await;
    wire.wait(|frame| begins(frame) && frame.stream == small).await;
    let (mut granted, mut come) = (0, 0);
    loop {
        if granted == come {
            granted += MIB;
            wire.grant(0, 1 << 20).await;
        }
        let next = wire.wait(|frame| frame.kind == DATA).await;
        if next.stream == small {
            break;
        }
        come = (come + next.payload.len()).min(granted);
    }
    assert!(granted <= 20 * MIB, "the answer came after {granted} bytes of others");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_window_and_never_reads_its_socket() {
    let memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[(INITIAL_WINDOW_SIZE, WINDOW_MAX)]).await;
    wire.grant(0, WINDOW_MAX - WINDOW_DEFAULT).await;
    for stream in [1, 3, 5, 7] {
        wire.request(stream, "/endless").await;
    }
    for _ in 0..4 {
        victim.dropped().await;
    }
    // Nothing could be said on this connection any more, so it ends, whatever lies in the socket.
    wire.ended().await;
    memory.assert_peak_below(32);
    // Connections of others do not notice.
    ping(&mut victim.connect(&[]).await, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_a_thousand_empty_frames() {
    let memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[]).await;
    wire.request(1, "/read").await;
    // Afterwards the handler is at work: one that has not begun has nothing to tell.
    ping(&mut wire, 3).await;
    for _ in 0..1000 {
        wire.try_send(DATA, 0, 1, &[]).await.ok();
    }
    // h2 takes a hundred of them on one connection.
    let code = wire.ended().await;
    assert!(matches!(code, None | Some(ENHANCE_YOUR_CALM)), "{code:?}");
    victim.broken().await;
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resets_the_stream_within_a_message() {
    let memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[]).await;
    for stream in [1, 5, 9] {
        wire.request(stream, "/read").await;
        wire.send(DATA, 0, stream, &message(1 << 20, &[7; 10_000])).await;
        ping(&mut wire, stream + 2).await;
        wire.send(RST_STREAM, 0, stream, &CANCEL.to_be_bytes()).await;
        victim.broken().await;
    }
    ping(&mut wire, 13).await;
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_two_gibibytes() {
    let memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[]).await;
    wire.request(1, "/read").await;
    wire.send(DATA, 0, 1, &message(1 << 31, &[7; 10])).await;
    let status = victim.read().await.unwrap_err();
    assert_eq!(status.code, Code::ResourceExhausted, "{status}");
    ping(&mut wire, 3).await;
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_two_gibibytes_where_they_are_allowed() {
    let memory = Memory::count().await;
    let limits = Limits::default().with_message_bytes_max(usize::MAX);
    let mut victim = Victim::start(limits).await;
    let mut wire = victim.connect(&[]).await;
    // Nothing more comes.
    wire.request(1, "/read").await;
    wire.send(DATA, 0, 1, &message(1 << 31, &[7; 10])).await;
    ping(&mut wire, 3).await;
    let status = victim.read().await.unwrap_err();
    assert_eq!(status.code, Code::DeadlineExceeded, "{status}");
    assert!(status.message.contains("10 of its 2147483648 bytes came"), "{status}");
    // The end comes.
    wire.request(5, "/read").await;
    wire.send(DATA, END_STREAM, 5, &message(1 << 31, &[7; 10])).await;
    let status = victim.read().await.unwrap_err();
    assert_eq!(status.code, Code::InvalidArgument, "{status}");
    ping(&mut wire, 7).await;
    memory.assert_peak_below(4);
}

/// A list of headers above the limit of 64 KiB, as HTTP/2 counts them, is answered before anybody
/// is asked about it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_more_headers_than_allowed() {
    let memory = Memory::count().await;
    let victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[]).await;
    // What is still allowed.
    wire.request_with(1, "/ping", 400).await;
    wire.send(DATA, END_STREAM, 1, &message(0, &[])).await;
    wire.wait(|frame| frame.stream == 1 && frame.ends_stream()).await;
    for stream in [3, 5, 7] {
        wire.request_with(stream, "/read", 410).await;
        let answer = wire.wait(|frame| frame.stream == stream && frame.kind == HEADERS).await;
        assert!(answer.ends_stream());
        // `:status` by its place in HPACK's table, and 431 in Huffman's code; then where both were
        // put there.
        let coded: [&[u8]; 2] = [&[0x48, 0x83, 0x69, 0x90, 0xff], &[0xbe]];
        assert_eq!(answer.payload, coded[usize::from(stream > 3)]);
        wire.reset(stream).await;
    }
    ping(&mut wire, 9).await;
    memory.assert_peak_below(2);
}

/// Many times as many cost the connection: what of them is dropped has to be decoded all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_headers_without_an_end() {
    let memory = Memory::count().await;
    let victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[]).await;
    wire.request_with(1, "/read", 10_000).await;
    assert_eq!(wire.ended().await, Some(ENHANCE_YOUR_CALM));
    let mut wire = victim.connect(&[]).await;
    wire.begin_request(1, "/read").await;
    while wire.try_continue(1, 100).await.is_ok() {}
    assert!(wire.ended().await.is_none_or(|code| code != 0));
    ping(&mut victim.connect(&[]).await, 1).await;
    memory.assert_peak_below(8);
}

/// The same as our own client tells it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_told_of_too_many_headers() {
    let _memory = Memory::count().await;
    let victim = Victim::start(Limits::default()).await;
    let channel = victim.server.channel();
    let body = || Body::request(stream::iter([Ok(frame(Bytes::new()))]));
    for _ in 0..3 {
        let large = http::HeaderValue::from_str(&"x".repeat(100_000)).unwrap();
        let mut request = CallRequest::new("/ping", body());
        request.headers.insert("authorization", large);
        let status = within(channel.call(request)).await.unwrap_err();
        assert_eq!(status.code, Code::ResourceExhausted, "{status}");
        assert!(status.message.contains("431"), "{status}");
        within(channel.call(CallRequest::new("/ping", body()))).await.unwrap();
    }
}

/// What must not be ended: a client that rests between messages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rests_between_messages() {
    let _memory = Memory::count().await;
    let mut victim = Victim::start(Limits::default()).await;
    let mut wire = victim.connect(&[]).await;
    wire.request(1, "/read").await;
    wire.send(DATA, 0, 1, &message(2, b"ab")).await;
    // Another call is ended meanwhile, for what is wrong with it.
    for stream in [3, 5] {
        wire.request(stream, "/read").await;
        wire.send(DATA, 0, stream, &message(2, b"a")).await;
        assert_eq!(victim.read().await.unwrap_err().code, Code::DeadlineExceeded);
    }
    wire.send(DATA, END_STREAM, 1, &message(2, b"cd")).await;
    victim.read().await.unwrap();
}
