//! Calls that are made again because they have provably not reached their service, those that are
//! not, and connections that get too old.
#![expect(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use h2::Reason;
use http::HeaderMap;
use support::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wingbeat_net::{Body, CallRequest, Channel, Messages, ServerConfig, Status, reply};
use wingbeat_wire::grpc::{Code, frame};

const OK: [(&str, &str); 2] = [("content-type", "application/grpc"), ("grpc-status", "0")];

/// A call of one message, which can be sent again.
async fn once(channel: &Channel) -> Result<(), Status> {
    let request = CallRequest::of_message("/test.Service/Method", frame(Bytes::from("x")));
    let response = within(channel.call(request)).await?;
    read_all(&mut Messages::from_response(response, deframer())).await.1
}

/// Counts the calls of a raw server, and refuses the first ones.
async fn refusing(refusals: usize, reason: Reason) -> (RawServer, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let server = RawServer::start(move |_, mut respond| {
        if count.fetch_add(1, Ordering::SeqCst) < refusals {
            respond.send_reset(reason);
        } else {
            respond.send_response(head(200, OK), true).unwrap();
        }
    })
    .await;
    (server, calls)
}

#[tokio::test]
async fn a_refused_stream_is_sent_again_twice() {
    for (refusals, succeeds) in [(0, true), (2, true), (3, false)] {
        let (server, calls) = refusing(refusals, Reason::REFUSED_STREAM).await;
        let outcome = once(&server.channel()).await;
        assert_eq!(outcome.is_ok(), succeeds, "{refusals}: {outcome:?}");
        assert_eq!(calls.load(Ordering::SeqCst), (refusals + 1).min(3));
        if let Err(status) = outcome {
            assert!(status.is_unseen() && status.code == Code::Unavailable, "{status}");
        }
    }
}

#[tokio::test]
async fn other_resets_and_uploads_are_not_sent_again() {
    for reason in [Reason::INTERNAL_ERROR, Reason::CANCEL, Reason::ENHANCE_YOUR_CALM] {
        let (server, calls) = refusing(1, reason).await;
        assert!(!once(&server.channel()).await.unwrap_err().is_unseen(), "{reason:?}");
        assert_eq!(calls.load(Ordering::SeqCst), 1, "{reason:?}");
    }
    let (server, calls) = refusing(1, Reason::REFUSED_STREAM).await;
    let status = call_with(&server.channel(), request(["x"])).await.unwrap_err();
    assert!(status.is_unseen(), "{status}");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

/// Takes a call by hand, and leaves with a GOAWAY that says what was the last stream looked at.
async fn leave(mut stream: TcpStream, last_stream_id: u32) {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    stream.write_all(&SETTINGS).await.unwrap();
    let mut seen = Vec::new();
    while !seen.windows(6).any(|bytes| bytes == b"\0\0\0\0\x01x") {
        if stream.read_buf(&mut seen).await.unwrap() == 0 {
            return;
        }
    }
    let mut goaway = vec![0, 0, 8, 7, 0, 0, 0, 0, 0];
    goaway.extend(last_stream_id.to_be_bytes());
    goaway.extend([0; 4]);
    stream.write_all(&goaway).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.ok();
}

/// Leaves the first connection so, and answers on the others.
async fn leaving(last_stream_id: u32) -> (RawServer, Arc<AtomicUsize>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    let server = RawServer::start_with(move |stream| {
        let is_first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if is_first {
                return leave(stream, last_stream_id).await;
            }
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                respond.send_response(head(200, OK), true).unwrap();
            }
        }
    })
    .await;
    (server, connections)
}

#[tokio::test]
async fn a_call_that_a_leaving_server_never_saw_is_made_on_another_connection() {
    let (server, connections) = leaving(0).await;
    once(&server.channel()).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_call_that_a_leaving_server_may_have_seen_is_not() {
    for last_stream_id in [1, 3, u32::MAX >> 1] {
        let (server, connections) = leaving(last_stream_id).await;
        let status = once(&server.channel()).await.unwrap_err();
        assert_eq!((status.code, status.is_unseen()), (Code::Unavailable, false), "{status}");
        assert_eq!(connections.load(Ordering::SeqCst), 1, "up to {last_stream_id}");
    }
}

/// Answers at once, but for a request that is not over.
async fn patient(request: http::Request<Body>) -> http::Response<Body> {
    let messages = Messages::from_request(request.into_body(), deframer());
    let messages = stream::unfold(messages, async |mut messages| {
        let next = messages.next().await.transpose()?;
        Some((next.map(frame), messages))
    });
    reply(HeaderMap::new(), Body::response(messages, HeaderMap::new))
}

#[tokio::test]
async fn an_old_connection_takes_no_new_call_and_lets_the_others_finish() {
    let config = ServerConfig::default().with_connection_age(Duration::from_millis(50), None);
    let address = "grpc://127.0.0.1:0".parse().unwrap();
    let server = TestServer::start_on(&address, patient, config).await;
    let mut client = RawClient::connect(&server).await;
    let post = [("content-type", "application/grpc")];
    let (response, mut upload) = client.start("POST", post).await;
    upload.send_data(Bytes::from_static(b"\0\0\0\0\x01x"), false).unwrap();
    let mut body = within(response).await.unwrap().into_body();
    assert_eq!(within(body.data()).await.unwrap().unwrap(), &b"\0\0\0\0\x01x"[..]);
    // The GOAWAY arrives; only then no new call can start.
    within(async {
        while client.send.clone().ready().await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    upload.send_data(Bytes::from_static(b"\0\0\0\0\x01y"), true).unwrap();
    let (data, trailers) = drain(body).await;
    assert_eq!(data, b"\0\0\0\0\x01y");
    assert_eq!(trailers.unwrap()["grpc-status"], "0");
}

#[tokio::test]
async fn a_channel_does_not_notice_that_connections_get_old() {
    let config = ServerConfig::default().with_connection_age(Duration::from_millis(2), None);
    let address = "grpc://127.0.0.1:0".parse().unwrap();
    let server = TestServer::start_on(&address, patient, config).await;
    let channel = server.channel();
    let began = tokio::time::Instant::now();
    while began.elapsed() < Duration::from_millis(200) {
        once(&channel).await.unwrap();
    }
}

#[tokio::test]
async fn the_calls_of_an_old_connection_end_after_the_grace() {
    let grace = Some(Duration::from_millis(50));
    let config = ServerConfig::default().with_connection_age(Duration::from_millis(50), grace);
    let address = "grpc://127.0.0.1:0".parse().unwrap();
    let server = TestServer::start_on(&address, patient, config).await;
    let open = stream::iter([Ok(frame(Bytes::from("x")))]).chain(stream::pending());
    let mut messages = call_with(&server.channel(), Body::request(open)).await.unwrap();
    assert_eq!(within(messages.next()).await.unwrap().unwrap(), "x");
    assert_eq!(within(messages.next()).await.unwrap_err().code, Code::Unavailable);
}
