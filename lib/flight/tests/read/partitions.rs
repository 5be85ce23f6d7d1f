//! A stream for each endpoint.

use wingbeat::arrow::datatypes::Schema;
use wingbeat::{FlightInfo, ReadOptions};

use crate::node::node;
use crate::support::{all_ids, endpoint, ids, soon, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_endpoint_is_opened_when_it_is_read() {
    let (a, b) = (node().await, node().await);
    let info = FlightInfo::new(&ids(0..0).schema())
        .with_endpoint(endpoint("0 100", &[&b.uri]))
        .with_endpoint(endpoint("100 200", &[]))
        .with_endpoint(endpoint("200 300", &[&b.uri]));
    let partitions = soon(a.client.read_partitions(&info)).await.unwrap();
    assert_eq!(partitions.len(), 3);
    assert!(partitions.iter().all(|partition| partition.schema() == &ids(0..0).schema()));
    assert!(a.seen().tickets.is_empty() && b.seen().tickets.is_empty());
    for (nth, partition) in (0_i64..).zip(partitions) {
        let batches = soon(partition.collect_batches()).await.unwrap();
        let expected: Vec<_> = (nth * 100..nth * 100 + 100).collect();
        assert_eq!(all_ids(&batches), expected);
    }
    assert_eq!((a.seen().tickets.len(), b.seen().tickets.len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_schema_the_first_is_open() {
    let a = node().await;
    a.plan().version = Some("v1");
    a.plan().fail_after = Some(2);
    let info =
        (0..6).fold(FlightInfo::default(), |info, _| info.with_endpoint(endpoint("0 50", &[])));
    let options = ReadOptions::default().with_connections(2);
    let client = a.client.clone().with_read_options(options);
    let partitions = soon(client.read_partitions(&info)).await.unwrap();
    assert_eq!(a.seen().tickets.len(), 1);
    // All at once, over two connections; the one that breaks off is read on.
    let reads = partitions.into_iter().map(|partition| tokio::spawn(partition.collect_batches()));
    for read in reads.collect::<Vec<_>>() {
        let batches = soon(read).await.unwrap().unwrap();
        assert_eq!(all_ids(&batches), (0..50).collect::<Vec<_>>());
    }
    assert_eq!(a.seen().tickets.len(), 7);
    assert_eq!(a.seen().peers.len(), 2);
    until(|| a.seen().open == 0).await;
    assert!(soon(client.read_partitions(&FlightInfo::default())).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_partition_of_another_schema_is_an_error() {
    let a = node().await;
    let other = Schema::empty();
    let info = FlightInfo::new(&other).with_endpoint(endpoint("0 10", &[]));
    let mut partitions = soon(a.client.read_partitions(&info)).await.unwrap();
    let error = soon(partitions.remove(0).collect_batches()).await.unwrap_err();
    assert!(error.message().contains("schema"), "{error}");
}
