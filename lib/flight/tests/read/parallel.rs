//! Connections, order, and many endpoints.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::Semaphore;
use wingbeat::{Client, FlightInfo, ReadOptions, ReadOrder};

use crate::node::{Served, node};
use crate::support::{all_ids, endpoint, open, read, read_sorted, soon, until, up_to};

/// A flight of so many endpoints of 100 ids each, on servers in turn.
fn flight(endpoints: i64, servers: &[&Served]) -> FlightInfo {
    (0..endpoints).fold(FlightInfo::default(), |info, nth| {
        let uris: Vec<&str> = match servers {
            [] => vec![],
            servers => vec![&servers[usize::try_from(nth).unwrap() % servers.len()].uri],
        };
        info.with_endpoint(endpoint(&format!("{} {}", nth * 100, nth * 100 + 100), &uris))
    })
}

fn with_connections(client: &Client, connections: usize) -> Client {
    let options = ReadOptions::default().with_connections(connections);
    client.clone().with_read_options(options)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_connections_as_asked_for_which_reads_share() {
    let node = node().await;
    let gate = Arc::new(Semaphore::new(0));
    node.plan().gate = Some(gate.clone());
    node.plan().info = flight(8, &[]);
    let client = with_connections(&node.client, 3);
    let reading = tokio::spawn({
        let client = client.clone();
        async move { read_sorted(&client).await }
    });
    // No more are opened while those rest.
    until(|| node.seen().open == 3).await;
    node.plan().gate = None;
    gate.add_permits(3);
    assert_eq!(soon(reading).await.unwrap().unwrap(), up_to(800));
    assert_eq!(node.seen().open_max, 3);
    assert_eq!(node.seen().peers.len(), 3);
    // A later read, by a clone, has the same.
    assert_eq!(read_sorted(&client).await.unwrap(), up_to(800));
    assert_eq!(node.seen().peers.len(), 3);
    assert_eq!(node.seen().tickets.len(), 16);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_servers_at_once() {
    let (a, b, c) = (node().await, node().await, node().await);
    a.plan().info = flight(12, &[&a, &b, &c]);
    for order in [ReadOrder::FlightInfo, ReadOrder::Endpoints, ReadOrder::Arrival] {
        let options = ReadOptions::default().with_connections(6).with_order(order);
        let client = a.client.clone().with_read_options(options);
        let ids = read(&client).await.unwrap();
        assert_eq!(ids.iter().copied().collect::<HashSet<_>>().len(), 1200);
        if order == ReadOrder::Endpoints {
            assert_eq!(ids, up_to(1200));
        }
    }
    for node in [&a, &b, &c] {
        assert_eq!(node.seen().tickets.len(), 12);
        assert!(node.seen().peers.len() <= 6);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_they_come_unless_it_is_ordered() {
    let (slow, quick) = (node().await, node().await);
    let gate = Arc::new(Semaphore::new(0));
    slow.plan().gate = Some(gate.clone());
    let info = FlightInfo::default()
        .with_endpoint(endpoint("0 10", &[&slow.uri]))
        .with_endpoint(endpoint("10 20", &[&quick.uri]));
    quick.plan().info = info.clone();
    let mut stream = open(&quick.client).await.unwrap();
    let first = soon(stream.next_batch()).await.unwrap().unwrap();
    assert_eq!(all_ids(&[first])[0], 10, "what is there does not wait for what is not");
    gate.add_permits(1);
    let rest = soon(stream.collect_batches()).await.unwrap();
    assert_eq!(all_ids(&rest), up_to(10));

    quick.plan().info = info.with_ordered(true);
    let mut stream = open(&quick.client).await.unwrap();
    until(|| quick.seen().batches == 2).await;
    gate.add_permits(1);
    let first = soon(stream.next_batch()).await.unwrap().unwrap();
    assert_eq!(all_ids(&[first])[0], 0);
    assert_eq!(all_ids(&soon(stream.collect_batches()).await.unwrap()), up_to(20)[10..]);
}

/// A foreign server may list any number of endpoints: no more are open than there are connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_endpoints() {
    let (a, b) = (node().await, node().await);
    a.plan().rows = 100;
    b.plan().rows = 100;
    a.plan().info = flight(10_000, &[&a, &b]).with_ordered(true);
    let options = ReadOptions::default().with_connections(4).with_bytes_max(1 << 20);
    let client = a.client.clone().with_read_options(options);
    let mut stream = open(&client).await.unwrap();
    let (mut next, mut rows) = (0, 0);
    while let Some(batch) = soon(stream.next_batch()).await.unwrap() {
        for id in all_ids(&[batch]) {
            assert_eq!(id, next);
            next += 1;
        }
        rows += 1;
    }
    assert_eq!((next, rows), (1_000_000, 10_000));
    for node in [&a, &b] {
        assert!(node.seen().open_max <= 4);
        assert!(node.seen().peers.len() <= 4);
        assert_eq!(node.seen().tickets.len(), 5000);
    }
}
