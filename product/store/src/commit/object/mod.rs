//! Writing to a bucket: one object is put under the condition that what was seen at its place is
//! still there.
//!
//! No lock is held, as writers sit on other machines: whoever puts second is refused, looks again
//! and decides anew. An answer that is lost leaves the question whether the object stands; its
//! mark has a name of its own, by which the next look knows it.

mod find;
mod put;
mod remove;

pub(super) use find::find;
pub(super) use put::put;
pub(super) use remove::remove;
