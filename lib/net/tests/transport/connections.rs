//! Connecting and reconnecting, listening, draining, and peers that are not what they should be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use wingbeat_net::{
    Address, Body, Channel, ChannelConfig, Listener, PeerAddr, ServerConfig, Status, reply,
};
use wingbeat_wire::grpc::{Code, frame};

use crate::support::*;

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
