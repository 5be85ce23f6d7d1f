//! Reading a whole flight: from all of its endpoints at once, wherever they lie, in bounded memory,
//! and without trusting a server's answer further than its policy says.
//!
//! ```text
//! methods      read, read_info, read_endpoint, read_partitions
//!   reading    what the endpoints of one read have in common; opens one of them
//!     locations  in which order an endpoint's locations are tried
//!       policy     where a location may lead, and what may be sent there
//!     pool       connections, shared by all reads of a client; who was unreachable
//!     renewal    keeps endpoints from expiring
//!   fetch      one endpoint from beginning to end, over failures
//!     promise    what a server says about reading it again
//!   merge      several endpoints as one stream, within a budget
//! ```

mod fetch;
mod fetcher;
mod home;
mod hosts;
mod locations;
mod merge;
mod methods;
mod opened;
mod options;
mod outages;
mod place;
mod policy;
mod pool;
mod promise;
mod reading;
mod renewal;
mod schema;
mod skip;
#[cfg(test)]
mod tests;

pub use self::fetcher::{LocationFetcher, LocationRequest};
pub use self::options::{ReadOptions, ReadOrder};
pub use self::policy::LocationPolicy;

pub(super) use self::pool::Pool;
pub(super) use self::promise::Promise;
