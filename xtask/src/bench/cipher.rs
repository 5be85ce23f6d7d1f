//! Which cipher two peers agree on: a relay between them that reads the server's hello, the last
//! thing of a TLS handshake that is in the clear.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::run::Failure;

/// How long the relay may take to tell the server's hello, once the client's call is over.
const PATIENCE: Duration = Duration::from_secs(1);

/// Relays one connection.
pub(super) struct Relay {
    address: SocketAddr,
    hello: Receiver<Vec<u8>>,
}

impl Relay {
    /// Listens, and relays the first connection to `server`, `HOST:PORT`.
    pub(super) fn start(server: &str) -> Result<Self, Failure> {
        let text = |error: io::Error| error.to_string();
        let listener = TcpListener::bind("127.0.0.1:0").map_err(text)?;
        let address = listener.local_addr().map_err(text)?;
        let (tell, hello) = channel();
        let server = server.to_owned();
        // Ends with the connection; one that fails tells nothing, and the receiver says so.
        thread::spawn(move || -> io::Result<()> {
            let (client, _) = listener.accept()?;
            let server = TcpStream::connect(server)?;
            let (from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
            thread::spawn(move || relay(from_client, &mut to_server));
            let mut first = vec![0; 1024];
            let len = (&server).read(&mut first)?;
            first.truncate(len);
            (&client).write_all(&first)?;
            let _ = tell.send(first);
            let mut to_client = client;
            relay(server, &mut to_client);
            Ok(())
        });
        Ok(Self { address, hello })
    }

    /// Where to connect to.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was agreed on in a call that is over.
    pub(super) fn cipher(self) -> Result<String, Failure> {
        let hello = self.hello.recv_timeout(PATIENCE).map_err(|error| error.to_string())?;
        match suite(&hello) {
            Some(suite) => Ok(name(suite)),
            None => Err("the server said no TLS hello".to_owned()),
        }
    }
}

fn relay(mut from: TcpStream, to: &mut TcpStream) {
    // Either side may hang up at any time.
    let _ = io::copy(&mut from, to);
    let _ = to.shutdown(Shutdown::Write);
}

/// The cipher suite of a ServerHello (RFC 8446, 4.1.3), the first record of a server.
fn suite(record: &[u8]) -> Option<u16> {
    const RECORD_HEADER: usize = 5;
    /// The type, the length, the version and the random.
    const BEFORE_SESSION: usize = RECORD_HEADER + 1 + 3 + 2 + 32;
    let is_hello = record.first() == Some(&22) && record.get(RECORD_HEADER) == Some(&2);
    let session_len = usize::from(*record.get(BEFORE_SESSION)?);
    let at = BEFORE_SESSION + 1 + session_len;
    let suite = record.get(at..at + 2)?;
    is_hello.then(|| suite.iter().fold(0, |suite, &byte| suite << 8 | u16::from(byte)))
}

/// What people call it.
fn name(suite: u16) -> String {
    match suite {
        0x1301 => "TLS 1.3, AES-128-GCM".to_owned(),
        0x1302 => "TLS 1.3, AES-256-GCM".to_owned(),
        0x1303 => "TLS 1.3, ChaCha20-Poly1305".to_owned(),
        other => format!("cipher suite {other:#06x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_names_its_cipher() {
        for session in [0_u8, 32] {
            let mut record = vec![22, 3, 3, 0, 80, 2, 0, 0, 76, 3, 3];
            record.extend([7; 32]);
            record.push(session);
            record.extend(vec![9; usize::from(session)]);
            record.extend([0x13, 0x02, 0]);
            assert_eq!(suite(&record).map(name).unwrap(), "TLS 1.3, AES-256-GCM");
            assert_eq!(suite(&record[..20]), None);
            record[0] = 21;
            assert_eq!(suite(&record), None, "an alert is no hello");
        }
        assert_eq!(name(0xc02b), "cipher suite 0xc02b");
    }

    #[test]
    fn the_relay_passes_everything_on() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Relay::start(&server.local_addr().unwrap().to_string()).unwrap();
        let mut client = TcpStream::connect(relay.address()).unwrap();
        let (mut served, _) = server.accept().unwrap();
        client.write_all(b"question").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut heard = String::new();
        served.read_to_string(&mut heard).unwrap();
        assert_eq!(heard, "question");
        served.write_all(b"answer").unwrap();
        drop(served);
        heard.clear();
        client.read_to_string(&mut heard).unwrap();
        assert_eq!(heard, "answer");
        assert!(relay.cipher().unwrap_err().contains("no TLS hello"));
    }
}
