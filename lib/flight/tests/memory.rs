//! Memory does not grow with what goes through: not with the length of a stream, and not while its
//! reader rests.
//!
//! Server and client are processes of their own, so that the kernel's count of each (`VmHWM`, the
//! most that was ever resident) can be told. They are this test binary once more; see [`child`].
//! `WINGBEAT_SLOW=1` runs the long forms: 16 GiB, and a rest of a minute.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what fails in a helper is a failure")]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wingbeat::arrow::array::{ArrayRef, RecordBatch, UInt8Array};
use wingbeat::{
    Action, ActionResult, BatchStream, CallContext, Client, FlightDescriptor, FlightService,
    ReplyStream, Result, Server, Ticket, Upload,
};

const MIB: usize = 1 << 20;
const BATCH_BYTES: usize = 4 * MIB;
/// How much more the longer stream may take.
const GROWTH_KIB_MAX: u64 = 64 << 10;

/// What a child is to do: `server`, or `get URI BATCHES`, `put URI BATCHES`, `rest URI SECONDS`.
const ROLE: &str = "WINGBEAT_MEMORY_ROLE";

#[expect(clippy::disallowed_methods, reason = "how the long forms of tests are asked for")]
fn is_slow() -> bool {
    std::env::var_os("WINGBEAT_SLOW").is_some_and(|slow| slow == "1")
}

/// A batch whose memory is its own.
fn batch(value: usize) -> RecordBatch {
    let values = vec![value.to_le_bytes()[0]; BATCH_BYTES];
    let column: ArrayRef = Arc::new(UInt8Array::from(values));
    RecordBatch::try_from_iter([("value", column)]).unwrap()
}

/// New batches, each made when it is asked for.
fn stream(batches: usize, made: Arc<AtomicUsize>) -> BatchStream {
    let batches = (0..batches).map(move |at| {
        made.fetch_add(1, Ordering::Relaxed);
        batch(at)
    });
    BatchStream::from_batches(batch(0).schema(), batches)
}

/// Streams as many batches as the ticket says, and counts them; counts what is uploaded, too.
#[derive(Default)]
struct Source {
    made: Arc<AtomicUsize>,
}

impl FlightService for Source {
    async fn do_get(&self, _: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let batches = String::from_utf8_lossy(&ticket.ticket).parse()?;
        Ok(stream(batches, self.made.clone()))
    }

    async fn do_put(&self, _: &CallContext, mut upload: Upload) -> Result<()> {
        let mut rows = 0;
        while let Some(batch) = upload.next_batch().await? {
            rows += batch.num_rows();
        }
        upload.ack(rows.to_string()).await
    }

    /// The count of batches made, and the peak.
    async fn do_action(&self, _: &CallContext, _: Action) -> Result<ReplyStream<ActionResult>> {
        let made = self.made.load(Ordering::Relaxed);
        Ok(ReplyStream::once(ActionResult::new(format!("{made} {}", peak_kib()))))
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

/// What [`Source`] says of its process: how many batches it made, and its peak in KiB.
async fn ask(client: &Client) -> (usize, u64) {
    let answer = client.do_action(Action::new("ask", "")).await.unwrap().collect().await.unwrap();
    let answer = String::from_utf8_lossy(&answer[0].body).into_owned();
    let (made, peak) = answer.split_once(' ').unwrap();
    (made.parse().unwrap(), peak.parse().unwrap())
}

async fn get(client: &Client, batches: usize) -> usize {
    let mut stream = client.do_get(Ticket::new(batches.to_string())).await.unwrap();
    let mut rows = 0;
    while let Some(batch) = stream.next_batch().await.unwrap() {
        rows += batch.num_rows();
    }
    assert_eq!(rows, batches * BATCH_BYTES);
    batches
}

async fn put(client: &Client, batches: usize) -> usize {
    let results = client.do_put(FlightDescriptor::command("x"), stream(batches, Arc::default()));
    let rows = results.finish().await.unwrap().unwrap().app_metadata;
    assert_eq!(rows, (batches * BATCH_BYTES).to_string());
    batches
}

/// Reads a batch and then none, for so many seconds; gives how many the server made until then.
async fn rest(client: &Client, seconds: usize) -> usize {
    let mut stream = client.do_get(Ticket::new("1000000")).await.unwrap();
    stream.next_batch().await.unwrap().unwrap();
    let held = settled(client).await;
    let (rested, rest) = (Instant::now(), Duration::from_secs(seconds as u64));
    while rested.elapsed() < rest {
        assert_eq!(settled(client).await, held, "asked for while nobody read");
    }
    // The stream goes on where it was.
    for _ in 0..2 * held {
        stream.next_batch().await.unwrap().unwrap();
    }
    assert!(ask(client).await.0 > held);
    held
}

/// Waits until the server has made no batch for half a second, and returns how many it made. The
/// connection is in use all the while.
async fn settled(client: &Client) -> usize {
    let (mut last, mut still) = (ask(client).await.0, 0);
    while still < 5 {
        // sleep: standing still shows only in time; nothing signals that nothing will come.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let made = ask(client).await.0;
        still = if made == last { still + 1 } else { 0 };
        last = made;
    }
    last
}

/// No test: what the processes run that the tests start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the harness takes no arguments of the test's own")]
async fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let words: Vec<_> = role.split(' ').collect();
    let [role, uri, amount] = words[..] else {
        let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
        tell(&format!("listening {}", server.local_addr()));
        return server.serve(Source::default()).await.unwrap();
    };
    let (client, amount) = (Client::new(uri).unwrap(), amount.parse().unwrap());
    let batches = match role {
        "get" => get(&client, amount).await,
        "put" => put(&client, amount).await,
        _ => rest(&client, amount).await,
    };
    tell(&format!("told {batches} {} {}", peak_kib(), ask(&client).await.1));
}

/// A process of ours, killed when dropped.
struct Process {
    child: Child,
    /// Stays open: the harness of a test that takes a minute says so.
    _stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a child; gives the rest of the first line that begins with `word`.
    fn start(role: &str, word: &str) -> (Self, String) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--nocapture"]).env(ROLE, role);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let line = stdout.by_ref().lines().map_while(std::io::Result::ok).find_map(|line| {
            line.strip_prefix(word).and_then(|rest| rest.strip_prefix(' ')).map(str::to_owned)
        });
        (Self { child, _stdout: stdout }, line.expect("the child ended without its word"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Runs `role URI amount` against a fresh server; gives how many batches there were, and the peaks
/// of the client and of the server in KiB.
fn run(role: &str, amount: usize) -> (usize, [u64; 2]) {
    let (_server, uri) = Process::start("server", "listening");
    let (_client, told) = Process::start(&format!("{role} {uri} {amount}"), "told");
    let told: Vec<_> = told.split(' ').collect();
    let [batches, client, server] = told[..] else { panic!("{told:?}") };
    (batches.parse().unwrap(), [client, server].map(|kib| kib.parse().unwrap()))
}

#[track_caller]
fn assert_no_growth(short: [u64; 2], long: [u64; 2]) {
    for ((who, short), long) in ["client", "server"].into_iter().zip(short).zip(long) {
        assert!(short > 4 << 10, "{who}: {short} KiB make no sense");
        assert!(long <= short + GROWTH_KIB_MAX, "{who}: {short} KiB, then {long} KiB");
    }
}

/// So many batches in a short stream, and in a long one.
fn lengths() -> (usize, usize) {
    let (short, long) = if is_slow() { (1 << 10, 16 << 10) } else { (256, 2 << 10) };
    (short * MIB / BATCH_BYTES, long * MIB / BATCH_BYTES)
}

#[test]
fn a_long_read_takes_no_more_memory_than_a_short_one() {
    let (short, long) = lengths();
    assert_no_growth(run("get", short).1, run("get", long).1);
}

#[test]
fn a_long_upload_takes_no_more_memory_than_a_short_one() {
    let (short, long) = lengths();
    assert_no_growth(run("put", short).1, run("put", long).1);
}

#[test]
fn a_reader_that_rests_holds_the_producer_at_its_bounds() {
    let (_, read) = run("get", lengths().0);
    let (held, rested) = run("rest", if is_slow() { 60 } else { 2 });
    // A stream's window, what waits for the socket, the socket itself, and a batch or two.
    assert!(held * BATCH_BYTES <= 64 * MIB, "{held} batches of 4 MiB were asked for");
    assert_no_growth(read, rested);
}
