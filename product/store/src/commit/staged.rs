//! An upload under way.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use tokio::task::JoinHandle;

use super::outcome::Commit;
use super::stage::{Order, off_thread};
use super::staged_file::{Finished, StagedFile};
use crate::delta::{FinishedTable, TableUpload};
use crate::{Format, StoreError};

/// A dataset being written. Dropped, it leaves nothing behind.
///
/// Encoding and writing happen on blocking threads, one batch at a time: while one batch is being
/// written a second one may wait, and [`write`](Self::write) waits for both.
#[derive(Debug)]
pub struct Staged {
    schema: SchemaRef,
    progress: Progress,
    rows: u64,
}

#[derive(Debug)]
enum Progress {
    /// The same upload was committed before; batches are dropped.
    Already(Commit),
    /// What is written at rest.
    Idle(Order, Files),
    /// A blocking thread has it.
    Busy(Order, JoinHandle<Result<Files, StoreError>>),
    /// A write failed, and its error was returned.
    Failed,
}

/// Finished files, waiting to be committed. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct StagedObject {
    pub(super) state: StagedState,
}

#[derive(Debug)]
pub(super) enum StagedState {
    /// The same upload was committed before.
    Already(Commit),
    /// A synced file.
    Finished { order: Order, finished: Finished },
    /// Synced files of a table.
    Table { order: Order, files: FinishedTable, commit: Commit },
}

/// What an upload writes.
#[derive(Debug)]
pub(super) enum Files {
    /// One file that is the dataset.
    One(Box<StagedFile>),
    /// Files that a table's log will name.
    Table(Box<TableUpload>),
}

impl Files {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        match self {
            Self::One(file) => file.write(batch),
            Self::Table(upload) => upload.write(batch),
        }
    }

    /// Gives them up; they are gone when this returns.
    fn remove(&mut self) {
        match self {
            Self::One(file) => file.remove(),
            Self::Table(upload) => upload.remove(),
        }
    }

    fn finish(self, order: Order) -> Result<StagedState, StoreError> {
        match self {
            Self::One(file) => {
                let finished = file.finish(&order)?;
                Ok(StagedState::Finished { order, finished })
            }
            Self::Table(upload) => {
                let files = upload.finish()?;
                let commit = Commit {
                    rows: files.rows(),
                    bytes: files.bytes(),
                    version: String::new(),
                    format: order.format,
                    upload_id: order.upload_id.clone(),
                };
                Ok(StagedState::Table { order, files, commit })
            }
        }
    }
}

impl StagedObject {
    /// Rows that were written.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.commit().rows
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.commit().bytes
    }

    /// The format of the files.
    #[must_use]
    pub fn format(&self) -> Format {
        self.commit().format
    }

    fn commit(&self) -> &Commit {
        match &self.state {
            StagedState::Already(commit) => commit,
            StagedState::Finished { finished, .. } => &finished.commit,
            StagedState::Table { commit, .. } => commit,
        }
    }
}

impl Staged {
    pub(super) fn already(schema: SchemaRef, commit: Commit) -> Self {
        Self { schema, progress: Progress::Already(commit), rows: 0 }
    }

    pub(super) fn writing(schema: SchemaRef, order: Order, files: Files) -> Self {
        Self { schema, progress: Progress::Idle(order, files), rows: 0 }
    }

    /// The schema of every batch.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The format that the dataset lands in.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        match &self.progress {
            Progress::Already(commit) => Some(commit.format),
            Progress::Idle(order, _) | Progress::Busy(order, _) => Some(order.format),
            Progress::Failed => None,
        }
    }

    /// The commit of an earlier upload with the same upload id. Then nothing need be sent.
    #[must_use]
    pub fn done(&self) -> Option<&Commit> {
        match &self.progress {
            Progress::Already(commit) => Some(commit),
            _ => None,
        }
    }

    /// Rows taken so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes one batch. Returns when the batch before it is written. Cancel-safe in that a batch
    /// is either taken or not; one that is not has to be given again.
    ///
    /// # Errors
    /// Of this batch or one before it; then nothing more can be written.
    pub async fn write(&mut self, batch: RecordBatch) -> Result<(), StoreError> {
        if self.done().is_some() {
            self.rows += batch.num_rows() as u64;
            return Ok(());
        }
        self.rest().await?;
        let rows = batch.num_rows() as u64;
        match std::mem::replace(&mut self.progress, Progress::Failed) {
            Progress::Idle(order, mut files) => {
                let job = tokio::task::spawn_blocking(move || match files.write(&batch) {
                    Ok(()) => Ok(files),
                    Err(error) => {
                        files.remove();
                        Err(error)
                    }
                });
                self.progress = Progress::Busy(order, job);
                self.rows += rows;
                Ok(())
            }
            _ => Err(failed()),
        }
    }

    /// Waits until no thread has the file. Cancel-safe.
    async fn rest(&mut self) -> Result<(), StoreError> {
        let Progress::Busy(_, job) = &mut self.progress else { return Ok(()) };
        let result = job.await;
        let Progress::Busy(order, _) = std::mem::replace(&mut self.progress, Progress::Failed)
        else {
            return Err(failed());
        };
        match result {
            Ok(Ok(files)) => {
                self.progress = Progress::Idle(order, files);
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(error) => Err(StoreError::Internal { reason: format!("a write stopped: {error}") }),
        }
    }

    /// Gives the upload up; its file is gone when this returns. Dropping does the same, some time
    /// later.
    pub async fn abort(mut self) {
        // An error of an earlier batch has removed the file, and nobody asks for it any more.
        let _ = self.rest().await;
        if let Progress::Idle(_, mut files) = self.progress {
            let removed = tokio::task::spawn_blocking(move || files.remove()).await;
            if let Err(error) = removed {
                tracing::warn!(%error, "a staged file is swept later");
            }
        }
    }

    /// Completes the file and syncs it. It is not visible yet: that is for
    /// [`Store::commit`](crate::Store::commit).
    ///
    /// # Errors
    /// Of the last batches; [`StoreError::Incomplete`] where the number of rows is not the
    /// expected one.
    pub async fn finish(mut self) -> Result<StagedObject, StoreError> {
        self.rest().await?;
        match std::mem::replace(&mut self.progress, Progress::Failed) {
            Progress::Already(commit) => Ok(StagedObject { state: StagedState::Already(commit) }),
            Progress::Idle(order, files) => {
                if let Some(expected) = order.expected_rows.filter(|rows| *rows != self.rows) {
                    return Err(StoreError::Incomplete {
                        name: order.target.name,
                        expected,
                        found: self.rows,
                    });
                }
                off_thread(move || Ok(StagedObject { state: files.finish(order)? })).await
            }
            _ => Err(failed()),
        }
    }
}

fn failed() -> StoreError {
    StoreError::Internal { reason: "an earlier write of this upload failed".into() }
}
