//! A call to a peer that takes what a test says, for tests in virtual time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::Request;
use tokio_util::task::AbortOnDropHandle;
use wingbeat_wire::Segments;

use super::{ConnectionShared, Pump};
use crate::body::Body;
use crate::stall::Sent;

pub(super) const MIB: usize = 1 << 20;

/// What sends a call's body.
pub(super) type Stream = SendStream<Sent>;

/// The other end of a call, and what drives both.
pub(super) struct Peer {
    body: RecvStream,
    /// Dropped, each would reset the call.
    _answer: (SendResponse<Bytes>, ResponseFuture),
    _ends: [AbortOnDropHandle<()>; 2],
}

impl Peer {
    /// A call to a peer whose window for it is this wide.
    pub(super) async fn call(window_bytes: usize) -> (Stream, Self) {
        let (near, far) = tokio::io::duplex(64 * MIB);
        let mut peer = h2::server::Builder::new();
        peer.initial_window_size(window_bytes as u32)
            .initial_connection_window_size(1 << 30)
            .max_frame_size((1 << 24) - 1);
        let mut mine = h2::client::Builder::new();
        mine.max_send_buffer_size(64 * MIB);
        let (near, far) = tokio::join!(mine.handshake(near), peer.handshake(far));
        let ((mut send, near), mut far) = (near.unwrap(), far.unwrap());
        let near = AbortOnDropHandle::new(tokio::spawn(async { near.await.unwrap_or_default() }));
        let (tell, told) = tokio::sync::oneshot::channel();
        let far = AbortOnDropHandle::new(tokio::spawn(async move {
            assert!(tell.send(far.accept().await.unwrap().unwrap()).is_ok());
            while far.accept().await.is_some() {}
        }));
        // The peer's settings come first.
        settle().await;
        let (response, stream) = send.send_request(Request::new(()), false).unwrap();
        let (request, answer) = told.await.unwrap();
        let (body, _answer) = (request.into_body(), (answer, response));
        (stream, Self { body, _answer, _ends: [near, far] })
    }

    /// The length of the next frame; `None` at the end of the body.
    pub(super) async fn frame(&mut self) -> Option<Result<usize, h2::Error>> {
        loop {
            // The end may come with no data.
            match self.body.data().await?.map(|data| data.len()) {
                Ok(0) => {}
                frame => return Some(frame),
            }
        }
    }

    /// Reads so many bytes, and opens the window for none.
    pub(super) async fn read(&mut self, mut len: usize) {
        while len > 0 {
            len -= self.frame().await.unwrap().unwrap();
        }
    }

    /// Opens the window by so many of the bytes that were read.
    pub(super) async fn grant(&mut self, len: usize) {
        self.body.flow_control().release_capacity(len).unwrap();
        settle().await;
    }
}

/// Until all has happened that needs no timer.
pub(super) async fn settle() {
    // sleep: of virtual time, which stands still as long as there is anything to do.
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// What sends `count` messages of `len` bytes.
pub(super) fn pump(stream: Stream, count: usize, len: usize, shared: ConnectionShared) -> Pump {
    let messages = std::iter::repeat_with(move || Ok(rope(len))).take(count);
    let body = Body::request(futures_util::stream::iter(messages));
    Pump::new(body, stream, Arc::default(), 2 * MIB, shared)
}

pub(super) fn rope(len: usize) -> Segments {
    Bytes::from(vec![7; len]).into()
}
