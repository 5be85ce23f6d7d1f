//! A client that stops reading loses its call, and nothing else.

mod support;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use support::*;
use tokio::sync::mpsc;
use wingbeat_net::{Body, ServerConfig, reply};
use wingbeat_wire::grpc::frame;

/// Sends on its channel when it is dropped.
struct Held(mpsc::UnboundedSender<()>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.send(()).ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_client_does_not_read_is_ended_and_the_others_go_on() {
    let (dropped, mut handler_is_dropped) = mpsc::unbounded_channel();
    let address = "grpc://127.0.0.1:0".parse().unwrap();
    let config = ServerConfig::default().with_stall_timeout(Duration::from_millis(300));
    let data = Bytes::from(vec![7; 1 << 20]);
    let server = TestServer::start_on(
        &address,
        move |_| {
            let (held, data) = (Arc::new(Held(dropped.clone())), data.clone());
            let messages = stream::repeat_with(move || {
                let _held = &held;
                Ok(frame(data.clone()))
            });
            std::future::ready(reply(HeaderMap::new(), Body::response(messages, HeaderMap::new)))
        },
        config,
    )
    .await;
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
