//! Dictionaries that differ from batch to batch.

use arrow_array::cast::AsArray as _;

use super::columns::nestings;
use super::*;

#[test]
fn replaced_dictionaries_come_back_in_one_file() {
    let batches = [categories(0..50), categories(20..60), categories(100..128), categories(0..50)];
    let expected: Vec<ArrayRef> = batches.iter().map(|batch| plain(batch.column(0))).collect();
    let expected: Vec<&dyn Array> = expected.iter().map(AsRef::as_ref).collect();
    let expected = arrow_select::concat::concat(&expected).unwrap();
    for format in [Format::Parquet, Format::Arrow] {
        let found = back(&batches, format, &WriteOptions::default());
        assert_eq!(found.schema(), batches[0].schema());
        assert_eq!(&plain(found.column(0)), &expected, "{format}");
    }
    // In a struct and a list too, with nulls among keys and values.
    let nested: Vec<RecordBatch> = [["a", "b"], ["c", "a"], ["b", "d"]]
        .into_iter()
        .map(|values| {
            let values = StringArray::from(vec![Some(values[0]), None, Some(values[1])]);
            let keys = UInt16Array::from(vec![Some(2), None, Some(1), Some(0)]);
            let column: ArrayRef = Arc::new(DictionaryArray::new(keys, Arc::new(values)));
            let (_, column) = nestings(&column).remove(2);
            single(Field::new("c", column.data_type().clone(), true), column)
        })
        .collect();
    let found = back(&nested, Format::Arrow, &WriteOptions::default());
    let show = |batches: &[RecordBatch]| {
        arrow_cast::pretty::pretty_format_batches(batches).unwrap().to_string()
    };
    assert_eq!(show(&[found]), show(&nested));
}

#[test]
fn more_dictionary_values_than_keys_are_refused() {
    for format in [Format::Parquet, Format::Arrow] {
        let target = Box::new(Shared::default());
        let first = categories(0..100);
        let options = WriteOptions::default();
        let mut writer = FileWriter::new(target, format, first.schema(), &options).unwrap();
        writer.write(&first).unwrap();
        writer.write(&categories(0..128)).unwrap();
        let error = writer.write(&categories(100..129)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "{format} cannot hold column \"c\": 129 distinct dictionary values over all \
                 batches, where keys of type Int8 count no more than 128"
            )
        );
        assert!(writer.finish().is_err());
    }
    let batches = [categories(0..100), categories(100..200)];
    let found =
        read(write(&batches, Format::ArrowStream, &WriteOptions::default()), Format::ArrowStream);
    assert_eq!(found.1, batches);
}

#[test]
fn a_parquet_dictionary_of_all_its_keys_is_read_over_row_groups() {
    let batches = [categories(0..100), categories(28..128)];
    let options = WriteOptions::default().with_row_group_rows(100);
    let found = back(&batches, Format::Parquet, &options);
    assert_eq!(found.num_rows(), 200);
    assert_eq!(plain(found.column(0)).as_string::<i32>().value(199), "v127");
}
