//! Endpoints that break off: which are read again, and what is said of the others.

use std::sync::Arc;

use tokio::sync::Semaphore;
use wingbeat::{Code, FlightInfo, ReadOptions};

use crate::node::{Served, node};
use crate::support::{all_ids, endpoint, open, read, soon, until, up_to};

/// Two replicas of one endpoint, the first of which breaks off after so many batches of 10 rows,
/// and the second of which has batches of 7.
async fn replicas(fail_after: usize) -> (Served, Served) {
    let (a, b) = (node().await, node().await);
    let info = FlightInfo::default().with_endpoint(endpoint("0 100", &[&a.uri, &b.uri]));
    a.plan().info = info;
    a.plan().fail_after = Some(fail_after);
    b.plan().rows = 7;
    (a, b)
}

#[tokio::test]
async fn before_the_first_batch_it_is_read_elsewhere() {
    let (a, b) = replicas(0).await;
    assert_eq!(read(&a.client).await.unwrap(), up_to(100));
    assert_eq!((a.seen().tickets.len(), b.seen().tickets.len()), (1, 1));
}

#[tokio::test]
async fn only_what_another_try_can_cure_is_tried_again() {
    let (a, b) = replicas(0).await;
    a.plan().code = Code::PermissionDenied;
    let error = read(&a.client).await.unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    assert!(b.seen().tickets.is_empty());
}

/// The borders of batches differ between replicas, rows do not.
#[tokio::test]
async fn in_the_middle_it_is_read_on_under_a_promise() {
    for fail_after in [1, 4, 9] {
        let (a, b) = replicas(fail_after).await;
        a.plan().version = Some("v1");
        b.plan().version = Some("v1");
        assert_eq!(read(&a.client).await.unwrap(), up_to(100));
        assert_eq!((a.seen().tickets.len(), b.seen().tickets.len()), (1, 1));
    }
}

#[tokio::test]
async fn without_a_promise_the_error_says_how_far_it_came() {
    let (a, b) = replicas(4).await;
    b.plan().version = Some("v1");
    let info = a.plan().info.clone();
    a.plan().info = info.with_endpoint(endpoint("100 110", &[&b.uri]));
    let mut stream = open(&a.client).await.unwrap();
    let mut rows = 0;
    let error = loop {
        match soon(stream.next_batch()).await {
            Ok(batch) => rows += all_ids(&[batch.unwrap()]).iter().filter(|id| **id < 100).count(),
            Err(error) => break error,
        }
    };
    assert_eq!((rows, error.code()), (40, Code::Unavailable));
    for part in ["a fault on demand", "endpoint 1 of 2", "after 40 rows", "does not promise"] {
        assert!(error.message().contains(part), "{error}");
    }
    assert!(!b.seen().tickets.contains(&"0 100".to_owned()));
    assert!(soon(stream.next_batch()).await.unwrap().is_none(), "the stream is over");
}

#[tokio::test]
async fn another_version_is_not_read_on() {
    let (a, b) = replicas(4).await;
    a.plan().version = Some("v1");
    b.plan().version = Some("v2");
    let error = read(&a.client).await.unwrap_err();
    assert_eq!(error.code(), Code::Aborted);
    assert!(error.message().contains("after 40 rows"), "{error}");
}

#[tokio::test]
async fn fewer_rows_than_before_are_an_error() {
    let (a, b) = replicas(4).await;
    a.plan().version = Some("v1");
    b.plan().version = Some("v1");
    b.plan().is_short = true;
    let error = read(&a.client).await.unwrap_err();
    assert_eq!(error.code(), Code::DataLoss);
}

/// One server alone is asked again, and not for ever.
#[tokio::test]
async fn the_same_server_gets_another_chance() {
    let a = node().await;
    a.plan().info = FlightInfo::default().with_endpoint(endpoint("0 100", &[]));
    a.plan().version = Some("v1");
    a.plan().fail_after = Some(4);
    assert_eq!(read(&a.client).await.unwrap(), up_to(100));
    assert_eq!(a.seen().tickets.len(), 2);

    a.plan().fail_after = Some(0);
    a.plan().fails_always = true;
    let error = read(&a.client).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(a.seen().tickets.len(), 2 + 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_of_four_goes_away_in_the_middle() {
    let nodes = [node().await, node().await, node().await, node().await];
    let mut info = FlightInfo::default();
    for nth in 0..40 {
        let (one, two) = (&nodes[nth % 4].uri, &nodes[(nth + 1) % 4].uri);
        info = info
            .with_endpoint(endpoint(&format!("{} {}", nth * 100, nth * 100 + 100), &[one, two]));
    }
    let gate = Arc::new(Semaphore::new(0));
    for node in &nodes {
        node.plan().version = Some("v1");
    }
    nodes[1].plan().gate = Some(gate.clone());
    for is_ordered in [true, false] {
        nodes[0].plan().info = info.clone().with_ordered(is_ordered);
        let client = nodes[0].client.clone();
        let options = ReadOptions::default().with_connections(8);
        let reading = tokio::spawn(async move { read(&client.with_read_options(options)).await });
        until(|| nodes[1].seen().open > 0).await;
        nodes[1].plan().fail_after = Some(3);
        gate.add_permits(1000);
        let mut ids = soon(reading).await.unwrap().unwrap();
        if !is_ordered {
            ids.sort_unstable();
        }
        assert_eq!(ids, up_to(4000));
        gate.forget_permits(usize::MAX);
    }
}

/// A server may end a call that nobody reads. In order those are the endpoints whose turn is far
/// away: of what broke off nothing was delivered, so they are read from the beginning, without any
/// promise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_broke_off_before_its_turn_is_read_again() {
    let (a, b) = (node().await, node().await);
    let gate = Arc::new(Semaphore::new(0));
    a.plan().gate = Some(gate.clone());
    b.plan().fail_after = Some(4);
    a.plan().info = FlightInfo::default()
        .with_ordered(true)
        .with_endpoint(endpoint("0 100", &[]))
        .with_endpoint(endpoint("100 200", &[&b.uri]));
    let stream = open(&a.client).await.unwrap();
    until(|| b.seen().tickets.len() == 2).await;
    gate.add_permits(1);
    let batches = soon(stream.collect_batches()).await.unwrap();
    assert_eq!(all_ids(&batches), up_to(200));
    assert_eq!(b.seen().tickets.len(), 2);
}

/// And not for ever, when it breaks off each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_breaks_off_each_time_is_an_error() {
    let (a, b) = (node().await, node().await);
    b.plan().fail_after = Some(4);
    b.plan().fails_always = true;
    a.plan().info = FlightInfo::default()
        .with_ordered(true)
        .with_endpoint(endpoint("0 100", &[]))
        .with_endpoint(endpoint("100 200", &[&b.uri]));
    let mut stream = open(&a.client).await.unwrap();
    for _ in 0..10 {
        soon(stream.next_batch()).await.unwrap().unwrap();
    }
    let error = soon(stream.collect_batches()).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
    assert!(b.seen().tickets.len() <= 4);
}
