//! Stores in a bucket, against a real S3 server that the tests start and stop.

mod proxy;
mod reading;
mod weed;
mod writing;
