//! Memory does not grow with what goes through: not with the length of a stream, and not while its
//! reader rests.
//!
//! Server and client are processes of their own, so that the kernel's count of each (`VmHWM`, the
//! most that was ever resident) can be told. They are this test binary once more; see [`child`].
//! `WINGBEAT_SLOW=1` runs the long forms.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what fails in a helper is a failure")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio_util::task::AbortOnDropHandle;
use wingbeat::arrow::array::{ArrayRef, RecordBatch, UInt8Array};
use wingbeat::{
    Action, ActionResult, BatchStream, CallContext, Client, FlightService, ReplyStream, Result,
    Server, Ticket,
};

const MIB: usize = 1 << 20;
const BATCH_BYTES: usize = 4 * MIB;
/// How much more the longer stream may take.
const GROWTH_KIB_MAX: u64 = 64 << 10;

/// What a child is to do: `server`, or `client URI BYTES`.
const ROLE: &str = "WINGBEAT_MEMORY_ROLE";

#[expect(clippy::disallowed_methods, reason = "how the long forms of tests are asked for")]
fn is_slow() -> bool {
    std::env::var_os("WINGBEAT_SLOW").is_some_and(|slow| slow == "1")
}

/// A batch whose memory is its own.
fn batch(value: u64) -> RecordBatch {
    let values = vec![value.to_le_bytes()[0]; BATCH_BYTES];
    let column: ArrayRef = Arc::new(UInt8Array::from(values));
    RecordBatch::try_from_iter([("value", column)]).unwrap()
}

/// Streams as many new batches as the ticket says, and counts them.
#[derive(Clone, Default)]
struct Source {
    made: Arc<AtomicU64>,
}

impl FlightService for Source {
    async fn do_get(&self, _: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let batches: u64 = String::from_utf8_lossy(&ticket.ticket).parse()?;
        let made = self.made.clone();
        let batches = (0..batches).map(move |at| {
            made.fetch_add(1, Ordering::Relaxed);
            batch(at)
        });
        Ok(BatchStream::from_batches(batch(0).schema(), batches))
    }

    async fn do_action(&self, _: &CallContext, _: Action) -> Result<ReplyStream<ActionResult>> {
        Ok(ReplyStream::once(ActionResult::new(peak_kib().to_string())))
    }
}

/// The most that this process ever had resident.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A line for the parent, apart from what the test harness prints.
fn tell(line: &str) {
    let mut out = std::io::stdout();
    write!(out, "\n{line}\n").unwrap();
    out.flush().unwrap();
}

/// No test: what the processes run that the tests start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the harness takes no arguments of the test's own")]
async fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let words: Vec<_> = role.split(' ').collect();
    match words.as_slice() {
        ["client", uri, bytes] => {
            let client = Client::new(*uri).unwrap();
            let batches = bytes.parse::<usize>().unwrap() / BATCH_BYTES;
            let mut stream = client.do_get(Ticket::new(batches.to_string())).await.unwrap();
            let mut rows = 0;
            while let Some(batch) = stream.next_batch().await.unwrap() {
                rows += batch.num_rows();
            }
            assert_eq!(rows, batches * BATCH_BYTES);
            let answer = client.do_action(Action::new("peak", "")).await.unwrap();
            let answer = answer.collect().await.unwrap();
            let server = String::from_utf8_lossy(&answer[0].body).into_owned();
            tell(&format!("peaks {} {server}", peak_kib()));
        }
        _ => {
            let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
            tell(&format!("listening {}", server.local_addr()));
            server.serve(Source::default()).await.unwrap();
        }
    }
}

/// A process of ours, killed when dropped.
struct Process(Child);

impl Process {
    /// Starts a child; gives the rest of the first line that begins with `word`.
    fn start(role: &str, word: &str) -> (Self, String) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--nocapture"]).env(ROLE, role);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let process = Self(child);
        let line = lines.map_while(std::io::Result::ok).find_map(|line| {
            line.strip_prefix(word).and_then(|rest| rest.strip_prefix(' ')).map(str::to_owned)
        });
        (process, line.expect("the child ended without its word"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The peaks of a client and of its server, each fresh, for a DoGet of so many bytes.
fn peaks(bytes: usize) -> [u64; 2] {
    let (_server, uri) = Process::start("server", "listening");
    let (_client, peaks) = Process::start(&format!("client {uri} {bytes}"), "peaks");
    let mut peaks = peaks.split(' ').map(|kib| kib.parse().unwrap());
    [peaks.next().unwrap(), peaks.next().unwrap()]
}

#[test]
fn a_long_read_takes_no_more_memory_than_a_short_one() {
    let (short, long) = if is_slow() { (1 << 10, 16 << 10) } else { (64, 1 << 10) };
    let (short, long) = (peaks(short * MIB), peaks(long * MIB));
    for ((who, short), long) in ["client", "server"].into_iter().zip(short).zip(long) {
        assert!(short > 4 << 10, "{who}: {short} KiB make no sense");
        assert!(long <= short + GROWTH_KIB_MAX, "{who}: {short} KiB, then {long} KiB");
    }
}

/// Waits until `count` has stood still for half a second, and returns it.
async fn settled(count: &AtomicU64) -> u64 {
    let (mut last, mut still) = (count.load(Ordering::Relaxed), 0);
    while still < 5 {
        // sleep: standing still shows only in time; nothing signals that nothing will come.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = count.load(Ordering::Relaxed);
        still = if now == last { still + 1 } else { 0 };
        last = now;
    }
    last
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_rests_holds_the_producer_at_its_bounds() {
    let source = Source::default();
    let made = source.made.clone();
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let client = Client::new(server.local_addr().to_string()).unwrap();
    let _serving = AbortOnDropHandle::new(tokio::spawn(server.serve(source)));

    let mut stream = client.do_get(Ticket::new("1000000")).await.unwrap();
    stream.next_batch().await.unwrap().unwrap();
    let held = settled(&made).await;
    // A stream's window, what waits for the socket, the socket itself, and a batch or two.
    assert!(held * (BATCH_BYTES as u64) <= 64 << 20, "{held} batches of 4 MiB were asked for");
    let rest = if is_slow() { Duration::from_secs(60) } else { Duration::ZERO };
    let rested = Instant::now();
    while rested.elapsed() < rest {
        assert_eq!(settled(&made).await, held, "asked for while nobody read");
    }
    // The connection is in use all the while, and the stream goes on where it was.
    client.do_action(Action::new("peak", "")).await.unwrap().collect().await.unwrap();
    assert_eq!(made.load(Ordering::Relaxed), held);
    for _ in 0..2 * held {
        stream.next_batch().await.unwrap().unwrap();
    }
    assert!(made.load(Ordering::Relaxed) > held);
}
