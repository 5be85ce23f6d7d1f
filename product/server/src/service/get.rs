//! DoGet: redeems a ticket.

use futures_util::StreamExt;
use wingbeat::{
    BatchStream, CallContext, Compression, EncodeOptions, Error, HeaderValue, Permission, Result,
    Ticket,
};
use wingbeat_store::{ReadRequest, ReadStream, Store, StoreError};

use super::StoreService;
use crate::cluster::Redeem;
use crate::log::CallRecord;
use crate::status::status;

/// Request header: how the bodies of the batches are compressed on their way.
const BODY_COMPRESSION: &str = "wingbeat-body-compression";

/// Response headers: which version the rows are of, and whether their order is always the same.
const DATA_VERSION: &str = "wingbeat-version";
const DATA_ORDER: &str = "wingbeat-order";

/// Zstandard's fastest level: a stream is compressed as it is read, and read once.
const ZSTD_LEVEL: i32 = 1;

/// How often a dataset that is replaced between plan and read is planned again.
const ATTEMPTS: usize = 4;

impl StoreService {
    pub(super) async fn get(&self, cx: &CallContext, ticket: &Ticket) -> Result<BatchStream> {
        let redeem = self.tickets.redeem(ticket).await?;
        if let Some(record) = CallRecord::of(cx) {
            record.dataset(redeem.dataset());
        }
        let compression = body_compression(cx)?;
        self.authorize(cx, Permission::Read, redeem.dataset()).await?;
        let room = self.budget.read().await?;
        let (stream, version) = match redeem {
            Redeem::Planned(signed) => {
                signed.check_caller(cx)?;
                let plan = signed.plan;
                self.blocking(move |store| Ok((store.read(&plan)?, plan.version))).await?
            }
            Redeem::Direct(command) => {
                let request = command.into_read();
                self.blocking(move |store| read_now(&store, &request)).await?
            }
        };
        promise(cx, &version)?;
        let schema = stream.schema().clone();
        let record = CallRecord::of(cx);
        let batches = stream.map(move |batch| {
            let _held = &room;
            let batch = batch.map_err(status)?;
            if let Some(record) = &record {
                record.batch(&batch);
            }
            Ok::<_, Error>(batch)
        });
        let stream = BatchStream::from_stream(schema, batches);
        Ok(match compression {
            None => stream,
            some => stream.with_options(EncodeOptions::default().with_compression(some)),
        })
    }
}

/// Plans and reads at once, and says which version: the caller asked for none, so that one which
/// comes between the two is as good.
fn read_now(store: &Store, request: &ReadRequest) -> Result<(ReadStream, String), StoreError> {
    let mut attempt = 1;
    loop {
        let planned = store.plan(request)?;
        match store.read(planned.plan()) {
            Err(StoreError::Changed { .. }) if attempt < ATTEMPTS => attempt += 1,
            read => return Ok((read?, planned.plan().version.clone())),
        }
    }
}

/// Says that the same ticket gives the same rows in the same order as long as the version is the
/// same, so that a reader can go on where a connection was lost. Files are read one after the
/// other, in the order of the version's listing, and from the front.
fn promise(cx: &CallContext, version: &str) -> Result<()> {
    // What no header can hold is not promised.
    let Ok(version) = HeaderValue::from_str(version) else { return Ok(()) };
    cx.set_header(DATA_VERSION, version)?;
    cx.set_header(DATA_ORDER, "stable")
}

/// How the caller wants the bodies compressed.
fn body_compression(cx: &CallContext) -> Result<Option<Compression>> {
    let Some(value) = cx.headers().get(BODY_COMPRESSION) else { return Ok(None) };
    match value.as_bytes() {
        b"none" => Ok(None),
        b"lz4" => Ok(Some(Compression::Lz4Frame)),
        b"zstd" => Ok(Some(Compression::Zstd { level: ZSTD_LEVEL })),
        _ => {
            let text = format!("header {BODY_COMPRESSION}: {value:?}, expected none, lz4 or zstd");
            Err(Error::invalid_argument(text))
        }
    }
}
