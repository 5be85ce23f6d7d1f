//! Tests of the gathering socket.

use std::future::poll_fn;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// Takes what it is given, up to `room` bytes, and keeps each write.
#[derive(Default)]
struct Log {
    writes: Vec<Vec<u8>>,
    room: usize,
}

impl AsyncWrite for Log {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut all: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
        all.truncate(self.room);
        if all.is_empty() {
            return Poll::Pending;
        }
        self.room -= all.len();
        self.writes.push(all.clone());
        Poll::Ready(Ok(all.len()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn socket(room: usize) -> (Gathered<Log>, Rest<Log>) {
    Gathered::to_client(Log { room, ..Log::default() })
}

/// Lets the task rest, and says how long each write to the socket was that was made so far.
fn rest(rest: &Rest<Log>) -> Vec<usize> {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert!(rest.after(&mut cx, |_| Poll::<()>::Pending).is_pending());
    lock(&rest.inner).socket.writes.iter().map(Vec::len).collect()
}

fn write(socket: &mut Gathered<Log>, bufs: &[&[u8]]) -> Poll<usize> {
    let bufs: Vec<_> = bufs.iter().map(|buf| IoSlice::new(buf)).collect();
    let mut cx = Context::from_waker(std::task::Waker::noop());
    Pin::new(socket).poll_write_vectored(&mut cx, &bufs).map(Result::unwrap)
}

#[test]
fn short_writes_leave_together_when_the_task_rests() {
    let (mut socket, task) = socket(usize::MAX);
    for _ in 0..3 {
        assert_eq!(write(&mut socket, &[b"head", b"body"]), Poll::Ready(8));
    }
    assert_eq!(lock(&task.inner).socket.writes.len(), 0);
    assert_eq!(rest(&task), [24]);
    assert_eq!(rest(&task), [24]);
}

#[test]
fn frames_of_16_kib_are_gathered_and_longer_ones_pass() {
    let (mut socket, task) = socket(usize::MAX);
    let frame = vec![1; DEFAULT_FRAME_LEN];
    for _ in 0..10 {
        assert_eq!(write(&mut socket, &[&[0; 9], &frame]), Poll::Ready(DEFAULT_FRAME_LEN + 9));
    }
    let gathered = GATHERED_LEN_MAX / (DEFAULT_FRAME_LEN + 9) * (DEFAULT_FRAME_LEN + 9);
    let all = 10 * (DEFAULT_FRAME_LEN + 9);
    assert_eq!(rest(&task), [gathered, all - gathered]);

    let long = vec![2; 1 << 20];
    assert_eq!(write(&mut socket, &[&[0; 9]]), Poll::Ready(9));
    // What waits goes before it, in the same write.
    assert_eq!(write(&mut socket, &[&long]), Poll::Ready(1 << 20));
    assert_eq!(rest(&task), [gathered, all - gathered, 9 + (1 << 20)]);
    assert_eq!(lock(&task.inner).socket.writes[2][..10], [0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
}

#[test]
fn a_socket_that_takes_little_loses_nothing() {
    let (mut socket, task) = socket(0);
    assert_eq!(write(&mut socket, &[b"abc"]), Poll::Ready(3));
    let long = vec![b'x'; SHORT_LEN_MAX + 1];
    assert_eq!(write(&mut socket, &[&long]), Poll::Pending);
    lock(&task.inner).socket.room = 2;
    assert_eq!(write(&mut socket, &[&long]), Poll::Pending);
    lock(&task.inner).socket.room = 11;
    assert_eq!(write(&mut socket, &[&long]), Poll::Ready(10));
    let written = lock(&task.inner).socket.writes.concat();
    assert_eq!(written, b"abcxxxxxxxxxx");
    // No more is gathered than fits.
    let frame = vec![1; DEFAULT_FRAME_LEN];
    let taken = (0..100).take_while(|_| write(&mut socket, &[&frame]).is_ready()).count();
    assert_eq!(taken, GATHERED_LEN_MAX / DEFAULT_FRAME_LEN);
}

#[tokio::test]
async fn what_waits_is_written_before_the_end() {
    let (near, mut far) = tokio::io::duplex(64);
    let (mut socket, task) = Gathered::to_client(near);
    socket.write_all(b"last words").await.unwrap();
    socket.flush().await.unwrap();
    socket.shutdown().await.unwrap();
    let mut all = Vec::new();
    far.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"last words");
    drop(far);
    // A write that fails while the task rests is the error of the next one.
    let (near, far) = tokio::io::duplex(64);
    let (mut socket, other) = Gathered::to_client(near);
    drop((far, task));
    socket.write_all(b"x").await.unwrap();
    poll_fn(|cx| {
        assert!(other.after(cx, |_| Poll::<()>::Pending).is_pending());
        Poll::Ready(())
    })
    .await;
    assert!(socket.write_all(b"y").await.is_err());
}

#[test]
fn an_idle_connection_keeps_little() {
    let (mut socket, task) = socket(usize::MAX);
    let frame = vec![1; DEFAULT_FRAME_LEN];
    assert!(write(&mut socket, &[&frame]).is_ready());
    rest(&task);
    assert!(lock(&task.inner).waiting.capacity() >= DEFAULT_FRAME_LEN);
    rest(&task);
    assert!(lock(&task.inner).waiting.capacity() <= IDLE_LEN_MAX);
}

/// A frame's header.
fn header(len: usize) -> [u8; 9] {
    let [_, a, b, c] = (len as u32).to_be_bytes();
    [a, b, c, 0, 0, 0, 0, 0, 1]
}

/// Offers a frame of the beginning of a rope as HTTP/2 does, 16 pieces at a time, to a socket with
/// room for `room` bytes at a time. Says how often it was written to.
fn write_frame(socket: &mut Gathered<Log>, data: &mut Segments, len: usize, room: usize) -> usize {
    let (header, mut header_len) = (header(len), 9);
    let calls_before = calls(socket);
    let following = Arc::clone(lock(&socket.inner).ahead.following());
    let mut left = len;
    while left > 0 {
        lock(&socket.inner).socket.room = room;
        let mut slices = [IoSlice::new(&[]); 16];
        let count = data.chunks_vectored(&mut slices);
        following.lend(data, count);
        let mut limit = left;
        let limited = slices[..count].iter().map(|slice| {
            let piece = slice.get(..limit).unwrap_or(slice);
            limit -= piece.len();
            piece
        });
        let bufs: Vec<_> = [&header[9 - header_len..]].into_iter().chain(limited).collect();
        let Poll::Ready(written) = write(socket, &bufs) else { continue };
        let of_header = written.min(header_len);
        header_len -= of_header;
        data.advance(written - of_header);
        left -= written - of_header;
    }
    calls(socket) - calls_before
}

fn calls(socket: &Gathered<Log>) -> usize {
    lock(&socket.inner).socket.writes.len()
}

#[test]
fn a_frame_of_many_pieces_is_written_ahead_to_its_end() {
    let pieces = (0..200u8).map(|nth| Bytes::from(vec![nth; 6000]));
    let rope: Segments = pieces.collect();
    // To the end of the rope, to that of a piece, and into one; no further, however much is lent.
    for lens in [vec![1_200_000], vec![600_000, 600_000], vec![300_001, 1, 500_000, 399_998]] {
        for room in [usize::MAX, 700_000, 100_003, 96_009] {
            let (mut socket, _task) = socket(0);
            let mut data = rope.clone();
            let mut expected = Vec::new();
            let mut writes = 0;
            for &len in &lens {
                expected.extend(header(len));
                expected.extend_from_slice(&data.clone().split_to(len).to_bytes());
                writes += write_frame(&mut socket, &mut data, len, room);
            }
            let written = lock(&socket.inner).socket.writes.concat();
            assert!(written == expected, "{lens:?} in {room}: other bytes");
            let fewest = 1_200_000usize.div_ceil(room.min(80 * 6000));
            assert!(writes <= fewest + 3 * lens.len(), "{lens:?} in {room}: {writes} writes");
        }
    }
}

/// How many pieces a write of `bufs` is given besides, now that a long rope is there.
fn lent(socket: &mut Gathered<Log>, bufs: &[&[u8]]) -> usize {
    let rope: Segments = (0..200u8).map(|nth| Bytes::from(vec![nth; 6000])).collect();
    let following = Arc::clone(lock(&socket.inner).ahead.following());
    following.lend(&rope, 16);
    let lent = following.take().piece_count();
    following.lend(&rope, 16);
    lock(&socket.inner).socket.room = usize::MAX;
    assert!(write(socket, bufs).is_ready());
    lent
}

#[test]
fn nothing_is_lent_for_frames_that_are_gathered() {
    let (mut socket, _task) = socket(usize::MAX);
    let short = vec![1; DEFAULT_FRAME_LEN];
    let short: [&[u8]; 2] = [&header(DEFAULT_FRAME_LEN), &short];
    let end: [&[u8]; 2] = [&header(7000), &[2; 7000]];
    let long = vec![3; 100_000];
    let long: [&[u8]; 2] = [&header(100_000), &long];
    let control: [&[u8]; 2] = [&header(4), &[0; 4]];
    assert_eq!(lent(&mut socket, &short), 64, "nothing is known of the peer");
    for _ in 0..3 {
        assert_eq!(lent(&mut socket, &short), 0);
        assert_eq!(lent(&mut socket, &end), 0, "the rest of a message");
        assert_eq!(lent(&mut socket, &control), 0);
    }
    assert_eq!(lent(&mut socket, &long), 0);
    for bufs in [long, control, end, short] {
        assert_eq!(lent(&mut socket, &bufs), 64);
    }
    // A frame that is offered in parts is a long one, however short the first.
    assert_eq!(lent(&mut socket, &[&header(9000), &[4; 5000]]), 0);
    assert_eq!(lent(&mut socket, &[&[4; 4000]]), 64);
}
