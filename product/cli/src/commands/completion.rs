//! `wingbeat completion`: the completion script of a shell.

use clap::CommandFactory;

use crate::args::{Cli, CompletionArgs};
use crate::exit::Outcome;

pub(super) fn run(args: &CompletionArgs) -> Outcome {
    // Into memory first: the generator panics where stdout is closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "wingbeat", &mut script);
    std::io::Write::write_all(&mut std::io::stdout().lock(), &script)?;
    Ok(())
}
