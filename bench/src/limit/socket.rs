//! One stream socket, TCP or Unix.

use std::io::{self, IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use wingbeat::Address;

use crate::args;
use crate::failure::{Failure, Outcome};

/// A connected socket that blocks.
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    pub(super) fn connect(uri: &Address) -> Outcome<Self> {
        let text = uri.to_string();
        if let Some(path) = text.strip_prefix("grpc+unix://") {
            return Ok(Self::Unix(UnixStream::connect(path)?));
        }
        let Some(address) = text.strip_prefix("grpc://") else {
            return Err(Failure::Usage(format!("{text} is no raw socket")));
        };
        Self::tcp(TcpStream::connect(address)?)
    }

    fn tcp(stream: TcpStream) -> Outcome<Self> {
        stream.set_nodelay(true)?;
        Ok(Self::Tcp(stream))
    }
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buf),
            Self::Unix(stream) => stream.read(buf),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(buf),
            Self::Unix(stream) => stream.write(buf),
        }
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write_vectored(bufs),
            Self::Unix(stream) => stream.write_vectored(bufs),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A socket that waits for the sender.
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// Listens on a free port of loopback, or at a path in the folder for temporary files.
    pub(super) fn bind(socket: args::Socket) -> Outcome<Self> {
        match socket {
            args::Socket::Tcp => Ok(Self::Tcp(TcpListener::bind("127.0.0.1:0")?)),
            args::Socket::Unix => {
                let name = format!("wingbeat-limit-{}.sock", std::process::id());
                let path = std::env::temp_dir().join(name);
                Ok(Self::Unix(UnixListener::bind(&path)?, path))
            }
        }
    }

    /// What a sender connects to.
    pub(super) fn uri(&self) -> Outcome<String> {
        Ok(match self {
            Self::Tcp(listener) => format!("grpc://{}", listener.local_addr()?),
            Self::Unix(_, path) => format!("grpc+unix://{}", path.display()),
        })
    }

    pub(super) fn accept(&self) -> Outcome<Socket> {
        match self {
            Self::Tcp(listener) => Socket::tcp(listener.accept()?.0),
            Self::Unix(listener, _) => Ok(Socket::Unix(listener.accept()?.0)),
        }
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix(_, path) => Some(path),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(path) = self.path() {
            // Nothing is lost with a socket that stays.
            let _ = std::fs::remove_file(path);
        }
    }
}
