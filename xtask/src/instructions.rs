//! `cargo xtask instructions`: counts what the hot functions of `wingbeat-wire` execute.
//!
//! Callgrind counts instructions, so that the same program gives the same numbers on a busy
//! machine as on an idle one, which no clock does. `bench/micro` is the program and the list of
//! cases; `bench/micro/instructions.tsv` is what they took when somebody last said that it is
//! well so.

mod counter;
mod table;

use std::path::Path;
use std::process::Command;

use crate::run::{Failure, Stages};
use crate::workspace::{Workspace, output};

use counter::Counter;
use table::{Row, Table, Verdict};

/// Where the counts are kept.
const TABLE: &str = "bench/micro/instructions.tsv";

/// Counts the cases whose names have `part` in them, and judges the counts.
pub(crate) fn check(workspace: &Workspace, stages: &mut Stages, part: &str) {
    stages.check("instruction counts", || match environment()? {
        Some(environment) => judge(workspace, &environment, part),
        None => Ok(()),
    });
}

/// Counts all cases and keeps the counts.
pub(crate) fn bless(workspace: &Workspace, stages: &mut Stages) {
    stages.check("instruction counts", || match environment()? {
        Some(environment) => {
            let rows = Counter::build(workspace)?.count("")?;
            let path = workspace.root.join(TABLE);
            let old = read(&path).unwrap_or_default();
            report(&old, &rows);
            let text = Table { environment, rows }.to_string();
            std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
            println!("written: {TABLE}");
            Ok(())
        }
        None => Ok(()),
    });
}

fn judge(workspace: &Workspace, environment: &str, part: &str) -> Result<(), Failure> {
    let counter = Counter::build(workspace)?;
    let mut table = read(&workspace.root.join(TABLE))?;
    table.rows.retain(|row| row.case.contains(part));
    let rows = counter.count(part)?;
    let verdicts = report(&table, &rows);
    println!("profiles: callgrind_annotate {}/CASE.out", counter.profiles().display());
    if table.environment != environment {
        println!("the table was made with {}", table.environment);
        println!("this machine has        {environment}");
        if is_ci() {
            return Err("CI counts with the tools of the table: make it anew with these by \
                        `cargo xtask instructions --bless`, and see that nothing else changed"
                .to_owned());
        }
        println!("other tools count otherwise: the differences are shown, and nothing fails");
        return Ok(());
    }
    if verdicts.contains(&Verdict::Less) {
        println!("less than before: keep it so by `cargo xtask instructions --bless`");
    }
    let wrong = [Verdict::More, Verdict::Unknown, Verdict::Gone];
    match verdicts.iter().filter(|verdict| wrong.contains(verdict)).count() {
        0 => Ok(()),
        count => Err(format!(
            "{count} cases take more than {TABLE} has, or are not in it (or it has one that is no \
             case); where that is as it should be, `cargo xtask instructions --bless`"
        )),
    }
}

fn read(path: &Path) -> Result<Table, Failure> {
    let in_file = |failure: Failure| format!("{}: {failure}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| in_file(error.to_string()))?;
    Table::parse(&text).map_err(in_file)
}

/// Prints every case beside what it was before.
fn report(before: &Table, rows: &[Row]) -> Vec<Verdict> {
    let changes = before.compare(rows);
    changes.iter().for_each(|change| println!("{change}"));
    changes.iter().map(|change| change.verdict()).collect()
}

/// Whether nothing may be passed over.
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}

/// The tools that decide about a count besides our code; `None` where they are missing, which on
/// a machine that is not CI's is no failure.
fn environment() -> Result<Option<String>, Failure> {
    let Ok(valgrind) = output(Command::new("valgrind").arg("--version")) else {
        let what = "valgrind is missing (Debian: apt-get install valgrind)";
        if is_ci() {
            return Err(format!("{what}, and CI has to count instructions"));
        }
        println!("skipped: {what}; CI counts instructions, this machine does not");
        return Ok(None);
    };
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let rustc = output(Command::new(rustc).arg("-vV"))?;
    let version = rustc.lines().next().unwrap_or_default();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    // The allocator and the copying of bytes are the system's.
    let libc = output(Command::new("getconf").arg("GNU_LIBC_VERSION"));
    let libc = libc.unwrap_or_else(|_| "another libc".to_owned());
    Ok(Some(format!("{version}, {host}, {}, {}", libc.trim(), valgrind.trim())))
}
