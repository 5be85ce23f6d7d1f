//! What stands at a dataset's place in a bucket.

use std::path::{Path, PathBuf};

use crate::catalog::DatasetKind;
use crate::commit::mark::Mark;
use crate::commit::occupant::{Occupant, OccupantKind};
use crate::commit::target::Target;
use crate::format::{Opened, ReadOptions, Source};
use crate::storage::{Bucket, Stamp};
use crate::{Format, Store, StoreError};

/// How often one looks again at what is replaced while it is looked at.
const LOOKS: usize = 16;

/// Everything in a bucket that bears the name of `target`, in the order of names.
pub(in crate::commit) fn find(
    store: &Store,
    bucket: &Bucket,
    target: &Target,
) -> Result<Vec<Occupant>, StoreError> {
    let mut looks = LOOKS;
    loop {
        looks -= 1;
        match look(store, bucket, target) {
            Err(StoreError::Changed { .. }) if looks > 0 => {}
            found => return found,
        }
    }
}

fn look(store: &Store, bucket: &Bucket, target: &Target) -> Result<Vec<Occupant>, StoreError> {
    let mut found = Vec::new();
    if !target.folder {
        // Whatever its format, the name of an object goes on with a dot.
        for (path, stamp) in bucket.list_from(&format!("{}.", place(target, &target.stem)))? {
            found.extend(object(bucket, target, path, &stamp)?);
        }
    }
    let ending = target.ending.as_ref().map_or("", |(ending, _)| ending);
    found.extend(folder(store, bucket, target, &format!("{}{ending}", target.stem))?);
    Ok(found)
}

/// A name in the folder of a target.
pub(super) fn place(target: &Target, name: &str) -> String {
    let parents = target.parents.iter().map(String::as_str);
    parents.chain([name]).collect::<Vec<_>>().join("/")
}

fn object(
    bucket: &Bucket,
    target: &Target,
    path: PathBuf,
    stamp: &Stamp,
) -> Result<Option<Occupant>, StoreError> {
    let place = place(target, "");
    let Some(file_name) = path.to_str().and_then(|path| path.strip_prefix(&place)) else {
        return Ok(None);
    };
    let Some((stem, found, format)) = Format::split_name(file_name) else { return Ok(None) };
    let is_asked = match &target.ending {
        Some((ending, _)) => found.eq_ignore_ascii_case(ending),
        None => true,
    };
    if stem != target.stem || !is_asked {
        return Ok(None);
    }
    let mark = mark(bucket, &path, stamp, format)?;
    let kind = mark.map_or(OccupantKind::Foreign, |mark| OccupantKind::Own(mark, format));
    let file_name = file_name.to_owned();
    let version = stamp.version.clone();
    Ok(Some(Occupant { path, file_name, kind, version, bytes: stamp.len }))
}

/// The mark of an object; one that cannot be understood is not the store's.
fn mark(
    bucket: &Bucket,
    path: &Path,
    stamp: &Stamp,
    format: Format,
) -> Result<Option<Mark>, StoreError> {
    if !matches!(format, Format::Parquet | Format::Arrow) {
        return Ok(None);
    }
    let source = Source::of_object(bucket.object(path, stamp)?, path);
    let error = match Opened::open(source.clone(), format, &ReadOptions::default()) {
        Ok(opened) => return Ok(Mark::of(&opened)),
        Err(error) => source.trouble().unwrap_or(error),
    };
    match error {
        // Gone since it was listed, which is a change too.
        StoreError::Io { path, source } if source.kind() == std::io::ErrorKind::NotFound => {
            let name = path.display().to_string();
            Err(StoreError::Changed { name, reason: "the object is gone".to_owned() })
        }
        error @ (StoreError::Changed { .. }
        | StoreError::Unavailable { .. }
        | StoreError::Io { .. }) => Err(error),
        _ => Ok(None),
    }
}

/// A folder of that name, if it is one dataset: that is for the index to say.
fn folder(
    store: &Store,
    bucket: &Bucket,
    target: &Target,
    name: &str,
) -> Result<Option<Occupant>, StoreError> {
    let path = PathBuf::from(place(target, name));
    if !bucket.has_below(&path)? {
        return Ok(None);
    }
    store.refresh()?;
    let kind = match store.find(&format!("{}/", path.display())) {
        Err(StoreError::NotFound { .. }) => return Ok(None),
        Ok(dataset) if dataset.kind() == DatasetKind::Delta => OccupantKind::Table,
        _ => OccupantKind::Objects,
    };
    let (file_name, version) = (format!("{name}/"), String::new());
    Ok(Some(Occupant { path, file_name, kind, version, bytes: 0 }))
}
