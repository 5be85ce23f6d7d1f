//! Runs series in turn, one run of each after the other, so that a machine that slows down slows
//! all of them down alike.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::build::Built;
use super::case::{Case, LIMIT, Measure, Transport};
use super::contestant::Contestant;
use super::counter::Counter;
use super::line::Transfer;
use super::procfs;
use super::reason;
use super::results::{Results, metric};
use super::workload::Length;
use crate::process::{Process, Trouble};

/// Runs that a client makes before the one that counts.
const WARM_RUNS: u32 = 1;

/// Tells contestants where the certificate of TLS lies.
const TLS_FOLDER: &str = "BENCH_TLS_FOLDER";

/// How much is done.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) length: Length,
    /// Runs of each series.
    pub(super) runs: u32,
    /// Names of the workloads; the others are passed over.
    pub(super) workloads: Vec<String>,
    /// How long a client may take, all of its runs together.
    pub(super) timeout: Duration,
}

/// One run of a case.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub(super) case: Case,
    /// The workload as the client is told it.
    pub(super) argument: String,
}

/// Named samples of one run.
pub(super) type Samples = Vec<(&'static str, f64)>;

/// The contestants at work.
pub(super) struct Runner<'a> {
    pub(super) contestants: &'a [Contestant],
    pub(super) settings: &'a Settings,
    pub(super) results: &'a mut Results,
    /// Counts what a contestant copies.
    pub(super) counter: Option<&'a Counter>,
    /// Measures raw sockets.
    pub(super) limit: Option<&'a Path>,
    /// Holds the Unix sockets and the certificate.
    folder: &'a Path,
    servers: BTreeMap<(String, Transport), Server>,
    /// Bytes and batches that the first contestant reported for a measure and an argument.
    reported: BTreeMap<(Measure, String, u32), (u64, u64)>,
}

/// A server and where it listens. Ends when dropped.
pub(super) struct Server {
    pub(super) process: Process,
    pub(super) uri: String,
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        built: &'a Built,
        settings: &'a Settings,
        folder: &'a Path,
        results: &'a mut Results,
    ) -> Self {
        let (servers, reported) = Default::default();
        let (contestants, limit) = (&built.contestants[..], built.bench.as_deref());
        let counter = built.counter.as_ref();
        Self { contestants, settings, results, counter, limit, folder, servers, reported }
    }

    /// Runs all cases in turn, as often as the settings say, with servers of their own that stay
    /// up meanwhile. A case that fails is left out from then on.
    pub(super) fn alternate(
        &mut self,
        turns: &[Turn],
        run: impl Fn(&mut Self, &Turn) -> Result<Samples, Trouble>,
    ) {
        for _ in 0..self.settings.runs {
            for turn in turns {
                self.once(turn, &run);
            }
        }
        for (_, server) in std::mem::take(&mut self.servers) {
            server.process.stop();
        }
    }

    /// One run of one case, unless it failed before.
    pub(super) fn once(
        &mut self,
        turn: &Turn,
        run: impl Fn(&mut Self, &Turn) -> Result<Samples, Trouble>,
    ) {
        let case = &turn.case;
        if self.results.series(case).is_some_and(|series| series.failure.is_some()) {
            return;
        }
        match run(self, turn) {
            Ok(samples) => {
                println!("{}: {}", case.describe(), shown(&samples));
                self.results.record(case, &samples);
            }
            Err(trouble) => {
                let reason = reason::clean(&trouble.reason);
                println!("{}: {reason}", case.describe());
                let what = if trouble.is_unsupported { "not supported: " } else { "" };
                self.results.fail(case, format!("{what}{reason}"));
                // Whatever state it is in now, the next case gets a fresh one.
                self.servers.remove(&(case.server.clone(), case.transport));
            }
        }
    }

    /// A get, put or exchange: the client's line, and what the server used meanwhile.
    pub(super) fn transfer(&mut self, turn: &Turn) -> Result<Samples, Trouble> {
        let case = &turn.case;
        if case.server == LIMIT {
            return self.limit(case.transport);
        }
        let runs = match self.settings.length {
            Length::Smoke => 1,
            _ => WARM_RUNS + 1,
        };
        let (runs, streams) = (runs.to_string(), case.streams.to_string());
        let connections = case.connections.to_string();
        let server = self.server(&case.server, case.transport)?;
        let (id, uri) = (server.process.id(), server.uri.clone());
        let operation = match case.measure {
            Measure::Put | Measure::Exchange => case.measure.name(),
            _ => "get",
        };
        let mut args = vec!["client", &uri, operation, &turn.argument, &runs];
        if case.measure == Measure::Streams {
            args.extend(["--streams", &streams, "--connections", &connections]);
        }
        let before = procfs::cpu_seconds(id);
        let lines = self.client(&case.client, &args)?;
        let after = procfs::cpu_seconds(id);
        let runs = lines.iter().map(|line| Transfer::parse(line));
        let runs = runs.collect::<Result<Vec<_>, _>>()?;
        let last = runs.last().ok_or_else(|| format!("{} printed no line", case.client))?;
        self.agree(turn, last)?;
        let mut samples = samples_of(last);
        // The server's share covers the warm-up as well: it is not told when that ends.
        let gigabytes: f64 = runs.iter().map(Transfer::gigabytes).sum();
        if let (Some(before), Some(after)) = (before.or(Some(0.0)), after) {
            samples.push((metric::SERVER_CPU, (after - before) / gigabytes));
        }
        Ok(samples)
    }

    /// Runs a client to its end; gives its lines.
    pub(super) fn client(&self, id: &str, args: &[&str]) -> Result<Vec<String>, Trouble> {
        let mut command = self.contestant(id)?.command(args).ok_or_else(|| missing(id))?;
        command.env(TLS_FOLDER, self.tls_folder());
        Process::start(&mut command)?.finish(self.settings.timeout)
    }

    /// The server of a contestant, started when there is none yet.
    pub(super) fn server(
        &mut self,
        id: &str,
        transport: Transport,
    ) -> Result<&mut Server, Trouble> {
        let key = (id.to_owned(), transport);
        if !self.servers.contains_key(&key) {
            let server = self.fresh_server(id, transport)?;
            self.servers.insert(key.clone(), server);
        }
        self.servers.get_mut(&key).ok_or_else(|| missing(id))
    }

    /// A server that nobody else uses.
    pub(super) fn fresh_server(&self, id: &str, transport: Transport) -> Result<Server, Trouble> {
        let uri = match transport {
            Transport::Unix => {
                let path = self.folder.join(format!("{id}.sock"));
                let _ = std::fs::remove_file(&path);
                format!("grpc+unix://{}", path.display())
            }
            Transport::Tls => "grpc+tls://127.0.0.1:0".to_owned(),
            _ => "grpc://127.0.0.1:0".to_owned(),
        };
        let mut command = self.contestant(id)?.server(&uri).ok_or_else(|| missing(id))?;
        command.env(TLS_FOLDER, self.tls_folder());
        Server::start(&mut command, self.settings.timeout)
    }

    /// Where the certificate lies.
    pub(super) fn tls_folder(&self) -> PathBuf {
        self.folder.join("tls")
    }

    pub(super) fn contestant(&self, id: &str) -> Result<&'a Contestant, Trouble> {
        let found = self.contestants.iter().find(|contestant| contestant.id == id);
        found.ok_or_else(|| missing(id))
    }

    /// Raw sockets, as a program of ours measures them.
    fn limit(&self, transport: Transport) -> Result<Samples, Trouble> {
        let name = if transport == Transport::Unix { "unix" } else { "tcp" };
        let bytes = self.settings.length.limit_bytes().to_string();
        let mut command = Command::new(self.limit.ok_or_else(|| missing(LIMIT))?);
        command.args(["limit", name, "2", "--bytes", &bytes]);
        let lines = Process::start(&mut command)?.finish(self.settings.timeout)?;
        let last = lines.last().ok_or_else(|| "limit printed no line".to_owned())?;
        Ok(samples_of(&Transfer::parse(last)?))
    }

    /// All contestants must have moved the same, or comparing their times means nothing.
    fn agree(&mut self, turn: &Turn, run: &Transfer) -> Result<(), Trouble> {
        let key = (turn.case.measure, turn.argument.clone(), turn.case.streams);
        let moved = (run.bytes, run.batches);
        let (bytes, batches) = *self.reported.entry(key).or_insert(moved);
        if moved == (bytes, batches) {
            return Ok(());
        }
        let (found, count) = moved;
        Err(format!(
            "moved {found} bytes in {count} batches, the first contestant {bytes} in {batches}"
        )
        .into())
    }
}

impl Server {
    /// Starts it and waits until it says where it listens.
    pub(super) fn start(command: &mut Command, timeout: Duration) -> Result<Self, Trouble> {
        let mut process = Process::start(command)?;
        let line = process.line(timeout)?;
        match line.strip_prefix("listening on ") {
            Some(uri) => Ok(Self { uri: uri.to_owned(), process }),
            None => Err(format!("the server said `{line}`, not where it listens").into()),
        }
    }
}

fn samples_of(run: &Transfer) -> Samples {
    let mut samples = vec![(metric::GB_PER_S, run.gb_per_s()), (metric::SECONDS, run.seconds)];
    if run.batches > 0 {
        samples.push((metric::BATCHES_PER_S, run.batches_per_s()));
    }
    if let Some(first) = run.first_batch_ms {
        samples.push((metric::FIRST_BATCH_MS, first));
    }
    if let Some(cpu) = run.cpu_seconds {
        samples.push((metric::CLIENT_CPU, cpu / run.gigabytes()));
    }
    samples
}

fn missing(id: &str) -> Trouble {
    format!("{id} does not take part").into()
}

fn shown(samples: &Samples) -> String {
    let shown = samples.iter().map(|(name, value)| format!("{name} {value:.3}"));
    shown.collect::<Vec<_>>().join(", ")
}
