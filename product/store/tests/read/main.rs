//! The reading side against real files: formats, names, requests, versions, broken content.

mod catalog;
mod requests;
mod support;
