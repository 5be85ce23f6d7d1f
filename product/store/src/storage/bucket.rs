//! A prefix of a bucket: what lies below it, listed in one pass, and objects by their names.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey::Client};
use object_store::multipart::MultipartStore;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{
    BackoffConfig, ClientConfigKey, Error, ObjectMeta, ObjectStore, ObjectStoreExt as _,
    RetryConfig,
};

use super::condition::Conditions;
use super::failure::failed;
use super::object::Object;
use super::runtime::wait;
use super::settings::BucketSettings;
use super::stamp::Stamp;
use crate::StoreError;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: &str = "5 seconds";
/// How long one request may take; none asks for more than a few megabytes.
const REQUEST_TIMEOUT: &str = "30 seconds";
/// A request that fails is made again for so long: a store that restarts is waited for.
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);
/// So many that the time decides: pauses are random, and a dozen short ones are soon over.
const RETRIES_MAX: usize = 100;

/// Everything below a prefix of a bucket. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Bucket {
    objects: Arc<dyn ObjectStore>,
    /// The same, for uploads in parts.
    parts: Arc<dyn MultipartStore>,
    conditions: Conditions,
    /// `s3://bucket/prefix`.
    name: Arc<str>,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.name).finish()
    }
}

impl Bucket {
    /// The prefix of a bucket, with the endpoint, region and credentials that the `AWS_*`
    /// variables of the environment name, and `settings` before those. Blocks until the bucket has
    /// answered.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] for settings that make no sense, [`StoreError::Io`] for a
    /// bucket that is not there or not for these credentials, [`StoreError::Unavailable`] for a
    /// store that does not answer.
    pub(crate) fn open(
        bucket: &str,
        prefix: &str,
        settings: &BucketSettings,
    ) -> Result<Self, StoreError> {
        let name = match prefix {
            "" => format!("s3://{bucket}"),
            prefix => format!("s3://{bucket}/{prefix}"),
        };
        let unusable =
            |reason: String| StoreError::Unsupported { reason: format!("{name}: {reason}") };
        let backoff = BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(3),
            base: 2.0,
        };
        let retry = RetryConfig { backoff, max_retries: RETRIES_MAX, retry_timeout: RETRY_TIMEOUT };
        let conditions = Conditions::default();
        let mut builder = AmazonS3Builder::from_env()
            .with_http_connector(conditions.clone())
            .with_bucket_name(bucket)
            .with_retry(retry)
            .with_config(Client(ClientConfigKey::ConnectTimeout), CONNECT_TIMEOUT)
            .with_config(Client(ClientConfigKey::Timeout), REQUEST_TIMEOUT);
        for (name, value) in settings.iter() {
            let key = name.parse().map_err(|error: Error| unusable(error.to_string()))?;
            builder = builder.with_config(key, value);
        }
        let objects = builder.build().map_err(|error| unusable(error.to_string()))?;
        let key = Key::parse(prefix).map_err(|error| unusable(error.to_string()))?;
        let objects = Arc::new(PrefixStore::new(objects, key));
        let bucket =
            Self { objects: objects.clone(), parts: objects, conditions, name: name.into() };
        bucket.check()?;
        Ok(bucket)
    }

    /// Fails unless the bucket can be listed.
    fn check(&self) -> Result<(), StoreError> {
        let (objects, name) = (self.objects.clone(), self.path());
        wait(async move {
            let first = objects.list(None).try_next().await;
            first.map(drop).map_err(|error| failed(&name, error))
        })
    }

    /// `s3://bucket/prefix`, as errors and listings call it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> PathBuf {
        PathBuf::from(&*self.name)
    }

    /// All objects below the prefix, in the order of their names. Blocks.
    pub(crate) fn list(&self) -> Result<Vec<(PathBuf, Stamp)>, StoreError> {
        let (objects, name) = (self.objects.clone(), self.path());
        let mut found: Vec<(PathBuf, Stamp)> = wait(async move {
            let listed = objects
                .list(None)
                .map_ok(|meta| (PathBuf::from(meta.location.as_ref()), Stamp::of_object(&meta)));
            listed.try_collect().await.map_err(|error| failed(&name, error))
        })?;
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(found)
    }

    /// The objects whose paths begin with a text, in the order of their names. Blocks.
    pub(crate) fn list_from(&self, text: &str) -> Result<Vec<(PathBuf, Stamp)>, StoreError> {
        let folder = text.rsplit_once('/').map(|(folder, _)| key(Path::new(folder))).transpose()?;
        let (objects, from, text) = (self.objects.clone(), key(Path::new(text))?, text.to_owned());
        let name = PathBuf::from(&text);
        wait(async move {
            // Names come in their order, so that those wanted come first.
            let listed = objects.list_with_offset(folder.as_ref(), &from);
            let wanted = listed.try_take_while(|meta| {
                std::future::ready(Ok(meta.location.as_ref().starts_with(&text)))
            });
            let stamped = wanted
                .map_ok(|meta| (PathBuf::from(meta.location.as_ref()), Stamp::of_object(&meta)));
            stamped.try_collect().await.map_err(|error| failed(&name, error))
        })
    }

    /// Whether anything lies below a folder. Blocks.
    pub(crate) fn has_below(&self, folder: &Path) -> Result<bool, StoreError> {
        let (objects, key, name) = (self.objects.clone(), key(folder)?, folder.to_owned());
        wait(async move {
            let first = objects.list(Some(&key)).try_next().await;
            first.map(|first| first.is_some()).map_err(|error| failed(&name, error))
        })
    }

    pub(super) fn objects(&self) -> &dyn ObjectStore {
        &*self.objects
    }

    pub(super) fn parts(&self) -> &dyn MultipartStore {
        &*self.parts
    }

    pub(super) fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// What the store says of an object; `None` where there is none. Blocks.
    pub(crate) fn head(&self, path: &Path) -> Result<Option<ObjectMeta>, StoreError> {
        let (objects, key, path) = (self.objects.clone(), key(path)?, path.to_owned());
        wait(async move {
            match objects.head(&key).await {
                Ok(meta) => Ok(Some(meta)),
                Err(Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(failed(&path, error)),
            }
        })
    }

    /// The object at a path in the state that a stamp names. Nothing is asked: a reader notices
    /// when it is gone or another one.
    pub(crate) fn object(&self, path: &Path, stamp: &Stamp) -> Result<Object, StoreError> {
        Ok(Object::new(self.objects.clone(), key(path)?, path.into(), stamp))
    }

    /// A folder below the prefix as a store of its own.
    pub(crate) fn below(&self, path: &Path) -> Result<Arc<dyn ObjectStore>, StoreError> {
        Ok(Arc::new(PrefixStore::new(self.objects.clone(), key(path)?)))
    }
}

/// The key of a path below the prefix.
pub(super) fn key(path: &Path) -> Result<Key, StoreError> {
    let invalid =
        |reason: String| StoreError::InvalidName { name: path.display().to_string(), reason };
    let text = path.to_str().ok_or_else(|| invalid("it is not UTF-8".to_owned()))?;
    Key::parse(text).map_err(|error| invalid(error.to_string()))
}
