//! Replicas: which of them are read, and what becomes of those that are not there.

use std::time::Duration;

use wingbeat::{FlightInfo, Location, ReadOptions};

use crate::node::{nobody, node};
use crate::support::{endpoint, read, read_sorted, up_to};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_share_the_work_and_the_dead_are_remembered() {
    let (meta, a, b) = (node().await, node().await, node().await);
    let dead = nobody().await;
    let all = [dead.as_str(), &a.uri, &b.uri];
    meta.plan().info = (0..30).fold(FlightInfo::default(), |info, nth| {
        info.with_endpoint(endpoint(&format!("{} {}", nth * 10, nth * 10 + 10), &all))
    });
    assert_eq!(read_sorted(&meta.client).await.unwrap(), up_to(300));
    let (at_a, at_b) = (a.seen().tickets.len(), b.seen().tickets.len());
    assert_eq!(at_a + at_b, 30);
    // A third of the endpoints begins at each, and those of the dead one go to who is next.
    assert!(at_a >= 10 && at_b >= 10, "{at_a} and {at_b}");
    assert!(meta.seen().tickets.is_empty());
}

/// Where the lists differ, the server has said which location it prefers.
#[tokio::test]
async fn the_first_location_is_preferred_and_the_fallback_comes_last() {
    let (meta, a, b) = (node().await, node().await, node().await);
    let fallback = Location::REUSE_CONNECTION;
    meta.plan().info = FlightInfo::default()
        .with_endpoint(endpoint("0 10", &[&a.uri, &b.uri, fallback]))
        .with_endpoint(endpoint("10 20", &[&b.uri, &a.uri, fallback]))
        .with_endpoint(endpoint("20 30", &[&nobody().await, fallback]));
    assert_eq!(read_sorted(&meta.client).await.unwrap(), up_to(30));
    assert_eq!(a.seen().tickets, ["0 10"]);
    assert_eq!(b.seen().tickets, ["10 20"]);
    assert_eq!(meta.seen().tickets, ["20 30"]);
}

#[tokio::test]
async fn who_was_away_is_tried_last_until_that_is_forgotten() {
    let (meta, other) = (node().await, node().await);
    let server = wingbeat::Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let uri = server.local_addr().to_string();
    drop(server);
    meta.plan().info = FlightInfo::default().with_endpoint(endpoint("0 10", &[&uri, &other.uri]));
    let options = |time| ReadOptions::default().with_unreachable_for(time);
    let patient = meta.client.clone().with_read_options(options(Duration::from_secs(3600)));
    let forgetful = meta.client.clone().with_read_options(options(Duration::ZERO));
    assert_eq!(read(&patient).await.unwrap(), up_to(10));
    assert_eq!(other.seen().tickets.len(), 1);
    // It comes back, and is not asked, except where there is nobody else.
    let back = crate::node::serve(wingbeat::Server::bind(&uri).await.unwrap());
    assert_eq!(read(&patient).await.unwrap(), up_to(10));
    assert_eq!((other.seen().tickets.len(), back.seen().tickets.len()), (2, 0));
    let alone = FlightInfo::default().with_endpoint(endpoint("0 10", &[&uri]));
    let both = std::mem::replace(&mut meta.plan().info, alone);
    assert_eq!(read(&patient).await.unwrap(), up_to(10));
    assert_eq!(back.seen().tickets.len(), 1);
    // It was reached, so it is the first again.
    meta.plan().info = both;
    assert_eq!(read(&patient).await.unwrap(), up_to(10));
    assert_eq!((other.seen().tickets.len(), back.seen().tickets.len()), (2, 2));

    drop(back);
    assert_eq!(read(&forgetful).await.unwrap(), up_to(10));
    let back = crate::node::serve(wingbeat::Server::bind(&uri).await.unwrap());
    assert_eq!(read(&forgetful).await.unwrap(), up_to(10));
    assert_eq!(back.seen().tickets.len(), 1);
}

#[tokio::test]
async fn of_several_locations_that_fail_each_is_named() {
    let meta = node().await;
    let (a, b) = (nobody().await, nobody().await);
    meta.plan().info = FlightInfo::default().with_endpoint(endpoint("0 1", &[&a, "grpc://:1", &b]));
    let error = read(&meta.client).await.unwrap_err();
    assert_eq!(error.code(), wingbeat::Code::Unavailable);
    for name in [&a, "grpc://:1", &b] {
        assert!(error.message().contains(name), "{error}");
    }
}

#[tokio::test]
async fn unix_sockets_and_unspecified_addresses_of_a_server_here() {
    let meta = node().await;
    let folder = tempfile::tempdir().unwrap();
    let unix = format!("grpc+unix://{}/wb.sock", folder.path().display());
    let unix = crate::node::serve(wingbeat::Server::bind(unix).await.unwrap());
    let other = node().await;
    let unspecified = other.uri.replace("127.0.0.1", "0.0.0.0");
    meta.plan().info = FlightInfo::default()
        .with_ordered(true)
        .with_endpoint(endpoint("0 10", &[&unix.uri]))
        .with_endpoint(endpoint("10 20", &[&unspecified]));
    assert_eq!(read(&meta.client).await.unwrap(), up_to(20));
    assert_eq!(unix.seen().tickets, ["0 10"]);
    assert_eq!(other.seen().tickets, ["10 20"]);
}
