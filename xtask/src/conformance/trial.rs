//! One server and one client, as the harness runs them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::cell::Side;
use super::programs::Pair;
use crate::process::Process;
use crate::run::Failure;

/// How long a server may take to begin: a JVM on a busy machine.
const START: Duration = Duration::from_secs(60);
/// How long a client may take.
const TIMEOUT: Duration = Duration::from_secs(120);
/// What a server says first.
const READY: &str = "Server listening on localhost:";

/// A server that is up; killed when dropped.
pub(super) struct Serving {
    process: Process,
    port: String,
}

impl Serving {
    /// Starts a server on a free port; `args` come after that.
    pub(super) fn start(server: &Path, args: &[String]) -> Result<Self, Failure> {
        let mut command = Command::new(server);
        let mut process = Process::start(command.arg("--port=0").args(args))?;
        let line = process.line(START).map_err(|trouble| format!("server: {}", trouble.reason))?;
        match line.strip_prefix(READY) {
            Some(port) => Ok(Self { port: port.trim().to_owned(), process }),
            None => Err(format!("the server says {line:?}, expected \"{READY}PORT\"")),
        }
    }

    /// Runs a client to its end.
    pub(super) fn run(&mut self, client: &Path, args: &[String]) -> Result<(), Failure> {
        let mut command = Command::new(client);
        command.args(["--host=localhost".to_owned(), format!("--port={}", self.port)]).args(args);
        let outcome = Process::start(&mut command)?.finish(TIMEOUT);
        outcome.map_err(|trouble| trouble.reason)?;
        match self.process.is_running() {
            true => Ok(()),
            false => Err("the server is gone".to_owned()),
        }
    }
}

/// One scenario.
pub(super) fn scenario(pair: &Pair, name: &str) -> Result<(), Failure> {
    let args = [format!("--scenario={name}")];
    Serving::start(&pair.server, &args)?.run(&pair.client, &args)
}

/// One data file, against a server that may be up from the file before; one that is not well is not
/// used again.
pub(super) fn data_file(
    pair: &Pair,
    side: Side,
    server: &mut Option<Serving>,
    argument: &str,
) -> Result<(), Failure> {
    let mut up = match server.take() {
        Some(up) => up,
        None => Serving::start(&pair.server, &[])?,
    };
    let argument = argument.to_owned();
    up.run(&pair.client, std::slice::from_ref(&argument))?;
    // Not every client believes only what it has compared, so ours looks at what theirs has put.
    if side == Side::Client {
        up.run(&pair.ours, &[argument, "--uploaded".to_owned()])?;
    }
    *server = Some(up);
    Ok(())
}
