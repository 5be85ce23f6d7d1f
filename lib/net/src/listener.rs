//! A bound socket that a server takes connections from.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener, UnixStream};

use crate::address::Address;
use crate::peer::PeerAddr;
use crate::socket::{Socket, tune, tune_unix};

/// A socket that listens, not yet served. Connections made before [`serve`](crate::serve) runs
/// wait in the kernel's queue.
#[derive(Debug)]
pub struct Listener {
    kind: Kind,
    address: Address,
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    Unix { listener: UnixListener, _file: SocketFile },
}

impl Listener {
    /// Listens at `address`; port 0 takes a free one, which [`local_addr`](Self::local_addr)
    /// tells. A Unix socket's file that nobody listens at any more is replaced; the file is
    /// removed when the listener is dropped.
    ///
    /// # Errors
    /// What the system says, with the address in the text.
    pub async fn bind(address: &Address) -> io::Result<Self> {
        let bound = match address {
            Address::Tcp { host, port } | Address::Tls { host, port } => {
                bind_tcp(host, *port).await.map(|(kind, port)| {
                    let host = host.clone();
                    let address = match address {
                        Address::Tls { .. } => Address::Tls { host, port },
                        _ => Address::Tcp { host, port },
                    };
                    Self { kind, address }
                })
            }
            Address::Unix { path } => bind_unix(path).await,
        };
        bound.map_err(|error| {
            let text = format!("cannot listen on {address}: {}", describe(&error));
            io::Error::new(error.kind(), text)
        })
    }

    /// Where it listens, with the port that was taken.
    pub fn local_addr(&self) -> Address {
        self.address.clone()
    }

    /// Whether its connections begin with TLS.
    pub(crate) fn speaks_tls(&self) -> bool {
        matches!(self.address, Address::Tls { .. })
    }

    /// The next connection, its options set.
    pub(crate) fn poll_accept(
        &self,
        cx: &mut Context<'_>,
        keepalive: Option<Duration>,
    ) -> Poll<io::Result<(Box<dyn Socket>, PeerAddr)>> {
        match &self.kind {
            Kind::Tcp(listener) => listener.poll_accept(cx).map_ok(|(stream, addr)| {
                tune(&stream, keepalive);
                (Box::new(stream) as Box<dyn Socket>, PeerAddr::Tcp(addr))
            }),
            Kind::Unix { listener, .. } => listener.poll_accept(cx).map_ok(|(stream, _)| {
                tune_unix(&stream);
                (Box::new(stream) as Box<dyn Socket>, PeerAddr::Unix)
            }),
        }
    }
}

/// Gives the port that was taken too.
async fn bind_tcp(host: &str, port: u16) -> io::Result<(Kind, u16)> {
    let listener = TcpListener::bind((host, port)).await?;
    let port = listener.local_addr()?.port();
    Ok((Kind::Tcp(listener), port))
}

async fn bind_unix(path: &Path) -> io::Result<Listener> {
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(path).await => {
            std::fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        bound => bound,
    }?;
    let file = SocketFile::new(path)?;
    let address = Address::Unix { path: path.to_owned() };
    Ok(Listener { kind: Kind::Unix { listener, _file: file }, address })
}

/// Whether `path` is a socket that a server left behind: nobody answers there.
async fn is_stale(path: &Path) -> bool {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    is_socket
        && matches!(UnixStream::connect(path).await,
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused)
}

/// The file of a Unix socket, removed on drop as long as it is still the one that was made.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    inode: (u64, u64),
}

impl SocketFile {
    fn new(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), inode: inode(path)? })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if inode(&self.path).is_ok_and(|inode| inode == self.inode)
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::debug!(path = %self.path.display(), %error, "cannot remove the socket's file");
        }
    }
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    let meta = std::fs::symlink_metadata(path)?;
    Ok((meta.dev(), meta.ino()))
}

/// The error's plain words where the kind has some; the system's own text otherwise.
pub(crate) fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "address already in use".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
