//! Where a store lies, as its operator writes it.

use std::convert::Infallible;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The scheme of a bucket.
const S3: &str = "s3://";

/// A folder, or `s3://BUCKET/PREFIX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreLocation {
    /// A folder of this machine.
    Folder(PathBuf),
    /// Everything below a prefix of a bucket, through the S3 protocol.
    Bucket {
        /// The bucket.
        bucket: String,
        /// The prefix, without slashes around it; empty for all of the bucket.
        prefix: String,
    },
}

impl StoreLocation {
    /// The folder, of one that is on this machine.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(path) => Some(path),
            Self::Bucket { .. } => None,
        }
    }
}

/// A path is a folder, whatever it looks like.
impl<T: AsRef<Path>> From<T> for StoreLocation {
    fn from(path: T) -> Self {
        Self::Folder(path.as_ref().to_owned())
    }
}

impl FromStr for StoreLocation {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let Some(rest) = text.strip_prefix(S3) else { return Ok(Self::Folder(text.into())) };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_matches('/').to_owned();
        Ok(Self::Bucket { bucket: bucket.to_owned(), prefix })
    }
}

impl fmt::Display for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Bucket { bucket, prefix } if prefix.is_empty() => write!(f, "{S3}{bucket}"),
            Self::Bucket { bucket, prefix } => write!(f, "{S3}{bucket}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_buckets_are_told_apart() {
        let bucket = |bucket: &str, prefix: &str| StoreLocation::Bucket {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        };
        for (text, location, shown) in [
            ("data", StoreLocation::Folder("data".into()), "data"),
            ("./s3:/x", StoreLocation::Folder("./s3:/x".into()), "./s3:/x"),
            ("s3://lake", bucket("lake", ""), "s3://lake"),
            ("s3://lake/", bucket("lake", ""), "s3://lake"),
            ("s3://lake/a/b/", bucket("lake", "a/b"), "s3://lake/a/b"),
        ] {
            let Ok(parsed) = text.parse::<StoreLocation>();
            assert_eq!(parsed, location);
            assert_eq!(parsed.to_string(), shown);
        }
    }
}
