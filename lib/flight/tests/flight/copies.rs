//! Nothing is copied on the way to the transport, and on the way from it each batch into one
//! body, in all three calls that carry data.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http_body::Frame;
use tokio::sync::mpsc;
use wingbeat::arrow::array::RecordBatch;
use wingbeat::{
    BatchStream, Body, BoxError, CallContext, Client, EncodeOptions, Exchange, FlightDescriptor,
    FlightService, MessageSize, Result, Segments, Server, ServerOptions, Ticket, Upload, body_len,
};
use wingbeat_testkit::memory::{buffers, shareable, span};

use crate::support::{everywhere, soon, start};

/// How often a batch is sent.
const COUNT: usize = 3;

/// Sends a batch, takes batches, or sends what it takes. What it took goes to the test, too.
struct Bounce {
    batch: RecordBatch,
    taken: mpsc::UnboundedSender<RecordBatch>,
}

impl FlightService for Bounce {
    async fn do_get(&self, _cx: &CallContext, _ticket: Ticket) -> Result<BatchStream> {
        Ok(BatchStream::from_batches(self.batch.schema(), vec![self.batch.clone(); COUNT]))
    }

    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        while let Some(batch) = upload.next_batch().await? {
            let _ = self.taken.send(batch);
        }
        Ok(())
    }

    async fn do_exchange(&self, _cx: &CallContext, exchange: Exchange) -> Result<()> {
        let (mut sender, mut receiver) = exchange.split();
        while let Some(batch) = receiver.next_batch().await? {
            let _ = self.taken.send(batch.clone());
            sender.send(batch).await?;
        }
        Ok(())
    }
}

fn bounce(batch: &RecordBatch) -> (Bounce, mpsc::UnboundedReceiver<RecordBatch>) {
    let (taken, receiver) = mpsc::unbounded_channel();
    (Bounce { batch: batch.clone(), taken }, receiver)
}

/// What the client is sent in a DoGet.
async fn get(client: &Client) -> Vec<RecordBatch> {
    let stream = soon(client.do_get(Ticket::new(""))).await.unwrap();
    soon(stream.collect_batches()).await.unwrap()
}

/// Uploads the batch to the service.
async fn put(client: &Client, batch: &RecordBatch) {
    let batches = BatchStream::from_batches(batch.schema(), vec![batch.clone(); COUNT]);
    soon(client.do_put(FlightDescriptor::path(["x"]), batches).finish()).await.unwrap();
}

/// Sends the batch and takes what comes back, both at the same time.
async fn exchange(client: &Client, batch: &RecordBatch) -> Vec<RecordBatch> {
    let (mut sender, mut receiver) = client.do_exchange(FlightDescriptor::path(["x"])).split();
    let send = async {
        for _ in 0..COUNT {
            sender.send(batch.clone()).await.unwrap();
        }
        sender.finish();
    };
    let take = async {
        let mut taken = Vec::new();
        while let Some(batch) = receiver.next_batch().await.unwrap() {
            taken.push(batch);
        }
        taken
    };
    soon(async { tokio::join!(send, take).1 }).await
}

fn drain(taken: &mut mpsc::UnboundedReceiver<RecordBatch>) -> Vec<RecordBatch> {
    std::iter::from_fn(|| taken.try_recv().ok()).collect()
}

/// Asserts that these are all rows of the batch, so often and in order, and that each of the parts
/// in which they came lies in a body of its own.
#[track_caller]
fn assert_in_one_body(parts: &[RecordBatch], batch: &RecordBatch) {
    assert_same_rows(parts, batch);
    for part in parts {
        let (span, len) = (span(&buffers(part)), body_len(part));
        // Memory that it was received in starts at a multiple of 16.
        assert!(span.start.is_multiple_of(16) && span.len() <= len, "{span:?} of {len}");
    }
}

#[track_caller]
fn assert_same_rows(parts: &[RecordBatch], batch: &RecordBatch) {
    let rows: usize = parts.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(rows, COUNT * batch.num_rows());
    let mut at = 0;
    for part in parts {
        assert!(*part == batch.slice(at, part.num_rows()), "other values from row {at} on");
        at = (at + part.num_rows()) % batch.num_rows();
    }
}

#[tokio::test]
async fn what_is_received_lies_in_one_body() {
    let batch = shareable();
    let (service, mut taken) = bounce(&batch);
    let (clients, _folder) = everywhere(service).await;
    for client in &clients {
        assert_in_one_body(&get(client).await, &batch);
        put(client, &batch).await;
        assert_in_one_body(&drain(&mut taken), &batch);
        assert_in_one_body(&exchange(client, &batch).await, &batch);
        assert_in_one_body(&drain(&mut taken), &batch);
    }
}

/// Address and length of every piece that the transport was handed.
type Pieces = Arc<Mutex<Vec<(usize, usize)>>>;

/// Looks at a response on its way to the transport.
struct Watched {
    body: Body,
    pieces: Pieces,
}

impl http_body::Body for Watched {
    type Data = Segments;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Segments>, BoxError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            let pieces = frame.data_ref().into_iter().flat_map(Segments::iter);
            let pieces = pieces.map(|piece| (piece.as_ptr().addr(), piece.len()));
            self.pieces.lock().unwrap().extend(pieces);
        }
        frame
    }
}

/// Asserts that every buffer of the batches is a piece, and that little else was sent.
#[track_caller]
fn assert_handed_on(pieces: &Pieces, batches: &[RecordBatch]) {
    let pieces = std::mem::take(&mut *pieces.lock().unwrap());
    let sources: Vec<_> = batches.iter().flat_map(buffers).collect();
    assert!(sources.len() >= 15 * COUNT);
    for source in &sources {
        let start = source.as_ptr().addr();
        assert!(pieces.iter().any(|(at, len)| *at == start && *len <= source.len()));
    }
    let is_source =
        |(at, _): &&(usize, usize)| sources.iter().any(|source| source.as_ptr().addr() == *at);
    let all: usize = pieces.iter().map(|(_, len)| len).sum();
    let shared: usize = pieces.iter().filter(is_source).map(|(_, len)| len).sum();
    assert!(shared > COUNT * (4 << 20) && all - shared < 32 << 10, "{shared} of {all}");
}

#[tokio::test]
async fn the_transport_is_handed_the_source() {
    let batch = shareable();
    let (service, mut taken) = bounce(&batch);
    let pieces = Pieces::default();
    let watch = pieces.clone();
    let layer = tower::util::MapResponseLayer::new(move |response: http::Response<Body>| {
        let pieces = watch.clone();
        response.map(|body| Watched { body, pieces })
    });
    let whole = EncodeOptions::default().with_message_size(MessageSize::Whole);
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let server = server.options(ServerOptions::default().with_encode(whole.clone()));
    let mut client = start(server.layer(layer), service);
    assert_in_one_body(&get(&client).await, &batch);
    assert_handed_on(&pieces, &vec![batch.clone(); COUNT]);

    let options = wingbeat::ClientOptions::default().with_encode(whole);
    client.client = client.client.clone().with_options(options);
    assert_same_rows(&exchange(&client, &batch).await, &batch);
    // The server sends on what it received, the very same arrays.
    assert_handed_on(&pieces, &drain(&mut taken));
}
