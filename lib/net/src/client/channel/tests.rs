//! What is written to a socket is the memory that was handed over, on both sides.

use std::io::{self, IoSlice};
use std::ops::Range;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, ready};

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use wingbeat_wire::grpc::{MessageDeframer, frame};

use super::*;
use crate::messages::Messages;
use crate::server::reply;

/// Counts the bytes that it is given from where the source lies.
struct Counting {
    socket: DuplexStream,
    source: Range<usize>,
    shared: Arc<AtomicUsize>,
}

impl Counting {
    fn new(socket: DuplexStream, source: &Bytes) -> (Self, Arc<AtomicUsize>) {
        let start = source.as_ptr().addr();
        let shared = Arc::<AtomicUsize>::default();
        (Self { socket, source: start..start + source.len(), shared: shared.clone() }, shared)
    }
}

impl AsyncRead for Counting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counting {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write(cx, buf))?;
        if self.source.contains(&buf.as_ptr().addr()) {
            self.shared.fetch_add(written, Ordering::Relaxed);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|buf| !buf.is_empty());
        self.poll_write(cx, first.map_or(&[], |buf| buf))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

fn deframer() -> MessageDeframer {
    MessageDeframer::new(&wingbeat_wire::Limits::default())
}

/// Reads the request to its end, then answers with the message.
async fn answer(
    request: http::Request<Body>,
    message: Bytes,
) -> Result<http::Response<Body>, Infallible> {
    let mut messages = Messages::from_request(request.into_body(), deframer());
    while messages.next().await.unwrap().is_some() {}
    let body = Body::response(stream::iter([Ok(frame(message))]), HeaderMap::new);
    Ok(reply(HeaderMap::new(), body))
}

#[tokio::test]
async fn the_socket_is_given_the_source() {
    const LEN: usize = 4 << 20;
    let source = Bytes::from(vec![7; LEN]);
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    let ((near, uploaded), (far, answered)) =
        (Counting::new(near, &source), Counting::new(far, &source));
    let message = source.clone();
    let service = tower::service_fn(move |request| answer(request, message.clone()));
    let (peer, drain) = (PeerAddr::InProcess, CancellationToken::new());
    let served = serve_connection(far, peer.into(), service, ServerConfig::default(), drain);
    let _server = AbortOnDropHandle::new(tokio::spawn(served));
    let config = ChannelConfig::default();
    let connection = Connection::start(near, "a test".into(), None, &config).await.unwrap();
    let send = connection.send();
    let head = head("localhost", "/a/b", HeaderMap::new(), None).unwrap();
    let limits = Limits { deadline: None, stall_timeout: None, buffer_bytes: 2 << 20 };
    let body = of_message(frame(source.clone()));
    let response = start(Arc::new(connection), send, head, body, limits).await.unwrap();
    let mut messages = Messages::from_response(response, deframer());
    assert!(messages.next().await.unwrap() == Some(source.clone()));
    assert!(messages.next().await.unwrap().is_none());
    for (what, shared) in [("the upload", uploaded), ("the answer", answered)] {
        // h2 copies the first bytes of each frame, and a frame may end with the window.
        let shared = shared.load(Ordering::Relaxed);
        assert!(shared > LEN - (16 << 10), "{what}: {shared} bytes of {LEN}");
    }
}
