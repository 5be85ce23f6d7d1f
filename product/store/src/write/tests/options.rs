//! What the options change in a file.

use super::*;

#[test]
fn row_groups_are_bounded_by_rows_and_by_bytes() {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values((0..100_000).map(|n| n * n * n)));
    let batch = single(Field::new("n", DataType::Int64, false), numbers);
    let groups = |options: &WriteOptions| {
        let bytes = Bytes::from(write(std::slice::from_ref(&batch), Format::Parquet, options));
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
        let metadata = builder.metadata().clone();
        metadata.row_groups().iter().map(|group| group.num_rows()).collect::<Vec<_>>()
    };
    assert_eq!(groups(&WriteOptions::default()), [100_000]);
    let by_rows = WriteOptions::default().with_row_group_rows(40_000);
    assert_eq!(groups(&by_rows), [40_000, 40_000, 20_000]);
    let by_bytes = groups(&WriteOptions::default().with_row_group_bytes(200_000));
    assert!(by_bytes.len() > 2, "{by_bytes:?}");
    assert_eq!(by_bytes.iter().sum::<i64>(), 100_000);
}

#[test]
fn parquet_has_statistics_compression_and_the_arrow_schema() {
    let bytes = Bytes::from(write(&[categories(0..3)], Format::Parquet, &WriteOptions::default()));
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    let metadata = builder.metadata();
    let column = metadata.row_group(0).column(0);
    assert!(matches!(column.compression(), parquet::basic::Compression::ZSTD(_)));
    let statistics = column.statistics().unwrap();
    assert_eq!(statistics.min_bytes_opt(), Some(&b"v0"[..]));
    assert_eq!(statistics.max_bytes_opt(), Some(&b"v2"[..]));
    let file = metadata.file_metadata();
    assert!(file.created_by().unwrap().starts_with("wingbeat "));
    let pairs = file.key_value_metadata().unwrap();
    assert!(pairs.iter().any(|pair| pair.key == "ARROW:schema"));
}

#[test]
fn compressions_that_a_format_lacks_are_refused() {
    let every = ["none", "snappy", "gzip", "lz4", "zstd", "zstd:19"];
    for format in [Format::Parquet, Format::Arrow, Format::ArrowStream] {
        for compression in every {
            let options = WriteOptions::default().with_compression(compression.parse().unwrap());
            let batch = categories(0..100);
            let target = Box::new(Shared::default());
            let known = format == Format::Parquet || !matches!(compression, "snappy" | "gzip");
            match FileWriter::new(target, format, batch.schema(), &options) {
                Ok(_) => {
                    assert!(known, "{format} {compression}");
                    assert_eq!(back(std::slice::from_ref(&batch), format, &options), batch);
                }
                Err(error) => {
                    assert!(!known, "{format} {compression}: {error}");
                    assert!(error.to_string().contains(compression), "{error}");
                }
            }
        }
    }
}

#[test]
fn a_target_that_fails_is_told_by_its_own_error() {
    for format in Format::ALL {
        let batch = categories(0..100);
        let options = WriteOptions::default();
        let target = Box::new(Narrow(40));
        let failed = || -> Result<FileStats, WriteError> {
            let mut writer = FileWriter::new(target, format, batch.schema(), &options)?;
            writer.write(&batch)?;
            writer.finish()
        };
        let Err(WriteError::Io(error)) = failed() else { panic!("{format} wrote on") };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{format}");
    }
}
