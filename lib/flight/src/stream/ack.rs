//! [`AckSender`]: answers to an upload while it goes on.

use bytes::Bytes;
use tokio::sync::mpsc;
use wingbeat_wire::message::PutResult;

use crate::{Error, Result};

/// How many answers may wait for the client.
pub(crate) const ACKS_MAX: usize = 16;

/// Answers an upload with `PutResult`s, also from beside the loop that reads it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AckSender(mpsc::Sender<PutResult>);

impl AckSender {
    pub(crate) fn new() -> (Self, mpsc::Receiver<PutResult>) {
        let (tx, rx) = mpsc::channel(ACKS_MAX);
        (Self(tx), rx)
    }

    /// Sends a `PutResult` with these bytes. Up to 16 of them wait for a client that does not
    /// read, beside what the connection holds; then this waits too.
    ///
    /// # Errors
    /// CANCELLED when the call is over.
    ///
    /// # Cancel safety
    /// The answer is lost when the future is dropped before it is ready.
    pub fn send<B: Into<Bytes>>(
        &self,
        app_metadata: B,
    ) -> impl Future<Output = Result<()>> + Send + use<B> {
        answer(self.0.clone(), PutResult::new(app_metadata))
    }
}

async fn answer(tx: mpsc::Sender<PutResult>, result: PutResult) -> Result<()> {
    tx.send(result).await.map_err(|_| Error::cancelled("the upload's call is over"))
}
