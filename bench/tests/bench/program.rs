//! Running `wingbeat-bench`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_wingbeat-bench"))
}

/// A server, for as long as this lives.
pub(crate) struct Server {
    child: Child,
    pub(crate) uri: String,
}

impl Server {
    pub(crate) fn start(bind: &str) -> Self {
        let mut child =
            program().args(["server", "--bind", bind]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let uri = line.strip_prefix("listening on ").and_then(|line| line.strip_suffix('\n'));
        let uri = uri.unwrap_or_else(|| panic!("the server said {line:?}")).to_owned();
        Self { child, uri }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs to the end, whatever it is.
pub(crate) fn output(args: &[&str]) -> Output {
    program().args(args).output().unwrap()
}

/// The lines of a run that ends well.
pub(crate) fn lines(args: &[&str]) -> Vec<String> {
    let output = output(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {}: {stderr}", output.status);
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The numbers of a line.
pub(crate) fn numbers(line: &str) -> BTreeMap<String, f64> {
    let pair = |word: &str| {
        let (name, value) = word.split_once('=').unwrap_or_else(|| panic!("{word:?} in {line:?}"));
        (name.to_owned(), value.parse().unwrap())
    };
    line.split(' ').map(pair).collect()
}
