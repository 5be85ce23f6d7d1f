//! The batches of a read, decoded on blocking threads and handed over through a bounded channel.

use std::pin::Pin;
use std::task::{Context, Poll};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures_core::Stream;
use tokio::sync::mpsc;

use crate::error::StoreError;

/// A stream of batches. Dropping it stops the decoding.
#[derive(Debug)]
pub struct ReadStream {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: mpsc::Receiver<Result<RecordBatch, StoreError>>,
}

impl ReadStream {
    /// The schema of every batch.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl Stream for ReadStream {
    type Item = Result<RecordBatch, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.poll_recv(cx)
    }
}
