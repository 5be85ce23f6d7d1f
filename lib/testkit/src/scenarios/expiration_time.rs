//! `expiration_time`: four scenarios about endpoints that expire.
//!
//! - `do_get` reads each endpoint once
//! - `list_actions` looks for the two actions
//! - `cancel_flight_info` cancels the flight, after which no endpoint can be read
//! - `renew_flight_endpoint` moves the time of each endpoint that has one

mod client;
mod service;

pub(super) use self::client::{cancel_flight_info, do_get, list_actions, renew_flight_endpoint};
pub(super) use self::service::{ACTIONS, Service};

use std::sync::Arc;

use wingbeat::Result;
use wingbeat::arrow::array::{RecordBatch, UInt32Array};
use wingbeat::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("number", DataType::UInt32, false)]))
}

/// The data of the endpoint of that index.
fn batch(index: u32) -> Result<RecordBatch> {
    let numbers = UInt32Array::from(vec![index]);
    Ok(RecordBatch::try_new(schema(), vec![Arc::new(numbers)])?)
}
