//! Small data, and files of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use wingbeat_store::{FileWriter, Format, WriteOptions};

/// Three rows as CSV, as `wingbeat get` writes them.
pub(crate) const BIRDS_CSV: &str = "id,name\n1,goose\n2,duck\n3,\n";

/// The same rows as NDJSON, as `wingbeat get` writes them.
pub(crate) const BIRDS_NDJSON: &str =
    "{\"id\":1,\"name\":\"goose\"}\n{\"id\":2,\"name\":\"duck\"}\n{\"id\":3,\"name\":null}\n";

/// A batch that every format can hold, from row `first`, with nulls in each column.
pub(crate) fn batch(first: i64, rows: i64) -> RecordBatch {
    let numbers = first..first + rows;
    let id: Int64Array = numbers.clone().map(|n| (n % 7 != 3).then_some(n)).collect();
    let name: StringArray =
        numbers.clone().map(|n| (n % 5 != 1).then(|| format!("naïve, \"{n}\""))).collect();
    let weight: Float64Array = numbers.map(|n| (n % 3 != 2).then_some(n as f64 + 0.5)).collect();
    let columns: [(&str, ArrayRef, bool); 3] = [
        ("id", Arc::new(id), true),
        ("name", Arc::new(name), true),
        ("weight", Arc::new(weight), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// Writes `batches` as a file.
pub(crate) fn write_file(path: &Path, format: Format, gzip: bool, batches: &[RecordBatch]) {
    let file = Box::new(std::fs::File::create(path).unwrap());
    let options = WriteOptions::default().with_gzip(gzip);
    let mut writer = FileWriter::new(file, format, batches[0].schema(), &options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
}

/// Every file below `folder`, hidden ones too, sorted.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        // What goes away while it is looked at is not there.
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.map_while(Result::ok) {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}
