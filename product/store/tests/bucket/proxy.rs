//! Something between a store and its object store that loses answers.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Passes everything on, but for the answers that it is told to lose.
pub(crate) struct Proxy {
    address: String,
    lose: Arc<AtomicUsize>,
}

impl Proxy {
    /// In front of a server; for as long as the test runs.
    pub(crate) fn start(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let lose = Arc::new(AtomicUsize::new(0));
        let armed = lose.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (server, armed) = (TcpStream::connect(&server).unwrap(), armed.clone());
                thread::spawn(move || pass(&client, &server, &armed));
            }
        });
        Self { address, lose }
    }

    /// Loses the answers to the next requests that put something.
    pub(crate) fn lose(&self, answers: usize) {
        self.lose.store(answers, Ordering::SeqCst);
    }

    /// How many answers are still to be lost.
    pub(crate) fn left(&self) -> usize {
        self.lose.load(Ordering::SeqCst)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

/// Whether a piece of what a client sends begins a request that makes an object stand.
fn puts(piece: &[u8]) -> bool {
    let text = String::from_utf8_lossy(piece);
    let line = text.lines().next().unwrap_or_default();
    let part = line.contains("uploadId=");
    (line.starts_with("PUT /") && !part) || (line.starts_with("POST /") && part)
}

fn pass(client: &TcpStream, server: &TcpStream, armed: &Arc<AtomicUsize>) {
    let pending = Arc::new(AtomicUsize::new(0));
    let (seen, from, to) =
        (pending.clone(), client.try_clone().unwrap(), server.try_clone().unwrap());
    let upstream = thread::spawn(move || {
        copy(&from, &to, |piece| {
            seen.store(usize::from(puts(piece)) + seen.load(Ordering::SeqCst), Ordering::SeqCst);
            true
        });
    });
    copy(server, client, |_| {
        let put = pending.swap(0, Ordering::SeqCst) > 0;
        let take = |left: usize| left.checked_sub(1);
        !(put && armed.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok())
    });
    let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
    upstream.join().unwrap();
}

/// Copies pieces while they may pass.
fn copy(mut from: &TcpStream, mut to: &TcpStream, mut may: impl FnMut(&[u8]) -> bool) {
    let mut piece = vec![0; 1 << 16];
    while let Ok(len @ 1..) = from.read(&mut piece) {
        if !may(&piece[..len]) || to.write_all(&piece[..len]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Read), to.shutdown(Shutdown::Write));
}
