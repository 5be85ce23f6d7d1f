//! Asking a person for a secret, without showing it.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::sync::mpsc;
use std::thread;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit::{Failure, Outcome};

/// Asks on the terminal of this process, whatever stdin and stdout are.
pub(crate) fn secret(what: &str) -> Outcome<String> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut terminal = terminal.map_err(|_| {
        Failure::usage(format_args!("there is no terminal to ask for the {what} on"))
    })?;
    write!(terminal, "{what}: ")?;
    // Before the terminal changes: a signal that ended the process would leave it like that.
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let read = Hidden::new(&terminal).and_then(|hidden| {
        let source = hidden.terminal.try_clone()?;
        line_or_signal(source, signals)
    });
    writeln!(terminal)?;
    match read? {
        Typed::Line(line) => Ok(line),
        Typed::Signal(signal) => {
            Err(Failure::Interrupted(u8::try_from(signal).unwrap_or_default()))
        }
    }
}

/// Stdin without the line break at its end, where it is no terminal.
pub(crate) fn piped() -> Outcome<Option<String>> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Ok(None);
    }
    let mut text = String::new();
    stdin.lock().read_to_string(&mut text)?;
    Ok(Some(without_line_break(&text).to_owned()))
}

/// The text without a line break at its end, as files have it.
pub(crate) fn without_line_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// How a question ends.
#[derive(Debug, PartialEq)]
enum Typed {
    Line(String),
    /// By the signal of this number; Ctrl-C is one.
    Signal(i32),
}

/// A terminal that shows nothing, and hands on keys that would be signals. As it was on drop.
struct Hidden<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Hidden<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut hidden = before.clone();
        hidden.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(terminal, OptionalActions::Flush, &hidden)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that is gone.
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// A line as it is typed, unless a signal comes first. Nothing ends a read of a terminal, so that a
/// thread stays with it after a signal; the process ends then.
fn line_or_signal(source: impl Read + Send + 'static, mut signals: Signals) -> io::Result<Typed> {
    let (ended, first) = mpsc::channel();
    let (signalled, closing) = (ended.clone(), signals.handle());
    // Nobody listens to whichever comes second.
    thread::Builder::new().spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _ = signalled.send(Ok(Typed::Signal(signal)));
        }
    })?;
    thread::Builder::new().spawn(move || {
        let _ = ended.send(read_line(source));
    })?;
    let first = first.recv();
    closing.close();
    first.unwrap_or_else(|_| Err(io::Error::other("nobody waits for what is typed")))
}

/// A line as it is typed, or the signal that Ctrl-C stands for.
fn read_line(mut source: impl Read) -> io::Result<Typed> {
    let mut line = Vec::new();
    // One by one: what is typed ahead is for whoever reads next.
    let mut byte = [0];
    while source.read(&mut byte)? > 0 {
        let [byte] = byte;
        match byte {
            b'\n' | b'\r' | 0x04 => break,
            0x03 => return Ok(Typed::Signal(SIGINT)),
            0x08 | 0x7f => {
                // A whole character, of however many bytes.
                while line.pop().is_some_and(|byte: u8| byte & 0xc0 == 0x80) {}
            }
            // Ctrl-U.
            0x15 => line.clear(),
            byte => line.push(byte),
        }
    }
    let line = String::from_utf8(line);
    line.map(Typed::Line).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use signal_hook::consts::SIGUSR1;
    use signal_hook::low_level::raise;

    use super::*;

    #[test]
    fn what_is_typed() {
        for (keys, expected) in [
            (&b"secret\nmore"[..], Some("secret")),
            (b"secret", Some("secret")),
            (b"secrex\x7ft\r", Some("secret")),
            ("sä\u{8}ecret\n".as_bytes(), Some("secret")),
            (b"\x7fwrong\x15secret\x04", Some("secret")),
            (b"sec\x03ret\n", None),
        ] {
            let expected = expected.map_or(Typed::Signal(SIGINT), |line| Typed::Line(line.into()));
            assert_eq!(read_line(keys).unwrap(), expected, "{keys:?}");
        }
        assert!(read_line(&b"\xff\n"[..]).is_err());
        assert_eq!(without_line_break("a b \r\n"), "a b ");
    }

    #[test]
    fn a_signal_ends_the_question() {
        let signals = || Signals::new([SIGUSR1]).unwrap();
        let typed = line_or_signal(&b"secret\n"[..], signals()).unwrap();
        assert_eq!(typed, Typed::Line("secret".to_owned()));
        // Somebody who types nothing.
        let (terminal, _keyboard) = UnixStream::pair().unwrap();
        let signals = signals();
        raise(SIGUSR1).unwrap();
        assert_eq!(line_or_signal(terminal, signals).unwrap(), Typed::Signal(SIGUSR1));
    }
}
