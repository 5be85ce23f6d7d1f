//! File formats: which there are and how each is read.

mod csv_quotes;
mod csv_read;
mod decoders;
mod groups;
mod guard;
mod ipc_check;
mod ipc_file;
mod ipc_stream;
mod kind;
mod ndjson_numbers;
mod ndjson_read;
mod open;
mod options;
mod parquet_group;
mod parquet_read;
mod reader;
mod schema_file;
mod source;
mod text_infer;
mod text_source;

pub(crate) use decoders::Decoders;
pub(crate) use groups::GroupList;
pub(crate) use guard::{arrow_error, guard};
pub use kind::Format;
pub(crate) use open::{Batches, Opened};
pub use options::ReadOptions;
pub(crate) use parquet_read::{
    BatchBounds, Decoding, FILTER_ROWS_MAX, ParquetFile, ParquetScan, ParquetWanted, group_rows,
};
pub use reader::FileReader;
pub(crate) use schema_file::SchemaFile;
pub(crate) use source::Source;
