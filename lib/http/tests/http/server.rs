//! A small HTTP server whose every answer a test writes by itself, byte by byte.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// A server on a port of its own, until it is dropped.
pub(crate) struct Served {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    _task: AbortOnDropHandle<()>,
}

impl Served {
    /// Lets `answer` have each connection, once its request is read.
    pub(crate) async fn with<F, A>(answer: F) -> Self
    where
        F: Fn(TcpStream) -> A + Send + 'static,
        A: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let seen = requests.clone();
        let task = tokio::spawn(async move {
            let mut answers = tokio::task::JoinSet::new();
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(socket.read_u8().await.unwrap());
                }
                seen.lock().unwrap().push(String::from_utf8(head).unwrap());
                answers.spawn(answer(socket));
            }
        });
        Self { port, requests, _task: AbortOnDropHandle::new(task) }
    }

    /// Answers with these bytes, and hangs up.
    pub(crate) async fn bytes(bytes: Vec<u8>) -> Self {
        let bytes = Arc::new(bytes);
        Self::with(move |mut socket| {
            let bytes = bytes.clone();
            async move {
                // The client may have enough of it.
                let _ = socket.write_all(&bytes).await;
            }
        })
        .await
    }

    pub(crate) fn uri(&self) -> String {
        format!("http://127.0.0.1:{}/trips?signature=s3cret", self.port)
    }

    /// The heads of all requests.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// An answer whose length is said before.
pub(crate) fn sized(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// An answer in chunks of so many bytes.
pub(crate) fn chunked(body: &[u8], chunk: usize) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for piece in body.chunks(chunk) {
        bytes.extend(format!("{:x}\r\n", piece.len()).as_bytes());
        bytes.extend([piece, b"\r\n"].concat());
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

/// An answer that ends with the connection.
pub(crate) fn unsized_(body: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", body].concat()
}
