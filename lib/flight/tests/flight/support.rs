//! Servers on free ports, and what several tests send.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::AbortOnDropHandle;
use wingbeat::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use wingbeat::{Client, FlightService, Result, Server};

/// A client, and its server for as long as this lives.
pub(crate) struct Served {
    pub(crate) client: Client,
    _serving: Option<AbortOnDropHandle<Result<()>>>,
}

impl std::ops::Deref for Served {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Serves on a free TCP port.
pub(crate) async fn tcp(service: impl FlightService) -> Served {
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    start(server, service)
}

/// Serves with a server that is set up already.
pub(crate) fn start(server: Server, service: impl FlightService) -> Served {
    let client = Client::new(server.local_addr().to_string()).unwrap();
    let serving = AbortOnDropHandle::new(tokio::spawn(server.serve(service)));
    Served { client, _serving: Some(serving) }
}

/// The service over TCP, over a Unix socket, and in process.
pub(crate) async fn everywhere(service: impl FlightService) -> (Vec<Served>, tempfile::TempDir) {
    let service = Arc::new(service);
    let folder = tempfile::tempdir().unwrap();
    let unix = format!("grpc+unix://{}/wb.sock", folder.path().display());
    let unix = start(Server::bind(unix).await.unwrap(), service.clone());
    let in_process = Served { client: Client::in_process(service.clone()), _serving: None };
    (vec![tcp(service).await, unix, in_process], folder)
}

/// Waits for something that has to happen.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, future).await.expect("took longer than 20 seconds")
}

/// A batch of one column, `id`, of 64-bit integers.
pub(crate) fn ids(range: std::ops::Range<i64>) -> RecordBatch {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(range));
    RecordBatch::try_from_iter([("id", column)]).unwrap()
}

/// The ids in batches, in order.
pub(crate) fn all_ids(batches: &[RecordBatch]) -> Vec<i64> {
    let column = |batch: &RecordBatch| {
        let column = batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().clone();
        column.values().to_vec()
    };
    batches.iter().flat_map(column).collect()
}

/// Sends a signal when it is dropped.
pub(crate) struct OnDrop(Option<tokio::sync::oneshot::Sender<()>>);

impl OnDrop {
    pub(crate) fn new() -> (Self, tokio::sync::oneshot::Receiver<()>) {
        let (tx, rx) = tokio::sync::oneshot::channel();
        (Self(Some(tx)), rx)
    }
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(tx) = self.0.take() {
            let _ = tx.send(());
        }
    }
}
