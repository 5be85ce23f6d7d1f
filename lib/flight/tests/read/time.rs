//! Deadlines, readers that go away, and endpoints that expire.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Semaphore;
use wingbeat::{Code, FlightInfo, ReadOptions};

use crate::node::node;
use crate::support::{endpoint, open, read, read_sorted, soon, until, up_to};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_goes_away_ends_every_call() {
    let (a, b) = (node().await, node().await);
    for node in [&a, &b] {
        node.plan().is_endless = true;
    }
    a.plan().info = (0..8).fold(FlightInfo::default(), |info, nth| {
        info.with_endpoint(endpoint("0 10", &[if nth % 2 == 0 { &a.uri } else { &b.uri }]))
    });
    let options = ReadOptions::default().with_connections(4);
    let client = a.client.clone().with_read_options(options);
    for is_ordered in [false, true] {
        a.plan().info.ordered = is_ordered;
        let mut stream = open(&client).await.unwrap();
        soon(stream.next_batch()).await.unwrap().unwrap();
        until(|| a.seen().open + b.seen().open == 4).await;
        drop(stream);
        until(|| a.seen().open + b.seen().open == 0).await;
    }
}

/// The time is for the read as a whole, not for each of its calls.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deadline_reaches_every_call() {
    let (a, b) = (node().await, node().await);
    b.plan().is_endless = true;
    a.plan().info = FlightInfo::default()
        .with_endpoint(endpoint("0 10", &[]))
        .with_endpoint(endpoint("10 20", &[&b.uri]))
        .with_endpoint(endpoint("20 30", &[&b.uri]));
    let options = ReadOptions::default().with_connections(1);
    let client = a.client.clone().with_read_options(options);
    let error = read(&client.with_timeout(Duration::from_millis(500))).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
    until(|| b.seen().open == 0).await;
    for node in [&a, &b] {
        assert!(node.seen().headers.iter().all(|headers| headers.contains_key("grpc-timeout")));
    }
    // The third waited for the second, and its time was over with it.
    assert!(!b.seen().tickets.contains(&"20 30".to_owned()));
}

/// Endpoints that wait for their turn longer than they live are renewed meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endpoints_are_renewed_before_they_expire() {
    let a = node().await;
    let gate = Arc::new(Semaphore::new(0));
    a.plan().gate = Some(gate.clone());
    let soon_over = SystemTime::now() + Duration::from_millis(400);
    let long = SystemTime::now() + Duration::from_secs(3600);
    a.plan().info = FlightInfo::default()
        .with_endpoint(endpoint("0 10", &[]))
        .with_endpoint(endpoint("10 20", &[]).with_expiration_time(soon_over))
        .with_endpoint(endpoint("20 30", &[]).with_expiration_time(soon_over))
        .with_endpoint(endpoint("30 40", &[]).with_expiration_time(long));
    let options = ReadOptions::default().with_connections(1);
    let client = a.client.clone().with_read_options(options);
    let reading = tokio::spawn(async move { read_sorted(&client).await });
    until(|| a.seen().renewed.len() == 2).await;
    gate.add_permits(4);
    assert_eq!(soon(reading).await.unwrap().unwrap(), up_to(40));
    let mut tickets = a.seen().tickets.clone();
    tickets.sort();
    assert_eq!(tickets, ["0 10", "10 000020", "20 000030", "30 40"]);
}

/// A server that renews nothing is read all the same.
#[tokio::test]
async fn what_cannot_be_renewed_is_read_as_it_is() {
    let (a, b) = (node().await, node().await);
    b.plan().info = FlightInfo::default();
    let over = SystemTime::now() - Duration::from_secs(120);
    let none = endpoint("no range", &[]).with_expiration_time(over);
    let info = FlightInfo::default()
        .with_endpoint(endpoint("0 10", &[&b.uri]).with_expiration_time(over))
        .with_endpoint(endpoint("10 20", &[&b.uri]));
    a.plan().info = info;
    a.plan().renews = false;
    assert_eq!(read_sorted(&a.client).await.unwrap(), up_to(20));
    let error = soon(a.client.read_endpoint(&none)).await.unwrap_err();
    assert_ne!(error.code(), Code::Unimplemented, "{error}");
}
