//! Asking a person for a secret, without showing it.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::exit::{Failure, Outcome};

/// The number of the signal that Ctrl-C stands for.
const INTERRUPT: u8 = 2;

/// Asks on the terminal of this process, whatever stdin and stdout are.
pub(crate) fn secret(what: &str) -> Outcome<String> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut terminal = terminal.map_err(|_| {
        Failure::usage(format_args!("there is no terminal to ask for the {what} on"))
    })?;
    write!(terminal, "{what}: ")?;
    let read = Hidden::new(&terminal).and_then(|hidden| read_line(hidden.terminal));
    writeln!(terminal)?;
    match read? {
        Some(line) => Ok(line),
        None => Err(Failure::Interrupted(INTERRUPT)),
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

/// A terminal that shows nothing, and hands on keys that would be signals: one that ended the
/// process would leave it like that. As it was on drop.
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

/// A line as it is typed; `None` after Ctrl-C.
fn read_line(mut source: impl Read) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    // One by one: what is typed ahead is for whoever reads next.
    let mut byte = [0];
    while source.read(&mut byte)? > 0 {
        let [byte] = byte;
        match byte {
            b'\n' | b'\r' | 0x04 => break,
            0x03 => return Ok(None),
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
    line.map(Some).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}

#[cfg(test)]
mod tests {
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
            assert_eq!(read_line(keys).unwrap().as_deref(), expected, "{keys:?}");
        }
        assert!(read_line(&b"\xff\n"[..]).is_err());
        assert_eq!(without_line_break("a b \r\n"), "a b ");
    }
}
