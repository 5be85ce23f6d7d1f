//! A local folder as delta-rs sees it: an object store that writes durably.
//!
//! Reading is left to the `object_store` crate. Its own writing syncs nothing, and a log whose
//! youngest entry may be gone after a power cut would take acknowledged rows with it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use deltalake_core::logstore::object_store::local::LocalFileSystem;
use deltalake_core::logstore::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    UploadPart, path::Path,
};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};

use crate::commit::{Placing, Writing};

/// What errors call this store.
const NAME: &str = "folder";

/// The folder of one table.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    reads: Arc<LocalFileSystem>,
    writing: Arc<Writing>,
    path: PathBuf,
}

impl Folder {
    /// The folder at `path`, which is there.
    pub(super) fn open(writing: Arc<Writing>, path: PathBuf) -> Result<Self> {
        let reads = Arc::new(LocalFileSystem::new_with_prefix(&path)?);
        Ok(Self { reads, writing, path })
    }

    fn file(&self, location: &Path) -> PathBuf {
        location.parts().fold(self.path.clone(), |path, part| path.join(part.as_ref()))
    }

    async fn write(&self, location: &Path, payload: PutPayload, placing: Placing) -> Result<()> {
        let (writing, file) = (self.writing.clone(), self.file(location));
        let written = tokio::task::spawn_blocking(move || {
            let pieces: Vec<&[u8]> = payload.iter().map(AsRef::as_ref).collect();
            writing.put(&file, &pieces, placing)
        });
        written.await?.map_err(|error| failed(location, error))
    }
}

/// An error of the operating system as delta-rs tells it apart.
fn failed(location: &Path, source: io::Error) -> Error {
    let path = location.to_string();
    match source.kind() {
        io::ErrorKind::AlreadyExists => Error::AlreadyExists { path, source: source.into() },
        io::ErrorKind::NotFound => Error::NotFound { path, source: source.into() },
        _ => Error::Generic { store: NAME, source: source.into() },
    }
}

fn unsupported(operation: &str) -> Error {
    Error::NotImplemented { operation: operation.to_owned(), implementer: NAME.to_owned() }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NAME} {}", self.path.display())
    }
}

#[async_trait]
impl ObjectStore for Folder {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        let placing = match opts.mode {
            PutMode::Create => Placing::New,
            PutMode::Overwrite => Placing::Over,
            PutMode::Update(_) => return Err(unsupported("a conditional update")),
        };
        self.write(location, payload, placing).await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let location = location.clone();
        Ok(Box::new(Gathered { folder: self.clone(), location, pieces: Vec::new() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.reads.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let folder = self.clone();
        let delete = move |location: Path| {
            let folder = folder.clone();
            async move {
                let file = folder.file(&location);
                let removed = tokio::task::spawn_blocking(move || folder.writing.remove(&file));
                removed.await?.map_err(|error| failed(&location, error))?;
                Ok(location)
            }
        };
        locations.and_then(delete).boxed()
    }

    /// In the order of their names, as those who read a log rely on.
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        in_order(self.reads.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        in_order(self.reads.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.reads.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(unsupported("copying"))
    }
}

/// A listing in the order of names.
fn in_order(
    listing: BoxStream<'static, Result<ObjectMeta>>,
) -> BoxStream<'static, Result<ObjectMeta>> {
    let sorted = async move {
        let mut found: Vec<ObjectMeta> = listing.try_collect().await?;
        found.sort_by(|a, b| a.location.cmp(&b.location));
        Ok::<_, Error>(stream::iter(found.into_iter().map(Ok)))
    };
    stream::once(sorted).try_flatten().boxed()
}

/// A file that comes in pieces: a checkpoint, which is small enough to be held.
#[derive(Debug)]
struct Gathered {
    folder: Folder,
    location: Path,
    pieces: Vec<PutPayload>,
}

#[async_trait]
impl MultipartUpload for Gathered {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.pieces.push(data);
        Box::pin(async { Ok(()) })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let pieces = std::mem::take(&mut self.pieces);
        let whole: PutPayload = pieces.into_iter().flatten().collect();
        self.folder.write(&self.location, whole, Placing::Over).await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn abort(&mut self) -> Result<()> {
        self.pieces.clear();
        Ok(())
    }
}
