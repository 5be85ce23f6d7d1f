//! HTTP/2 connections that are made and then left alone.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::run::Failure;

/// The client's preface and an empty SETTINGS frame (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// The acknowledgement of the server's SETTINGS.
const ACKNOWLEDGEMENT: &[u8] = b"\0\0\0\x04\x01\0\0\0\0";
const FRAME_HEAD_BYTES: usize = 9;
const SETTINGS: u8 = 4;
const ACK: u8 = 1;
const TIMEOUT: Duration = Duration::from_secs(10);

/// Opens so many, each with SETTINGS sent and acknowledged on both sides.
pub(super) fn connect(uri: &str, count: u32) -> Result<Vec<TcpStream>, Failure> {
    let (_, address) = uri.split_once("://").ok_or_else(|| format!("{uri} is no URI"))?;
    (0..count)
        .map(|_| one(address).map_err(|error| format!("an idle connection: {error}")))
        .collect()
}

fn one(address: &str) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(PREFACE)?;
    stream.write_all(ACKNOWLEDGEMENT)?;
    let (mut has_settings, mut is_acknowledged) = (false, false);
    while !(has_settings && is_acknowledged) {
        let mut head = [0; FRAME_HEAD_BYTES];
        stream.read_exact(&mut head)?;
        let bytes = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        std::io::copy(&mut Read::by_ref(&mut stream).take(bytes.into()), &mut std::io::sink())?;
        if head[3] == SETTINGS {
            let is_ack = head[4] & ACK != 0;
            has_settings |= !is_ack;
            is_acknowledged |= is_ack;
        }
    }
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::{ACKNOWLEDGEMENT, PREFACE, connect};

    #[test]
    fn settings_are_exchanged() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("grpc://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // One setting, an acknowledgement, and between them a frame of no interest.
            stream.write_all(b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\x01\0\0").unwrap();
            stream.write_all(b"\0\0\x04\x08\0\0\0\0\0\0\0\0\x01").unwrap();
            stream.write_all(ACKNOWLEDGEMENT).unwrap();
            let mut said = vec![0; PREFACE.len() + ACKNOWLEDGEMENT.len()];
            stream.read_exact(&mut said).unwrap();
            said
        });
        assert_eq!(connect(&uri, 1).unwrap().len(), 1);
        assert_eq!(server.join().unwrap(), [PREFACE, ACKNOWLEDGEMENT].concat());
    }
}
