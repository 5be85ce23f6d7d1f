//! Reading: a request, the plan made of it, and the stream of batches that a plan opens.

mod ahead;
mod bind;
mod cursor;
mod float;
mod literal;
mod nested;
mod part;
mod plan;
mod predicate;
mod prune;
mod request;
mod resolve;
mod stream;

pub(crate) use bind::Bound;
pub(crate) use cursor::Cursor;
pub(crate) use float::ordered;
pub(crate) use literal::cast_strictly;
pub(crate) use plan::PLAN_FORM;
pub use plan::{Planned, ReadPlan};
pub use predicate::{Operator, Predicate};
pub(crate) use prune::{or_unknown, within};
pub use request::ReadRequest;
pub(crate) use resolve::Resolved;
pub use stream::ReadStream;
