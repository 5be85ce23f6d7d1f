//! The store: one folder, its index and the doors to reading and writing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::catalog::{Catalog, Dataset, DatasetKind, Selection};
use crate::commit::Writing;
use crate::delta::{Moment, Tables, number_of};
use crate::error::StoreError;
use crate::format::{BatchBounds, Decoders, Decoding};
use crate::name::DatasetName;
use crate::options::StoreOptions;
use crate::read::{Cursor, PLAN_FORM, Planned, ReadPlan, ReadRequest, ReadStream, Resolved};
use crate::storage::{Bucket, Place, Root, StoreLocation, spool};

/// How old the index of a bucket may grow: every look is paid for, by the thousand objects.
const BUCKET_RESCAN_AFTER: Duration = Duration::from_secs(5);

/// A folder of datasets. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

/// What every clone shares.
#[derive(Debug)]
struct Inner {
    writing: Arc<Writing>,
    place: Arc<Place>,
    tables: Arc<Tables>,
    catalog: Catalog,
    /// A permit for every batch that may be decoded at once.
    decoders: Arc<Semaphore>,
    options: StoreOptions,
}

impl Store {
    /// Opens a folder, or what lies below a prefix of a bucket. Nothing is scanned yet; a bucket
    /// has answered once. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when there is no such folder or bucket, [`StoreError::Unavailable`] when
    /// the object store does not answer, [`StoreError::Unsupported`] for settings of one that make
    /// no sense.
    pub fn open(
        location: impl Into<StoreLocation>,
        mut options: StoreOptions,
    ) -> Result<Self, StoreError> {
        match location.into() {
            StoreLocation::Folder(path) => {
                let root = Root::open(&path)?;
                let writing = Writing::new(root.path());
                if !options.read_only {
                    writing.sweep();
                }
                Ok(Self::assemble(Place::Folder(root), writing, options))
            }
            StoreLocation::Bucket { bucket, prefix } => {
                let bucket = Bucket::open(&bucket, &prefix, &options.bucket)?;
                options.rescan_after = options.rescan_after.max(BUCKET_RESCAN_AFTER);
                // Uploads wait in a folder of their own until they are put.
                let writing = if options.read_only {
                    Writing::new(Path::new(bucket.name()))
                } else {
                    let writing = Writing::new(&spool()?);
                    writing.sweep();
                    writing
                };
                Ok(Self::assemble(Place::Bucket(bucket), writing, options))
            }
        }
    }

    /// A store that writes in another way than through the file system alone.
    #[cfg(test)]
    pub(crate) fn with_writing(root: &Path, writing: Writing) -> Self {
        let root = Root::open(root).expect("the folder of a test");
        Self::assemble(Place::Folder(root), writing, StoreOptions::default())
    }

    fn assemble(place: Place, writing: Writing, options: StoreOptions) -> Self {
        let (place, writing) = (Arc::new(place), Arc::new(writing));
        let tables = Arc::new(Tables::new(place.clone(), writing.clone()));
        let catalog = Catalog::new(place.clone(), tables.clone(), options.clone());
        let decoders = Arc::new(Semaphore::new(options.decoders_max.max(1)));
        Self { inner: Arc::new(Inner { writing, place, tables, catalog, decoders, options }) }
    }

    /// The bucket, of a store in one.
    pub(crate) fn bucket(&self) -> Option<&Bucket> {
        match &*self.inner.place {
            Place::Folder(_) => None,
            Place::Bucket(bucket) => Some(bucket),
        }
    }

    /// What writing needs.
    pub(crate) fn writing(&self) -> &Arc<Writing> {
        &self.inner.writing
    }

    /// The Delta tables.
    pub(crate) fn tables(&self) -> &Tables {
        &self.inner.tables
    }

    /// Tells the index that a dataset was written or dropped. Blocks.
    pub(crate) fn changed(&self) {
        if let Err(error) = self.refresh() {
            tracing::warn!(%error, "the index is not refreshed");
        }
    }

    /// Where it lies: a folder, absolute and without symbolic links, or `s3://bucket/prefix`.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.inner.place.path()
    }

    /// The settings.
    #[must_use]
    pub fn options(&self) -> &StoreOptions {
        &self.inner.options
    }

    /// The datasets that a selection names, sorted by name, from the index. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when the folder itself cannot be read.
    pub fn list(&self, selection: &Selection) -> Result<Vec<Arc<Dataset>>, StoreError> {
        self.inner.catalog.list(selection)
    }

    /// The dataset of that name, with or without its extension. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidName`], [`StoreError::NotFound`], [`StoreError::Ambiguous`], or
    /// [`StoreError::Corrupt`] when its file cannot be understood.
    pub fn find(&self, name: &str) -> Result<Arc<Dataset>, StoreError> {
        self.inner.catalog.find(&DatasetName::parse(name)?)
    }

    /// Scans the folder now. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when the folder itself cannot be read.
    pub fn refresh(&self) -> Result<(), StoreError> {
        self.inner.catalog.refresh()
    }

    /// The dataset of that name as it was at a moment. Blocks.
    fn find_at(&self, name: &str, moment: Moment) -> Result<Arc<Dataset>, StoreError> {
        let dataset = self.find(name)?;
        if dataset.kind() != DatasetKind::Delta {
            return Err(StoreError::Unsupported {
                reason: format!(
                    "dataset {:?} has no history: only Delta tables are read at an earlier \
                     version",
                    dataset.name().as_str()
                ),
            });
        }
        let table = self.inner.tables.when(dataset.path(), moment)?;
        if table.version() == dataset.version() {
            return Ok(dataset);
        }
        Ok(Arc::new(Dataset::of_table(dataset.name().clone(), &table)))
    }

    /// Plans a read on the dataset's present version, or on the one that the request names.
    /// Blocks.
    ///
    /// # Errors
    ///
    /// As [`Store::find`], and [`StoreError::InvalidRequest`] when columns or filter do not fit.
    pub fn plan(&self, request: &ReadRequest) -> Result<Planned, StoreError> {
        let moment = Moment::parse(request.version, request.timestamp.as_deref())?;
        let dataset = match moment {
            Some(moment) => self.find_at(&request.dataset, moment)?,
            None => self.find(&request.dataset)?,
        };
        let resolved = Resolved::new(dataset.clone(), request)?;
        let bytes = dataset.bytes().filter(|_| resolved.is_whole());
        let plan = ReadPlan {
            form: PLAN_FORM,
            version: dataset.version().to_owned(),
            request: request.clone(),
            piece: None,
        };
        let (rows, is_unfiltered) = (resolved.rows(), resolved.predicates.is_empty());
        let (schema, parts) = (resolved.schema, Some(resolved.parts));
        Ok(Planned { plan, dataset, schema, rows, bytes, parts, is_unfiltered })
    }

    /// The dataset in the version that was planned on. That may have come after the index was made,
    /// by another process, so one that does not fit is looked for once more.
    fn as_planned(&self, plan: &ReadPlan) -> Result<Arc<Dataset>, StoreError> {
        let find = || {
            let dataset = self.find(&plan.request.dataset)?;
            Ok(match number_of(&plan.version) {
                Some(number) if dataset.version() != plan.version => self.earlier(dataset, number),
                _ => dataset,
            })
        };
        let mut found = find();
        if !found.as_ref().is_ok_and(|dataset| dataset.version() == plan.version) {
            self.refresh()?;
            found = find();
        }
        let changed = |reason| StoreError::Changed { name: plan.request.dataset.clone(), reason };
        match found {
            Ok(dataset) if dataset.version() == plan.version => Ok(dataset),
            Ok(dataset) => {
                let (planned, now) = (&plan.version, dataset.version());
                Err(changed(format!("planned on version {planned}, now at {now}")))
            }
            Err(StoreError::NotFound { .. }) => {
                Err(changed("it is gone since it was planned".to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    /// A table at the version that was planned on, where its log still tells of it.
    fn earlier(&self, dataset: Arc<Dataset>, number: u64) -> Arc<Dataset> {
        if dataset.kind() != DatasetKind::Delta {
            return dataset;
        }
        match self.inner.tables.at(dataset.path(), number) {
            Ok(table) => Arc::new(Dataset::of_table(dataset.name().clone(), &table)),
            Err(error) => {
                tracing::debug!(%error, "a planned version is gone");
                dataset
            }
        }
    }

    /// Opens the files of a plan; they are read to their end even when they are replaced
    /// meanwhile. Blocks to open, and must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// As [`Store::plan`], and [`StoreError::Changed`] when that version is gone.
    pub fn read(&self, plan: &ReadPlan) -> Result<ReadStream, StoreError> {
        if plan.form != PLAN_FORM {
            return Err(StoreError::request(format!(
                "plan has form {}, this server reads form {PLAN_FORM}",
                plan.form
            )));
        }
        let dataset = self.as_planned(plan)?;
        let resolved = Resolved::new(dataset, &plan.request)?.with_piece(plan.piece);
        let schema = resolved.schema.clone();
        let options = &self.inner.options;
        let bounds = BatchBounds {
            rows_max: options.batch_rows_max,
            bytes_target: options.batch_bytes_target,
        };
        let permits = self.inner.decoders.clone();
        let decoders = Decoders::here(permits, options.decoders_max.max(1))?;
        let decoding = Decoding { bounds, decoders: Some(decoders.clone()) };
        let cursor = Cursor::open(self.inner.place.clone(), resolved, decoding)?;
        Ok(ReadStream::start(cursor, schema, decoders, options.ahead_bytes_max))
    }
}
