//! Streams of frames in pieces of every size, read into buffers of every size.

use std::collections::VecDeque;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// A socket that gives its pieces one by one, and waits once between them.
struct Pieces {
    pieces: VecDeque<Vec<u8>>,
    waits: bool,
}

impl Pieces {
    fn new(stream: &[u8], size: usize) -> Self {
        Self { pieces: stream.chunks(size).map(<[u8]>::to_vec).collect(), waits: false }
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.waits = !self.waits;
        if self.waits {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(mut piece) = self.pieces.pop_front() {
            let rest = piece.split_off(piece.len().min(buf.remaining()));
            buf.put_slice(&piece);
            if !rest.is_empty() {
                self.pieces.push_front(rest);
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn frame(kind: u8, len: usize, seed: u8) -> Vec<u8> {
    let length = (len as u32).to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, 0, 0, 0, 0, 1];
    frame.extend((0..len).map(|at| (at as u8).wrapping_mul(31) ^ seed));
    frame
}

/// The frames of a stream, without those that mean nothing, and where each begins.
fn frames(stream: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let (mut frames, mut at) = (Vec::new(), 0);
    while at < stream.len() {
        let end = at + HEADER_LEN + payload_len(&stream[at..]);
        if stream[at + 3] != NOTHING {
            frames.push((at, stream[at..end].to_vec()));
        }
        at = end;
    }
    frames
}

fn payload_len(header: &[u8]) -> usize {
    u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize
}

/// All that is read, in buffers of `room` bytes.
async fn read(mut socket: Aligned<Pieces>, room: usize) -> Vec<u8> {
    let (mut all, mut part) = (Vec::new(), vec![0; room]);
    loop {
        match socket.read(&mut part).await.unwrap() {
            0 => return all,
            count => all.extend_from_slice(&part[..count]),
        }
    }
}

fn sent() -> Vec<Vec<u8>> {
    let long = LONG_LEN_MIN;
    vec![
        frame(4, 18, 1),
        frame(DATA, long + 5, 2),
        frame(8, 4, 3),
        frame(DATA, long, 4),
        frame(DATA, long - 1, 5),
        frame(8, 4, 6),
        frame(DATA, 0, 7),
        frame(8, long, 8),
        frame(DATA, 2 * long + 1, 9),
    ]
}

#[tokio::test]
async fn every_byte_arrives_in_order() {
    let frames_sent = sent();
    let stream = frames_sent.concat();
    for size in [333, 70_001, stream.len()] {
        for room in [33, 4096, 100_000, 2 * stream.len()] {
            let read = read(Aligned::from_server(Pieces::new(&stream, size)), room).await;
            let read: Vec<_> = frames(&read).into_iter().map(|(_, frame)| frame).collect();
            assert!(read == frames_sent, "pieces of {size} into {room} bytes");
        }
    }
}

/// Byte by byte, and with less room than a header takes.
#[tokio::test]
async fn short_frames_arrive_in_order() {
    let stream = [frame(4, 18, 1), frame(8, 4, 3), frame(DATA, 0, 7), frame(DATA, 30, 8)].concat();
    for size in 1..=stream.len() {
        for room in 1..40 {
            let read = read(Aligned::from_server(Pieces::new(&stream, size)), room).await;
            assert!(read == stream, "pieces of {size} into {room} bytes");
        }
    }
}

#[tokio::test]
async fn a_client_begins_with_its_preface() {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let frames_sent = sent();
    let stream = [preface.to_vec(), frames_sent.concat()].concat();
    for size in [30, stream.len()] {
        let read = read(Aligned::from_client(Pieces::new(&stream, size)), 4096).await;
        assert_eq!(read[..preface.len()], preface[..]);
        assert_eq!(frames(&read[preface.len()..]).len(), frames_sent.len());
    }
}

#[tokio::test]
async fn a_stream_may_end_anywhere() {
    let stream = frame(4, 18, 1);
    for len in 0..stream.len() {
        for room in [1, 4, 100] {
            let pieces = Pieces::new(&stream[..len], 3);
            let read = read(Aligned::from_server(pieces), room).await;
            assert_eq!(read, stream[..len], "into {room} bytes");
        }
    }
}

/// As long as there is room, and the buffer is the same.
#[tokio::test]
async fn long_frames_begin_at_a_multiple_of_sixteen() {
    let stream = sent().concat();
    for size in [9, 1000, 70_001, stream.len()] {
        for offset in [0, 1, 7, 15] {
            let mut socket = Aligned::from_server(Pieces::new(&stream, size));
            let mut memory = vec![0; 2 * stream.len()];
            let start = memory.as_ptr().addr().next_multiple_of(16) - memory.as_ptr().addr();
            let start = start + offset;
            let mut at = start;
            loop {
                // Not all of the room at once: what is shifted finds none behind it.
                let end = memory.len().min(at + 8192);
                match socket.read(&mut memory[at..end]).await.unwrap() {
                    0 => break,
                    count => at += count,
                }
            }
            let frames = frames(&memory[start..at]);
            assert_eq!(frames.len(), sent().len());
            for (place, frame) in frames {
                if frame[3] == DATA && frame.len() >= LONG_LEN_MIN + HEADER_LEN {
                    assert_eq!((place + offset) % 16, 0, "pieces of {size}, from {offset} on");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_silent_peer_is_waited_for() {
    let long = frame(DATA, LONG_LEN_MIN, 1);
    for len in [0, 5, 9, 100, long.len(), long.len() + 4] {
        let (mut near, far) = tokio::io::duplex(1 << 20);
        let stream = [long.clone(), frame(8, 4, 2)].concat();
        near.write_all(&stream[..len]).await.unwrap();
        let mut socket = Aligned::from_server(far);
        let mut part = vec![0; 4096];
        while let Some(count) = socket.read(&mut part).now_or_never() {
            assert!(count.unwrap() > 0, "the end, after {len} bytes");
        }
    }
}
