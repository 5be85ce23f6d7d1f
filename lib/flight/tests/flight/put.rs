//! DoPut: acknowledgements on the way, errors at the next write, and uploads that break off.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;
use wingbeat::arrow::array::RecordBatch;
use wingbeat::{
    BatchStream, CallContext, Client, ClientOptions, Code, Compression, EncodeOptions, Error,
    FlightDescriptor, FlightService, FlightStreamChunk, PutResult, Result, Upload,
};

use crate::support::{all_ids, ids, soon, tcp};

/// Does what the path says, and tells how each upload ended.
struct Sink {
    ended: mpsc::UnboundedSender<Result<Vec<i64>>>,
    read: Arc<AtomicUsize>,
}

impl Sink {
    fn new() -> (Self, mpsc::UnboundedReceiver<Result<Vec<i64>>>) {
        let (ended, rx) = mpsc::unbounded_channel();
        (Self { ended, read: Arc::default() }, rx)
    }

    async fn take(&self, upload: &mut Upload, acks: bool) -> Result<Vec<RecordBatch>> {
        let mut batches = Vec::new();
        while let Some(chunk) = upload.next().await? {
            self.read.fetch_add(1, Ordering::SeqCst);
            let rows = chunk.data.as_ref().map_or(0, RecordBatch::num_rows);
            let metadata = chunk.app_metadata.unwrap_or_default();
            if acks {
                upload.ack(format!("{rows} {}", String::from_utf8_lossy(&metadata))).await?;
            }
            batches.extend(chunk.data);
        }
        Ok(batches)
    }
}

impl FlightService for Sink {
    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        let FlightDescriptor::Path(path) = upload.descriptor().clone() else {
            return Err(Error::invalid_argument("expected a path"));
        };
        match path[0].as_str() {
            "refuse" => {
                upload.next_batch().await?;
                Err(Error::failed_precondition("one is enough"))
            }
            "ok early" => upload.next_batch().await.map(|_| ()),
            "schema" => {
                let schema = upload.schema().await?;
                upload.ack(format!("{}", schema.fields().len())).await
            }
            "stall" => {
                upload.next().await?;
                std::future::pending().await
            }
            "stream" => {
                let acks = upload.acks();
                let batches = upload.into_stream().await?.collect_batches().await?;
                acks.send(format!("{} batches", batches.len())).await
            }
            name => {
                let mut report = Report::new(self.ended.clone());
                let taken = self.take(&mut upload, name == "ack").await;
                report.seen = taken.as_deref().map(all_ids).map_err(Clone::clone);
                taken.map(|_| ())
            }
        }
    }
}

/// Tells how an upload ended, even when its handler is dropped before it can look.
struct Report {
    seen: Result<Vec<i64>>,
    ended: mpsc::UnboundedSender<Result<Vec<i64>>>,
}

impl Report {
    fn new(ended: mpsc::UnboundedSender<Result<Vec<i64>>>) -> Self {
        Self { seen: Err(Error::cancelled("the handler was dropped")), ended }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let _ = self.ended.send(self.seen.clone());
    }
}

fn path(name: &str) -> FlightDescriptor {
    FlightDescriptor::path([name])
}

#[tokio::test]
async fn acknowledged_while_it_is_written() {
    let (sink, mut ended) = Sink::new();
    let client = tcp(sink).await;
    let (mut sender, stream) = BatchStream::channel(ids(0..1).schema(), 1);
    let mut results = client.do_put(path("ack"), stream);
    for i in 0..5 {
        sender.send(ids(0..i)).await.unwrap();
        let result = soon(results.next()).await.unwrap();
        assert_eq!(result, Some(PutResult::new(format!("{i} "))));
        sender.send(FlightStreamChunk::metadata("note")).await.unwrap();
        let result = soon(results.next()).await.unwrap();
        assert_eq!(result, Some(PutResult::new("0 note")));
        sender.send(FlightStreamChunk::from(ids(0..1)).with_metadata("x")).await.unwrap();
        assert_eq!(soon(results.next()).await.unwrap(), Some(PutResult::new("1 x")));
    }
    sender.finish();
    assert_eq!(soon(results.next()).await.unwrap(), None);
    assert_eq!(soon(ended.recv()).await.unwrap().unwrap().len(), 10 + 5);
}

#[tokio::test]
async fn the_servers_error_comes_at_the_next_write() {
    let (sink, _ended) = Sink::new();
    let client = tcp(sink).await;
    let (mut sender, stream) = BatchStream::channel(ids(0..1).schema(), 1);
    let results = client.do_put(path("refuse"), stream);
    let error = soon(async {
        loop {
            if let Err(error) = sender.send(ids(0..1000)).await {
                return error;
            }
        }
    })
    .await;
    assert_eq!((error.code(), error.message()), (Code::FailedPrecondition, "one is enough"));
    let error = soon(results.finish()).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::FailedPrecondition, "one is enough"));
}

#[tokio::test]
async fn a_server_that_wants_no_more() {
    let (sink, _ended) = Sink::new();
    let client = tcp(sink).await;
    let (mut sender, stream) = BatchStream::channel(ids(0..1).schema(), 1);
    let results = client.do_put(path("ok early"), stream);
    let error = soon(async {
        loop {
            if let Err(error) = sender.send(ids(0..1000)).await {
                return error;
            }
        }
    })
    .await;
    assert_eq!(error.code(), Code::Cancelled);
    assert_eq!(soon(results.finish()).await.unwrap(), None);
}

#[tokio::test]
async fn a_source_that_fails_resets_the_call() {
    let (sink, mut ended) = Sink::new();
    let client = tcp(sink).await;
    // The source fails once the server has the first batch: before, a reset call need not reach it.
    let (fail, failing) = tokio::sync::oneshot::channel::<()>();
    let rows = stream::once(async { Ok(ids(0..1)) });
    let failure = stream::once(async {
        let _ = failing.await;
        Err(Error::data_loss("the disk is gone"))
    });
    let stream = BatchStream::from_stream(ids(0..1).schema(), rows.chain(failure));
    let mut results = client.do_put(path("ack"), stream);
    assert!(soon(results.next()).await.unwrap().is_some());
    fail.send(()).unwrap();
    let error = soon(results.finish()).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::DataLoss, "the disk is gone"));
    // The server sees a call that was given up, and no end of the upload.
    let seen = soon(ended.recv()).await;
    assert!(matches!(&seen, Some(Err(error)) if error.code() == Code::Cancelled), "{seen:?}");

    let (mut sender, stream) = BatchStream::channel(ids(0..1).schema(), 1);
    let mut results = client.do_put(path("ack"), stream);
    sender.send(ids(0..1)).await.unwrap();
    assert!(soon(results.next()).await.unwrap().is_some());
    drop(sender);
    let error = soon(results.finish()).await.unwrap_err();
    assert!(error.message().contains("dropped before"), "{error}");
    let seen = soon(ended.recv()).await;
    assert!(matches!(&seen, Some(Err(error)) if error.code() == Code::Cancelled), "{seen:?}");
}

#[tokio::test]
async fn results_that_are_dropped_reset_the_call() {
    let (sink, mut ended) = Sink::new();
    let client = tcp(sink).await;
    let (mut sender, stream) = BatchStream::channel(ids(0..1).schema(), 1);
    let mut results = client.do_put(path("ack"), stream);
    sender.send(ids(0..1)).await.unwrap();
    soon(results.next()).await.unwrap();
    drop(results);
    let seen = soon(ended.recv()).await;
    assert!(matches!(&seen, Some(Err(error)) if error.code() == Code::Cancelled), "{seen:?}");
    let error = soon(async {
        loop {
            if let Err(error) = sender.send(ids(0..1)).await {
                return error;
            }
        }
    })
    .await;
    assert_eq!(error.code(), Code::Cancelled, "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_read_stops_the_client() {
    let (sink, _ended) = Sink::new();
    let client = tcp(sink).await;
    let made = Arc::new(AtomicUsize::new(0));
    let counter = made.clone();
    let batches = (0..500).map(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        ids(0..1 << 17)
    });
    let _results =
        client.do_put(path("stall"), BatchStream::from_batches(ids(0..1).schema(), batches));
    for _ in 0..200 {
        client.list_actions().await.unwrap().collect().await.unwrap();
    }
    let made = made.load(Ordering::SeqCst);
    assert!((1..100).contains(&made), "{made} batches of 1 MiB were made for nobody");
}

#[tokio::test]
async fn compressed_empty_and_without_schema() {
    let (sink, mut ended) = Sink::new();
    let client = tcp(sink).await;
    for compression in [Compression::Lz4Frame, Compression::Zstd { level: 3 }] {
        let encode = EncodeOptions::default().with_compression(compression);
        let client: Client =
            client.client.clone().with_options(ClientOptions::default().with_encode(encode));
        let batches = [ids(0..100_000), ids(100_000..100_001)];
        let stream = BatchStream::from_batches(ids(0..1).schema(), batches);
        soon(client.do_put(path("x"), stream).finish()).await.unwrap();
        let rows = soon(ended.recv()).await.unwrap().unwrap();
        assert_eq!(rows, (0..100_001).collect::<Vec<_>>());
    }
    let empty = || BatchStream::from_batches(ids(0..1).schema(), []);
    soon(client.do_put(path("x"), empty()).finish()).await.unwrap();
    assert_eq!(soon(ended.recv()).await.unwrap().unwrap(), [0_i64; 0]);
    let last = soon(client.do_put(path("schema"), empty()).finish()).await.unwrap();
    assert_eq!(last, Some(PutResult::new("1")));
    let batches = BatchStream::from_batches(ids(0..1).schema(), [ids(0..1), ids(1..2)]);
    let last = soon(client.do_put(path("stream"), batches).finish()).await.unwrap();
    assert_eq!(last, Some(PutResult::new("2 batches")));
    let error = soon(client.do_put(FlightDescriptor::command("x"), empty()).finish()).await;
    assert_eq!(error.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn results_that_are_dropped_at_once_do_not_leave_the_sender_waiting() {
    let client = Client::in_process(Sink::new().0);
    let (mut sender, stream) = BatchStream::channel(ids(0..1).schema(), 1);
    // The task of the call has not run yet.
    drop(client.do_put(path("ack"), stream));
    assert_eq!(soon(sender.closed()).await.code(), Code::Cancelled);
    assert_eq!(soon(sender.send(ids(0..1))).await.unwrap_err().code(), Code::Cancelled);
}
