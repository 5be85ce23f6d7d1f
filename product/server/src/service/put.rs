//! DoPut: an upload becomes a dataset, whole or not at all.

use wingbeat::{CallContext, Error, Permission, Result, Upload};
use wingbeat_store::{Compression, Format, StageOptions, Staged, WriteMode, WriteOptions};

use super::StoreService;
use crate::log::CallRecord;
use crate::request::PutRequest;
use crate::status::IntoFlight;

/// The largest row group that may be asked for, in bytes: the writer holds one in memory.
const ROW_GROUP_BYTES_MAX: u64 = 1 << 30;

impl StoreService {
    pub(super) async fn put(&self, cx: &CallContext, mut upload: Upload) -> Result<()> {
        self.check_writes()?;
        let request = PutRequest::new(cx, upload.descriptor())?;
        let record = CallRecord::of(cx);
        if let Some(record) = &record {
            record.dataset(&request.dataset);
        }
        self.authorize(cx, Permission::Write, &request.dataset).await?;
        let options = stage_options(&request)?;
        let room = self.budget.upload(options.write.row_group_bytes);
        let _room = self.unless_stopping(room).await?;
        let schema = self.unless_stopping(upload.schema()).await?;
        let mut staged = self.store.stage(&request.dataset, schema, options).await.into_flight()?;
        let received = self.receive(&mut upload, &mut staged, record.as_ref());
        if let Err(error) = self.unless_stopping(received).await {
            staged.abort().await;
            return Err(error);
        }
        let object = staged.finish().await.into_flight()?;
        let commit = self.store.commit(vec![object], None).await.into_flight()?;
        // The data is durable now, whether the client still listens or not. This is the only
        // result, so there is room for it, and nobody waits for the client to read.
        if upload.ack(commit.to_json()).await.is_err() {
            tracing::debug!(dataset = request.dataset, "the client left before the last result");
        }
        Ok(())
    }

    /// Hands every batch of the upload to the store.
    async fn receive(
        &self,
        upload: &mut Upload,
        staged: &mut Staged,
        record: Option<&CallRecord>,
    ) -> Result<()> {
        while let Some(batch) = upload.next_batch().await? {
            if let Some(record) = record {
                record.batch(&batch);
            }
            staged.write(batch).await.into_flight()?;
        }
        Ok(())
    }

    /// What an upload waits for, unless the server is stopping.
    async fn unless_stopping<T>(&self, step: impl Future<Output = Result<T>>) -> Result<T> {
        let step = self.stopping.run_until_cancelled(step).await;
        step.unwrap_or_else(|| {
            Err(Error::unavailable("the server is stopping; nothing of the upload was kept"))
        })
    }
}

/// The store's terms for what the caller asked.
fn stage_options(request: &PutRequest) -> Result<StageOptions> {
    let mut options = StageOptions::default();
    match request.mode.as_deref() {
        None => {}
        Some("replace") => options = options.with_mode(WriteMode::Replace),
        Some("create") => options = options.with_mode(WriteMode::Create),
        Some("append") => options = options.with_mode(WriteMode::Append),
        Some("create_append") => options = options.with_mode(WriteMode::CreateAppend),
        Some(mode) => {
            let text =
                format!("unknown mode {mode:?}, expected replace, create, append or create_append");
            return Err(Error::invalid_argument(text));
        }
    }
    options = match request.format.as_deref() {
        None => options,
        Some("parquet") => options.with_format(Format::Parquet),
        Some("arrow") => options.with_format(Format::Arrow),
        Some("delta") => options.with_table(),
        Some(format) => {
            let text = format!("an upload lands as parquet, arrow or delta, not as {format:?}");
            return Err(Error::invalid_argument(text));
        }
    };
    if let Some(id) = &request.upload_id {
        options = options.with_upload_id(id);
    }
    if let Some(rows) = request.rows {
        options = options.with_expected_rows(rows);
    }
    Ok(options.with_write(write_options(request)?))
}

fn write_options(request: &PutRequest) -> Result<WriteOptions> {
    let mut options = WriteOptions::default();
    if let Some(compression) = &request.compression {
        let compression: Compression =
            compression.parse().map_err(|e| Error::invalid_argument(format!("{e}")))?;
        options = options.with_compression(compression);
    }
    if let Some(rows) = row_group("rows", request.row_group_rows, u64::MAX)? {
        options = options.with_row_group_rows(rows);
    }
    if let Some(bytes) = row_group("bytes", request.row_group_bytes, ROW_GROUP_BYTES_MAX)? {
        options = options.with_row_group_bytes(bytes);
    }
    Ok(options)
}

/// A bound of a row group, checked.
fn row_group(what: &str, asked: Option<u64>, max: u64) -> Result<Option<usize>> {
    let Some(asked) = asked else { return Ok(None) };
    if asked == 0 || asked > max {
        let text = format!("row groups of {asked} {what}: expected 1 to {max}");
        return Err(Error::invalid_argument(text));
    }
    Ok(Some(usize::try_from(asked).unwrap_or(usize::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wingbeat::Code;

    fn request(mode: Option<&str>, format: Option<&str>) -> PutRequest {
        PutRequest {
            dataset: "t".to_owned(),
            mode: mode.map(str::to_owned),
            format: format.map(str::to_owned),
            ..PutRequest::default()
        }
    }

    #[test]
    fn only_a_named_mode_is_explicit() {
        assert!(!stage_options(&request(None, None)).unwrap().explicit);
        let create = stage_options(&request(Some("create"), None)).unwrap();
        assert!(create.explicit);
        assert_eq!(create.mode, WriteMode::Create);
    }

    #[test]
    fn modes_are_read_and_nonsense_is_refused() {
        let mode = |mode| stage_options(&request(Some(mode), None)).unwrap().mode;
        assert_eq!(mode("append"), WriteMode::Append);
        assert_eq!(mode("create_append"), WriteMode::CreateAppend);
        let code = |mode, format| stage_options(&request(mode, format)).unwrap_err().code();
        assert_eq!(code(Some("upsert"), None), Code::InvalidArgument);
        assert_eq!(code(None, Some("csv")), Code::InvalidArgument);
    }

    #[test]
    fn row_groups_have_bounds() {
        let asked = |rows, bytes| {
            let request =
                PutRequest { row_group_rows: rows, row_group_bytes: bytes, ..request(None, None) };
            write_options(&request)
        };
        let options = asked(Some(7), Some(9)).unwrap();
        assert_eq!((options.row_group_rows, options.row_group_bytes), (7, 9));
        for (rows, bytes) in [(Some(0), None), (None, Some(0)), (None, Some(u64::MAX))] {
            assert_eq!(asked(rows, bytes).unwrap_err().code(), Code::InvalidArgument);
        }
    }

    #[test]
    fn a_compression_is_read() {
        let mut request = request(None, None);
        request.compression = Some("zstd:9".to_owned());
        let options = stage_options(&request).unwrap();
        assert_eq!(options.write.compression, Some(Compression::Zstd(9)));
        request.compression = Some("rar".to_owned());
        assert_eq!(stage_options(&request).unwrap_err().code(), Code::InvalidArgument);
    }
}
