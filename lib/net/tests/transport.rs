//! Channels and servers under load and under loss: backpressure, cancellation, reconnecting,
//! draining, and peers that are not what they should be.
#![expect(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, Response};
use support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use wingbeat_net::{
    Address, Body, CallRequest, Channel, ChannelConfig, Listener, Messages, PeerAddr, ServerConfig,
    Status, reply,
};
use wingbeat_wire::Segments;
use wingbeat_wire::grpc::{Code, frame};

const MIB: usize = 1 << 20;

/// An endless answer of 1 MiB messages, which counts what was asked of it.
fn endless(count: Arc<AtomicU64>) -> Response<Body> {
    let data = Bytes::from(vec![7; MIB]);
    let messages = stream::repeat_with(move || {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(frame(data.clone()))
    });
    reply(HeaderMap::new(), Body::response(messages, HeaderMap::new))
}

/// Waits until `count` has stood still for half a second, and returns it.
async fn settled(count: &AtomicU64) -> u64 {
    let (mut last, mut still) = (count.load(Ordering::Relaxed), 0);
    while still < 5 {
        // sleep: standing still shows only in time; nothing signals that nothing will come.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = count.load(Ordering::Relaxed);
        still = if now == last { still + 1 } else { 0 };
        last = now;
    }
    last
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_stops_the_server() {
    let count = Arc::new(AtomicU64::new(0));
    let server = TestServer::start({
        let count = count.clone();
        move |_| std::future::ready(endless(count.clone()))
    })
    .await;
    let mut messages = call(&server.channel()).await.unwrap();
    within(messages.next()).await.unwrap().unwrap();
    let produced = settled(&count).await;
    // The window of 16 MiB, the send buffer of 2 MiB, what was read, and a message at each joint.
    assert!((16..=24).contains(&produced), "{produced} MiB were produced");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_read_stops_the_upload() {
    let server = TestServer::start(async |request| {
        let _unread = request;
        std::future::pending().await
    })
    .await;
    let count = Arc::new(AtomicU64::new(0));
    let body = endless(count.clone()).into_body();
    let channel = server.channel();
    let calling = tokio::spawn(async move { call_with(&channel, body).await.map(drop) });
    let produced = settled(&count).await;
    assert!((16..=24).contains(&produced), "{produced} MiB were produced");
    calling.abort();
}

#[tokio::test]
async fn dropping_a_response_cancels_an_upload_that_waits_for_room() {
    let (tell, mut told) = mpsc::channel(1);
    let server = TestServer::start(move |request| {
        let tell = tell.clone();
        async move {
            let (alive, dropped) = oneshot::channel::<()>();
            tell.send(dropped).await.unwrap();
            let answer = stream::once(async move {
                let _held = (alive, request);
                std::future::pending().await
            });
            reply(HeaderMap::new(), Body::response(answer, HeaderMap::new))
        }
    })
    .await;
    let count = Arc::new(AtomicU64::new(0));
    let body = endless(count.clone()).into_body();
    let channel = server.channel();
    let messages = call_with(&channel, body).await.unwrap();
    let dropped = within(told.recv()).await.unwrap();
    settled(&count).await;
    drop(messages);
    assert!(within(dropped).await.is_err(), "the server's stream was dropped");
    drop(channel);
}

#[tokio::test]
async fn dropping_a_call_before_its_answer_cancels_the_handler() {
    let (tell, mut told) = mpsc::channel(1);
    let server = TestServer::start(move |_| {
        let tell = tell.clone();
        async move {
            let (_alive, dropped) = oneshot::channel::<()>();
            tell.send(dropped).await.unwrap();
            std::future::pending().await
        }
    })
    .await;
    let channel = server.channel();
    let calling = tokio::spawn({
        let channel = channel.clone();
        async move { call(&channel).await.map(drop) }
    });
    let dropped = within(told.recv()).await.unwrap();
    calling.abort();
    assert!(within(dropped).await.is_err());
}

#[tokio::test]
async fn a_deadline_reaches_the_server_even_when_nobody_reads() {
    let (tell, mut told) = mpsc::channel(1);
    let server = TestServer::start(move |request| {
        let tell = tell.clone();
        async move {
            let mut messages = Messages::from_request(request.into_body(), deframer());
            tokio::spawn(async move { tell.send(read_all(&mut messages).await.1).await });
            reply(HeaderMap::new(), Body::response(stream::pending(), HeaderMap::new))
        }
    })
    .await;
    let mut request = CallRequest::new("/a.B/C", Body::request(stream::pending()));
    request.timeout = Some(Duration::from_millis(100));
    let channel = server.channel();
    let response = within(channel.call(request)).await.unwrap();
    let ended = within(told.recv()).await.unwrap();
    assert_eq!(ended.unwrap_err().code, Code::Cancelled);
    let mut messages = Messages::from_response(response, deframer());
    assert_eq!(within(messages.next()).await.unwrap_err().code, Code::DeadlineExceeded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_calls_finish_beside_a_bulk_stream() {
    let count = Arc::new(AtomicU64::new(0));
    let server = TestServer::start({
        let count = count.clone();
        move |request: http::Request<Body>| {
            let count = count.clone();
            async move {
                match request.uri().path() {
                    "/bulk" => endless(count),
                    _ => answer(["small"]),
                }
            }
        }
    })
    .await;
    let channel = server.channel();
    let response = channel.call(CallRequest::new("/bulk", request([""]))).await.unwrap();
    let mut bulk = Messages::from_response(response, deframer());
    let read = Arc::new(AtomicU64::new(0));
    let reading = tokio::spawn({
        let read = read.clone();
        async move {
            while let Ok(Some(_)) = within(bulk.next()).await {
                read.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let mut slowest = Duration::ZERO;
    let mut calls = 0;
    while calls < 50 || read.load(Ordering::Relaxed) < 64 {
        let began = Instant::now();
        let (messages, ended) = read_all(&mut call(&channel).await.unwrap()).await;
        assert!(ended.is_ok() && messages == ["small"]);
        slowest = slowest.max(began.elapsed());
        calls += 1;
    }
    assert!(!reading.is_finished(), "the bulk stream goes on");
    reading.abort();
    assert!(slowest < Duration::from_secs(2), "a small call took {slowest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_not_read_does_not_stop_the_others() {
    let count = Arc::new(AtomicU64::new(0));
    let server = TestServer::start({
        let count = count.clone();
        move |_| std::future::ready(endless(count.clone()))
    })
    .await;
    let channel = server.channel();
    let mut unread = Vec::new();
    for _ in 0..3 {
        let mut messages = call(&channel).await.unwrap();
        within(messages.next()).await.unwrap();
        unread.push(messages);
    }
    settled(&count).await;
    let mut messages = call(&channel).await.unwrap();
    for _ in 0..100 {
        within(messages.next()).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_streams_that_are_not_read_do_not_stop_the_others() {
    let count = Arc::new(AtomicU64::new(0));
    let server = TestServer::start({
        let count = count.clone();
        move |_| std::future::ready(endless(count.clone()))
    })
    .await;
    let channel = server.channel();
    let mut unread = Vec::new();
    for _ in 0..6 {
        let mut messages = call(&channel).await.unwrap();
        within(messages.next()).await.unwrap();
        unread.push(messages);
    }
    settled(&count).await;
    let mut messages = call(&channel).await.unwrap();
    for _ in 0..100 {
        within(messages.next()).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_calls_at_once_share_one_connection() {
    let running = Arc::new(AtomicUsize::new(0));
    let barrier = Arc::new(tokio::sync::Barrier::new(500));
    let peers = Arc::new(std::sync::Mutex::new(std::collections::HashSet::new()));
    let server = TestServer::start({
        let (running, peers) = (running.clone(), peers.clone());
        move |request: http::Request<Body>| {
            let (running, barrier, peers) = (running.clone(), barrier.clone(), peers.clone());
            async move {
                let peer = request.extensions().get::<PeerAddr>().unwrap().to_string();
                peers.lock().unwrap().insert(peer);
                running.fetch_add(1, Ordering::Relaxed);
                // All of them have to run at the same time to get past it.
                barrier.wait().await;
                answer(["ok"])
            }
        }
    })
    .await;
    let channel = server.channel();
    let calls = (0..500).map(|_| {
        let channel = channel.clone();
        tokio::spawn(async move { read_all(&mut call(&channel).await.unwrap()).await })
    });
    for done in calls.collect::<Vec<_>>() {
        let (messages, ended) = within(done).await.unwrap();
        assert!(ended.is_ok() && messages == ["ok"], "{ended:?}");
    }
    assert_eq!(running.load(Ordering::Relaxed), 500);
    assert_eq!(peers.lock().unwrap().len(), 1, "connections");
}

#[tokio::test]
async fn a_channel_reconnects_after_its_server_was_restarted() {
    let mut server = TestServer::start(async |_| answer(["first"])).await;
    let channel = server.channel();
    assert_eq!(read_all(&mut call(&channel).await.unwrap()).await.0, ["first"]);
    let address = server.address.clone();
    server.stop();
    server.stopped().await;
    let refused = call(&channel).await.unwrap_err();
    assert_eq!(refused.code, Code::Unavailable);
    let expect = format!("cannot connect to {address}: connection refused");
    assert_eq!(refused.message, expect);
    let config = ServerConfig::default();
    let _server = TestServer::start_on(&address, async |_| answer(["second"]), config).await;
    assert_eq!(read_all(&mut call(&channel).await.unwrap()).await.0, ["second"]);
}

#[tokio::test]
async fn draining_lets_running_calls_finish_and_takes_no_new_ones() {
    let (release, mut released) = tokio::sync::watch::channel(false);
    released.mark_unchanged();
    let mut server = TestServer::start(move |_| {
        let mut released = released.clone();
        async move {
            let messages = stream::once(async move {
                released.changed().await.unwrap();
                Ok(frame(Bytes::from_static(b"late")))
            });
            reply(HeaderMap::new(), Body::response(messages, HeaderMap::new))
        }
    })
    .await;
    let channel = server.channel();
    let mut running = call(&channel).await.unwrap();
    server.stop();
    // The listener closes first, then the connection takes no more calls; the channel then tries
    // to connect anew, and is refused.
    let refused = loop {
        match call(&channel).await {
            Ok(accepted) => drop(accepted),
            Err(status) => break status,
        }
    };
    assert_eq!(refused.code, Code::Unavailable);
    release.send(true).unwrap();
    let (messages, ended) = read_all(&mut running).await;
    assert!(ended.is_ok() && messages == ["late"], "{ended:?}");
    server.stopped().await;
}

#[tokio::test]
async fn draining_aborts_calls_that_do_not_end_in_time() {
    let config = ServerConfig::default().with_drain(Duration::from_millis(50));
    let address = "grpc://127.0.0.1:0".parse().unwrap();
    let stuck =
        async |_| reply(HeaderMap::new(), Body::response(stream::pending(), HeaderMap::new));
    let mut server = TestServer::start_on(&address, stuck, config).await;
    let mut running = call(&server.channel()).await.unwrap();
    server.stop();
    server.stopped().await;
    let status = within(running.next()).await.unwrap_err();
    assert_eq!(status.code, Code::Unavailable, "{status}");
}

#[tokio::test]
async fn a_connection_too_many_is_told_so() {
    let config = ServerConfig::default().with_connections_max(1);
    let address = "grpc://127.0.0.1:0".parse().unwrap();
    let server = TestServer::start_on(&address, async |_| answer(["ok"]), config).await;
    let first = server.channel();
    assert!(read_all(&mut call(&first).await.unwrap()).await.1.is_ok());
    let refused = call(&server.channel()).await.unwrap_err();
    assert_eq!(refused.code, Code::Unavailable);
    assert!(refused.message.contains("too many connections"), "{refused}");
    assert!(read_all(&mut call(&first).await.unwrap()).await.1.is_ok());
    drop(first);
    // Its place is free once the server has noticed.
    let next = server.channel();
    while call(&next).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_peer_that_never_begins_is_dropped() {
    let config = ServerConfig::default().with_handshake_timeout(Duration::from_millis(50));
    let address = "grpc://127.0.0.1:0".parse().unwrap();
    let server = TestServer::start_on(&address, async |_| answer(["ok"]), config).await;
    for greeting in [&b""[..], b"PRI * HT", b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"] {
        let mut socket = TcpStream::connect(server.socket_addr()).await.unwrap();
        socket.write_all(greeting).await.unwrap();
        let mut rest = Vec::new();
        // The server may have reset the connection, with bytes of ours unread.
        within(socket.read_to_end(&mut rest)).await.ok();
    }
    // Greeted connections outlive that time.
    let channel = server.channel();
    assert!(read_all(&mut call(&channel).await.unwrap()).await.1.is_ok());
}

/// The error of a call to a server that answers every connection with this text.
async fn stranger(text: &'static [u8]) -> Status {
    let server = RawServer::start_with(move |mut stream| async move {
        stream.write_all(text).await.unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.ok();
    })
    .await;
    let began = Instant::now();
    let status = call(&server.channel()).await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(2), "it took {:?}", began.elapsed());
    assert_eq!(status.code, Code::Unavailable);
    assert!(status.message.contains(&server.address.to_string()), "{status}");
    status
}

#[tokio::test]
async fn strangers_are_named() {
    let http = stranger(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    assert!(http.message.contains("speaks HTTP/1"), "{http}");
    assert!(http.message.contains("400 Bad Request"), "{http}");
    let ssh = stranger(b"SSH-2.0-OpenSSH_9.6\r\n").await;
    assert!(ssh.message.contains("SSH-2.0-OpenSSH_9.6"), "{ssh}");
    let tls = stranger(&[0x15, 3, 1, 0, 2, 2, 70]).await;
    assert!(tls.message.contains("TLS"), "{tls}");
}

#[tokio::test]
async fn a_server_that_leaves_or_stays_silent_is_named() {
    let server = RawServer::start_with(|stream| async move { drop(stream) }).await;
    let status = call(&server.channel()).await.unwrap_err();
    assert_eq!(status.code, Code::Unavailable);
    assert!(status.message.starts_with("cannot connect to grpc://127.0.0.1"), "{status}");

    let server = RawServer::start_with(|mut stream| async move {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.ok();
    })
    .await;
    let config = ChannelConfig::default().with_connect_timeout(Duration::from_millis(50));
    let status = call(&Channel::new(server.address.clone(), config)).await.unwrap_err();
    assert_eq!(status.code, Code::Unavailable);
    assert!(status.message.contains("no HTTP/2 answer within 50ms"), "{status}");
}

#[tokio::test]
async fn many_first_calls_make_one_connection() {
    let accepted = Arc::new(AtomicUsize::new(0));
    let server = RawServer::start_with({
        let accepted = accepted.clone();
        move |stream| {
            accepted.fetch_add(1, Ordering::Relaxed);
            async move {
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    let ok = [("content-type", "application/grpc"), ("grpc-status", "0")];
                    respond.send_response(head(200, ok), true).unwrap();
                }
            }
        }
    })
    .await;
    let channel = server.channel();
    let calls = (0..50).map(|_| call(&channel));
    for called in futures_util::future::join_all(calls).await {
        called.unwrap();
    }
    assert_eq!(accepted.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_connection_without_answers_to_pings_is_lost() {
    let server = RawServer::start_with(|stream| async move {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let _call = connection.accept().await;
        // Neither reads nor writes from here on.
        std::future::pending().await
    })
    .await;
    let config = ChannelConfig::default()
        .with_keepalive_interval(Some(Duration::from_millis(50)))
        .with_keepalive_timeout(Duration::from_millis(50));
    let status = call(&Channel::new(server.address.clone(), config)).await.unwrap_err();
    assert_eq!(status.code, Code::Unavailable);
    assert!(status.message.contains("no longer answers pings"), "{status}");
}

/// Sends a message of many large pieces up and down again over this channel, and compares.
async fn echo_large(channel: &Channel) {
    let mut message = Segments::new();
    for piece in 0..64u8 {
        message.push(Bytes::from(vec![piece; MIB]));
    }
    let mut framed = Segments::from(Bytes::from_static(b"\0\x04\0\0\0"));
    framed.append(message.clone());
    let body = Body::request(stream::iter([Ok(framed)]));
    let (messages, ended) = read_all(&mut call_with(channel, body).await.unwrap()).await;
    assert!(ended.is_ok(), "{ended:?}");
    assert_eq!(messages.len(), 1);
    assert!(messages[0] == message.to_bytes(), "other bytes came back");
}

async fn echo(request: http::Request<Body>) -> Response<Body> {
    let messages = Messages::from_request(request.into_body(), deframer());
    let back = stream::unfold(messages, |mut messages| async move {
        let message = messages.next().await.transpose()?;
        Some((message.map(frame), messages))
    });
    reply(HeaderMap::new(), Body::response(back, HeaderMap::new))
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

#[tokio::test]
async fn in_process_calls_know_their_peer_and_end_with_the_channel() {
    let (tell, mut told) = mpsc::channel(2);
    let channel = Channel::in_process(
        service(move |request: http::Request<Body>| {
            let tell = tell.clone();
            async move {
                let (alive, dropped) = oneshot::channel::<()>();
                let peer = *request.extensions().get::<PeerAddr>().unwrap();
                tell.send((peer, dropped)).await.unwrap();
                let messages = stream::once(async move {
                    let _alive = alive;
                    std::future::pending().await
                });
                reply(HeaderMap::new(), Body::response(messages, HeaderMap::new))
            }
        }),
        ServerConfig::default(),
        ChannelConfig::default(),
    );
    let messages = call(&channel).await.unwrap();
    let (peer, mut dropped) = within(told.recv()).await.unwrap();
    assert_eq!(peer, PeerAddr::InProcess);
    drop(channel);
    assert!(dropped.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Empty));
    drop(messages);
    assert!(within(dropped).await.is_err(), "the last call gone, the connection goes too");
}

#[tokio::test]
async fn listeners_name_their_address_in_errors() {
    let listener = Listener::bind(&"grpc://127.0.0.1:0".parse().unwrap()).await.unwrap();
    let taken = listener.local_addr();
    let error = Listener::bind(&taken).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert_eq!(error.to_string(), format!("cannot listen on {taken}: address already in use"));
}

#[tokio::test]
async fn unix_sockets_are_replaced_only_when_stale_and_removed_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wb.sock");
    let address = Address::Unix { path: path.clone() };
    let listener = Listener::bind(&address).await.unwrap();
    let error = Listener::bind(&address).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {address}: address already in use"));
    drop(listener);
    assert!(!path.exists());

    // What a killed server leaves behind.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    drop(Listener::bind(&address).await.unwrap());

    std::fs::write(&path, "somebody's file").unwrap();
    let error = Listener::bind(&address).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert_eq!(std::fs::read(&path).unwrap(), b"somebody's file");
}

#[tokio::test]
async fn one_server_listens_at_several_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let unix = Address::Unix { path: folder.path().join("wb.sock") };
    let listeners = vec![
        Listener::bind(&"grpc://127.0.0.1:0".parse().unwrap()).await.unwrap(),
        Listener::bind(&unix).await.unwrap(),
    ];
    let addresses: Vec<_> = listeners.iter().map(Listener::local_addr).collect();
    let who = service(async |request: http::Request<Body>| {
        let peer = request.extensions().get::<PeerAddr>().unwrap().to_string();
        let message = stream::iter([Ok(frame(Bytes::from(peer)))]);
        reply(HeaderMap::new(), Body::response(message, HeaderMap::new))
    });
    let served =
        wingbeat_net::serve(listeners, who, ServerConfig::default(), std::future::pending());
    let _server = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(served));
    let mut peers = Vec::new();
    for address in addresses {
        let channel = Channel::new(address, ChannelConfig::default());
        peers.extend(read_all(&mut call(&channel).await.unwrap()).await.0);
    }
    assert!(peers[0].starts_with(b"127.0.0.1:"), "{peers:?}");
    assert_eq!(peers[1], "unix");
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
async fn dropping_the_server_ends_everything_at_once() {
    let (tell, mut told) = mpsc::channel(1);
    let server = TestServer::start(move |_| {
        let tell = tell.clone();
        async move {
            let (_alive, dropped) = oneshot::channel::<()>();
            tell.send(dropped).await.unwrap();
            std::future::pending().await
        }
    })
    .await;
    let channel = server.channel();
    let calling = tokio::spawn(async move { call(&channel).await.map(drop) });
    let dropped = within(told.recv()).await.unwrap();
    drop(server);
    assert!(within(dropped).await.is_err());
    assert_eq!(within(calling).await.unwrap().unwrap_err().code, Code::Unavailable);
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
