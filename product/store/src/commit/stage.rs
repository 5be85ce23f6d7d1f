//! How an upload is begun: its mode, its format, and what is refused before the first batch.

use arrow_schema::{Schema, SchemaRef};

use super::mark::without_mark;
use super::object;
use super::occupant::{self, Occupant};
use super::publish::{self, Place};
use super::staged::{Files, Staged};
use super::staged_file::StagedFile;
use super::table::{self, Beginning};
use super::target::Target;
use crate::delta::TableUpload;
use crate::write::{WriteOptions, check_representable};
use crate::{Format, Store, StoreError};

/// The longest upload id, in bytes.
const UPLOAD_ID_BYTES_MAX: usize = 256;

/// What an upload does with a dataset of the same name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WriteMode {
    /// Takes its place; of several writers the last one wins.
    #[default]
    Replace,
    /// Leaves it and fails; of several writers exactly one wins.
    Create,
    /// Adds to it, which must be a Delta table; of several writers all do.
    Append,
    /// The same, and makes the table if there is none.
    CreateAppend,
}

/// How a dataset is written.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StageOptions {
    /// What happens to a dataset of the same name.
    pub mode: WriteMode,
    /// Whether the caller named the mode. Only then is a folder replaced, or a file that the
    /// store did not write.
    pub explicit: bool,
    /// The format to land in, Parquet or Arrow. `None`: the one that the name's ending says, else
    /// Parquet if it gives the schema back exactly, else Arrow.
    pub format: Option<Format>,
    /// The client's own name for this upload: the same name again returns the first result.
    pub upload_id: Option<String>,
    /// How many rows there must be; any other number is refused before the commit.
    pub expected_rows: Option<u64>,
    /// Compression and row groups.
    pub write: WriteOptions,
    /// Whether the dataset becomes a Delta table even if one file would do: for what is committed
    /// as several objects.
    pub as_table: bool,
}

impl StageOptions {
    /// Names the mode.
    #[must_use]
    pub fn with_mode(mut self, mode: WriteMode) -> Self {
        self.mode = mode;
        self.explicit = true;
        self
    }

    /// Makes the dataset a Delta table, whatever the mode.
    #[must_use]
    pub fn with_table(mut self) -> Self {
        self.as_table = true;
        self
    }

    /// Names the format.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the upload id.
    #[must_use]
    pub fn with_upload_id(mut self, upload_id: impl Into<String>) -> Self {
        self.upload_id = Some(upload_id.into());
        self
    }

    /// Sets the number of rows that there must be.
    #[must_use]
    pub fn with_expected_rows(mut self, rows: u64) -> Self {
        self.expected_rows = Some(rows);
        self
    }

    /// Sets compression and row groups.
    #[must_use]
    pub fn with_write(mut self, write: WriteOptions) -> Self {
        self.write = write;
        self
    }
}

/// What is decided when an upload begins, and holds until its commit.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) target: Target,
    pub(super) mode: WriteMode,
    pub(super) explicit: bool,
    pub(super) format: Format,
    pub(super) upload_id: Option<String>,
    pub(super) expected_rows: Option<u64>,
}

impl Store {
    /// Begins to write a dataset. Nothing is visible before [`Store::commit`].
    ///
    /// An upload id that has been committed already yields a [`Staged`] that is
    /// [done](Staged::done): it takes batches and drops them, and its commit is the first one.
    ///
    /// # Errors
    /// [`StoreError::InvalidName`], [`StoreError::ReadOnly`]; [`StoreError::AlreadyExists`] in the
    /// mode create; [`StoreError::NotFound`] in the mode append; [`StoreError::InvalidRequest`]
    /// where the columns are not those of the table; [`StoreError::Protected`] where only an
    /// explicit mode would replace what stands there; [`StoreError::Unsupported`] where the format
    /// named, or Delta Lake, cannot hold the schema, and where what is to be added to is no table.
    pub async fn stage(
        &self,
        name: &str,
        schema: SchemaRef,
        options: StageOptions,
    ) -> Result<Staged, StoreError> {
        if self.options().read_only {
            return Err(read_only());
        }
        let store = self.clone();
        let name = name.to_owned();
        off_thread(move || begin(&store, &name, schema, options)).await
    }
}

/// Runs blocking work away from the threads of the runtime.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Internal { reason: format!("a write stopped: {error}") }),
    }
}

pub(super) fn read_only() -> StoreError {
    StoreError::ReadOnly { reason: "it was opened for reading alone".into() }
}

fn begin(
    store: &Store,
    name: &str,
    schema: SchemaRef,
    options: StageOptions,
) -> Result<Staged, StoreError> {
    let target = Target::parse(name)?;
    if target.folder {
        return Err(StoreError::InvalidName {
            name: name.to_owned(),
            reason: "a trailing slash means a folder, and an upload becomes one file".into(),
        });
    }
    check_upload_id(options.upload_id.as_deref())?;
    let schema = without_mark(&schema);
    let found = settled(store, &target)?;
    if table::is_wanted(&options, &found) {
        if store.bucket().is_some() {
            return Err(StoreError::Unsupported {
                reason: "tables in a bucket are read alone; an upload becomes one object".into(),
            });
        }
        return begin_table(store, target, schema, options, found);
    }
    let format = choose_format(&target, &schema, options.format)?;
    target.file_name(format)?;
    let order = Order {
        target,
        mode: options.mode,
        explicit: options.explicit,
        format,
        upload_id: options.upload_id,
        expected_rows: options.expected_rows,
    };
    if let Place::Done(commit) = publish::place(&order, found)? {
        return Ok(Staged::already(schema, commit));
    }
    let file = StagedFile::create(store, &order, schema.clone(), &options.write)?;
    Ok(Staged::writing(schema, order, Files::One(Box::new(file))))
}

/// The same for an upload to a table.
fn begin_table(
    store: &Store,
    target: Target,
    schema: SchemaRef,
    options: StageOptions,
    found: Vec<Occupant>,
) -> Result<Staged, StoreError> {
    let layout = match table::begin(store, &target, &schema, &options, found)? {
        Beginning::Done(commit) => return Ok(Staged::already(schema, commit)),
        Beginning::Layout(layout) => layout,
    };
    let order = Order {
        target,
        mode: options.mode,
        explicit: options.explicit,
        format: Format::Parquet,
        upload_id: options.upload_id,
        expected_rows: options.expected_rows,
    };
    let upload = TableUpload::new(store.writing(), layout, &options.write)?;
    Ok(Staged::writing(schema, order, Files::Table(Box::new(upload))))
}

/// What bears a target's name when no commit is under way: one that changes a file's ending takes
/// two steps, and between them both files stand there.
fn settled(store: &Store, target: &Target) -> Result<Vec<Occupant>, StoreError> {
    let seen = found(store, target)?;
    if seen.len() < 2 || store.bucket().is_some() {
        return Ok(seen);
    }
    let _lock = store.writing().lock()?;
    found(store, target)
}

/// What bears a target's name.
fn found(store: &Store, target: &Target) -> Result<Vec<Occupant>, StoreError> {
    match store.bucket() {
        Some(bucket) => object::find(store, bucket, target),
        None => occupant::find(store, &target.parent(store.writing().root())?, target),
    }
}

/// What stands at the place of an upload.
pub(super) fn occupants(store: &Store, order: &Order) -> Result<Vec<Occupant>, StoreError> {
    found(store, &order.target)
}

fn check_upload_id(upload_id: Option<&str>) -> Result<(), StoreError> {
    match upload_id.map(str::len) {
        Some(bytes) if bytes == 0 || bytes > UPLOAD_ID_BYTES_MAX => {
            Err(StoreError::request(format!(
                "expected an upload id of 1 to {UPLOAD_ID_BYTES_MAX} bytes, found {bytes} bytes"
            )))
        }
        _ => Ok(()),
    }
}

fn choose_format(
    target: &Target,
    schema: &Schema,
    asked: Option<Format>,
) -> Result<Format, StoreError> {
    let by_name = target.ending.as_ref().map(|(_, format)| *format);
    if let (Some(asked), Some(by_name)) = (asked, by_name)
        && asked != by_name
    {
        return Err(StoreError::request(format!(
            "name {:?} says {by_name}, but the format asked for is {asked}",
            target.name
        )));
    }
    let unsupported = |reason: String| StoreError::Unsupported { reason };
    match asked.or(by_name) {
        Some(format @ (Format::Parquet | Format::Arrow)) => {
            check_representable(schema, format).map_err(|error| unsupported(error.to_string()))?;
            Ok(format)
        }
        Some(other) => Err(unsupported(format!(
            "an upload lands as parquet or arrow, not as {other}; {:?} cannot be written",
            target.name
        ))),
        None => match check_representable(schema, Format::Parquet) {
            Ok(()) => Ok(Format::Parquet),
            Err(_) => {
                let arrow = check_representable(schema, Format::Arrow);
                arrow.map_err(|error| unsupported(error.to_string()))?;
                Ok(Format::Arrow)
            }
        },
    }
}
