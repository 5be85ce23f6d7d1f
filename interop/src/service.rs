//! The service of `interop/README.md`, kept by `wbinterop/server.py` as well.

mod actions;
mod exchange;
mod handshake;
mod middleware;
mod read;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use wingbeat::{
    Action, ActionResult, BatchStream, CallContext, Criteria, Error, Exchange, FlightDescriptor,
    FlightEndpoint, FlightInfo, FlightService, Handshake, Location, ReplyStream, Result, Ticket,
    Timestamp, Upload,
};

use crate::files;

pub(crate) use actions::action_types;
pub(crate) use middleware::echo_header;

/// When the second endpoint of every flight expires: 2030-01-01 00:00:00.123456 UTC.
const EXPIRES: Timestamp = Timestamp { seconds: 1_893_456_000, nanos: 123_456_000 };
/// Not listed: too large to be read for its number of rows.
const UNLISTED: &str = "hundred_megabytes";

/// Flights from the files of a folder, and what was uploaded, in memory.
pub(crate) struct Contract {
    folder: PathBuf,
    uploads: Mutex<HashMap<String, (SchemaRef, Vec<RecordBatch>)>>,
    cancelled: Arc<AtomicU64>,
}

impl Contract {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, uploads: Mutex::default(), cancelled: Arc::default() }
    }

    /// The stream of that name. Small files: reading them here blocks nobody for long.
    fn stream(&self, name: &str) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        files::read(&self.folder.join(format!("{name}.arrows")))
    }

    fn info(&self, name: &str, descriptor: FlightDescriptor) -> Result<FlightInfo> {
        let (schema, batches) = self.stream(name)?;
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let second = FlightEndpoint::new(Ticket::new(name.to_owned()))
            .with_location(Location::reuse_connection())
            .with_expiration_time(EXPIRES)
            .with_app_metadata("second");
        Ok(FlightInfo::new(&schema)
            .with_descriptor(descriptor)
            .with_endpoint(FlightEndpoint::new(Ticket::new(name.to_owned())))
            .with_endpoint(second)
            .with_total_records(i64::try_from(rows)?)
            .with_ordered(true)
            .with_app_metadata(format!("about {name}")))
    }

    fn names(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            if stem != UNLISTED {
                names.push(stem.into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn guard(&self) -> CancelGuard {
        CancelGuard(self.cancelled.clone())
    }
}

impl FlightService for Contract {
    async fn handshake(&self, cx: &CallContext, handshake: Handshake) -> Result<()> {
        handshake::answer(cx, handshake).await
    }

    async fn list_flights(
        &self,
        _cx: &CallContext,
        criteria: Criteria,
    ) -> Result<ReplyStream<FlightInfo>> {
        let names = self.names()?.into_iter();
        let chosen = names.filter(|name| name.as_bytes().starts_with(&criteria.expression));
        let infos = chosen.map(|name| self.info(&name, FlightDescriptor::path([name.as_str()])));
        Ok(ReplyStream::from_iter(infos.collect::<Result<Vec<_>>>()?))
    }

    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        self.info(&named(&descriptor)?, descriptor)
    }

    async fn do_get(&self, _cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        read::open(self, &ticket)
    }

    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        let name = named(upload.descriptor())?;
        if name == "refused" {
            return Err(Error::permission_denied("refused, as asked"));
        }
        let schema = upload.schema().await?;
        let mut batches = Vec::new();
        let mut index = 0;
        while let Some(chunk) = upload.next().await? {
            let rows = chunk.data.as_ref().map_or(-1, |batch| batch.num_rows() as i64);
            let mut ack = format!("{index}:{rows}:").into_bytes();
            ack.extend(chunk.app_metadata.unwrap_or_default());
            upload.ack(ack).await?;
            batches.extend(chunk.data);
            index += 1;
        }
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        uploads.insert(name, (schema, batches));
        Ok(())
    }

    async fn do_exchange(&self, _cx: &CallContext, exchange: Exchange) -> Result<()> {
        exchange::answer(exchange).await
    }

    async fn do_action(
        &self,
        cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        actions::answer(self, cx, action).await
    }
}

/// Counts a call that ended because its caller gave up: nothing else drops it.
struct CancelGuard(Arc<AtomicU64>);

impl Drop for CancelGuard {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The name in a path of any depth, or in a command `info:NAME`.
fn named(descriptor: &FlightDescriptor) -> Result<String> {
    match descriptor {
        FlightDescriptor::Path(path) => Ok(path.join("/")),
        FlightDescriptor::Command(command) => {
            let command = utf8(command)?;
            Ok(command.strip_prefix("info:").unwrap_or(command).to_owned())
        }
        FlightDescriptor::Unknown => Err(Error::invalid_argument("a descriptor without a name")),
    }
}

fn utf8(bytes: &Bytes) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| Error::invalid_argument("a name that is not UTF-8"))
}
