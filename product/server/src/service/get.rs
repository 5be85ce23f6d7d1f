//! DoGet: redeems a ticket.

use futures_util::StreamExt;
use wingbeat::{
    BatchStream, CallContext, Compression, EncodeOptions, Error, Permission, Result, Ticket,
};
use wingbeat_store::{ReadRequest, ReadStream, Store, StoreError};

use super::StoreService;
use super::info::note_dataset;
use crate::log::CallRecord;
use crate::request::{Redeem, parse_ticket};
use crate::status::status;

/// Request header: how the bodies of the batches are compressed on their way.
const BODY_COMPRESSION: &str = "wingbeat-body-compression";

/// Zstandard's fastest level: a stream is compressed as it is read, and read once.
const ZSTD_LEVEL: i32 = 1;

/// How often a dataset that is replaced between plan and read is planned again.
const ATTEMPTS: usize = 4;

impl StoreService {
    pub(super) async fn get(&self, cx: &CallContext, ticket: &Ticket) -> Result<BatchStream> {
        let redeem = parse_ticket(ticket)?;
        let compression = body_compression(cx)?;
        self.authorize(cx, Permission::Read, redeem.dataset()).await?;
        let room = self.budget.read().await?;
        let stream = match redeem {
            Redeem::Planned(plan) => {
                note_dataset(cx, &plan.request);
                self.blocking(move |store| store.read(&plan)).await?
            }
            Redeem::Direct(command) => {
                let request = command.into_read();
                note_dataset(cx, &request);
                self.blocking(move |store| read_now(&store, &request)).await?
            }
        };
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

/// Plans and reads at once: the caller asked for no version, so that one which comes between the
/// two is as good.
fn read_now(store: &Store, request: &ReadRequest) -> Result<ReadStream, StoreError> {
    let mut attempt = 1;
    loop {
        match store.read(store.plan(request)?.plan()) {
            Err(StoreError::Changed { .. }) if attempt < ATTEMPTS => attempt += 1,
            read => return read,
        }
    }
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
