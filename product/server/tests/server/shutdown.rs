//! The end of a server: no new calls, reads finish within a limit, uploads end at once.

use std::time::{Duration, Instant};

use wingbeat::{BatchStream, Client, Code, Ticket};

use crate::support::{TestServer, eventually, infos, path, put, rows};
use crate::tickets::write_large;

const ROWS: usize = 4 << 20;

/// Waits until the server takes no more calls.
async fn refuses(client: &Client) {
    loop {
        if let Err(error) = infos(client, "").await {
            assert_eq!(error.code(), Code::Unavailable, "{error}");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_finishes_and_nothing_new_begins() {
    let server = TestServer::start().await;
    write_large(&server.root().join("t.parquet"), ROWS as i64);
    let client = server.client();
    let mut stream = client.do_get(Ticket::new("t")).await.unwrap();
    let mut count = stream.next_batch().await.unwrap().unwrap().num_rows();
    server.stop.cancel();
    refuses(&server.client()).await;
    refuses(&client).await;
    while let Some(batch) = stream.next_batch().await.unwrap() {
        count += batch.num_rows();
    }
    assert_eq!(count, ROWS);
    server.ended().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_is_aborted_cleanly() {
    let server = TestServer::start().await;
    let client = server.client();
    put(&client, path("t"), &[rows(0, 3)]).await.unwrap();
    let files = server.files();
    let (mut sender, stream) = BatchStream::channel(rows(0, 0).schema(), 1);
    let results = client.do_put(path("t"), stream);
    sender.send(rows(5, 3)).await.unwrap();
    eventually("it is under way", || server.staged() == 1).await;
    let begun = Instant::now();
    server.stop.cancel();
    let error = results.finish().await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
    assert!(error.message().contains("stopping"), "{error}");
    assert_eq!(sender.send(rows(8, 3)).await.unwrap_err().code(), Code::Unavailable);
    // The error came when nothing was left of it.
    assert_eq!(server.files(), files);
    server.ended().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "it did not wait for the drain");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_rests_is_given_up_after_the_drain() {
    let server = TestServer::with(|config| config.drain = Duration::from_millis(200)).await;
    write_large(&server.root().join("t.parquet"), ROWS as i64);
    let mut stream = server.client().do_get(Ticket::new("t")).await.unwrap();
    let mut count = stream.next_batch().await.unwrap().unwrap().num_rows();
    server.ended().await.unwrap();
    let error = loop {
        match stream.next_batch().await {
            Ok(Some(batch)) => count += batch.num_rows(),
            Ok(None) => panic!("the stream ended well after {count} rows"),
            Err(error) => break error,
        }
    };
    assert!(count < ROWS);
    assert!(matches!(error.code(), Code::Unavailable | Code::Cancelled), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_in_use_is_an_error() {
    let server = TestServer::start().await;
    let mut config = wingbeat_server::ServeConfig::new(server.root());
    config.bind = vec![server.address.parse().unwrap()];
    let ready = |_: &[wingbeat::Address]| panic!("it must not start");
    let error = wingbeat_server::serve(config, ready, std::future::pending()).await.unwrap_err();
    assert!(error.to_string().contains(&server.address), "{error}");
}
