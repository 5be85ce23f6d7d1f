//! DoPut: [`PutResults`], what the server answers while the upload goes on.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio_util::task::AbortOnDropHandle;
use wingbeat_net::Body;
use wingbeat_wire::message::{FlightDescriptor, PutResult};

use super::Client;
use super::call::{Sent, decode};
use crate::stream::{CallEnd, EncodeStream, RequestStream};
use crate::{BatchStream, Error, Method, Origin, Result};

/// How many results are kept for a reader that does not read. Further ones wait in the connection.
const RESULTS_MAX: usize = 256;

/// The answers to an upload, which goes on in the background whether they are read or not.
///
/// Read them with [`next`](Self::next) while the upload goes on, or wait for the end of the call
/// with [`finish`](Self::finish). Only that says that the server has taken the data. Dropping it
/// before resets the call.
pub struct PutResults {
    results: mpsc::Receiver<PutResult>,
    call: AbortOnDropHandle<Result<()>>,
    outcome: Option<Result<()>>,
}

impl Client {
    /// DoPut: uploads a stream, schema first, and returns at once.
    ///
    /// When the server fails, a stream that is written through
    /// [`BatchStream::channel`] gets its very error at the next
    /// [`send`](crate::BatchSender::send), and [`PutResults`] gives it as well. When the stream
    /// itself fails, or its sender is dropped before it has finished, the call is reset, so that
    /// the server sees an error and no end; [`PutResults`] gives the stream's error.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> wingbeat::Result<()> {
    /// # use std::sync::Arc;
    /// # use wingbeat::arrow::array::{Int64Array, RecordBatch};
    /// # use wingbeat::{BatchStream, CallContext, Client, FlightDescriptor, FlightService};
    /// # use wingbeat::{Result, Upload};
    /// # struct Counter;
    /// # impl FlightService for Counter {
    /// #     async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
    /// #         while let Some(batch) = upload.next_batch().await? {
    /// #             upload.ack(format!("{} rows", batch.num_rows())).await?;
    /// #         }
    /// #         Ok(())
    /// #     }
    /// # }
    /// # let client = Client::in_process(Counter);
    /// # let ids = Int64Array::from(vec![1, 2, 3]);
    /// # let batch = RecordBatch::try_from_iter([("id", Arc::new(ids) as _)])?;
    /// let (mut sender, stream) = BatchStream::channel(batch.schema(), 1);
    /// let mut results = client.do_put(FlightDescriptor::path(["ids"]), stream);
    /// sender.send(batch).await?;
    /// let ack = results.next().await?.expect("an answer to every batch");
    /// assert_eq!(ack.app_metadata, "3 rows");
    /// sender.finish();
    /// results.finish().await?; // now the server has it all
    /// # Ok(())
    /// # }
    /// ```
    pub fn do_put(&self, descriptor: FlightDescriptor, batches: BatchStream) -> PutResults {
        let end = Arc::new(CallEnd::default());
        let (options, limit) = (self.options.encode.clone(), self.limit.clone());
        let messages = EncodeStream::new(batches, options, limit, Some(descriptor));
        let body = Body::request(RequestStream::new(messages, end.clone()));
        let (sender, results) = mpsc::channel(RESULTS_MAX);
        // Made here and not in the task, which may be aborted before it ever runs.
        let dropped = Dropped(end);
        let call = AbortOnDropHandle::new(tokio::spawn(drive(self.clone(), body, sender, dropped)));
        PutResults { results, call, outcome: None }
    }
}

impl PutResults {
    /// The next answer; `None` when the server has ended the call well.
    ///
    /// # Errors
    /// The server's error, that of the uploaded stream, or what went wrong on the way. Every later
    /// call gives the same.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<PutResult>> {
        if let Some(result) = self.results.recv().await {
            return Ok(Some(result));
        }
        if self.outcome.is_none() {
            let outcome = (&mut self.call).await;
            self.outcome = Some(outcome.unwrap_or_else(|error| Err(error.into())));
        }
        self.outcome.clone().unwrap_or(Ok(())).map(|()| None)
    }

    /// Waits for the end of the call, and gives the last of the answers that are left.
    ///
    /// # Errors
    /// See [`next`](Self::next).
    pub async fn finish(mut self) -> Result<Option<PutResult>> {
        let mut last = None;
        while let Some(result) = self.next().await? {
            last = Some(result);
        }
        Ok(last)
    }

    /// Waits for the end of the call, and gives all answers that are left.
    ///
    /// # Errors
    /// See [`next`](Self::next).
    pub async fn collect(mut self) -> Result<Vec<PutResult>> {
        let mut all = Vec::new();
        while let Some(result) = self.next().await? {
            all.push(result);
        }
        Ok(all)
    }
}

impl fmt::Debug for PutResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutResults").finish_non_exhaustive()
    }
}

/// Runs the call, and tells the source of the upload how it ended.
async fn drive(
    client: Client,
    body: Body,
    results: mpsc::Sender<PutResult>,
    dropped: Dropped,
) -> Result<()> {
    let end = &*dropped.0;
    let mut outcome = receive(&client, body, &results, end).await;
    if let Some(error) = end.source_error() {
        outcome = Err(error);
    }
    let reason = match &outcome {
        Ok(()) => Error::cancelled("the server ended the call before the upload had ended"),
        Err(error) => error.clone(),
    };
    end.reason.set(reason);
    outcome
}

async fn receive(
    client: &Client,
    body: Body,
    results: &mpsc::Sender<PutResult>,
    end: &CallEnd,
) -> Result<()> {
    let started = client.start(Method::DoPut, Sent::Stream(body)).await?;
    let mut messages = client.messages(started);
    while let Some(message) = messages.next().await? {
        match results.try_send(decode(message)?) {
            Err(TrySendError::Full(result)) => wait_for_room(result, results, end).await,
            // Closed only when nobody reads, and then this task is about to be aborted.
            Ok(()) | Err(TrySendError::Closed(_)) => {}
        }
    }
    Ok(())
}

/// Waits for the reader. A source whose upload ends meanwhile must not wait with it: it may be the
/// reader who writes.
async fn wait_for_room(result: PutResult, results: &mpsc::Sender<PutResult>, end: &CallEnd) {
    let unread = async {
        end.upload_over.cancelled().await;
        let text = "the upload is over, and its results, which nobody reads, say why";
        end.reason.set(Error::cancelled(text).with_origin(Origin::Local));
        std::future::pending().await
    };
    tokio::select! {
        _ = results.send(result) => {}
        () = unread => {}
    }
}

/// Tells the source that nobody waits for the call any more, unless it knows better.
struct Dropped(Arc<CallEnd>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.reason.set(Error::cancelled("the results of the upload were dropped"));
    }
}
