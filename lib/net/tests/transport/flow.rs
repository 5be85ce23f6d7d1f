//! Backpressure, cancellation, and calls beside each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::stream;
use http::HeaderMap;
use tokio::sync::{mpsc, oneshot};
use wingbeat_net::{Body, CallRequest, Messages, PeerAddr, reply};
use wingbeat_wire::grpc::Code;

use crate::support::*;
use crate::{endless, settled};

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
