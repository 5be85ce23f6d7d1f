//! GetFlightInfo and GetSchema: what a dataset, or a read of it, is.

use std::time::UNIX_EPOCH;

use serde_json::json;
use wingbeat::{
    CallContext, Error, FlightDescriptor, FlightEndpoint, FlightInfo, Permission, Result,
    SchemaResult,
};
use wingbeat_store::{Planned, ReadRequest};

use super::StoreService;
use crate::log::CallRecord;
use crate::request::{dataset_of_path, encode_ticket, parse_command};

impl StoreService {
    pub(super) async fn info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let planned = self.plan(cx, &descriptor).await?;
        flight_info(&planned, descriptor)
    }

    pub(super) async fn schema(
        &self,
        cx: &CallContext,
        descriptor: &FlightDescriptor,
    ) -> Result<SchemaResult> {
        let planned = self.plan(cx, descriptor).await?;
        Ok(SchemaResult::new(planned.schema()))
    }

    async fn plan(&self, cx: &CallContext, descriptor: &FlightDescriptor) -> Result<Planned> {
        let request = read_request(descriptor)?;
        note_dataset(cx, &request);
        self.authorize(cx, Permission::Read, &request.dataset).await?;
        self.blocking(move |store| store.plan(&request)).await
    }
}

/// The read that a descriptor asks for.
fn read_request(descriptor: &FlightDescriptor) -> Result<ReadRequest> {
    match descriptor {
        FlightDescriptor::Path(path) => Ok(ReadRequest::new(dataset_of_path(path)?)),
        FlightDescriptor::Command(command) => Ok(parse_command("command", command)?.into_read()),
        _ => Err(Error::invalid_argument("the descriptor is neither path nor command")),
    }
}

/// Tells the access log which dataset a call is about.
fn note_dataset(cx: &CallContext, request: &ReadRequest) {
    if let Some(record) = CallRecord::of(cx) {
        record.dataset(&request.dataset);
    }
}

/// What Flight says about a planned read. `descriptor` is echoed as it was asked.
///
/// A single node gives its endpoint no location: the data lies where the question was asked.
pub(super) fn flight_info(planned: &Planned, descriptor: FlightDescriptor) -> Result<FlightInfo> {
    let endpoint = FlightEndpoint::new(encode_ticket(planned.plan())?);
    let info = FlightInfo::new(planned.schema())
        .with_descriptor(descriptor)
        .with_endpoint(endpoint)
        .with_total_records(total(planned.rows()))
        .with_total_bytes(total(planned.bytes()))
        .with_ordered(true)
        .with_app_metadata(app_metadata(planned));
    Ok(info)
}

/// A total as Flight counts it: -1 is unknown.
fn total(count: Option<u64>) -> i64 {
    count.and_then(|count| i64::try_from(count).ok()).unwrap_or(-1)
}

/// The JSON beside a FlightInfo: `{"version", "format", "modified"}`, the last in seconds since
/// 1970 or null.
fn app_metadata(planned: &Planned) -> String {
    let dataset = planned.dataset();
    let modified = dataset
        .modified()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map(|since| since.as_secs());
    json!({
        "version": dataset.version(),
        "format": dataset.format().name(),
        "modified": modified,
    })
    .to_string()
}
