//! Messages of many pieces, of one, and of other bodies than ours.

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use http::Response;
use tokio::sync::mpsc;
use wingbeat_net::{Address, Body, Channel, ChannelConfig, ServerConfig};
use wingbeat_wire::Segments;
use wingbeat_wire::grpc::{Code, frame};

use crate::support::*;
use crate::{MIB, echo};

/// Sends a message of many large pieces up and down again over this channel, and compares.
async fn echo_large(channel: &Channel) {
    let mut message = Segments::new();
    for piece in 0..64u8 {
        message.push(Bytes::from(vec![piece; MIB]));
    }
    let body = Body::request(stream::iter([Ok(framed(&message))]));
    let (messages, ended) = read_all(&mut call_with(channel, body).await.unwrap()).await;
    assert!(ended.is_ok(), "{ended:?}");
    assert_eq!(messages.len(), 1);
    assert!(messages[0] == message.to_bytes(), "other bytes came back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_message_of_pieces_over_every_kind_of_connection() {
    let tcp = TestServer::start(echo).await;
    echo_large(&tcp.channel()).await;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b.sock");
    let address = Address::Unix { path: path.clone() };
    let unix = TestServer::start_on(&address, echo, ServerConfig::default()).await;
    let reread: Address = unix.address.to_string().parse().unwrap();
    echo_large(&Channel::new(reread, ChannelConfig::default())).await;
    drop(unix);

    let (server, client) = (ServerConfig::default(), ChannelConfig::default());
    echo_large(&Channel::in_process(service(echo), server, client)).await;
}

/// A message of so many pieces, each of another length.
pub(crate) fn of_pieces(count: usize, seed: usize) -> Segments {
    let piece = |nth: usize| {
        let len = 3000 + nth.wrapping_mul(7919).wrapping_add(seed * 104_729) % 9000;
        Bytes::from_iter((0..len).map(|at| (at * 31 + nth * 17 + seed) as u8))
    };
    (0..count).map(piece).collect()
}

/// A message with its prefix.
pub(crate) fn framed(message: &Segments) -> Segments {
    let mut framed = Segments::new();
    framed.push(Bytes::from([&[0][..], &(message.len() as u32).to_be_bytes()].concat()));
    framed.append(message.clone());
    framed
}

/// Sends messages of a thousand pieces up and down again, several calls at a time, while other
/// calls break off in the middle of theirs.
async fn echo_pieces(channel: &Channel) {
    let calls = (0..4).map(|seed| async move {
        let sent = [1500, 17, 900, 400].map(|count| of_pieces(count, seed));
        let body = Body::request(stream::iter(sent.clone().map(|message| Ok(framed(&message)))));
        let mut messages = call_with(channel, body).await.unwrap();
        let (back, ended) = read_all(&mut messages).await;
        assert!(ended.is_ok(), "{ended:?}");
        assert_eq!(back.len(), sent.len());
        let whole = back.iter().zip(&sent).all(|(back, sent)| *back == sent.to_bytes());
        assert!(whole, "other bytes came back to call {seed}");
    });
    let broken = (0..8).map(|seed| async move {
        let message = framed(&of_pieces(600, seed));
        let endless = stream::repeat_with(move || Ok(message.clone()));
        let mut messages = call_with(channel, Body::request(endless)).await.unwrap();
        within(messages.next()).await.unwrap();
    });
    tokio::join!(join_all(calls), join_all(broken));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_a_thousand_pieces_arrive_as_they_are() {
    // A peer that takes shorter frames gets many for one message.
    for frame_bytes_max in [ServerConfig::default().frame_bytes_max, 64 << 10] {
        let mut config = ServerConfig::default();
        config.frame_bytes_max = frame_bytes_max;
        let address = "grpc://127.0.0.1:0".parse().unwrap();
        let tcp = TestServer::start_on(&address, echo, config.clone()).await;
        echo_pieces(&tcp.channel()).await;
        // In process a write is taken in parts.
        echo_pieces(&Channel::in_process(service(echo), config, ChannelConfig::default())).await;
    }
}

#[tokio::test]
async fn a_service_of_byte_bodies_mounts() {
    // As tonic and axum services are: bodies of `Bytes` in and out.
    let server = TestServer::start(async |request: http::Request<Body>| {
        let request = request.map(Body::into_bytes_body);
        let foreign = tower::service_fn(async |request: http::Request<wingbeat_net::BytesBody>| {
            let response = Response::builder().header("content-type", "application/grpc");
            Ok::<_, std::convert::Infallible>(response.body(request.into_body()).unwrap())
        });
        let response = tower::ServiceExt::oneshot(foreign, request).await.unwrap();
        response.map(Body::new)
    })
    .await;
    let messages = [Segments::from_iter([&b"\0\0\0\0\x03"[..], b"a", b"bc"].map(Bytes::from))];
    let body = Body::request(stream::iter(messages.map(Ok)));
    let mut messages = call_with(&server.channel(), body).await.unwrap();
    let (messages, ended) = read_all(&mut messages).await;
    assert_eq!(messages, ["abc"]);
    // Such a body echoes no trailers; what is missing is noticed.
    assert_eq!(ended.unwrap_err().code, Code::Unknown);
}

#[tokio::test]
async fn messages_are_sent_as_they_come_and_not_gathered() {
    let (send, receive) = mpsc::channel::<&'static str>(1);
    let uploaded = stream::unfold(receive, async |mut receive| {
        let text = receive.recv().await?;
        Some((Ok(frame(Bytes::from(text))), receive))
    });
    let server = TestServer::start(echo).await;
    let mut messages = call_with(&server.channel(), Body::request(uploaded.boxed())).await.unwrap();
    for text in ["one", "two", "three"] {
        send.send(text).await.unwrap();
        assert_eq!(within(messages.next()).await.unwrap().unwrap(), text);
    }
    drop(send);
    assert!(within(messages.next()).await.unwrap().is_none());
    assert_eq!(messages.trailers().unwrap()["grpc-status"], "0");
}
