//! [`LocationFetcher`]: reads `http://` and `https://` locations.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use wingbeat_net::Reach;

use crate::{BatchStream, Limits, Result};

/// Reads endpoints at `http://` and `https://` locations, which a GET answers with an Arrow IPC
/// stream, or with what else the `content-type` says. It is part of the specification, and needs an
/// HTTP client, which this crate has not: see
/// [`ReadOptions::with_fetcher`](crate::ReadOptions::with_fetcher).
pub trait LocationFetcher: Send + Sync + 'static {
    /// Opens a location. An UNAVAILABLE error has the other locations of the endpoint tried.
    fn fetch(
        &self,
        request: LocationRequest<'_>,
    ) -> impl Future<Output = Result<BatchStream>> + Send;
}

/// What is to be fetched, for a [`LocationFetcher`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct LocationRequest<'a> {
    /// The location, whose host is allowed. A redirect may lead elsewhere: it is not to be followed
    /// to a host that is not, nor from `https` to `http`.
    pub uri: &'a str,
    /// Which addresses the host may stand for.
    pub reach: Reach,
    /// How much time is left for the whole read.
    pub timeout: Option<Duration>,
    /// What the answer may cost.
    pub limits: &'a Limits,
}

pub(super) type Answer<'a> = Pin<Box<dyn Future<Output = Result<BatchStream>> + Send + 'a>>;

/// A [`LocationFetcher`] behind a pointer.
pub(super) trait DynLocationFetcher: Send + Sync {
    fn fetch<'a>(&'a self, request: LocationRequest<'a>) -> Answer<'a>;
}

impl<T: LocationFetcher> DynLocationFetcher for T {
    fn fetch<'a>(&'a self, request: LocationRequest<'a>) -> Answer<'a> {
        Box::pin(LocationFetcher::fetch(self, request))
    }
}
