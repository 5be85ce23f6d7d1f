//! Putting a file into a bucket: under a condition, and with little memory.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as Key;
use object_store::{Error, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion};

use super::bucket::{Bucket, key};
use super::condition::Expect;
use super::failure::failed;
use super::runtime::wait;
use crate::StoreError;

/// A file up to this size is put by one request, a longer one in parts of it.
const PART_BYTES: u64 = 8 << 20;
/// The most parts that S3 takes.
const PARTS_MAX: u64 = 10_000;
/// Longer files have longer parts, up to this.
const PART_BYTES_MAX: u64 = 64 << 20;
/// How many parts of an upload are on their way, and in memory, at once.
const PARALLEL: usize = 3;

/// How a put ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// The object stands there, with this tag.
    Done(String),
    /// Something else than was expected stands there, or the store cannot say.
    Refused,
}

impl Bucket {
    /// Puts a file at a path, if what is expected there still is. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] for a file that is too long; as for every request. Whether the
    /// object stands after an error, nobody knows.
    pub(crate) fn put(
        &self,
        path: &Path,
        file: &Arc<File>,
        len: u64,
        expect: Expect,
    ) -> Result<Put, StoreError> {
        let part_bytes = part_bytes(path, len)?;
        let (bucket, key, file) = (self.clone(), key(path)?, file.clone());
        let name = path.to_owned();
        wait(async move {
            let put = if len <= PART_BYTES {
                let bytes =
                    read(file, 0, len).await.map_err(|error| StoreError::io(&name, error))?;
                bucket.put_whole(&key, bytes, expect).await
            } else {
                let upload = Upload { bucket: &bucket, key: &key, file, len, part_bytes };
                upload.run(expect).await
            };
            match put {
                Ok(Some(tag)) => Ok(Put::Done(tag)),
                Ok(None) => Err(StoreError::Unsupported {
                    reason: format!("{}: the object store gives no tags", name.display()),
                }),
                // Nothing is found where an upload that was completed before is completed again.
                Err(
                    Error::AlreadyExists { .. }
                    | Error::Precondition { .. }
                    | Error::NotModified { .. }
                    | Error::NotFound { .. },
                ) => Ok(Put::Refused),
                Err(error) => Err(failed(&name, error)),
            }
        })
    }

    async fn put_whole(
        &self,
        key: &Key,
        bytes: Bytes,
        expect: Expect,
    ) -> object_store::Result<Option<String>> {
        let mode = match expect {
            Expect::Nothing => PutMode::Create,
            Expect::Tag(tag) => PutMode::Update(UpdateVersion { e_tag: Some(tag), version: None }),
        };
        let put = self.objects().put_opts(key, bytes.into(), PutOptions::from(mode)).await?;
        Ok(put.e_tag)
    }

    /// Removes an object; one that is gone already is fine. Blocks.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), StoreError> {
        let (bucket, key, name) = (self.clone(), key(path)?, path.to_owned());
        wait(async move {
            match bucket.objects().delete(&key).await {
                Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(failed(&name, error)),
            }
        })
    }
}

/// An upload in parts.
struct Upload<'a> {
    bucket: &'a Bucket,
    key: &'a Key,
    file: Arc<File>,
    len: u64,
    part_bytes: u64,
}

impl Upload<'_> {
    async fn run(&self, expect: Expect) -> object_store::Result<Option<String>> {
        let parts = self.bucket.parts();
        let id = parts.create_multipart(self.key).await?;
        let _condition = self.bucket.conditions().add(&id, expect);
        let done = async {
            let all = self.send(parts, &id).await?;
            parts.complete_multipart(self.key, &id, all).await
        };
        match done.await {
            Ok(put) => Ok(put.e_tag),
            Err(error) => {
                // What stays of it costs room until the bucket's own rules sweep it.
                if let Err(error) = parts.abort_multipart(self.key, &id).await {
                    tracing::debug!(%error, key = %self.key, "an upload is not taken back");
                }
                Err(error)
            }
        }
    }

    async fn send(
        &self,
        parts: &dyn MultipartStore,
        id: &String,
    ) -> object_store::Result<Vec<PartId>> {
        let starts = (0..self.len).step_by(usize::try_from(self.part_bytes).unwrap_or(usize::MAX));
        let sent = starts.enumerate().map(|(at, start)| async move {
            let len = self.part_bytes.min(self.len - start);
            let bytes = read(self.file.clone(), start, len).await;
            let bytes = bytes
                .map_err(|error| Error::Generic { store: "spool", source: Box::new(error) })?;
            parts.put_part(self.key, id, at, PutPayload::from(bytes)).await
        });
        stream::iter(sent).buffered(PARALLEL).try_collect().await
    }
}

/// How long the parts of a file are.
fn part_bytes(path: &Path, len: u64) -> Result<u64, StoreError> {
    let needed = len.div_ceil(PARTS_MAX).max(PART_BYTES);
    if needed <= PART_BYTES_MAX {
        return Ok(needed);
    }
    Err(StoreError::Unsupported {
        reason: format!(
            "{}: the upload has {len} bytes, an object may have {}",
            path.display(),
            PART_BYTES_MAX * PARTS_MAX
        ),
    })
}

/// Bytes of a file, read where it disturbs no request.
async fn read(file: Arc<File>, at: u64, len: u64) -> std::io::Result<Bytes> {
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = vec![0; usize::try_from(len).map_err(std::io::Error::other)?];
        file.read_exact_at(&mut bytes, at)?;
        Ok(bytes.into())
    });
    read.await.map_err(std::io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_grow_with_the_file_up_to_a_bound() {
        let of = |len| part_bytes(Path::new("a"), len);
        assert_eq!(of(0).unwrap(), PART_BYTES);
        assert_eq!(of(PART_BYTES * PARTS_MAX).unwrap(), PART_BYTES);
        assert_eq!(of(PART_BYTES * PARTS_MAX + 1).unwrap(), PART_BYTES + 1);
        assert_eq!(of(PART_BYTES_MAX * PARTS_MAX).unwrap(), PART_BYTES_MAX);
        let error = of(PART_BYTES_MAX * PARTS_MAX + 1).unwrap_err();
        assert!(matches!(error, StoreError::Unsupported { .. }), "{error}");
    }
}
