//! Counts what a program copies: `bench/copies/count.c`, loaded into it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::Failure;
use crate::workspace::output;

/// The library that counts, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counter {
    library: PathBuf,
}

/// Without them the compiler calls memcpy for the loop that is memcpy.
const NO_CALLS: [&str; 2] = ["-fno-builtin", "-fno-tree-loop-distribute-patterns"];

impl Counter {
    /// Compiles `count.c` in `sources` into `out`.
    pub(super) fn build(sources: &Path, out: &Path) -> Result<Self, Failure> {
        if !cfg!(target_os = "linux") {
            return Err("copies are counted on Linux alone".to_owned());
        }
        std::fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
        let library = out.join("copies.so");
        let mut compile = compiler();
        compile.args(["-O3", "-Wall", "-shared", "-fPIC"]).args(NO_CALLS);
        output(compile.arg(sources.join("count.c")).arg("-o").arg(&library))?;
        Ok(Self { library })
    }

    /// Lets a program add what it copies to the number in `sum`.
    pub(super) fn watch(&self, command: &mut Command, sum: &Path) {
        command.env("LD_PRELOAD", &self.library).env("WINGBEAT_COPIES", sum);
    }
}

/// The bytes copied so far, also while the program still runs.
pub(super) fn read(sum: &Path) -> Result<u64, Failure> {
    let bytes = std::fs::read(sum).unwrap_or_default();
    let bytes = bytes.try_into().map_err(|_| "its copies were not counted".to_owned())?;
    Ok(u64::from_ne_bytes(bytes))
}

fn compiler() -> Command {
    let mut compiler = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    compiler.arg("-std=gnu11");
    compiler
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::{Counter, NO_CALLS, compiler, read};

    #[test]
    fn long_copies_are_counted_and_right() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench/copies");
        let folder = tempfile::tempdir().unwrap();
        let (program, sum) = (folder.path().join("check"), folder.path().join("sum"));
        let mut compile = compiler();
        compile.args(NO_CALLS).arg(sources.join("check.c")).arg("-o").arg(&program);
        assert!(compile.status().unwrap().success());
        let counter = Counter::build(&sources, folder.path()).unwrap();
        assert_eq!(read(&sum).unwrap_err(), "its copies were not counted");
        for runs in 1..=2 {
            let mut check = Command::new(&program);
            counter.watch(&mut check, &sum);
            assert!(check.status().unwrap().success());
            assert_eq!(read(&sum), Ok(runs * 4 * 2000));
        }
    }
}
