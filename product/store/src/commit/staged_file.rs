//! The one file that an upload becomes, while it is being written.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::area::refused;
use super::draft::Draft;
use super::mark::{Earlier, MARK_KEY, Mark};
use super::occupant::OccupantKind;
use super::outcome::Commit;
use super::stage::{self, Order};
use crate::version::file_version;
use crate::write::{FileWriter, WriteOptions};
use crate::{Store, StoreError};

/// A file in the staging area.
pub(super) struct StagedFile {
    // Before the draft, so that the file is closed when it is removed.
    writer: FileWriter,
    draft: Draft,
    store: Store,
}

impl std::fmt::Debug for StagedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StagedFile").field("draft", &self.draft).finish_non_exhaustive()
    }
}

/// A synced file in the staging area, with what its commit will say.
#[derive(Debug)]
pub(super) struct Finished {
    draft: Draft,
    pub(super) commit: Commit,
    /// The mark's own name for the file.
    pub(super) id: String,
}

impl Finished {
    pub(super) fn path(&self) -> &Path {
        self.draft.path()
    }

    /// The file itself.
    pub(super) fn file(&self) -> &Arc<File> {
        self.draft.file()
    }

    /// The file has been published. What its old path leads to now, if anything, is what it took
    /// the place of, and goes.
    pub(super) fn publish(mut self) -> Commit {
        self.draft.remove();
        self.commit
    }
}

impl StagedFile {
    pub(super) fn create(
        store: &Store,
        order: &Order,
        schema: SchemaRef,
        options: &WriteOptions,
    ) -> Result<Self, StoreError> {
        let draft = Draft::create(store.writing())?;
        let writer = FileWriter::new(Box::new(draft.target()), order.format, schema, options)
            .map_err(|error| draft.error(error))?;
        Ok(Self { writer, draft, store: store.clone() })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        self.writer.write(batch).map_err(|error| self.draft.error(error))
    }

    /// Gives it up; it is gone when this returns.
    pub(super) fn remove(&mut self) {
        self.draft.remove();
    }

    pub(super) fn finish(self, order: &Order) -> Result<Finished, StoreError> {
        let Self { writer, mut draft, store } = self;
        match complete(&store, writer, &draft, order) {
            Ok((commit, id)) => Ok(Finished { draft, commit, id }),
            Err(error) => {
                draft.remove();
                Err(error)
            }
        }
    }
}

fn complete(
    store: &Store,
    mut writer: FileWriter,
    draft: &Draft,
    order: &Order,
) -> Result<(Commit, String), StoreError> {
    let earlier = earlier(store, order)?;
    let mark = Mark::new(writer.rows(), order.upload_id.clone(), earlier);
    writer.footer_metadata(MARK_KEY, &mark.to_text());
    let stats = writer.finish().map_err(|error| draft.error(error))?;
    draft.sync()?;
    let metadata = draft.file().metadata().map_err(|error| refused(draft.path(), error))?;
    let commit = Commit {
        rows: stats.rows,
        bytes: stats.bytes,
        version: file_version(&metadata),
        format: order.format,
        upload_id: order.upload_id.clone(),
    };
    Ok((commit, mark.id))
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
