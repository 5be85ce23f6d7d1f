//! The commit to a bucket: a finished file becomes an object.

use std::path::PathBuf;

use super::find::{self, find};
use crate::commit::occupant::{Occupant, OccupantKind};
use crate::commit::outcome::Commit;
use crate::commit::publish::{ATTEMPTS, Place, check_version, place};
use crate::commit::stage::Order;
use crate::commit::staged_file::Finished;
use crate::storage::{Bucket, Expect, Put};
use crate::{Store, StoreError};

/// How often a commit goes on after the object store failed it. Each request has been made again
/// for a while by then.
const FAILURES_MAX: usize = 2;

/// Puts a finished file to its place.
pub(in crate::commit) fn put(
    store: &Store,
    bucket: &Bucket,
    order: &Order,
    finished: Finished,
    expected: Option<&str>,
) -> Result<Commit, StoreError> {
    let target = &order.target;
    let to = PathBuf::from(find::place(target, &target.file_name(order.format)?));
    let mut failures = 0;
    for _ in 0..ATTEMPTS {
        let found = find(store, bucket, target)?;
        if let Some(own) = found.iter().find(|found| is(found, &finished.id)) {
            // It was put, and the answer was lost.
            let version = own.version.clone();
            return Ok(done(finished, version));
        }
        let over = match place(order, found)? {
            Place::Done(commit) => return Ok(commit),
            Place::Free => None,
            Place::Over(occupant) => Some(occupant),
        };
        check_version(store, &target.name, over.as_ref(), expected)?;
        let (expect, elsewhere) = match over {
            None => (Expect::Nothing, None),
            Some(over) if over.path == to => (Expect::Tag(over.version), None),
            Some(over) => (Expect::Nothing, Some(over.path)),
        };
        match bucket.put(&to, finished.file(), finished.commit.bytes, expect) {
            Ok(Put::Done(version)) => {
                if let Some(old) = elsewhere {
                    bucket.remove(&old)?;
                }
                return Ok(done(finished, version));
            }
            Ok(Put::Refused) => {}
            Err(StoreError::Unavailable { .. }) if failures < FAILURES_MAX => failures += 1,
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Changed {
        name: target.name.clone(),
        reason: "other writers replaced it again and again".to_owned(),
    })
}

/// Whether an object is the file of that name.
fn is(found: &Occupant, id: &str) -> bool {
    matches!(&found.kind, OccupantKind::Own(mark, _) if mark.id == id)
}

fn done(finished: Finished, version: String) -> Commit {
    Commit { version, ..finished.publish() }
}
