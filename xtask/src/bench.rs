//! `cargo xtask bench`: all Flight libraries side by side, and the report about it.

mod build;
mod case;
mod chart;
mod cipher;
mod contestant;
mod counter;
mod figures;
mod idle;
mod line;
mod machine;
mod parts;
mod procfs;
mod reason;
mod report;
mod results;
mod runner;
mod smoke;
mod targets;
#[cfg(test)]
mod tests;
mod versions;
mod view;
mod workload;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::ValueEnum;

use crate::process;
use crate::run::{Failure, Stages};
use crate::workspace::{Workspace, output};

use build::{Built, Profile};
use case::WINGBEAT;
use contestant::PEERS;
use machine::Machine;
use results::Results;
use runner::{Runner, Settings};
use workload::{Length, WORKLOADS};

pub(crate) use smoke::run as smoke;

/// The arguments of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// Shorter and fewer runs: minutes instead of more than an hour
    #[arg(long)]
    quick: bool,
    /// Full runs (the default)
    #[arg(long, conflicts_with = "quick")]
    full: bool,
    /// Only see that it works, as CI does: a handful of batches, no report is kept
    #[arg(long, conflicts_with_all = ["quick", "full", "from"])]
    smoke: bool,
    /// These contestants alone: wingbeat, cpp, python, arrow-rs, go, java
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', value_parser = contestant_name)]
    only: Vec<String>,
    /// These workloads alone
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', value_parser = workload_name)]
    workloads: Vec<String>,
    /// These parts alone
    #[arg(long, value_name = "PART,..", value_delimiter = ',')]
    parts: Vec<Part>,
    /// Runs of each series
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
    /// Take the programs that are there from before
    #[arg(long)]
    skip_build: bool,
    /// Write every sample here
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure nothing; report again what `--json` wrote
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// The folder of the report, `bench` unless told otherwise
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// One stream: all workloads, pairs, Unix sockets; CPU time and the first batch with them
    Transfer,
    /// One stream over TLS
    Tls,
    /// Small calls
    Latency,
    /// Many streams
    Streams,
    /// Small calls beside many streams
    Beside,
    /// Peak memory, idle connections
    Memory,
    /// System calls
    Calls,
    /// Bytes copied for each byte
    Copies,
    /// Parquet through `wingbeat serve`
    Product,
}

const RUNS_FULL: u32 = 5;
const RUNS_QUICK: u32 = 3;
/// The slowest contestant is a hundred times faster than this.
const TIMEOUT_FULL: Duration = Duration::from_secs(600);
const TIMEOUT_QUICK: Duration = Duration::from_secs(120);

fn contestant_name(name: &str) -> Result<String, String> {
    let known = [WINGBEAT].into_iter().chain(PEERS.iter().copied());
    one_of(known, name)
}

fn workload_name(name: &str) -> Result<String, String> {
    one_of(WORKLOADS.iter().map(|workload| workload.name), name)
}

fn one_of<'a>(
    mut known: impl Iterator<Item = &'a str> + Clone,
    name: &str,
) -> Result<String, String> {
    let names = known.clone().collect::<Vec<_>>().join(", ");
    known.find(|known| *known == name).map(str::to_owned).ok_or_else(|| format!("one of {names}"))
}

/// Measures and reports, or reports alone.
pub(crate) fn run(workspace: &Workspace, stages: &mut Stages, args: &BenchArgs) {
    if args.smoke {
        return smoke(workspace, stages);
    }
    let mut results = None;
    stages.check("measure", || {
        results = Some(match &args.from {
            Some(path) => Results::load(path)?,
            None => measure(workspace, args)?,
        });
        Ok(())
    });
    stages.check("report", || {
        let results = results.ok_or("there are no results")?;
        if let Some(path) = &args.json {
            results.save(path)?;
        }
        let folder = args.out.clone().unwrap_or_else(|| workspace.root.join("bench"));
        report::write(&results, &folder, notes(workspace).as_deref())?;
        println!("wrote {}", folder.join("RESULTS.md").display());
        Ok(())
    });
}

/// What people have to say about the results; kept apart, since the report is written anew.
fn notes(workspace: &Workspace) -> Option<String> {
    std::fs::read_to_string(workspace.root.join("bench/notes.md")).ok()
}

fn measure(workspace: &Workspace, args: &BenchArgs) -> Result<Results, Failure> {
    process::end_children_with_us()?;
    let wanted = |id: &str| args.only.is_empty() || args.only.iter().any(|only| only == id);
    let built = build::run(workspace, &wanted, Profile::Release, args.skip_build);
    if built.contestants.is_empty() {
        return Err("no contestant takes part".to_owned());
    }
    let settings = settings(args);
    let is_quick = settings.length == Length::Quick;
    let mut results = Results::new(commit(workspace)?, Machine::here(), settings.runs, is_quick);
    results.versions = versions::all(workspace, &built);
    results.absent.clone_from(&built.absent);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    process::remove_with_us(folder.path().to_owned());
    let all = Part::value_variants();
    let wanted = |part: &&Part| args.parts.is_empty() || args.parts.contains(part);
    for part in all.iter().filter(wanted) {
        println!("\n-- {part:?}");
        let runner = &mut Runner::new(&built, &settings, folder.path(), &mut results);
        match part {
            Part::Transfer => parts::transfer::run(runner),
            Part::Tls => parts::tls::run(runner),
            Part::Latency => parts::latency::run(runner),
            Part::Streams => parts::streams::run(runner),
            Part::Beside => parts::beside::run(runner),
            Part::Memory => parts::memory::run(runner),
            Part::Calls => parts::calls::run(runner),
            Part::Copies => parts::copies::run(runner, parts::copies::NAMES),
            Part::Product => product(runner, &built, folder.path())?,
        }
        // A long run that is cut short has not been for nothing.
        let kept = workspace.target.join("bench");
        std::fs::create_dir_all(&kept).map_err(|error| error.to_string())?;
        results.save(&kept.join("last.json"))?;
    }
    Ok(results)
}

fn settings(args: &BenchArgs) -> Settings {
    let (length, runs, timeout) = if args.quick {
        (Length::Quick, RUNS_QUICK, TIMEOUT_QUICK)
    } else {
        (Length::Full, RUNS_FULL, TIMEOUT_FULL)
    };
    let names = WORKLOADS.iter().map(|workload| workload.name.to_owned());
    let is_wanted = |name: &String| args.workloads.is_empty() || args.workloads.contains(name);
    let workloads = names.filter(is_wanted).collect();
    Settings { length, runs: args.runs.unwrap_or(runs), workloads, timeout }
}

fn product(runner: &mut Runner<'_>, built: &Built, folder: &Path) -> Result<(), Failure> {
    let Some(program) = &built.product else { return Ok(()) };
    if runner.contestant(WINGBEAT).is_err() {
        return Ok(());
    }
    let served = folder.join("served");
    std::fs::create_dir_all(&served).map_err(|error| error.to_string())?;
    parts::product::run(runner, program, &served);
    Ok(())
}

/// The commit, with `+` when tracked files differ from it.
fn commit(workspace: &Workspace) -> Result<String, Failure> {
    let git = |args: &[&str]| output(Command::new("git").current_dir(&workspace.root).args(args));
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    // The report itself is not what is measured.
    let changed =
        git(&["status", "--porcelain", "-uno", "--", ":!bench/RESULTS.md", ":!bench/charts"]);
    let mark = if changed?.trim().is_empty() { "" } else { "+" };
    Ok(format!("{}{mark}", commit.trim()))
}
