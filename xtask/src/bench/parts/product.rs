//! The product: a Parquet file through `wingbeat serve`, against the same file in one process.

use std::path::Path;
use std::process::Command;

use super::super::case::{Case, Measure, Transport, WINGBEAT};
use super::super::line::Transfer;
use super::super::results::metric;
use super::super::runner::{Runner, Samples, Server, Turn};
use super::super::targets;
use super::super::workload::Length;
use crate::process::Trouble;

/// The flight, and the file below the folder that is served.
const NAME: &str = "input";
const FILE: &str = "input.parquet";

/// The flight that is written.
const UPLOADED: &str = "uploaded";

/// Reading and writing, each through the server and in one process, in turn. `program` is
/// `wingbeat`, `folder` an empty one.
pub(in super::super) fn run(runner: &mut Runner<'_>, program: &Path, folder: &Path) {
    let turns = [Measure::Read, Measure::Write].map(|measure| {
        [Transport::Local, Transport::Tcp].map(|transport| Turn {
            case: targets::product(measure, transport),
            argument: String::new(),
        })
    });
    let turns = turns.concat();
    let server = match prepare(runner, program, folder) {
        Ok(server) => server,
        Err(trouble) => {
            println!("the product is not measured: {}", trouble.reason);
            for turn in &turns {
                runner.once(turn, |_, _| Err(trouble.clone()));
            }
            return;
        }
    };
    runner.alternate(&turns, |runner, turn| one(runner, &turn.case, folder, &server.uri));
    server.process.stop();
}

/// Makes the file and serves its folder.
fn prepare(runner: &Runner<'_>, program: &Path, folder: &Path) -> Result<Server, Trouble> {
    let file = folder.join(FILE);
    let megabytes = match runner.settings.length {
        Length::Full => "2048",
        _ => "512",
    };
    let file = file.to_string_lossy();
    runner.client(WINGBEAT, &["make", "parquet", &file, "--mib", megabytes])?;
    let mut serve = Command::new(program);
    serve.arg("serve").arg(folder).args(["--bind", "grpc://127.0.0.1:0", "--log", "warn"]);
    Server::start(&mut serve, runner.settings.timeout)
}

/// One run, with a warm-up before it.
fn one(runner: &Runner<'_>, case: &Case, folder: &Path, uri: &str) -> Result<Samples, Trouble> {
    let input = folder.join(FILE);
    let input = input.to_string_lossy();
    let output = tempfile::tempdir().map_err(|error| error.to_string())?;
    let output = output.path().join("output.parquet");
    let output = output.to_string_lossy();
    let args = match (case.measure, case.transport) {
        (Measure::Read, Transport::Local) => vec!["parquet", "read", &input, "2"],
        (Measure::Read, _) => vec!["fetch", uri, NAME, "2"],
        (_, Transport::Local) => vec!["parquet", "write", &input, &output, "2"],
        _ => vec!["upload", uri, UPLOADED, &input, "2"],
    };
    let lines = runner.client(WINGBEAT, &args)?;
    let last = lines.last().ok_or_else(|| "no line was printed".to_owned())?;
    let run = Transfer::parse(last)?;
    Ok(vec![(metric::GB_PER_S, run.gb_per_s()), (metric::SECONDS, run.seconds)])
}
