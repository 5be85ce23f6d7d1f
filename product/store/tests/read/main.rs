//! The reading side against real files: formats, names, requests, versions, broken content.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod catalog;
mod filters;
mod lanes;
mod pieces;
mod requests;
mod support;
mod text;
