//! The mark that the store leaves in every file it writes.
//!
//! The mark says that the file is the store's own (so an upload may replace it unasked), and which
//! upload made it (so a repeated upload is recognised). It lies in the file itself, as footer
//! metadata of Parquet or Arrow IPC under the key `wingbeat:commit`; there is no list beside the
//! data that could disagree with it. Other tools pass it over.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Format;
use crate::format::Opened;

/// The key of the mark in a file's footer metadata.
pub(crate) const MARK_KEY: &str = "wingbeat:commit";

/// How many earlier upload ids a mark remembers.
const EARLIER_MAX: usize = 32;

/// The largest Arrow IPC footer that is looked at.
const FOOTER_BYTES_MAX: u64 = 64 << 20;

/// What the store wrote into a file about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Program and version that wrote the file.
    pub(crate) writer: String,
    /// Rows in the file.
    pub(crate) rows: u64,
    /// The store's own name for the file, by which a commit knows it again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) id: String,
    /// The client's own name for the upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) upload_id: Option<String>,
    /// Uploads that this file or its predecessors replaced, youngest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) earlier: Vec<Earlier>,
}

/// An upload whose file has since been replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Earlier {
    pub(crate) upload_id: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) version: String,
    pub(crate) format: String,
}

impl Mark {
    /// The mark of a new file.
    pub(crate) fn new(rows: u64, upload_id: Option<String>, mut earlier: Vec<Earlier>) -> Self {
        earlier.truncate(EARLIER_MAX);
        let writer = concat!("wingbeat ", env!("CARGO_PKG_VERSION")).to_owned();
        let id = Uuid::new_v4().simple().to_string();
        Self { writer, rows, id, upload_id, earlier }
    }

    /// Its text in the footer.
    pub(crate) fn to_text(&self) -> String {
        // A struct of texts and numbers always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The mark of an object, by its footer.
    pub(crate) fn of(opened: &Opened) -> Option<Self> {
        let text = match opened {
            Opened::Parquet(file) => file.footer_value(MARK_KEY)?,
            Opened::IpcFile(file) => file.footer_value(MARK_KEY)?,
            Opened::Stream(..) => return None,
        };
        serde_json::from_str(text).ok()
    }

    /// The mark of a file; `None` where there is none, or it cannot be read: a file that the
    /// store cannot recognise is not its own.
    pub(crate) fn read(path: &Path, format: Format) -> Option<Self> {
        // Looked at first: to open a named pipe would wait for a writer.
        if !std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
            return None;
        }
        let file = File::open(path).ok()?;
        let text = match format {
            Format::Parquet => parquet_mark(&file)?,
            Format::Arrow => arrow_mark(file).ok()??,
            Format::ArrowStream | Format::Csv | Format::Ndjson => return None,
        };
        serde_json::from_str(&text).ok()
    }
}

/// The schema without a mark. A Parquet reader takes footer metadata for metadata of the schema;
/// and a client that read a marked file with another tool may send the mark back.
pub(crate) fn without_mark(schema: &SchemaRef) -> SchemaRef {
    if !schema.metadata().contains_key(MARK_KEY) {
        return schema.clone();
    }
    let mut metadata = schema.metadata().clone();
    metadata.remove(MARK_KEY);
    Arc::new(Schema::new(schema.fields().clone()).with_metadata(metadata))
}

fn parquet_mark(file: &File) -> Option<String> {
    let metadata = ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Skip)
        .parse_and_finish(file)
        .ok()?;
    let pairs = metadata.file_metadata().key_value_metadata()?;
    pairs.iter().find(|pair| pair.key == MARK_KEY)?.value.clone()
}

/// The last bytes of an Arrow IPC file: the footer's length and the magic.
const TAIL_BYTES: u64 = 10;

fn arrow_mark(mut file: File) -> io::Result<Option<String>> {
    let length = file.metadata()?.len();
    if length < TAIL_BYTES {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(length - TAIL_BYTES))?;
    let mut tail = [0; TAIL_BYTES as usize];
    file.read_exact(&mut tail)?;
    let Ok(footer_bytes) = arrow_ipc::reader::read_footer_length(tail) else {
        return Ok(None);
    };
    let footer_bytes = footer_bytes as u64;
    if footer_bytes > FOOTER_BYTES_MAX || footer_bytes > length - TAIL_BYTES {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(length - TAIL_BYTES - footer_bytes))?;
    let mut footer = Vec::new();
    file.take(footer_bytes).read_to_end(&mut footer)?;
    let Ok(footer) = arrow_ipc::root_as_footer(&footer) else {
        return Ok(None);
    };
    let pairs = footer.custom_metadata().into_iter().flatten();
    let mark = pairs.into_iter().find(|pair| pair.key() == Some(MARK_KEY));
    Ok(mark.and_then(|pair| pair.value().map(str::to_owned)))
}
