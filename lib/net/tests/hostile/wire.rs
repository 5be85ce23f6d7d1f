//! One end of an HTTP/2 connection, frame by frame, that follows no rule but the test's.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::within;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

pub(crate) const INITIAL_WINDOW_SIZE: u16 = 4;
pub(crate) const MAX_FRAME_SIZE: u16 = 5;

pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;
pub(crate) const FRAME_SIZE_ERROR: u32 = 6;
pub(crate) const CANCEL: u32 = 8;

/// The largest window there is.
pub(crate) const WINDOW_MAX: u32 = (1 << 31) - 1;
/// What every stream and connection begins with.
pub(crate) const WINDOW_DEFAULT: u32 = 65_535;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn ends_stream(&self) -> bool {
        matches!(self.kind, DATA | HEADERS) && self.flags & END_STREAM != 0
    }

    /// The error code of a RST_STREAM or GOAWAY.
    pub(crate) fn error_code(&self) -> u32 {
        let at = if self.kind == GOAWAY { 4 } else { 0 };
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }
}

pub(crate) struct Wire {
    pub(crate) socket: TcpStream,
}

impl Wire {
    /// Connects as a client that has these settings.
    pub(crate) async fn connect(to: SocketAddr, settings: &[(u16, u32)]) -> Self {
        let mut wire = Self { socket: TcpStream::connect(to).await.unwrap() };
        wire.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        wire.settings(settings).await;
        wire
    }

    /// Takes a client's connection as a server that has these settings.
    pub(crate) async fn accept(listener: &TcpListener, settings: &[(u16, u32)]) -> Self {
        let (socket, _) = within(listener.accept()).await.unwrap();
        let mut wire = Self { socket };
        let mut preface = [0; 24];
        within(wire.socket.read_exact(&mut preface)).await.unwrap();
        wire.settings(settings).await;
        wire
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        self.try_raw(bytes).await.unwrap();
    }

    /// Fails when the other side has closed the connection.
    pub(crate) async fn try_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        within(self.socket.write_all(bytes)).await
    }

    /// A frame's header alone.
    pub(crate) fn header(kind: u8, flags: u8, stream: u32, len: usize) -> [u8; 9] {
        let [_, a, b, c] = u32::try_from(len).unwrap().to_be_bytes();
        let [d, e, f, g] = stream.to_be_bytes();
        [a, b, c, kind, flags, d, e, f, g]
    }

    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.try_send(kind, flags, stream, payload).await.unwrap();
    }

    pub(crate) async fn try_send(
        &mut self,
        kind: u8,
        flags: u8,
        stream: u32,
        payload: &[u8],
    ) -> io::Result<()> {
        let header = Self::header(kind, flags, stream, payload.len());
        self.try_raw(&[&header[..], payload].concat()).await
    }

    pub(crate) async fn settings(&mut self, settings: &[(u16, u32)]) {
        let pair =
            |(id, value): &(u16, u32)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat();
        let payload: Vec<u8> = settings.iter().flat_map(pair).collect();
        self.send(SETTINGS, 0, 0, &payload).await;
    }

    pub(crate) async fn grant(&mut self, stream: u32, bytes: u32) {
        self.send(WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes()).await;
    }

    /// A request's headers, as literals that are not indexed.
    pub(crate) async fn request(&mut self, stream: u32, path: &str) {
        self.send(HEADERS, END_HEADERS, stream, &Self::request_fields(path)).await;
    }

    /// A request's headers and so many more, of 160 bytes each as HTTP/2 counts them.
    pub(crate) async fn request_with(&mut self, stream: u32, path: &str, more: usize) {
        let fields = [Self::request_fields(path), Self::more_fields(more)].concat();
        self.send(HEADERS, END_HEADERS, stream, &fields).await;
    }

    /// The first part of a request's headers.
    pub(crate) async fn begin_request(&mut self, stream: u32, path: &str) {
        self.send(HEADERS, 0, stream, &Self::request_fields(path)).await;
    }

    /// A further part of them.
    pub(crate) async fn try_continue(&mut self, stream: u32, more: usize) -> io::Result<()> {
        self.try_send(CONTINUATION, 0, stream, &Self::more_fields(more)).await
    }

    fn more_fields(count: usize) -> Vec<u8> {
        literals(&[("x-waste", &"w".repeat(121))]).repeat(count)
    }

    fn request_fields(path: &str) -> Vec<u8> {
        let fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", "localhost"),
            (":path", path),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        ];
        literals(&fields)
    }

    /// The headers of a response that goes on.
    pub(crate) async fn response(&mut self, stream: u32) {
        let fields = [(":status", "200"), ("content-type", "application/grpc")];
        self.send(HEADERS, END_HEADERS, stream, &literals(&fields)).await;
    }

    /// The end of a response that went well.
    pub(crate) async fn trailers(&mut self, stream: u32) {
        let fields = literals(&[("grpc-status", "0")]);
        self.send(HEADERS, END_HEADERS | END_STREAM, stream, &fields).await;
    }

    /// The next frame, `None` at the end of the connection.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        let mut header = [0; 9];
        within(self.socket.read_exact(&mut header)).await.ok()?;
        let [a, b, c, kind, flags, d, e, f, g] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        within(self.socket.read_exact(&mut payload)).await.ok()?;
        let stream = u32::from_be_bytes([d & 0x7f, e, f, g]);
        Some(Frame { kind, flags, stream, payload })
    }

    /// The next frame that is as wanted; those before it are dropped.
    pub(crate) async fn wait(&mut self, wanted: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            let frame = self.next().await.expect("the connection ended");
            if frame.kind == PING && frame.flags & ACK == 0 {
                self.send(PING, ACK, 0, &frame.payload).await;
            }
            if wanted(&frame) {
                return frame;
            }
        }
    }

    /// The error code with which a stream was reset.
    pub(crate) async fn reset(&mut self, stream: u32) -> u32 {
        let wanted = |frame: &Frame| frame.kind == RST_STREAM && frame.stream == stream;
        self.wait(wanted).await.error_code()
    }

    /// Reads to the end of the connection, and returns the error code it was ended with, if the
    /// other side said one.
    pub(crate) async fn ended(&mut self) -> Option<u32> {
        let mut code = None;
        while let Some(frame) = self.next().await {
            if frame.kind == GOAWAY {
                code = Some(frame.error_code());
            }
        }
        code
    }
}

fn literals(fields: &[(&str, &str)]) -> Vec<u8> {
    // Longer ones would need more bytes for their length.
    let len = |text: &str| u8::try_from(text.len()).ok().filter(|&len| len < 127).unwrap();
    let text = |text: &str| [&[len(text)], text.as_bytes()].concat();
    fields.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

/// A gRPC message, or its first bytes: what claims to be `len` bytes long.
pub(crate) fn message(len: u32, bytes: &[u8]) -> Vec<u8> {
    [&[0], &len.to_be_bytes()[..], bytes].concat()
}
