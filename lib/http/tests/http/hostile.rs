//! Servers that send what they should not, or not enough of it.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use wingbeat::{Code, Error};
use wingbeat_http::HttpFetcher;

use crate::server::{Served, chunked, sized, unsized_};
use crate::support::{client, ipc, open, read};

/// The error of reading an answer with these bytes.
async fn error_of(bytes: Vec<u8>) -> Error {
    let served = Served::bytes(bytes).await;
    let error = read(&client(HttpFetcher::new()), &served.uri()).await.unwrap_err();
    assert!(error.message().contains(&format!("http://127.0.0.1:{}/trips", served.port)));
    assert!(!error.message().contains("s3cret"), "{error}");
    error
}

#[tokio::test]
async fn an_answer_that_is_cut_off() {
    let body = ipc(3000);
    let half = body.len() / 2;
    for bytes in [sized("", &body), chunked(&body, 500), unsized_(&body)] {
        let error = error_of(bytes[..bytes.len() - half].to_vec()).await;
        assert!(matches!(error.code(), Code::Unavailable | Code::Internal), "{error}");
    }
    // Between two messages, where nobody says that it is whole.
    let error = error_of(unsized_(&body[..body.len() - 8])).await;
    assert!(error.message().contains("without the end of the stream"), "{error}");
    let error = error_of(Vec::new()).await;
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error_of(sized("", &[])).await.message().contains("empty"));
}

#[tokio::test]
async fn an_answer_that_is_something_else() {
    for (headers, body, part) in [
        ("", &b"<html><body>log in</body></html>"[..], "no Arrow IPC stream"),
        ("content-type: text/html\r\n", b"<html>", "text/html"),
        ("content-encoding: gzip\r\n", b"\x1f\x8b\x08", "gzip"),
        ("", b"ARROW1\0\0\xff\xff\xff\xff", "no Arrow IPC stream"),
    ] {
        let error = error_of(sized(headers, body)).await;
        assert!(error.message().contains(part), "{error}");
    }
    let error = error_of(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()).await;
    assert_eq!(error.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Served::bytes(sized("", &ipc(10))).await;
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let to = other.uri();
        let head = format!("HTTP/1.1 {status}\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
        let error = error_of(head.into_bytes()).await;
        assert!(error.message().contains("redirects are not followed"), "{error}");
    }
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_claim_takes_no_memory_and_a_length_is_bounded() {
    let claim = [&[0xff; 4][..], &0x7fff_ffff_u32.to_le_bytes()].concat();
    assert_eq!(error_of(sized("", &claim)).await.code(), Code::ResourceExhausted);
    let served = Served::bytes(sized("", &ipc(3000))).await;
    let chunks = Served::bytes(chunked(&ipc(3000), 1000)).await;
    let client = client(HttpFetcher::new().with_bytes_max(10_000));
    for served in [served, chunks] {
        let error = read(&client, &served.uri()).await.unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted);
        assert!(error.message().contains("10000 bytes"), "{error}");
    }
}

#[tokio::test]
async fn a_head_without_end_is_ended() {
    let served = Served::with(|mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while socket.write_all(b"x-more: and more and more\r\n").await.is_ok() {}
    })
    .await;
    let error = open(&client(HttpFetcher::new()), &served.uri()).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
}

#[tokio::test]
async fn a_server_that_stops_or_trickles_is_waited_for_no_longer() {
    let patience = Duration::from_millis(300);
    let fetcher = HttpFetcher::new().with_head_timeout(patience).with_idle_timeout(patience);
    let client = client(fetcher);
    // Says nothing; stops in the head; stops in the body; trickles.
    for len in [0, 10, 500] {
        let served = Served::with(move |mut socket| async move {
            let bytes = unsized_(&ipc(3000));
            socket.write_all(&bytes[..len]).await.unwrap();
            std::future::pending::<()>().await;
        })
        .await;
        let error = read(&client, &served.uri()).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable);
        assert!(error.message().contains("no progress for 300ms"), "{error}");
    }
    let served = Served::with(|mut socket| async move {
        for byte in unsized_(&ipc(3000)) {
            if socket.write_all(&[byte]).await.is_err() {
                return;
            }
            // The pace of the trickle.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let error = read(&client, &served.uri()).await.unwrap_err();
    assert!(error.message().contains("no progress for 300ms"), "{error}");
}

#[tokio::test]
async fn the_time_of_the_read_holds() {
    let served = Served::with(|mut socket| async move {
        let _ = socket.write_all(&unsized_(&ipc(3000))[..2000]).await;
        std::future::pending::<()>().await;
    })
    .await;
    let client = client(HttpFetcher::new()).with_timeout(Duration::from_millis(300));
    let error = read(&client, &served.uri()).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
}
