//! The limit: raw TCP on loopback, large writes into a reused buffer.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::Volume;
use super::report::{Line, Report};
use crate::exit::Outcome;

/// One write and one read buffer; what moves bulk data best here.
const CHUNK_BYTES: usize = 1 << 20;

/// Sends `bytes` bytes through a fresh loopback connection and notes the rate.
pub(super) async fn measure(bytes: u64, report: &mut Report) -> Outcome {
    let elapsed = super::super::get::blocking(move || Ok(transfer(bytes)?)).await?;
    report.add(Line::new("raw loopback TCP", Volume { rows: 0, bytes }, elapsed));
    Ok(())
}

fn transfer(bytes: u64) -> std::io::Result<Duration> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let sender = std::thread::spawn(move || send(listener, bytes));
    let mut stream = TcpStream::connect(address)?;
    let start = Instant::now();
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut received = 0;
    while received < bytes {
        match stream.read(&mut buffer)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            n => received += n as u64,
        }
    }
    let elapsed = start.elapsed();
    match sender.join() {
        Ok(sent) => sent.map(|()| elapsed),
        Err(_) => Err(std::io::Error::other("the sender panicked")),
    }
}

fn send(listener: TcpListener, bytes: u64) -> std::io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    let chunk = vec![7; CHUNK_BYTES];
    let mut left = bytes;
    while left > 0 {
        let take = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        stream.write_all(chunk.get(..take).unwrap_or(&chunk))?;
        left -= take as u64;
    }
    Ok(())
}
