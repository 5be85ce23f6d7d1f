//! GetFlightInfo and GetSchema: what a dataset, or a read of it, is.

use std::time::UNIX_EPOCH;

use serde_json::json;
use wingbeat::{
    CallContext, Error, FlightDescriptor, FlightEndpoint, FlightInfo, Message as _, Permission,
    Result, SchemaResult,
};
use wingbeat_store::{Planned, PlannedPiece, ReadRequest, SplitOptions};

use super::StoreService;
use crate::cluster::Signer;
use crate::log::CallRecord;
use crate::request::{dataset_of_path, parse_command};

/// The most bytes of a FlightInfo. Receivers in Go, Java and Rust take no message of more than
/// 4 MiB unless they are told to.
const INFO_BYTES_MAX: usize = 3_000_000;

/// By how much an endpoint may have more bytes than the first one of its flight.
const ENDPOINT_BYTES_MORE: usize = 256;

impl StoreService {
    pub(super) async fn info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let planned = self.plan(cx, &descriptor).await?;
        let (signer, split) = (self.tickets.signer(cx).await, self.split);
        // Thousands of files take a while.
        let info = move || flight_info(&planned, descriptor, &signer, Some(split));
        tokio::task::spawn_blocking(info).await?
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
/// With `split` it has an endpoint for each piece, without one for all of it. A single node gives
/// its endpoints no location: the data lies where the question was asked.
pub(super) fn flight_info(
    planned: &Planned,
    descriptor: FlightDescriptor,
    signer: &Signer,
    split: Option<SplitOptions>,
) -> Result<FlightInfo> {
    let mut info = FlightInfo::new(planned.schema())
        .with_descriptor(descriptor)
        .with_total_records(total(planned.rows()))
        .with_total_bytes(total(planned.bytes()))
        .with_ordered(true)
        .with_app_metadata(app_metadata(planned));
    info.endpoints = match split {
        Some(split) => {
            let room = INFO_BYTES_MAX.saturating_sub(info.encode().len());
            endpoints(planned, signer, split, room)?
        }
        None => vec![signer.endpoint(planned.plan())?],
    };
    Ok(info)
}

/// The pieces of a read, in no more than so many bytes, unless one alone has more.
fn endpoints(
    planned: &Planned,
    signer: &Signer,
    mut split: SplitOptions,
    bytes_max: usize,
) -> Result<Vec<FlightEndpoint>> {
    let endpoint = |piece: &PlannedPiece| endpoint(piece, signer);
    loop {
        let pieces = planned.split(&split);
        // They differ in little more than a few numbers.
        let first = pieces.first().map(&endpoint).transpose()?;
        let bytes = first.map_or(0, |first| first.encode().len()) + ENDPOINT_BYTES_MORE;
        let most = (bytes_max / bytes).max(1);
        if pieces.len() <= most {
            return pieces.iter().map(&endpoint).collect();
        }
        split.pieces_max = most.min(split.pieces_max / 2);
    }
}

/// A piece of a read. Beside its ticket stand `{"rows", "bytes"}`, as far as they are known.
fn endpoint(piece: &PlannedPiece, signer: &Signer) -> Result<FlightEndpoint> {
    let mut known = serde_json::Map::new();
    for (name, count) in [("rows", piece.rows), ("bytes", piece.bytes)] {
        known.extend(count.map(|count| (name.to_owned(), count.into())));
    }
    Ok(signer.endpoint(&piece.plan)?.with_app_metadata(serde_json::to_vec(&known)?))
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
