//! Reading: a request, the plan made of it, and the stream of batches that a plan opens.

mod plan;
mod predicate;
mod request;
mod stream;

pub use plan::{Planned, ReadPlan};
pub use predicate::{Operator, Predicate};
pub use request::ReadRequest;
pub use stream::ReadStream;
