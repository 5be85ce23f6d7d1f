//! Hostile servers.

use std::pin::pin;

use bytes::Bytes;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::time::{Duration, interval};
use tokio_util::task::AbortOnDropHandle;
use wingbeat_net::{Address, Body, CallRequest, Channel, ChannelConfig, Messages, Status};
use wingbeat_wire::Limits;
use wingbeat_wire::grpc::{Code, MessageDeframer, frame};

use crate::STALL;
use crate::memory::Memory;
use crate::support::{request, within};
use crate::wire::*;

const MIB: usize = 1 << 20;

/// A client of a server that the test plays by hand.
struct Victim {
    channel: Channel,
    listener: TcpListener,
}

/// A call that runs beside the test; gives what its messages were, and how it ended.
type Call = AbortOnDropHandle<Result<Vec<Bytes>, Status>>;

impl Victim {
    async fn start() -> Self {
        Self::start_with(ChannelConfig::default()).await
    }

    async fn start_with(config: ChannelConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = config.with_stall_timeout(STALL);
        let address = Address::Tcp { host: "127.0.0.1".to_owned(), port };
        Self { channel: Channel::new(address, config), listener }
    }

    /// Begins a call; the server sees it with [`accept`](Self::accept) and [`begun`].
    fn call(&self, body: Body, limits: Limits) -> Call {
        let channel = self.channel.clone();
        AbortOnDropHandle::new(tokio::spawn(async move {
            let response = channel.call(CallRequest::new("/a/b", body)).await?;
            let mut messages = Messages::from_response(response, MessageDeframer::new(&limits));
            let mut all = Vec::new();
            while let Some(message) = messages.next().await? {
                all.push(message);
            }
            Ok(all)
        }))
    }

    fn small(&self) -> Call {
        self.call(request(["x"]), Limits::default())
    }

    async fn accept(&self, settings: &[(u16, u32)]) -> Wire {
        Wire::accept(&self.listener, settings).await
    }

    /// A small call on the same connection, from its beginning to its end.
    async fn ping(&self, wire: &mut Wire) {
        let call = self.small();
        let stream = begun(wire).await;
        wire.grant(stream, 100).await;
        wire.wait(|frame| frame.stream == stream && frame.ends_stream()).await;
        wire.response(stream).await;
        wire.send(DATA, 0, stream, &message(4, b"pong")).await;
        wire.trailers(stream).await;
        assert_eq!(over(call).await.unwrap(), ["pong"]);
    }
}

/// The stream of a call that begins.
async fn begun(wire: &mut Wire) -> u32 {
    wire.wait(|frame| frame.kind == HEADERS).await.stream
}

async fn over(call: Call) -> Result<Vec<Bytes>, Status> {
    within(call).await.unwrap()
}

fn endless() -> Body {
    let data = Bytes::from(vec![7; MIB]);
    Body::request(stream::repeat_with(move || Ok(frame(data.clone()))))
}

/// A connection on which a call has begun and the server has begun to answer.
async fn answering(victim: &Victim, limits: Limits) -> (Wire, Call) {
    let call = victim.call(request(["x"]), limits);
    let mut wire = victim.accept(&[]).await;
    assert_eq!(begun(&mut wire).await, 1);
    wire.response(1).await;
    (wire, call)
}

fn assert_stalled(status: &Status, text: &str) {
    assert_eq!(status.code, Code::DeadlineExceeded, "{status}");
    assert!(status.message.contains(text), "{status}");
    assert!(!status.is_from_peer());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn announces_a_huge_frame_and_sends_none_of_it() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let (mut wire, call) = answering(&victim, Limits::default()).await;
    victim.ping(&mut wire).await;
    wire.raw(&Wire::header(DATA, 0, 1, (1 << 24) - 1)).await;
    let status = over(call).await.unwrap_err();
    assert_eq!(status.code, Code::Unavailable, "{status}");
    assert!(status.message.contains("it stopped within a frame"), "{status}");
    wire.ended().await;
    // The next call has a connection of its own.
    let _next = victim.small();
    begun(&mut victim.accept(&[]).await).await;
    // The frame's own room, none of which was touched.
    memory.assert_peak_below(18);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn announces_a_frame_larger_than_allowed() {
    let memory = Memory::count().await;
    let mut config = ChannelConfig::default();
    // By default there are no larger frames than those that are taken.
    config.frame_bytes_max = 8 << 20;
    let victim = Victim::start_with(config).await;
    let (mut wire, call) = answering(&victim, Limits::default()).await;
    wire.raw(&Wire::header(DATA, 0, 1, (1 << 24) - 1)).await;
    let status = over(call).await.unwrap_err();
    assert_eq!(status.code, Code::Unavailable, "{status}");
    assert_eq!(wire.ended().await, Some(FRAME_SIZE_ERROR));
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn announces_that_it_takes_huge_frames_and_takes_none() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let call = victim.call(endless(), Limits::default());
    let settings = [(MAX_FRAME_SIZE, (1 << 24) - 1), (INITIAL_WINDOW_SIZE, WINDOW_MAX)];
    let mut wire = victim.accept(&settings).await;
    wire.grant(0, WINDOW_MAX - WINDOW_DEFAULT).await;
    // Either may be seen first: nothing is taken of this upload, nor of the whole connection.
    let status = over(call).await.unwrap_err();
    assert!(matches!(status.code, Code::DeadlineExceeded | Code::Unavailable), "{status}");
    memory.assert_peak_below(24);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trickles_the_bytes_of_a_message() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let (mut wire, call) = answering(&victim, Limits::default()).await;
    wire.send(DATA, 0, 1, &message(1 << 20, &[])).await;
    let mut pace = interval(Duration::from_millis(20));
    let mut over = pin!(over(call));
    let status = loop {
        tokio::select! {
            result = &mut over => break result.unwrap_err(),
            _ = pace.tick() => wire.send(DATA, 0, 1, &[7]).await,
        }
    };
    assert_stalled(&status, "the server stopped within a message");
    assert!(status.message.contains("of its 1048576 bytes came"), "{status}");
    assert_eq!(wire.reset(1).await, CANCEL);
    victim.ping(&mut wire).await;
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trickles_the_bytes_of_a_frame() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let (mut wire, call) = answering(&victim, Limits::default()).await;
    wire.raw(&Wire::header(DATA, 0, 1, MIB)).await;
    let mut pace = interval(Duration::from_millis(20));
    let mut over = pin!(over(call));
    let mut is_open = true;
    let status = loop {
        tokio::select! {
            result = &mut over => break result.unwrap_err(),
            // The client closes the connection before its caller hears of it.
            _ = pace.tick(), if is_open => is_open = wire.try_raw(&[0]).await.is_ok(),
        }
    };
    assert_eq!(status.code, Code::Unavailable, "{status}");
    assert!(status.message.contains("it stopped within a frame"), "{status}");
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_grants_window() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let call = victim.call(endless(), Limits::default());
    let mut wire = victim.accept(&[(INITIAL_WINDOW_SIZE, 0)]).await;
    assert_eq!(begun(&mut wire).await, 1);
    victim.ping(&mut wire).await;
    assert_eq!(wire.reset(1).await, CANCEL);
    assert_stalled(&over(call).await.unwrap_err(), "takes nothing of the upload");
    victim.ping(&mut wire).await;
    memory.assert_peak_below(8);
}

/// The whole upload is with the transport, and its source is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_a_little_window_and_no_more() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let call = victim.call(request(["more than three bytes"]), Limits::default());
    let mut wire = victim.accept(&[(INITIAL_WINDOW_SIZE, 3)]).await;
    assert_eq!(begun(&mut wire).await, 1);
    victim.ping(&mut wire).await;
    assert_eq!(wire.reset(1).await, CANCEL);
    assert_stalled(&over(call).await.unwrap_err(), "takes nothing of the upload");
    memory.assert_peak_below(4);
}

/// The same, when the response has begun before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_and_takes_little_of_the_upload() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let call = victim.call(request(["more than three bytes"]), Limits::default());
    let mut wire = victim.accept(&[(INITIAL_WINDOW_SIZE, 3)]).await;
    assert_eq!(begun(&mut wire).await, 1);
    wire.response(1).await;
    wire.send(DATA, 0, 1, &message(2, b"ab")).await;
    assert_eq!(wire.reset(1).await, CANCEL);
    assert_stalled(&over(call).await.unwrap_err(), "takes nothing of the upload");
    victim.ping(&mut wire).await;
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trickles_window() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let call = victim.call(endless(), Limits::default());
    let mut wire = victim.accept(&[(INITIAL_WINDOW_SIZE, 3)]).await;
    assert_eq!(begun(&mut wire).await, 1);
    let mut pace = interval(Duration::from_millis(20));
    let mut over = pin!(over(call));
    let status = loop {
        tokio::select! {
            result = &mut over => break result.unwrap_err(),
            _ = pace.tick() => wire.grant(1, 1).await,
        }
    };
    assert_stalled(&status, "takes nothing of the upload");
    assert_eq!(wire.reset(1).await, CANCEL);
    victim.ping(&mut wire).await;
    memory.assert_peak_below(8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_window_and_never_reads_its_socket() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let calls = [(); 4].map(|()| victim.call(endless(), Limits::default()));
    let mut wire = victim.accept(&[(INITIAL_WINDOW_SIZE, WINDOW_MAX)]).await;
    wire.grant(0, WINDOW_MAX - WINDOW_DEFAULT).await;
    for call in calls {
        let status = over(call).await.unwrap_err();
        assert!(matches!(status.code, Code::DeadlineExceeded | Code::Unavailable), "{status}");
    }
    // The connection is given up: what is left in it ends, and the next call has another one.
    wire.ended().await;
    let next = victim.small();
    let mut wire = victim.accept(&[]).await;
    let stream = begun(&mut wire).await;
    wire.response(stream).await;
    wire.trailers(stream).await;
    assert!(over(next).await.unwrap().is_empty());
    memory.assert_peak_below(32);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_a_thousand_empty_frames() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let (mut wire, call) = answering(&victim, Limits::default()).await;
    for _ in 0..1000 {
        wire.try_send(DATA, 0, 1, &[]).await.ok();
    }
    let status = over(call).await.unwrap_err();
    assert_eq!(status.code, Code::Unavailable, "{status}");
    // h2 takes a hundred of them on one connection.
    let code = wire.ended().await;
    assert!(matches!(code, None | Some(ENHANCE_YOUR_CALM)), "{code:?}");
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resets_the_stream_within_a_message() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let (mut wire, call) = answering(&victim, Limits::default()).await;
    wire.send(DATA, 0, 1, &message(1 << 20, &[7; 10_000])).await;
    wire.send(RST_STREAM, 0, 1, &CANCEL.to_be_bytes()).await;
    let status = over(call).await.unwrap_err();
    assert_eq!(status.code, Code::Cancelled, "{status}");
    victim.ping(&mut wire).await;
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_two_gibibytes() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let (mut wire, call) = answering(&victim, Limits::default()).await;
    wire.send(DATA, 0, 1, &message(1 << 31, &[7; 10])).await;
    let status = over(call).await.unwrap_err();
    assert_eq!(status.code, Code::ResourceExhausted, "{status}");
    victim.ping(&mut wire).await;
    memory.assert_peak_below(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_two_gibibytes_where_they_are_allowed() {
    let memory = Memory::count().await;
    let victim = Victim::start().await;
    let limits = Limits::default().with_message_bytes_max(usize::MAX);
    // Nothing more comes.
    let (mut wire, call) = answering(&victim, limits.clone()).await;
    wire.send(DATA, 0, 1, &message(1 << 31, &[7; 10])).await;
    victim.ping(&mut wire).await;
    let status = over(call).await.unwrap_err();
    assert_stalled(&status, "10 of its 2147483648 bytes came");
    assert_eq!(wire.reset(1).await, CANCEL);
    // The end comes.
    let call = victim.call(request(["x"]), limits);
    let stream = begun(&mut wire).await;
    wire.response(stream).await;
    wire.send(DATA, 0, stream, &message(1 << 31, &[7; 10])).await;
    wire.trailers(stream).await;
    assert_eq!(over(call).await.unwrap_err().code, Code::Internal);
    victim.ping(&mut wire).await;
    memory.assert_peak_below(4);
}

/// What must not be ended: a server that rests before its answer, and between messages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rests_between_messages() {
    let _memory = Memory::count().await;
    let victim = Victim::start().await;
    let (mut wire, call) = answering(&victim, Limits::default()).await;
    wire.send(DATA, 0, 1, &message(2, b"ab")).await;
    let unanswered = victim.small();
    let rested = begun(&mut wire).await;
    // Other calls are ended meanwhile, for what is wrong with them.
    for _ in 0..2 {
        let call = victim.small();
        let stream = begun(&mut wire).await;
        wire.response(stream).await;
        wire.send(DATA, 0, stream, &message(2, b"a")).await;
        assert_stalled(&over(call).await.unwrap_err(), "the server stopped within a message");
    }
    wire.send(DATA, 0, 1, &message(2, b"cd")).await;
    wire.trailers(1).await;
    assert_eq!(over(call).await.unwrap(), ["ab", "cd"]);
    wire.response(rested).await;
    wire.trailers(rested).await;
    assert!(over(unanswered).await.unwrap().is_empty());
}
