//! Runs one named case so often, for a tool that watches: `cargo xtask instructions` counts what
//! is executed below [`measured`], and nothing of the set-up.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::process::ExitCode;

use wingbeat_micro::{Case, NAMES};

/// How often the work is done before it is watched: pools are filled then, and lazily made
/// things are made.
const WARM_UP: u32 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (name, iterations) = match arguments[..] {
        ["--list"] => {
            NAMES.iter().for_each(|name| println!("{name}"));
            return ExitCode::SUCCESS;
        }
        [name, iterations] => (name, iterations.parse().ok()),
        _ => ("", None),
    };
    let (Some(mut case), Some(iterations)) = (Case::new(name), iterations) else {
        eprintln!("usage: wingbeat-micro --list | NAME ITERATIONS");
        return ExitCode::from(2);
    };
    for _ in 0..WARM_UP {
        case.run();
    }
    measured(&mut case, iterations);
    ExitCode::SUCCESS
}

/// The part to watch. Its name is what `valgrind --toggle-collect` is given.
#[inline(never)]
fn measured(case: &mut Case, iterations: u32) {
    for _ in 0..iterations {
        case.run();
    }
}
