//! Bytes that each side copies for a byte of the values, counted within its process.

use tempfile::TempDir;

use super::super::case::{Case, Measure, WINGBEAT};
use super::super::counter::{self, Counter};
use super::super::line::Transfer;
use super::super::results::{Results, metric};
use super::super::runner::{Runner, Samples, Server, Turn};
use super::super::workload::{self, Length};
use crate::process::{Process, Trouble};

/// Of what.
pub(in super::super) const NAMES: &[&str] = &["large", "small", "wide", "strings"];
/// Which way, and what the contestants call it.
pub(in super::super) const WAYS: [(Measure, &str); 3] = [
    (Measure::CopiesGet, "get"),
    (Measure::CopiesPut, "put"),
    (Measure::CopiesExchange, "exchange"),
];
/// Those that copy with libc's functions. Go and Java bring their own.
const WITH_LIBC: &[&str] = &[WINGBEAT, "cpp", "python", "arrow-rs"];
/// Names of the sums.
const SERVER: &str = "server";
const CLIENT: &str = "client";

/// What Wingbeat may copy of a byte of [`BOUND`]: nothing where it sends, and where it receives
/// nothing either as long as most of a body arrives in pieces that can be used as they are.
const BYTES_MAX: f64 = 0.05;
/// The workload that is bounded: its buffers are too large to be gathered.
pub(in super::super) const BOUND: &str = "large";

/// A server whose copies are counted.
struct Counted<'a> {
    counter: &'a Counter,
    server: Server,
    /// Where the sums lie.
    folder: TempDir,
}

/// What one transfer copied on each side, and moved.
struct Copied {
    server: u64,
    client: u64,
    bytes: u64,
}

/// How much is copied depends little on how busy the machine is: nobody needs to take turns.
pub(in super::super) fn run(runner: &mut Runner<'_>, names: &[&str]) {
    let Some(counter) = runner.counter else {
        println!("no counter: copies are not counted");
        return;
    };
    for contestant in runner.contestants.iter().filter(|it| WITH_LIBC.contains(&it.id.as_str())) {
        let counted = Counted::start(runner, counter, &contestant.id);
        for turn in turns(runner, &contestant.id, names) {
            runner.once(&turn, |runner, turn| {
                counted.as_ref().map_err(Clone::clone)?.copies(runner, turn)
            });
        }
        if let Ok(counted) = counted {
            counted.server.process.stop();
        }
    }
}

/// Where Wingbeat copies more than it may, in words. Where nothing was counted, nothing is said.
pub(in super::super) fn exceeded(results: &Results) -> Vec<String> {
    let sides = [("server", metric::SERVER_COPIES), ("client", metric::CLIENT_COPIES)];
    let each = WAYS.iter().flat_map(|way| sides.map(|side| (way, side)));
    let exceeded = each.filter_map(|((measure, way), (side, metric))| {
        let copied = results.median(&Case::same(*measure, WINGBEAT, BOUND), metric)?;
        (copied > BYTES_MAX).then(|| {
            format!(
                "{way} {BOUND}: the {side} copies {copied:.2} bytes of each, {BYTES_MAX} may be"
            )
        })
    });
    exceeded.collect()
}

/// As often as the settings say: what is copied depends a little on what arrives together.
fn turns(runner: &Runner<'_>, id: &str, names: &[&str]) -> Vec<Turn> {
    let settings = runner.settings;
    let length = match settings.length {
        Length::Full => Length::Quick,
        shorter => shorter,
    };
    let mut turns = Vec::new();
    for workload in names.iter().filter_map(|name| workload::find(name)) {
        if !settings.workloads.iter().any(|name| name == workload.name) {
            continue;
        }
        for (measure, _) in WAYS {
            let case = Case::same(measure, id, workload.name);
            let turn = Turn { case, argument: workload.argument(length) };
            turns.extend(std::iter::repeat_n(turn, settings.runs as usize));
        }
    }
    turns
}

impl<'a> Counted<'a> {
    fn start(runner: &Runner<'_>, counter: &'a Counter, id: &str) -> Result<Self, Trouble> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let server = runner.contestant(id)?.server("grpc://127.0.0.1:0");
        let mut server = server.ok_or_else(|| format!("{id} has no program"))?;
        counter.watch(&mut server, &folder.path().join(SERVER));
        let server = Server::start(&mut server, runner.settings.timeout)?;
        Ok(Self { counter, server, folder })
    }

    /// What starting and ending a client costs is counted with one batch, and taken off.
    fn copies(&self, runner: &Runner<'_>, turn: &Turn) -> Result<Samples, Trouble> {
        let one = self.transfer(runner, turn, &format!("{}:1", turn.case.workload))?;
        let many = self.transfer(runner, turn, &turn.argument)?;
        let bytes = (many.bytes - one.bytes) as f64;
        let per_byte = |many: u64, one: u64| many.saturating_sub(one) as f64 / bytes;
        Ok(vec![
            (metric::SERVER_COPIES, per_byte(many.server, one.server)),
            (metric::CLIENT_COPIES, per_byte(many.client, one.client)),
        ])
    }

    fn transfer(
        &self,
        runner: &Runner<'_>,
        turn: &Turn,
        argument: &str,
    ) -> Result<Copied, Trouble> {
        let way = WAYS.iter().find(|(measure, _)| *measure == turn.case.measure);
        let (_, way) = way.ok_or_else(|| format!("no copies of {}", turn.case.measure.name()))?;
        let of_server = || counter::read(&self.folder.path().join(SERVER));
        let of_client = self.folder.path().join(CLIENT);
        // Counted from zero each time. There is none before the first one.
        let _ = std::fs::remove_file(&of_client);
        let client = runner.contestant(&turn.case.client)?;
        let client = client.command(&["client", &self.server.uri, way, argument, "1"]);
        let mut client = client.ok_or_else(|| format!("{} has no program", turn.case.client))?;
        self.counter.watch(&mut client, &of_client);
        let before = of_server()?;
        let lines = Process::start(&mut client)?.finish(runner.settings.timeout)?;
        let server = of_server()? - before;
        let line = lines.last().ok_or_else(|| "the client printed no line".to_owned())?;
        let bytes = Transfer::parse(line)?.bytes;
        Ok(Copied { server, client: counter::read(&of_client)?, bytes })
    }
}
