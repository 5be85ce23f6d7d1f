//! Builds the program and runs its cases under callgrind.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use super::table::Row;
use crate::run::{Failure, cargo, execute};
use crate::workspace::{Workspace, output};

/// How often the work of a case is done while it is watched. Enough to make what happens every
/// few times (the allocator tidying up) come out the same.
const ITERATIONS: u32 = 10;

/// glibc chooses how to copy memory by what the processor is and by the size of its caches. With
/// these it chooses alike wherever there is AVX2: no string instructions, of which each byte
/// would count as one instruction, and no stores past the cache.
const TUNABLES: &str = "glibc.cpu.hwcaps=-ERMS,-FSRM:\
                        glibc.cpu.x86_non_temporal_threshold=0x10000000";

/// The program that runs cases, and where their profiles are left.
pub(super) struct Counter {
    program: PathBuf,
    profiles: PathBuf,
}

impl Counter {
    /// Builds the program.
    pub(super) fn build(workspace: &Workspace) -> Result<Self, Failure> {
        let mut build = cargo();
        build.current_dir(&workspace.root).args(["build", "--locked", "--quiet"]);
        execute(build.args(["--profile", "instructions", "--package", "wingbeat-micro"]))?;
        let folder = workspace.target.join("instructions");
        let profiles = folder.join("callgrind");
        std::fs::create_dir_all(&profiles)
            .map_err(|error| format!("{}: {error}", profiles.display()))?;
        Ok(Self { program: folder.join("wingbeat-micro"), profiles })
    }

    /// Where callgrind leaves its profiles.
    pub(super) fn profiles(&self) -> &Path {
        &self.profiles
    }

    /// Counts the cases whose names have `part` in them, in the order of the program's list.
    pub(super) fn count(&self, part: &str) -> Result<Vec<Row>, Failure> {
        let list = output(Command::new(&self.program).arg("--list"))?;
        let cases: Vec<&str> = list.lines().filter(|case| case.contains(part)).collect();
        if cases.is_empty() {
            return Err(format!("no case has \"{part}\" in its name"));
        }
        let rows = Mutex::new(cases.iter().map(|_| None).collect::<Vec<_>>());
        let next = Mutex::new(cases.iter().enumerate());
        // A count does not depend on what the machine does besides.
        let threads = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..threads.min(cases.len()) {
                scope.spawn(|| {
                    loop {
                        let Some((at, case)) = next.lock().ok().and_then(|mut next| next.next())
                        else {
                            return;
                        };
                        let row = self.run(case);
                        if let Some(place) = rows.lock().ok().as_mut().and_then(|r| r.get_mut(at)) {
                            *place = Some(row);
                        }
                    }
                });
            }
        });
        let rows = rows.into_inner().unwrap_or_default().into_iter();
        rows.map(|row| row.unwrap_or_else(|| Err("a case was not counted".to_owned()))).collect()
    }

    fn run(&self, case: &str) -> Result<Row, Failure> {
        let profile = self.profiles.join(format!("{}.out", case.replace('/', "-")));
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--toggle-collect=*wingbeat_micro*measured*"]);
        command.arg(format!("--callgrind-out-file={}", profile.display()));
        command.arg(&self.program).args([case, &ITERATIONS.to_string()]);
        // The environment lies on the program's stack, and moves what comes after it.
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        // Threads that wait for work look for it while they do, as often as it happens.
        command.env("RAYON_NUM_THREADS", "1");
        let output = command.env("GLIBC_TUNABLES", TUNABLES).output();
        let output = output.map_err(|error| format!("valgrind could not be started: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        match collected(&said).filter(|count| output.status.success() && *count > 0) {
            Some(count) => {
                let instructions = count / u64::from(ITERATIONS);
                Ok(Row { case: case.to_owned(), instructions })
            }
            None => Err(format!("{case}: valgrind ended with {}\n{said}", output.status)),
        }
    }
}

/// The total that callgrind prints at its end, `==PID== Collected : 123`.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find_map(|line| line.split_once("Collected : "))?;
    line.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::collected;

    #[test]
    fn the_total_among_what_callgrind_says() {
        let said = "==7== Events    : Ir\n==7== Collected : 85236\n==7==\n==7== I refs: 1\n";
        assert_eq!(collected(said), Some(85_236));
        assert_eq!(collected("==7== Process terminating with default action of signal 6"), None);
    }
}
