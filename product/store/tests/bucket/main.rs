//! Stores in a bucket, against a real S3 server that the tests start and stop.

mod reading;
mod weed;
