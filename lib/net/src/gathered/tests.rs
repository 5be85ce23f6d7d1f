//! Tests of the gathering socket.

use std::future::poll_fn;

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
    Gathered::new(Log { room, ..Log::default() })
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
    let (mut socket, task) = Gathered::new(near);
    socket.write_all(b"last words").await.unwrap();
    socket.flush().await.unwrap();
    socket.shutdown().await.unwrap();
    let mut all = Vec::new();
    far.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"last words");
    drop(far);
    // A write that fails while the task rests is the error of the next one.
    let (near, far) = tokio::io::duplex(64);
    let (mut socket, other) = Gathered::new(near);
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
