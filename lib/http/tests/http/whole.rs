//! Streams that are read whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_ipc::CompressionType;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use wingbeat::{Code, HeaderName, HeaderValue};
use wingbeat_http::HttpFetcher;

use crate::server::{Served, chunked, sized, unsized_};
use crate::support::{client, flight, ids, ipc, ipc_with, open, options, read, soon};

#[tokio::test]
async fn however_the_length_of_the_answer_is_told() {
    let client = client(HttpFetcher::new());
    let body = ipc(30_000);
    let typed = "content-type: application/vnd.apache.arrow.stream\r\n";
    for bytes in [sized(typed, &body), sized("", &body), chunked(&body, 777), unsized_(&body)] {
        let served = Served::bytes(bytes).await;
        assert_eq!(read(&client, &served.uri()).await.unwrap(), 30_000);
    }
    // Where HTTP says that it is whole, a stream need not.
    let bare = &body[..body.len() - 8];
    for bytes in [sized("", bare), chunked(bare, 10_000)] {
        let served = Served::bytes(bytes).await;
        assert_eq!(read(&client, &served.uri()).await.unwrap(), 30_000);
    }
}

#[tokio::test]
async fn with_compressed_bodies() {
    let client = client(HttpFetcher::new());
    for compression in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
        let served = Served::bytes(sized("", &ipc_with(9000, Some(compression)))).await;
        assert_eq!(read(&client, &served.uri()).await.unwrap(), 9000);
    }
}

#[tokio::test]
async fn nothing_of_the_caller_is_sent() {
    let served = Served::bytes(sized("", &ipc(10))).await;
    let mut secret = HeaderValue::from_static("Bearer s3same");
    secret.set_sensitive(true);
    let client = client(HttpFetcher::new())
        .with_plaintext_credentials()
        .with_header(HeaderName::from_static("authorization"), secret);
    let uri = served.uri().replace("127.0.0.1", "user:password@127.0.0.1");
    assert_eq!(read(&client, &uri).await.unwrap(), 10);
    let requests = served.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert!(request.starts_with("GET /trips?signature=s3cret HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: 127.0.0.1:{}\r\n", served.port)), "{request}");
    for header in ["authorization", "cookie", "password", "s3same"] {
        assert!(!request.to_lowercase().contains(header), "{request}");
    }
}

#[tokio::test]
async fn the_first_batch_comes_before_the_last_is_sent() {
    let more = Arc::new(Notify::new());
    let wait = more.clone();
    let served = Served::with(move |mut socket| {
        let wait = wait.clone();
        async move {
            let bytes = unsized_(&ipc(3000));
            let (first, second) = bytes.split_at(bytes.len() / 2);
            socket.write_all(first).await.unwrap();
            wait.notified().await;
            socket.write_all(second).await.unwrap();
        }
    })
    .await;
    let mut stream = open(&client(HttpFetcher::new()), &served.uri()).await.unwrap();
    assert_eq!(soon(stream.next_batch()).await.unwrap(), Some(ids(0..1000)));
    more.notify_one();
    assert_eq!(soon(stream.collect_batches()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_endless_answer_is_read_as_fast_as_it_is_taken_and_closed_when_dropped() {
    let sent = Arc::<AtomicUsize>::default();
    let closed = Arc::new(Notify::new());
    let (counted, told) = (sent.clone(), closed.clone());
    let served = Served::with(move |mut socket| {
        let (counted, told) = (counted.clone(), told.clone());
        async move {
            let body = ipc(300_000);
            socket.write_all(&unsized_(&body[..body.len() - 8])).await.unwrap();
            // The schema again and again, which is allowed.
            while socket.write_all(&body[..body.len() - 8]).await.is_ok() {
                counted.fetch_add(body.len(), Ordering::SeqCst);
            }
            let _ = socket.read_u8().await;
            told.notify_one();
        }
    })
    .await;
    let options = options(HttpFetcher::new()).with_bytes_max(4 << 20);
    let client = client(HttpFetcher::new()).with_read_options(options);
    let mut stream = open(&client, &served.uri()).await.unwrap();
    assert!(soon(stream.next_batch()).await.unwrap().is_some());
    let mut last = usize::MAX;
    while last != sent.load(Ordering::SeqCst) {
        last = sent.load(Ordering::SeqCst);
        // What stands still for so long is taken to rest; the bound holds all the same.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert!(last < 32 << 20, "{last} bytes were taken for a reader that rests");
    drop(stream);
    soon(closed.notified()).await;
}

#[tokio::test]
async fn a_replica_that_cannot_be_read_has_others() {
    let (bad, good) = (
        Served::bytes(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n".to_vec()).await,
        Served::bytes(sized("", &ipc(10))).await,
    );
    let client = client(HttpFetcher::new());
    let info = flight(&[&bad.uri(), &good.uri()]);
    let batches = soon(soon(client.read_info(&info)).await.unwrap().collect_batches()).await;
    assert_eq!(batches.unwrap().iter().map(|batch| batch.num_rows()).sum::<usize>(), 10);
    assert_eq!(bad.requests().len(), 1);
    let error = open(&client, &bad.uri()).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("503") && !error.message().contains("s3cret"), "{error}");
}
