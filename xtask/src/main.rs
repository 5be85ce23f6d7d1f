//! `cargo xtask`: the commands that people and CI run on this workspace. Nothing here is shipped.
#![expect(clippy::print_stdout, reason = "a command line tool talks to its terminal")]

mod bench;
mod ci;
mod conformance;
mod deny;
mod instructions;
mod interop;
mod layers;
mod process;
mod python;
mod run;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::run::Stages;
use crate::workspace::Workspace;

/// The workspace's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run all tests: unit, integration and documentation tests, then the interop tests.
    Test {
        /// Run the long forms too (sets WINGBEAT_SLOW=1).
        #[arg(long)]
        slow: bool,
    },
    /// Run everything that has to hold before a change lands; `test` is part of it.
    Ci,
    /// Check the rules of STYLE.md that a program can check.
    Tidy,
    /// Check which crate depends on which.
    Layers,
    /// Count the instructions of the hot functions and compare with bench/micro/instructions.tsv.
    Instructions {
        /// Only the cases with this in their names.
        #[arg(default_value = "")]
        part: String,
        /// Keep the counts of this machine instead of comparing with those that are kept.
        #[arg(long, conflicts_with = "part")]
        bless: bool,
    },
    /// Measure Wingbeat beside the other Flight libraries; writes `bench/RESULTS.md`.
    Bench(bench::BenchArgs),
    /// Run the scenarios of Arrow's integration tests with every peer; compares the outcome with
    /// `docs/conformance.md`.
    Conformance(conformance::ConformanceArgs),
    /// Run the tests against pyarrow alone. Arguments after `--` go to pytest.
    Interop {
        #[arg(last = true)]
        pytest: Vec<String>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let workspace = match Workspace::load() {
        Ok(workspace) => workspace,
        Err(failure) => {
            println!("xtask: {failure}");
            return ExitCode::FAILURE;
        }
    };
    match cli.command {
        Command::Test { slow } => {
            let mut stages = Stages::new("test");
            test::run(&workspace, &mut stages, slow);
            stages.finish()
        }
        Command::Ci => {
            let mut stages = Stages::new("ci");
            ci::run(&workspace, &mut stages);
            stages.finish()
        }
        Command::Tidy => {
            let mut stages = Stages::new("tidy");
            stages.check("tidy", || tidy::run(&workspace));
            stages.finish()
        }
        Command::Layers => {
            let mut stages = Stages::new("layers");
            stages.check("layers", || layers::run(&workspace));
            stages.finish()
        }
        Command::Instructions { part, bless } => {
            let mut stages = Stages::new("instructions");
            match bless {
                true => instructions::bless(&workspace, &mut stages),
                false => instructions::check(&workspace, &mut stages, &part),
            }
            stages.finish()
        }
        Command::Bench(args) => {
            let mut stages = Stages::new("bench");
            bench::run(&workspace, &mut stages, &args);
            stages.finish()
        }
        Command::Conformance(args) => {
            let mut stages = Stages::new("conformance");
            let prepared = conformance::prepare(&workspace, &mut stages, &args);
            conformance::run(&workspace, &mut stages, &prepared, &args);
            stages.finish()
        }
        Command::Interop { pytest } => {
            let mut stages = Stages::new("interop");
            let python = interop::prepare(&workspace, &mut stages);
            interop::run(&workspace, &mut stages, &python, &pytest);
            stages.finish()
        }
    }
}
