//! A client that stops reading loses its call, in time or at its deadline, and nothing else.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use support::*;
use tokio::sync::mpsc;
use wingbeat_net::{Body, CallRequest, Messages, ServerConfig, reply};
use wingbeat_wire::grpc::{Code, frame};

/// Sends on its channel when it is dropped.
struct Held(mpsc::UnboundedSender<()>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.send(()).ok();
    }
}

/// Answers with messages without end, and tells when an answer was dropped.
async fn endless(config: ServerConfig) -> (TestServer, mpsc::UnboundedReceiver<()>) {
    let (dropped, handler_is_dropped) = mpsc::unbounded_channel();
    let address = "grpc://127.0.0.1:0".parse().unwrap();
    let data = Bytes::from(vec![7; 1 << 20]);
    let answer = move |_| {
        let (held, data) = (Arc::new(Held(dropped.clone())), data.clone());
        let messages = stream::repeat_with(move || {
            let _held = &held;
            Ok(frame(data.clone()))
        });
        std::future::ready(reply(HeaderMap::new(), Body::response(messages, HeaderMap::new)))
    };
    (TestServer::start_on(&address, answer, config).await, handler_is_dropped)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_client_does_not_read_is_ended_and_the_others_go_on() {
    let config = ServerConfig::default().with_stall_timeout(Duration::from_millis(300));
    let (server, mut handler_is_dropped) = endless(config).await;
    let channel = server.channel();
    let mut unread = call(&channel).await.unwrap();
    within(unread.next()).await.unwrap().unwrap();

    // A call that is read all the while, longer than the time-out.
    let mut read = call(&channel).await.unwrap();
    let ended = loop {
        tokio::select! {
            ended = handler_is_dropped.recv() => break ended,
            message = read.next() => assert!(message.unwrap().is_some()),
        }
    };
    assert_eq!(ended, Some(()));
    within(read.next()).await.unwrap().unwrap();

    // What had arrived is still there; then comes the end, as an error.
    let error = loop {
        match within(unread.next()).await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a call that was cut off looked finished"),
            Err(error) => break error,
        }
    };
    assert!(!error.message.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_client_does_not_read_ends_at_its_deadline() {
    let (server, mut handler_is_dropped) =
        endless(ServerConfig::default().with_stall_timeout(None)).await;
    let channel = server.channel();
    let mut request = CallRequest::new("/a.B/C", request(["x"]));
    request.timeout = Some(Duration::from_millis(100));
    let response = within(channel.call(request)).await.unwrap();
    // Neither read nor dropped until the server has given up.
    within(handler_is_dropped.recv()).await.unwrap();
    let mut messages = Messages::from_response(response, deframer());
    assert_eq!(within(messages.next()).await.unwrap_err().code, Code::DeadlineExceeded);
}
