//! [`Workload`]: a batch, how often it is sent, and how it is encoded.

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use arrow_flight::FlightDescriptor;
use arrow_flight::encode::{DictionaryHandling, FlightDataEncoder, FlightDataEncoderBuilder};
use arrow_flight::error::FlightError;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::IpcWriteOptions;
use arrow_schema::DataType;
use futures::stream::{self, Stream};

use crate::Error;
use crate::columns::{self, Batch};

/// One row of the table.
pub(crate) struct Workload {
    name: String,
    /// How often the batch is sent.
    pub(crate) batches: u64,
    build: fn() -> Batch,
}

impl Workload {
    /// `NAME` or `NAME:BATCHES`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let (name, count) = match text.split_once(':') {
            Some((name, count)) => (name, Some(count)),
            None => (text, None),
        };
        let (batches, build): (u64, fn() -> Batch) = match name {
            "large" => (512, || columns::int64(131_072, 4)),
            "medium" => (4_096, || columns::int64(16_384, 4)),
            "small" => (32_768, || columns::int64(1_024, 4)),
            "tiny" => (65_536, || columns::int64(16, 4)),
            "wide" => (128, || columns::int64(1_024, 1_000)),
            "strings" => (128, || columns::strings(65_536, 4)),
            "dictionary" => (256, || columns::dictionary(65_536, 4)),
            "nested" => (256, || columns::nested(16_384)),
            "lz4" | "zstd" => (64, || columns::small_int64(131_072)),
            "one" => (1, columns::one),
            _ => return Err(format!("no workload {name:?}").into()),
        };
        let batches = match count {
            Some(count) => count.parse().map_err(|_| format!("no number of batches: {text:?}"))?,
            None => batches,
        };
        Ok(Self { name: name.to_owned(), batches, build })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Builds its batch.
    pub(crate) fn batch(&self) -> Batch {
        (self.build)()
    }

    /// The path that a DoPut or a DoExchange of it has.
    pub(crate) fn descriptor(&self) -> FlightDescriptor {
        FlightDescriptor::new_path(vec![format!("{}:{}", self.name, self.batches)])
    }

    /// This batch, as often as it is sent.
    pub(crate) fn repeat(
        &self,
        batch: RecordBatch,
    ) -> impl Stream<Item = Result<RecordBatch, FlightError>> + Send + use<> {
        let count = usize::try_from(self.batches).unwrap_or(usize::MAX);
        stream::iter(std::iter::repeat_n(batch, count).map(Ok))
    }

    /// Encodes batches of it: one batch, one message, however large.
    pub(crate) fn encode(
        &self,
        descriptor: Option<FlightDescriptor>,
        batches: impl Stream<Item = Result<RecordBatch, FlightError>> + Send + 'static,
    ) -> Result<FlightDataEncoder, Error> {
        let options = IpcWriteOptions::default();
        let options = match self.name.as_str() {
            "lz4" => options.try_with_compression(Some(CompressionType::LZ4_FRAME))?,
            "zstd" => options
                .try_with_compression(Some(CompressionType::ZSTD))?
                .try_with_compression_level(Some(1))?,
            _ => options,
        };
        Ok(FlightDataEncoderBuilder::new()
            .with_max_flight_data_size(usize::MAX)
            .with_dictionary_handling(DictionaryHandling::Resend)
            .with_options(options)
            .with_flight_descriptor(descriptor)
            .build(batches))
    }
}

/// The bytes of a batch's values and offsets, before compression.
pub(crate) fn value_bytes(batch: &RecordBatch) -> u64 {
    batch.columns().iter().map(|column| array_bytes(column)).sum()
}

fn array_bytes(array: &dyn Array) -> u64 {
    let rows = array.len() as u64;
    match array.data_type() {
        DataType::Int64 => 8 * rows,
        DataType::Utf8 => 4 * (rows + 1) + array.as_string::<i32>().value_data().len() as u64,
        DataType::Dictionary(_, _) => 4 * rows,
        DataType::List(_) => 4 * (rows + 1) + array_bytes(array.as_list::<i32>().values()),
        DataType::Struct(_) => {
            array.as_struct().columns().iter().map(|column| array_bytes(column)).sum()
        }
        _ => 0,
    }
}
