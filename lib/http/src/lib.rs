//! Reads endpoints of Arrow Flight at `http://` and `https://` locations, which the specification
//! has for data that lies behind a plain web server or in object storage: a GET answers with an
//! Arrow IPC stream. Off unless a client is given a [`HttpFetcher`] and a list of hosts:
//!
//! ```no_run
//! # async fn run() -> wingbeat::Result<()> {
//! use wingbeat::{Client, FlightDescriptor, LocationPolicy, ReadOptions};
//! use wingbeat_http::HttpFetcher;
//!
//! let locations = LocationPolicy::default().allow_http_from(["bucket.example.org"])?;
//! let options = ReadOptions::default().with_locations(locations).with_fetcher(HttpFetcher::new());
//! let client = Client::new("grpc+tls://flights.example.org")?.with_read_options(options);
//! let trips = client.read(FlightDescriptor::path(["trips"])).await?;
//! # Ok(())
//! # }
//! ```
//!
//! What a server names is not trusted: only hosts on the list are asked, by the addresses that they
//! stand for; no redirect is followed; headers, cookies and credentials of the client are not sent,
//! nor is anything from a URL's `user:password@`. Batches are decoded while they arrive, under the
//! client's [`Limits`](wingbeat::Limits), and only as fast as they are read.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod answer;
mod fetcher;
mod pace;
mod source;
mod target;

pub use self::fetcher::HttpFetcher;
