//! What tells two versions of a file apart.

use std::fs::Metadata;
use std::time::SystemTime;

use object_store::ObjectMeta;

use crate::version::file_version;

/// The state of a file at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Changes whenever the content may have; empty where it never does.
    pub(crate) version: String,
    /// The length in bytes.
    pub(crate) len: u64,
    /// When it was last written.
    pub(crate) modified: Option<SystemTime>,
}

impl Stamp {
    /// Of a file that never changes: its length stands for all of it.
    pub(crate) fn unchanging(len: u64, modified: Option<SystemTime>) -> Self {
        Self { version: String::new(), len, modified }
    }

    /// Whether this is the state of the file that the operating system tells of.
    pub(crate) fn is_of(&self, metadata: &Metadata) -> bool {
        let unchanging = self.version.is_empty() && self.len == metadata.len();
        unchanging || *self == Self::of(metadata)
    }

    /// Whether this is the state of the object that its store tells of.
    pub(crate) fn is_of_object(&self, meta: &ObjectMeta) -> bool {
        let unchanging = self.version.is_empty() && self.len == meta.size;
        unchanging || *self == Self::of_object(meta)
    }

    /// From what an object store says. A store that gives no tag is taken by its word that a
    /// change of content changes length or time.
    pub(crate) fn of_object(meta: &ObjectMeta) -> Self {
        let modified = SystemTime::from(meta.last_modified);
        let tag = meta.e_tag.clone();
        let version = tag.unwrap_or_else(|| {
            format!("{}-{:x}", meta.last_modified.timestamp_millis(), meta.size)
        });
        Self { version, len: meta.size, modified: Some(modified) }
    }

    /// The tag that a reader may ask for, of an object that can change.
    pub(crate) fn tag(&self) -> Option<&str> {
        self.version.starts_with(['"', 'W']).then_some(self.version.as_str())
    }

    /// From what the operating system says.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            version: file_version(metadata),
            len: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}
