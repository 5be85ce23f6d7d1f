//! The reader, which measures.

use std::io::{ErrorKind, Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::send::WRITE_BYTES;
use super::socket::{Listener, Socket};
use crate::args::LimitArgs;
use crate::failure::{Failure, Outcome};
use crate::report::{Line, Stopwatch};

/// What one read takes from the kernel at most.
const READ_BYTES: usize = 4 << 20;

/// Reads from a process that sends, and prints a line for each run.
pub(crate) fn run(args: &LimitArgs) -> Outcome {
    let mut buffer = vec![0; READ_BYTES];
    for _ in 0..args.runs {
        once(args, &mut buffer)?.print()?;
    }
    Ok(())
}

fn once(args: &LimitArgs, buffer: &mut [u8]) -> Outcome<Line> {
    let listener = Listener::bind(args.socket)?;
    let mut sender = Command::new(std::env::current_exe()?)
        .args(["limit-send", &listener.uri()?, &args.bytes.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let mut socket = listener.accept()?;
    let watch = Stopwatch::start();
    socket.write_all(&[1])?;
    let (bytes, first) = drain(&mut socket, buffer, &watch)?;
    let line = watch.stop(bytes, bytes.div_ceil(WRITE_BYTES as u64), first);
    let status = sender.wait()?;
    if !status.success() || bytes != args.bytes {
        let text = format!("{bytes} bytes came, expected {}; the sender: {status}", args.bytes);
        return Err(Failure::Failed(text));
    }
    Ok(line)
}

/// Reads to the end into the same memory: how many bytes there were, and when a first buffer of
/// the sender's was there.
fn drain(
    socket: &mut Socket,
    buffer: &mut [u8],
    watch: &Stopwatch,
) -> Outcome<(u64, Option<Duration>)> {
    let (mut bytes, mut first) = (0, None);
    loop {
        match socket.read(buffer) {
            Ok(0) => return Ok((bytes, first)),
            Ok(read) => bytes += read as u64,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        if first.is_none() && bytes >= WRITE_BYTES as u64 {
            first = Some(watch.elapsed());
        }
    }
}
