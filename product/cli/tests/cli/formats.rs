//! One file of each format, read in each format: the content is the same.

use std::path::Path;

use arrow_array::RecordBatch;
use arrow_select::concat::concat_batches;
use wingbeat_store::{FileReader, Format, ReadOptions};

use super::support::{Server, batch, wingbeat, write_file};

const FILES: [(&str, Format, bool); 7] = [
    ("a.parquet", Format::Parquet, false),
    ("b.arrow", Format::Arrow, false),
    ("c.arrows", Format::ArrowStream, false),
    ("d.csv", Format::Csv, false),
    ("e.ndjson", Format::Ndjson, false),
    ("f.csv.gz", Format::Csv, true),
    ("g.ndjson.gz", Format::Ndjson, true),
];

fn read(path: &Path, format: Format) -> RecordBatch {
    let reader = FileReader::open(path, format, &ReadOptions::default()).unwrap();
    let schema = reader.schema().clone();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

#[test]
fn every_format_is_read_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    let expected = batch(0, 100);
    for (name, format, gzip) in FILES {
        let halves = [expected.slice(0, 40), expected.slice(40, 60)];
        write_file(&folder.path().join(name), format, gzip, &halves);
    }
    let server = Server::start(folder.path());
    let table = wingbeat(["get", &server.url("a"), "--format", "table"]);
    assert_eq!(table.data().lines().count(), 104);
    for (name, _, _) in FILES {
        let url = server.url(name.split('.').next().unwrap());
        for (extension, format, _) in FILES {
            let target = out.path().join(extension);
            let run = wingbeat(["get", &url, "-o", target.to_str().unwrap()]);
            assert_eq!(run.data(), "");
            assert_eq!(read(&target, format), expected, "{name} as {extension}");
        }
        assert_eq!(wingbeat(["get", &url, "--format", "table"]).data(), table.data(), "{name}");
    }
}

#[test]
fn what_a_pipe_gets_is_an_arrow_stream() {
    let folder = tempfile::tempdir().unwrap();
    write_file(&folder.path().join("a.parquet"), Format::Parquet, false, &[batch(0, 10)]);
    let server = Server::start(folder.path());
    let run = wingbeat(["get", &server.url("a")]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let copy = folder.path().join(".copy");
    std::fs::write(&copy, &run.stdout).unwrap();
    assert_eq!(read(&copy, Format::ArrowStream), batch(0, 10));
}
