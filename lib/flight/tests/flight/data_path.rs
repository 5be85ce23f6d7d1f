//! Bodies between two peers of this implementation are used in the memory that they arrive in.

use futures_util::stream;
use wingbeat::arrow::array::{Array, RecordBatch};
use wingbeat::{
    BatchStream, BodyPool, CallContext, ChannelConfig, Client, ClientOptions, Error, Exchange,
    FlightDescriptor, FlightService, FlightStreamChunk, Result, Server, ServerConfig,
    ServerOptions, Ticket, Upload, compact,
};

use crate::support::{ids, soon, start, tcp};

const BATCHES: u64 = 40;

/// Sends, takes and returns batches of 4 MiB.
struct Bulk;

fn batches() -> BatchStream {
    let batch = ids(0..1 << 19);
    let chunks = (0..BATCHES).map(move |_| Ok::<_, Error>(FlightStreamChunk::from(batch.clone())));
    BatchStream::from_stream(ids(0..1).schema(), stream::iter(chunks))
}

impl FlightService for Bulk {
    async fn do_get(&self, _cx: &CallContext, _ticket: Ticket) -> Result<BatchStream> {
        Ok(batches())
    }

    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        while upload.next_batch().await?.is_some() {}
        Ok(())
    }

    async fn do_exchange(&self, _cx: &CallContext, exchange: Exchange) -> Result<()> {
        let (mut sender, mut receiver) = exchange.split();
        sender.start(receiver.schema().await?.expect("a schema")).await?;
        while let Some(batch) = receiver.next_batch().await? {
            sender.send(batch).await?;
        }
        Ok(())
    }
}

/// How many bodies were used as they arrived, and how many were copied.
fn counts(pool: &BodyPool) -> (u64, u64) {
    let statistics = pool.statistics();
    (statistics.adopted, statistics.allocated + statistics.reused)
}

/// The first bodies of a connection may lie anywhere.
fn assert_adopted(pool: &BodyPool, call: &str) {
    let (adopted, copied) = counts(pool);
    assert_eq!(adopted + copied, BATCHES, "{call}: each body once");
    assert!(adopted >= BATCHES * 3 / 4, "{call}: {adopted} adopted, {copied} copied");
}

/// A server and a client with pools that can be looked at.
async fn peers() -> (crate::support::Served, Client, BodyPool, BodyPool) {
    // So much window that no message falls on its end, which would take it apart.
    let (mut to_server, mut to_client) = (ServerConfig::default(), ChannelConfig::default());
    (to_server.stream_window_bytes, to_server.connection_window_bytes) = (256 << 20, 256 << 20);
    (to_client.stream_window_bytes, to_client.connection_window_bytes) = (256 << 20, 256 << 20);
    peers_with(to_server, to_client).await
}

async fn peers_with(
    to_server: ServerConfig,
    to_client: ChannelConfig,
) -> (crate::support::Served, Client, BodyPool, BodyPool) {
    let (sent, received) = (BodyPool::default(), BodyPool::default());
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let options = ServerOptions::default().with_pool(sent.clone()).with_transport(to_server);
    let served = start(server.options(options), Bulk);
    let options = ClientOptions::default().with_pool(received.clone()).with_transport(to_client);
    let client = served.client.clone().with_options(options);
    // By its answer the client learns what the server takes.
    let _ = client.get_flight_info(FlightDescriptor::path(["x"])).await;
    let _ = client.list_actions().await.unwrap();
    (served, client, sent, received)
}

fn assert_one_body(batch: &RecordBatch, pool: &BodyPool) {
    let body = batch.column(0).to_data().buffers()[0].as_ptr();
    assert_eq!(body.addr() % 16, 0);
    assert!(pool.statistics().pinned_bytes >= 4 << 20, "a batch that is held is counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_not_copied_in_do_get() {
    let (_served, client, _, received) = peers().await;
    let mut stream = soon(client.do_get(Ticket::new("x"))).await.unwrap();
    let mut rows = 0;
    while let Some(batch) = soon(stream.next_batch()).await.unwrap() {
        assert_one_body(&batch, &received);
        assert_eq!(batch, ids(0..1 << 19));
        rows += batch.num_rows();
    }
    assert_eq!(rows as u64, BATCHES << 19);
    assert_adopted(&received, "DoGet");
    assert_eq!(received.statistics().pinned_bytes, 0, "all batches are dropped");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_keeps_its_message_unless_it_is_compacted() {
    let (_served, client, _, received) = peers().await;
    let mut stream = soon(client.do_get(Ticket::new("x"))).await.unwrap();
    let batch = soon(stream.next_batch()).await.unwrap().unwrap();
    drop(stream);
    let slice = batch.slice(100, 3);
    drop(batch);
    assert!(received.statistics().pinned_bytes >= 4 << 20, "three rows keep all");
    let kept = compact(&slice).unwrap();
    drop(slice);
    assert_eq!(received.statistics().pinned_bytes, 0);
    assert_eq!(kept, ids(100..103));
    assert!(kept.get_array_memory_size() < 1024, "{}", kept.get_array_memory_size());
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_not_copied_in_do_put() {
    let (_served, client, sent, _) = peers().await;
    let results = client.do_put(FlightDescriptor::path(["x"]), batches());
    soon(results.finish()).await.unwrap();
    assert_adopted(&sent, "DoPut");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_not_copied_in_do_exchange() {
    let (_served, client, sent, received) = peers().await;
    exchange(&client).await;
    assert_adopted(&sent, "DoExchange to the server");
    assert_adopted(&received, "DoExchange to the client");
}

/// With the windows that everybody has, a message may fall on the end of one. It waits then, which
/// is in vain where a busy machine lets its reader rest, and those behind it wait no more. So a
/// few tries count.
#[tokio::test(flavor = "multi_thread")]
async fn most_bodies_are_not_copied_with_the_default_windows() {
    let mut seen = Vec::new();
    for _ in 0..6 {
        let adopted = adopted_by_default().await;
        if adopted.iter().all(|&adopted| adopted >= BATCHES / 2) {
            return;
        }
        seen.push(adopted);
    }
    panic!("of {BATCHES} in DoGet, DoPut and both ways of DoExchange: {seen:?}");
}

async fn adopted_by_default() -> [u64; 4] {
    let defaults = || peers_with(ServerConfig::default(), ChannelConfig::default());
    let (_served, client, _, got) = defaults().await;
    let expected = ids(0..1 << 19);
    let mut stream = soon(client.do_get(Ticket::new("x"))).await.unwrap();
    while let Some(batch) = soon(stream.next_batch()).await.unwrap() {
        assert!(batch == expected, "other values");
    }
    let (_served, client, put, _) = defaults().await;
    let results = client.do_put(FlightDescriptor::path(["x"]), batches());
    soon(results.finish()).await.unwrap();
    let (_served, client, sent, received) = defaults().await;
    exchange(&client).await;
    [got, put, sent, received].map(|pool| counts(&pool).0)
}

/// Sends all batches and takes what comes back.
async fn exchange(client: &Client) {
    let (mut sender, mut receiver) = client.do_exchange(FlightDescriptor::path(["x"])).split();
    let sending = async move {
        let mut stream = batches();
        sender.start(stream.schema().clone()).await?;
        while let Some(batch) = stream.next_batch().await? {
            sender.send(batch).await?;
        }
        sender.finish();
        Ok::<_, Error>(())
    };
    let receiving = async move {
        let mut count = 0;
        while receiver.next_batch().await?.is_some() {
            count += 1;
        }
        Ok::<_, Error>(count)
    };
    let (sent_all, count) = soon(async { tokio::join!(sending, receiving) }).await;
    sent_all.unwrap();
    assert_eq!(count.unwrap(), BATCHES);
}

#[tokio::test]
async fn a_client_that_takes_less_gets_less() {
    let served = tcp(Bulk).await;
    let limits = wingbeat::Limits::default().with_message_bytes_max(1 << 20);
    let client = served.client.clone().with_options(ClientOptions::default().with_limits(limits));
    let mut stream = soon(client.do_get(Ticket::new("x"))).await.unwrap();
    let batch = soon(stream.next_batch()).await.unwrap().unwrap();
    assert!(batch.num_rows() < 1 << 17, "{} rows", batch.num_rows());
}
