//! CSV and NDJSON.

use super::columns::{columns, nestings};
use super::*;

fn text(batches: &[RecordBatch], format: Format, options: &WriteOptions) -> String {
    String::from_utf8(write(batches, format, options)).unwrap()
}

#[test]
fn text_formats_write_what_they_can_hold() {
    let fields = vec![
        Field::new("id", DataType::Int32, false),
        Field::new("name", DataType::Utf8, true),
        Field::new("at", DataType::Timestamp(TimeUnit::Second, Some("UTC".into())), true),
    ];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![1, 2])),
        Arc::new(StringArray::from(vec![Some("a,\"b\""), None])),
        Arc::new(TimestampSecondArray::from(vec![Some(0), None]).with_timezone("UTC")),
    ];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let options = WriteOptions::default();
    let csv = text(std::slice::from_ref(&batch), Format::Csv, &options);
    assert_eq!(csv, "id,name,at\n1,\"a,\"\"b\"\"\",1970-01-01T00:00:00Z\n2,,\n");
    let tabs = options.clone().with_delimiter(b'\t');
    assert!(text(std::slice::from_ref(&batch), Format::Csv, &tabs).starts_with("id\tname\tat\n"));
    assert_eq!(text(&[batch.slice(0, 0)], Format::Csv, &options), "id,name,at\n");
    let ndjson = text(std::slice::from_ref(&batch), Format::Ndjson, &options);
    let expected = concat!(
        "{\"id\":1,\"name\":\"a,\\\"b\\\"\",\"at\":\"1970-01-01T00:00:00Z\"}\n",
        "{\"id\":2,\"name\":null,\"at\":null}\n",
    );
    assert_eq!(ndjson, expected);
    let zipped = write(&[batch], Format::Csv, &options.with_gzip(true));
    let mut unzipped = String::new();
    flate2::read::GzDecoder::new(&*zipped).read_to_string(&mut unzipped).unwrap();
    assert_eq!(unzipped, csv);
}

#[test]
fn text_formats_take_or_refuse_every_type_before_data() {
    let mut refused = [Vec::new(), Vec::new()];
    let nested = columns().into_iter().flat_map(|(name, column)| {
        let inside = nestings(&column).into_iter().skip(1);
        inside.map(move |(place, column)| (format!("{place} {name}"), column)).collect::<Vec<_>>()
    });
    for (name, column) in columns().into_iter().chain(nested) {
        // The last row: the extremes before it are beyond any calendar.
        let column = column.slice(column.len() - 1, 1);
        let batch = single(Field::new("c", column.data_type().clone(), true), column);
        for (index, format) in [Format::Csv, Format::Ndjson].into_iter().enumerate() {
            if check_representable(batch.schema_ref(), format).is_err() {
                refused[index].push(name.clone());
                continue;
            }
            let target = Box::new(Shared::default());
            let options = WriteOptions::default();
            let mut writer = FileWriter::new(target, format, batch.schema(), &options).unwrap();
            if let Err(error) = writer.write(&batch) {
                panic!("{format} {name}: {error}");
            }
        }
    }
    for names in &refused {
        assert!(names.contains(&"Binary".to_owned()));
        assert!(names.iter().any(|name| name.starts_with("Union")));
    }
    assert!(refused[0].contains(&"List(Int32)".to_owned()));
    assert!(!refused[1].contains(&"List(Int32)".to_owned()));
}
