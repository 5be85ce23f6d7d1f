//! System calls per gigabyte, in runs of their own under strace, which slows everything down.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use super::super::case::{Case, Measure};
use super::super::line::Transfer;
use super::super::results::metric;
use super::super::runner::{Runner, Samples, Server, Turn};
use super::super::workload::{self, Length};
use crate::process::{Process, Trouble};
use crate::workspace::output;

/// Of what.
pub(in super::super) const NAMES: &[&str] = &["large", "small"];

/// What a run of so many batches took.
struct Counted {
    server: u64,
    client: u64,
    gigabytes: f64,
}

/// Both sides are traced. What starting and ending them costs is counted with one batch, and
/// taken off.
pub(in super::super) fn run(runner: &mut Runner<'_>) {
    if output(Command::new("strace").arg("-V")).is_err() {
        println!("no strace: system calls are not counted");
        return;
    }
    for workload in NAMES.iter().filter_map(|name| workload::find(name)) {
        if !runner.settings.workloads.iter().any(|name| name == workload.name) {
            continue;
        }
        for contestant in runner.contestants {
            let case = Case::same(Measure::Calls, &contestant.id, workload.name);
            let argument = workload.argument(Length::Quick);
            runner.once(&Turn { case, argument }, calls);
        }
    }
}

fn calls(runner: &mut Runner<'_>, turn: &Turn) -> Result<Samples, Trouble> {
    let one = counted(runner, turn, &format!("{}:1", turn.case.workload))?;
    let many = counted(runner, turn, &turn.argument)?;
    let gigabytes = many.gigabytes - one.gigabytes;
    let per_gb = |many: u64, one: u64| many.saturating_sub(one) as f64 / gigabytes;
    Ok(vec![
        (metric::SERVER_CALLS, per_gb(many.server, one.server)),
        (metric::CLIENT_CALLS, per_gb(many.client, one.client)),
    ])
}

fn counted(runner: &Runner<'_>, turn: &Turn, argument: &str) -> Result<Counted, Trouble> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (of_server, of_client) = (folder.path().join("server"), folder.path().join("client"));
    let contestant = runner.contestant(&turn.case.server)?;
    let missing = || format!("{} has no program", contestant.id);
    let timeout = runner.settings.timeout;
    let server = contestant.server("grpc://127.0.0.1:0").ok_or_else(missing)?;
    let server = Server::start(&mut traced(&server, &of_server), timeout)?;
    let client = contestant.command(&["client", &server.uri, "get", argument, "1"]);
    let client = Process::start(&mut traced(&client.ok_or_else(missing)?, &of_client))?;
    let lines = client.finish(timeout)?;
    let line = lines.last().ok_or_else(|| "the client printed no line".to_owned())?;
    server.process.stop();
    Ok(Counted {
        server: read(&of_server)?,
        client: read(&of_client)?,
        gigabytes: Transfer::parse(line)?.gigabytes(),
    })
}

fn traced(command: &Command, summary: &Path) -> Command {
    let mut traced = Command::new("strace");
    traced.args(["-f", "-c", "-o"].map(OsStr::new)).arg(summary);
    traced.arg(command.get_program()).args(command.get_args());
    traced
}

fn read(summary: &Path) -> Result<u64, Trouble> {
    let text = std::fs::read_to_string(summary).map_err(|error| error.to_string())?;
    total(&text).ok_or_else(|| "strace left no total".to_owned().into())
}

/// The fourth column of the last line: share, seconds, microseconds a call, calls, errors, name.
fn total(summary: &str) -> Option<u64> {
    let line = summary.lines().rev().find(|line| line.trim_end().ends_with(" total"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn the_total_is_found_with_and_without_errors() {
        let head = "% time     seconds  usecs/call     calls    errors syscall\n\
                    ------ ----------- ----------- --------- --------- ----------------\n\
                    60.00    0.000600           6       100           read\n";
        let with = format!("{head}100.00    0.001000           5       345        12 total\n");
        let without = format!("{head}100.00    0.001000           5       345           total\n");
        assert_eq!(total(&with), Some(345));
        assert_eq!(total(&without), Some(345));
        assert_eq!(total(head), None);
    }
}
