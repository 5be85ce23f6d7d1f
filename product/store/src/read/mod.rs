//! Reading: a request, the plan made of it, and the stream of batches that a plan opens.

mod ahead;
mod bind;
mod cursor;
mod float;
mod literal;
mod nested;
mod part;
mod piece;
mod plan;
mod predicate;
mod prune;
mod request;
mod resolve;
mod split;
mod stream;

pub(crate) use bind::Bound;
pub(crate) use cursor::Cursor;
pub(crate) use float::ordered;
pub(crate) use literal::cast_strictly;
pub use piece::Piece;
pub(crate) use plan::PLAN_FORM;
pub use plan::{Planned, ReadPlan};
pub use predicate::{Operator, Predicate};
pub(crate) use prune::{or_unknown, within};
pub use request::ReadRequest;
pub(crate) use resolve::Resolved;
pub use split::{PlannedPiece, SplitOptions};
pub use stream::ReadStream;
