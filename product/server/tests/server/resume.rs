//! A read goes on where its connection was lost.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;
use wingbeat::{Client, ClientCallInfo, ClientMiddleware, HeaderMap, Ticket};

use crate::support::{TestServer, path, read, rows, write_file};

/// Keeps the response headers of reads.
#[derive(Clone, Default)]
struct Headers(Arc<Mutex<Vec<HeaderMap>>>);

impl ClientMiddleware for Headers {
    fn received_headers(&mut self, headers: &HeaderMap) {
        if headers.contains_key("wingbeat-version") {
            self.0.lock().unwrap().push(headers.clone());
        }
    }
}

#[tokio::test]
async fn a_read_says_which_version_it_is_of() {
    let server = TestServer::start().await;
    write_file(&server.root().join("t.parquet"), &rows(0, 10));
    let seen = Headers::default();
    let headers = seen.clone();
    let client = server.client();
    let client = client.with_middleware(move |_: &ClientCallInfo<'_>| Ok(headers.clone()));
    let info = client.get_flight_info(path("t")).await.unwrap();
    let said: serde_json::Value = serde_json::from_slice(&info.app_metadata).unwrap();
    let version = said["version"].as_str().unwrap();
    let planned = info.endpoints[0].ticket.clone().unwrap();
    for ticket in [planned, Ticket::new("t")] {
        client.do_get(ticket).await.unwrap().collect_batches().await.unwrap();
    }
    let seen = seen.0.lock().unwrap();
    assert_eq!(seen.len(), 2);
    for headers in &*seen {
        assert_eq!(headers["wingbeat-version"], version);
        assert_eq!(headers["wingbeat-order"], "stable");
    }
}

/// Passes connections on to a server, and cuts the first after so many bytes of its answers.
async fn cutting(server: &str, bytes: usize) -> (String, AbortOnDropHandle<()>) {
    let server = server.strip_prefix("grpc://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("grpc://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let mut left = Some(bytes);
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(pass(client, server, left.take()));
        }
    });
    (address, AbortOnDropHandle::new(task))
}

async fn pass(client: TcpStream, server: TcpStream, bytes: Option<usize>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let mut answers = from_server.take(bytes.unwrap_or(usize::MAX) as u64);
    tokio::select! {
        _ = copy(&mut from_client, &mut to_server) => {}
        _ = copy(&mut answers, &mut to_client) => {}
    }
    let _ = to_client.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_loses_and_doubles_no_row() {
    let server = TestServer::start().await;
    let batch = rows(0, 400_000);
    write_file(&server.root().join("t.parquet"), &batch);
    for bytes in [100_000, 1_000_000, 4_000_000] {
        let (address, _proxy) = cutting(&server.address, bytes).await;
        let client = Client::new(&address).unwrap();
        let seen = Headers::default();
        let headers = seen.clone();
        let client = client.with_middleware(move |_: &ClientCallInfo<'_>| Ok(headers.clone()));
        assert_eq!(read(&client, path("t")).await.unwrap(), batch);
        assert_eq!(seen.0.lock().unwrap().len(), 2, "it was read in two pieces");
    }
}
