//! [`Opened`]: an endpoint that is being read.

use super::place::Place;
use super::pool::Lease;
use super::promise::Promise;
use crate::BatchStream;

/// The rows of an endpoint from one of its locations.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) stream: BatchStream,
    pub(super) place: Place,
    pub(super) promise: Option<Promise>,
    /// Its connection; `None` where the fetcher has it.
    pub(super) _lease: Option<Lease>,
}
