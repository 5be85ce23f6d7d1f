//! An upload under way.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use tokio::task::JoinHandle;

use super::area::{Writing, refused};
use super::mark::{Earlier, MARK_KEY, Mark};
use super::occupant::OccupantKind;
use super::outcome::Commit;
use super::stage::{self, Order, off_thread};
use crate::version::file_version;
use crate::write::{FileWriter, WriteError, WriteOptions};
use crate::{Format, Store, StoreError};

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
    /// The file at rest.
    Idle(Order, Box<StagedFile>),
    /// A blocking thread has the file.
    Busy(Order, JoinHandle<Result<Box<StagedFile>, StoreError>>),
    /// A write failed, and its error was returned.
    Failed,
}

/// A finished file, waiting to be committed. Dropped, it leaves nothing behind.
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
}

/// A synced file in the staging area, with what its commit will say.
#[derive(Debug)]
pub(super) struct Finished {
    guard: Guard,
    pub(super) commit: Commit,
}

impl Finished {
    pub(super) fn path(&self) -> &Path {
        &self.guard.path
    }

    /// The file has been published. What its old path leads to now, if anything, is what it took
    /// the place of, and goes.
    pub(super) fn publish(mut self) -> Commit {
        self.guard.remove();
        self.commit
    }
}

impl StagedObject {
    /// Rows in the file.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.commit().rows
    }

    /// Bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.commit().bytes
    }

    /// The format of the file.
    #[must_use]
    pub fn format(&self) -> Format {
        self.commit().format
    }

    fn commit(&self) -> &Commit {
        match &self.state {
            StagedState::Already(commit) => commit,
            StagedState::Finished { finished, .. } => &finished.commit,
        }
    }
}

impl Staged {
    pub(super) fn already(schema: SchemaRef, commit: Commit) -> Self {
        Self { schema, progress: Progress::Already(commit), rows: 0 }
    }

    pub(super) fn writing(schema: SchemaRef, order: Order, file: StagedFile) -> Self {
        Self { schema, progress: Progress::Idle(order, Box::new(file)), rows: 0 }
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
            Progress::Idle(order, mut file) => {
                let job = tokio::task::spawn_blocking(move || match file.write(&batch) {
                    Ok(()) => Ok(file),
                    Err(error) => {
                        file.guard.remove();
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
            Ok(Ok(file)) => {
                self.progress = Progress::Idle(order, file);
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
        if let Progress::Idle(_, mut file) = self.progress {
            let removed = tokio::task::spawn_blocking(move || file.guard.remove()).await;
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
            Progress::Idle(order, file) => {
                if let Some(expected) = order.expected_rows.filter(|rows| *rows != self.rows) {
                    return Err(StoreError::Incomplete {
                        name: order.target.name,
                        expected,
                        found: self.rows,
                    });
                }
                off_thread(move || {
                    let finished = file.finish(&order)?;
                    Ok(StagedObject { state: StagedState::Finished { order, finished } })
                })
                .await
            }
            _ => Err(failed()),
        }
    }
}

fn failed() -> StoreError {
    StoreError::Internal { reason: "an earlier write of this upload failed".into() }
}

/// A file in the staging area, while it is being written.
pub(super) struct StagedFile {
    // Before the guard, so that the file is closed when it is removed.
    writer: FileWriter,
    file: Arc<File>,
    guard: Guard,
    store: Store,
}

impl std::fmt::Debug for StagedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StagedFile").field("path", &self.guard.path).finish_non_exhaustive()
    }
}

impl StagedFile {
    pub(super) fn create(
        store: &Store,
        order: Order,
        schema: SchemaRef,
        options: &WriteOptions,
    ) -> Result<Self, StoreError> {
        let writing = store.writing().clone();
        let path = writing.new_path()?;
        let file = writing.disk.create(&path).map_err(|error| refused(&path, error))?;
        let guard = Guard { writing, path };
        let file = Arc::new(file);
        let target = Box::new(guard.writing.disk.target(file.clone(), &guard.path));
        let writer = FileWriter::new(target, order.format, schema, options)
            .map_err(|error| guard.error(error))?;
        Ok(Self { writer, file, guard, store: store.clone() })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        self.writer.write(batch).map_err(|error| self.guard.error(error))
    }

    fn finish(self, order: &Order) -> Result<Finished, StoreError> {
        let Self { writer, file, mut guard, store } = self;
        match Self::complete(&store, writer, &file, &guard, order) {
            Ok(commit) => Ok(Finished { guard, commit }),
            Err(error) => {
                guard.remove();
                Err(error)
            }
        }
    }

    fn complete(
        store: &Store,
        mut writer: FileWriter,
        file: &File,
        guard: &Guard,
        order: &Order,
    ) -> Result<Commit, StoreError> {
        let earlier = earlier(store, order)?;
        let mark = Mark::new(writer.rows(), order.upload_id.clone(), earlier);
        writer.footer_metadata(MARK_KEY, &mark.to_text());
        let stats = writer.finish().map_err(|error| guard.error(error))?;
        let disk = &guard.writing.disk;
        disk.sync_file(file, &guard.path).map_err(|error| refused(&guard.path, error))?;
        let metadata = file.metadata().map_err(|error| refused(&guard.path, error))?;
        Ok(Commit {
            rows: stats.rows,
            bytes: stats.bytes,
            version: file_version(&metadata),
            format: order.format,
            upload_id: order.upload_id.clone(),
        })
    }
}

/// The upload ids that the new file has to remember: of the file it will replace, and of those
/// before.
fn earlier(store: &Store, order: &Order) -> Result<Vec<Earlier>, StoreError> {
    let mut all = Vec::new();
    for found in stage::occupants(store, order)? {
        let OccupantKind::Own(mark, format) = found.kind else { continue };
        if let Some(upload_id) = mark.upload_id {
            all.push(Earlier {
                upload_id,
                rows: mark.rows,
                bytes: found.bytes,
                version: found.version,
                format: format.name().to_owned(),
            });
        }
        all.extend(mark.earlier);
    }
    Ok(all)
}

/// Removes a staged file when nobody wants it any more.
#[derive(Debug)]
struct Guard {
    writing: Arc<Writing>,
    /// Empty once the file is gone.
    path: PathBuf,
}

impl Guard {
    /// Removes the file now. Blocks.
    fn remove(&mut self) {
        remove(&self.writing, &std::mem::take(&mut self.path));
    }

    /// What a writer's error means to the caller.
    fn error(&self, error: WriteError) -> StoreError {
        match error {
            WriteError::Io(error) => refused(&self.path, error),
            WriteError::Unrepresentable(error) => {
                StoreError::Unsupported { reason: error.to_string() }
            }
            refused @ WriteError::Refused { .. } => StoreError::request(refused.to_string()),
        }
    }
}

/// Removes what lies at a staged path, if anything still does.
fn remove(writing: &Writing, path: &Path) {
    if fs::symlink_metadata(path).is_err() {
        return;
    }
    if let Err(error) = writing.disk.remove(path) {
        tracing::warn!(%error, path = %path.display(), "a staged file is swept later");
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.path.as_os_str().is_empty() {
            return;
        }
        let path = std::mem::take(&mut self.path);
        let writing = self.writing.clone();
        // To remove a large file takes a while, and the last owner may be an I/O thread.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || remove(&writing, &path))),
            Err(_) => remove(&writing, &path),
        }
    }
}
