//! The short form for CI: every workload moves a few batches, with Wingbeat and with pyarrow, and a
//! report comes out of it. It says nothing about speed.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::run::{Failure, Stages};
use crate::workspace::Workspace;

use super::build::{self, Built, Profile};
use super::case::{Case, Measure, WINGBEAT};
use super::machine::Machine;
use super::parts;
use super::report;
use super::results::Results;
use super::runner::{Runner, Settings, Turn};
use super::workload::{Length, WORKLOADS};
use crate::process::{self, Process};

/// The peer that every machine with Python has.
const PEER: &str = "python";
/// A debug build on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// One stage: builds, runs, and reports into a folder that goes away.
pub(crate) fn run(workspace: &Workspace, stages: &mut Stages) {
    stages.check("benchmark, short form", || {
        process::end_children_with_us()?;
        let wanted = |id: &str| id == WINGBEAT || id == PEER;
        let built = build::run(workspace, &wanted, Profile::Debug, false);
        if let Some(absent) = built.absent.first() {
            return Err(format!("{} does not take part: {}", absent.contestant, absent.reason));
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        process::remove_with_us(folder.path().to_owned());
        measure(&built, folder.path())?;
        compare(workspace, &built)
    });
}

/// Fails unless every run succeeded.
pub(super) fn measure(built: &Built, folder: &Path) -> Result<(), Failure> {
    let workloads = WORKLOADS.iter().map(|workload| workload.name.to_owned()).collect();
    let length = Length::Smoke;
    let settings = Settings { length, runs: 1, workloads, timeout: TIMEOUT };
    let mut results = Results::new("none".to_owned(), Machine::here(), 1, true);
    let runner = &mut Runner::new(built, &settings, folder, &mut results);
    transfers(runner);
    parts::latency::run(runner);
    parts::tls::run(runner);
    parts::copies::run(runner, &[parts::copies::BOUND]);
    let failures = results.series.iter().filter_map(|series| {
        Some(format!("{}: {}", series.case.describe(), series.failure.as_ref()?))
    });
    let failures: Vec<String> = failures.chain(parts::copies::exceeded(&results)).collect();
    if !failures.is_empty() {
        return Err(failures.join("\n"));
    }
    let json = folder.join("results.json");
    results.save(&json)?;
    let read = Results::load(&json)?;
    report::write(&read, folder, None)?;
    let page = std::fs::read_to_string(folder.join("RESULTS.md")).unwrap_or_default();
    let missing = WORKLOADS.iter().find(|workload| {
        let row = format!("| `{}` |", workload.name);
        page.matches(&row).count() < 3
    });
    match missing {
        Some(workload) => Err(format!("the report lacks {}", workload.name)),
        None => Ok(()),
    }
}

/// Fails unless all serve equal data.
fn compare(workspace: &Workspace, built: &Built) -> Result<(), Failure> {
    let python = built.python.as_ref().ok_or("there is no Python with pyarrow")?;
    let mut check = Command::new(python);
    check.arg(workspace.root.join("bench/peers/check.py"));
    check.args(built.contestants.iter().filter_map(|contestant| contestant.program.as_ref()));
    Process::start(&mut check)?.finish(TIMEOUT).map_err(|trouble| trouble.reason)?;
    Ok(())
}

/// The same library on both sides.
fn transfers(runner: &mut Runner<'_>) {
    for workload in WORKLOADS {
        for measure in [Measure::Get, Measure::Put, Measure::Exchange] {
            for contestant in runner.contestants {
                let case = Case::same(measure, &contestant.id, workload.name);
                let argument = workload.argument(Length::Smoke);
                // The servers stay up until the runner goes: starting Python takes its time.
                runner.once(&Turn { case, argument }, Runner::transfer);
            }
        }
    }
}
