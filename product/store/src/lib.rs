//! Datasets in a folder: what the server offers and what it writes.
//!
//! A [`Store`] stands for one folder. Every Parquet, Arrow IPC, CSV or NDJSON file below it, every
//! leaf folder of such files, every Hive-partitioned folder and every Delta Lake table is a
//! [`Dataset`] with a name, a schema and a version. Reads are planned ([`Store::plan`]) and then
//! streamed ([`Store::read`]); writes are staged and then committed.
//!
//! The core blocks: it opens, stats and decodes files. Only [`ReadStream`] and what writes meet
//! the asynchronous world, through bounded channels. Call everything else from a thread that may
//! block. The crate knows no Flight, no gRPC and no command line.

mod catalog;
mod commit;
mod delta;
mod error;
mod format;
mod name;
mod options;
mod read;
mod storage;
mod store;
mod version;
mod write;

pub use catalog::{Dataset, DatasetKind, Selection};
pub use commit::{Commit, DropOptions, Dropped, StageOptions, Staged, StagedObject, WriteMode};
pub use error::StoreError;
pub use format::{FileReader, Format, ReadOptions};
pub use name::DatasetName;
pub use options::StoreOptions;
pub use read::{
    Operator, Piece, Planned, PlannedPiece, Predicate, ReadPlan, ReadRequest, ReadStream,
    SplitOptions,
};
pub use storage::{BucketSettings, StoreLocation};
pub use store::Store;
pub use write::{
    Compression, FileStats, FileWriter, UnknownCompression, Unrepresentable, WriteError,
    WriteOptions, check_representable,
};
