//! Every Arrow type through every format: what is not refused comes back equal.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

use arrow_array::builder::*;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::ArrowNativeType;
use arrow_schema::{DataType, Field, Fields, IntervalUnit, Schema, SchemaRef, TimeUnit, UnionMode};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;
use crate::Format;

/// A target whose bytes can be looked at afterwards.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A target that takes so many bytes and then fails.
struct Narrow(usize);

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::Error::from_raw_os_error(28)) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(batches: &[RecordBatch], format: Format, options: &WriteOptions) -> Vec<u8> {
    let target = Shared::default();
    let schema = batches[0].schema();
    let mut writer = FileWriter::new(Box::new(target.clone()), format, schema, options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    let stats = writer.finish().unwrap();
    let bytes = target.bytes();
    assert_eq!(stats.bytes, bytes.len() as u64);
    assert_eq!(stats.rows, batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>());
    bytes
}

fn read(bytes: Vec<u8>, format: Format) -> (SchemaRef, Vec<RecordBatch>) {
    match format {
        Format::Parquet => {
            let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).unwrap();
            let schema = builder.schema().clone();
            (schema, builder.build().unwrap().map(Result::unwrap).collect())
        }
        Format::Arrow => {
            let reader = arrow_ipc::reader::FileReader::try_new(io::Cursor::new(bytes), None);
            let reader = reader.unwrap();
            (reader.schema(), reader.map(Result::unwrap).collect())
        }
        Format::ArrowStream => {
            let reader = arrow_ipc::reader::StreamReader::try_new(io::Cursor::new(bytes), None);
            let reader = reader.unwrap();
            (reader.schema(), reader.map(Result::unwrap).collect())
        }
        text => panic!("{text} has no schema to compare"),
    }
}

fn single(field: Field, column: ArrayRef) -> RecordBatch {
    let rows = column.len();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(vec![field])), vec![column], &options)
        .unwrap()
}

/// Whether what was written comes back equal: the schema with its metadata, and each value.
fn returns(batch: &RecordBatch, format: Format) -> Result<(), String> {
    let bytes = write(std::slice::from_ref(batch), format, &WriteOptions::default());
    let (schema, batches) = read(bytes, format);
    if schema != batch.schema() {
        return Err(format!("schema {schema:?}, expected {:?}", batch.schema()));
    }
    let back = arrow_select::concat::concat_batches(&schema, &batches).unwrap();
    if back != *batch {
        return Err(format!("found {back:?}, expected {batch:?}"));
    }
    Ok(())
}

/// One column of each type, with nulls, extremes and empty values.
pub(crate) fn columns() -> Vec<(String, ArrayRef)> {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    let mut add = |column: ArrayRef| {
        columns.push((column.data_type().to_string(), column));
    };
    add(Arc::new(NullArray::new(4)));
    add(Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])));
    macro_rules! numbers {
        ($($t:ident),*) => {$({
            type Native = <$t as ArrowPrimitiveType>::Native;
            let values = vec![Some(Native::MIN), None, Some(Native::MAX), Some(Native::default())];
            add(Arc::new(PrimitiveArray::<$t>::from_iter(values)));
        })*};
    }
    numbers!(Int8Type, Int16Type, Int32Type, Int64Type);
    numbers!(UInt8Type, UInt16Type, UInt32Type, UInt64Type);
    numbers!(Float16Type, Float32Type, Float64Type);
    numbers!(Date32Type, Date64Type);
    numbers!(Time32SecondType, Time32MillisecondType, Time64MicrosecondType, Time64NanosecondType);
    numbers!(TimestampSecondType, TimestampMillisecondType);
    numbers!(TimestampMicrosecondType, TimestampNanosecondType);
    numbers!(DurationSecondType, DurationMillisecondType);
    numbers!(DurationMicrosecondType, DurationNanosecondType);
    numbers!(IntervalYearMonthType);
    add(Arc::new(Float64Array::from(vec![f64::NAN, -0.0, f64::INFINITY])));
    for zone in ["UTC", "+01:30", "Europe/Berlin", ""] {
        add(Arc::new(TimestampSecondArray::from(vec![Some(-1), None]).with_timezone(zone)));
        add(Arc::new(TimestampNanosecondArray::from(vec![Some(i64::MIN)]).with_timezone(zone)));
    }
    let day_time = [Some(IntervalDayTime::new(i32::MIN, -1)), None];
    add(Arc::new(IntervalDayTimeArray::from_iter(day_time)));
    let month_day_nano = [Some(IntervalMonthDayNano::new(1, -2, i64::MAX)), None];
    add(Arc::new(IntervalMonthDayNanoArray::from_iter(month_day_nano)));
    decimals(&mut add);
    texts(&mut add);
    lists(&mut add);
    structs(&mut add);
    dictionaries(&mut add);
    columns
}

fn decimals(add: &mut impl FnMut(ArrayRef)) {
    macro_rules! decimal {
        ($t:ident, $($precision:expr, $scale:expr);*) => {$({
            type Native = <$t as ArrowPrimitiveType>::Native;
            let one = Native::usize_as(1);
            let high = Native::usize_as(10).pow_checked($precision).unwrap().sub_wrapping(one);
            let low = high.neg_wrapping();
            add(Arc::new(
                PrimitiveArray::<$t>::from_iter([Some(low), None, Some(high), Some(one)])
                    .with_precision_and_scale($precision, $scale)
                    .unwrap(),
            ));
        })*};
    }
    decimal!(Decimal32Type, 1, 0; 9, 9; 5, -2);
    decimal!(Decimal64Type, 1, 1; 9, 2; 18, 18; 10, -3);
    decimal!(Decimal128Type, 1, 0; 9, 2; 18, 2; 19, 0; 38, 38; 20, -5);
    decimal!(Decimal256Type, 1, 0; 9, 2; 38, 2; 39, 0; 76, 76; 50, -7);
}

fn texts(add: &mut impl FnMut(ArrayRef)) {
    let texts =
        [Some(""), None, Some("a\"b,c\n"), Some("a string longer than twelve bytes: \u{e9}")];
    add(Arc::new(StringArray::from_iter(texts)));
    add(Arc::new(LargeStringArray::from_iter(texts)));
    add(Arc::new(StringViewArray::from_iter(texts)));
    let bytes = [Some(&b"\0\xff"[..]), None, Some(b""), Some(b"bytes longer than twelve bytes")];
    add(Arc::new(BinaryArray::from_iter(bytes)));
    add(Arc::new(LargeBinaryArray::from_iter(bytes)));
    add(Arc::new(BinaryViewArray::from_iter(bytes)));
    let fixed = [Some(b"abc"), None, Some(b"\0\0\0")];
    add(Arc::new(
        FixedSizeBinaryArray::try_from_sparse_iter_with_size(fixed.into_iter(), 3).unwrap(),
    ));
    let none = [Some([0_u8; 0]), None];
    add(Arc::new(
        FixedSizeBinaryArray::try_from_sparse_iter_with_size(none.into_iter(), 0).unwrap(),
    ));
}

fn list_items() -> Vec<Option<Vec<Option<i32>>>> {
    vec![Some(vec![Some(1), None]), None, Some(vec![]), Some(vec![Some(i32::MIN)])]
}

fn lists(add: &mut impl FnMut(ArrayRef)) {
    add(Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(list_items())));
    add(Arc::new(LargeListArray::from_iter_primitive::<Int32Type, _, _>(list_items())));
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(list_items());
    let item = Arc::new(Field::new("odd \u{e9} name", DataType::Int32, true));
    let (_, offsets, values, nulls) = list.clone().into_parts();
    add(Arc::new(ListArray::new(item, offsets, values.clone(), nulls)));
    add(Arc::new(ListViewArray::from(list.clone())));
    let large = LargeListArray::from_iter_primitive::<Int32Type, _, _>(list_items());
    add(Arc::new(LargeListViewArray::from(large)));
    let pairs = vec![Some(vec![Some(1), None]), None, Some(vec![None, Some(2)])];
    add(Arc::new(FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(pairs, 2)));
    let item = Arc::new(Field::new_list_field(DataType::Int32, true));
    let nothing = Arc::new(Int32Array::from(Vec::<i32>::new()));
    add(Arc::new(FixedSizeListArray::try_new_with_length(item, 0, nothing, None, 3).unwrap()));
    let nested = Arc::new(Field::new_list_field(list.data_type().clone(), true));
    let offsets = arrow_buffer::OffsetBuffer::from_lengths([3, 0, 1]);
    add(Arc::new(ListArray::new(nested, offsets, Arc::new(list), None)));
    let nulls = Arc::new(Field::new_list_field(DataType::Null, true));
    let offsets = arrow_buffer::OffsetBuffer::from_lengths([2, 0, 1]);
    add(Arc::new(ListArray::new(nulls, offsets, Arc::new(NullArray::new(3)), None)));
    let texts = Arc::new(StringViewArray::from(vec![Some("a"), None, Some("")]));
    let item = Arc::new(Field::new_list_field(DataType::Utf8View, true));
    let offsets = arrow_buffer::OffsetBuffer::from_lengths([2, 0, 1]);
    add(Arc::new(ListArray::new(item, offsets, texts, None)));
    for (keys, sorted) in [(vec!["a", "b", "c"], false), (vec!["x", "y", "z"], true)] {
        add(Arc::new(map(&keys, "entries", ["keys", "values"], sorted)));
    }
    add(Arc::new(map(&["a", "b", "c"], "key_value", ["key", "value"], false)));
    add(Arc::new(map(&["a", "b", "c"], "odd", ["k", "v"], false)));
}

fn map(keys: &[&str], entries: &str, names: [&str; 2], sorted: bool) -> MapArray {
    let fields = Fields::from(vec![
        Field::new(names[0], DataType::Utf8, false),
        Field::new(names[1], DataType::Int32, true),
    ]);
    let keys: ArrayRef = Arc::new(StringArray::from(keys.to_vec()));
    let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None, Some(3)]));
    let pairs = StructArray::new(fields.clone(), vec![keys, values], None);
    let field = Arc::new(Field::new(entries, DataType::Struct(fields), false));
    let offsets = arrow_buffer::OffsetBuffer::from_lengths([2, 0, 1, 0]);
    let valid = arrow_buffer::NullBuffer::from(vec![true, true, true, false]);
    MapArray::new(field, offsets, pairs, Some(valid), sorted)
}

fn structs(add: &mut impl FnMut(ArrayRef)) {
    let fields = Fields::from(vec![
        Field::new("a", DataType::Int32, true),
        Field::new("b", DataType::Utf8, true),
    ]);
    let a: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None, None]));
    let b: ArrayRef = Arc::new(StringArray::from(vec![None, Some("x"), None]));
    let valid = arrow_buffer::NullBuffer::from(vec![true, true, false]);
    let inner = StructArray::new(fields, vec![a, b], Some(valid));
    add(Arc::new(inner.clone()));
    let outer = Fields::from(vec![Field::new("inner", inner.data_type().clone(), true)]);
    let valid = arrow_buffer::NullBuffer::from(vec![true, false, true]);
    add(Arc::new(StructArray::new(outer, vec![Arc::new(inner)], Some(valid))));
    add(Arc::new(StructArray::new_empty_fields(3, None)));
    let values: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
    let tags = vec![0_i8, 0, 0].into();
    let fields = arrow_schema::UnionFields::from_fields([Field::new("i", DataType::Int32, true)]);
    for mode in [UnionMode::Sparse, UnionMode::Dense] {
        let offsets = (mode == UnionMode::Dense).then(|| vec![0, 1, 2].into());
        let tags: arrow_buffer::ScalarBuffer<i8> = Clone::clone(&tags);
        add(Arc::new(
            UnionArray::try_new(fields.clone(), tags, offsets, vec![values.clone()]).unwrap(),
        ));
    }
    let ends = Int32Array::from(vec![2, 3]);
    add(Arc::new(RunArray::try_new(&ends, &StringArray::from(vec![Some("a"), None])).unwrap()));
}

fn dictionaries(add: &mut impl FnMut(ArrayRef)) {
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    macro_rules! keyed {
        ($($t:ident),*) => {$(
            let keys = PrimitiveArray::<$t>::from_iter([Some(0), Some(1), None, Some(0)]);
            add(Arc::new(DictionaryArray::new(keys, texts.clone())));
        )*};
    }
    keyed!(Int8Type, Int16Type, Int32Type, Int64Type);
    keyed!(UInt8Type, UInt16Type, UInt32Type, UInt64Type);
    let decimal = Decimal128Array::from(vec![1, -2]).with_precision_and_scale(20, 3).unwrap();
    let fixed = FixedSizeBinaryArray::try_from_iter([b"ab", b"cd"].into_iter()).unwrap();
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)]), Some([None])]);
    let values: Vec<ArrayRef> = vec![
        Arc::new(LargeStringArray::from(vec!["a", "b"])),
        Arc::new(StringViewArray::from(vec!["a", "b"])),
        Arc::new(BinaryArray::from(vec![&b"\xff"[..], b""])),
        Arc::new(LargeBinaryArray::from(vec![&b"\xff"[..], b""])),
        Arc::new(BinaryViewArray::from(vec![&b"\xff"[..], b""])),
        Arc::new(BooleanArray::from(vec![true, false])),
        Arc::new(Int8Array::from(vec![1, -2])),
        Arc::new(UInt16Array::from(vec![1, u16::MAX])),
        Arc::new(Int32Array::from(vec![1, -2])),
        Arc::new(UInt32Array::from(vec![1, u32::MAX])),
        Arc::new(Int64Array::from(vec![1, -2])),
        Arc::new(UInt64Array::from(vec![1, u64::MAX])),
        Arc::new(Float16Array::from_iter_values([half(1), half(2)])),
        Arc::new(Float32Array::from(vec![1.5, -2.5])),
        Arc::new(Float64Array::from(vec![1.5, -2.5])),
        Arc::new(Date32Array::from(vec![1, -2])),
        Arc::new(Date64Array::from(vec![1, -2])),
        Arc::new(Time32SecondArray::from(vec![1, 2])),
        Arc::new(Time64NanosecondArray::from(vec![1, 2])),
        Arc::new(TimestampSecondArray::from(vec![1, -2])),
        Arc::new(TimestampMicrosecondArray::from(vec![1, -2]).with_timezone("UTC")),
        Arc::new(DurationSecondArray::from(vec![1, -2])),
        Arc::new(IntervalYearMonthArray::from(vec![1, -2])),
        Arc::new(decimal),
        Arc::new(Decimal32Array::from(vec![1, -2]).with_precision_and_scale(5, 2).unwrap()),
        Arc::new(fixed),
        Arc::new(list),
        Arc::new(NullArray::new(2)),
    ];
    for values in values {
        let keys = Int32Array::from(vec![Some(0), None, Some(1)]);
        add(Arc::new(DictionaryArray::new(keys, values)));
    }
    let keys = Int32Array::from(vec![Some(0), None, Some(1)]);
    let inner: ArrayRef = Arc::new(DictionaryArray::new(keys, texts));
    let item = Arc::new(Field::new_list_field(inner.data_type().clone(), true));
    let offsets = arrow_buffer::OffsetBuffer::from_lengths([2, 0, 1]);
    add(Arc::new(ListArray::new(item, offsets, inner, None)));
}

fn half(bits: u16) -> <Float16Type as ArrowPrimitiveType>::Native {
    <Float16Type as ArrowPrimitiveType>::Native::from_bits(bits)
}

/// `column` inside other types: in a struct that is null in places, in lists, as map values.
fn nestings(column: &ArrayRef) -> Vec<(&'static str, ArrayRef)> {
    let rows = column.len();
    let field = Arc::new(Field::new("x", column.data_type().clone(), true));
    let valid = arrow_buffer::NullBuffer::from_iter((0..rows).map(|row| row % 3 != 1));
    let inner = StructArray::new(vec![field.clone()].into(), vec![column.clone()], Some(valid));
    let lengths = || arrow_buffer::OffsetBuffer::from_lengths([0, rows - 1, 0, 1]);
    let wide = || arrow_buffer::OffsetBuffer::from_lengths([0, rows - 1, 0, 1]);
    let keys: ArrayRef = Arc::new(Int32Array::from_iter_values(0..rows as i32));
    let key = Field::new("key", DataType::Int32, false);
    let pairs = Fields::from(vec![key, Field::new("value", column.data_type().clone(), true)]);
    let entry = Arc::new(Field::new("entries", DataType::Struct(pairs.clone()), false));
    let entries = StructArray::new(pairs, vec![keys, column.clone()], None);
    let empty = column.slice(rows - 1, 0);
    let none = arrow_buffer::OffsetBuffer::from_lengths([0, 0]);
    vec![
        ("empty", Arc::new(ListArray::new(field.clone(), none, empty, None)) as ArrayRef),
        ("struct", Arc::new(inner)),
        ("list", Arc::new(ListArray::new(field.clone(), lengths(), column.clone(), None))),
        ("large", Arc::new(LargeListArray::new(field.clone(), wide(), column.clone(), None))),
        ("fixed", Arc::new(FixedSizeListArray::new(field, 1, column.clone(), None))),
        ("map", Arc::new(MapArray::new(entry, lengths(), entries, None, false))),
    ]
}

fn outcome(field: Field, column: ArrayRef, format: Format) -> Result<bool, String> {
    let batch = single(field, column);
    if check_representable(&batch.schema(), format).is_err() {
        return Ok(false);
    }
    let returned = std::panic::AssertUnwindSafe(|| returns(&batch, format));
    match std::panic::catch_unwind(returned) {
        Ok(Ok(())) => Ok(true),
        Ok(Err(difference)) => Err(difference),
        Err(_) => Err("a panic".into()),
    }
}

#[test]
fn every_type_comes_back_equal_or_is_refused() {
    let mut wrong = Vec::new();
    for format in [Format::Parquet, Format::Arrow, Format::ArrowStream] {
        for (name, column) in columns() {
            let mut cases = nestings(&column);
            cases.push(("top", column));
            for (place, column) in cases {
                let field = Field::new("c", column.data_type().clone(), true);
                if let Err(error) = outcome(field, column, format) {
                    wrong.push(format!("{format} {place} {name}: {error}\n"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn parquet_refuses_no_more_than_it_must() {
    let refused: Vec<String> = columns()
        .into_iter()
        .filter(|(_, column)| {
            let field = Field::new("c", column.data_type().clone(), true);
            check_representable(&Schema::new(vec![field]), Format::Parquet).is_err()
        })
        .map(|(name, _)| name)
        .collect();
    let expected = [
        "Timestamp(s, \"\")",
        "Timestamp(ns, \"\")",
        "Interval(MonthDayNano)",
        "Decimal32(1, 0)",
        "Decimal32(5, -2)",
        "Decimal64(10, -3)",
        "Decimal128(20, -5)",
        "Decimal256(50, -7)",
        "FixedSizeBinary(0)",
        "Struct()",
        "Union(Sparse, 0: (\"i\": Int32))",
        "Union(Dense, 0: (\"i\": Int32))",
        "RunEndEncoded(\"run_ends\": non-null Int32, \"values\": Utf8)",
        "Dictionary(Int32, Utf8View)",
        "Dictionary(Int32, BinaryView)",
        "Dictionary(Int32, Boolean)",
        "Dictionary(Int32, Float16)",
        "Dictionary(Int32, Interval(YearMonth))",
        "Dictionary(Int32, Decimal128(20, 3))",
        "Dictionary(Int32, Decimal32(5, 2))",
        "Dictionary(Int32, FixedSizeBinary(2))",
        "Dictionary(Int32, List(Int32))",
        "Dictionary(Int32, Null)",
    ];
    assert_eq!(refused, expected);
}

fn metadata(pairs: &[(&str, &str)]) -> std::collections::HashMap<String, String> {
    pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

#[test]
fn names_and_metadata_come_back() {
    let extension = metadata(&[
        ("ARROW:extension:name", "example.thing"),
        ("ARROW:extension:metadata", "{\"a\":1}"),
        ("PARQUET:field_id", "7"),
        ("empty", ""),
    ]);
    let fields = vec![
        Field::new("", DataType::Int32, true),
        Field::new("a.b", DataType::Int32, false),
        Field::new("\u{e9} \0 \n", DataType::Utf8, true).with_metadata(extension),
    ];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(1), None])),
        Arc::new(Int32Array::from(vec![1, 2])),
        Arc::new(StringArray::from(vec![None, Some("x")])),
    ];
    let pairs = metadata(&[("owner", "geese"), ("ARROW:schema", "x"), ("pandas", "{}")]);
    let schema = Arc::new(Schema::new(fields).with_metadata(pairs));
    let batch = RecordBatch::try_new(schema, columns).unwrap();
    for format in [Format::Parquet, Format::Arrow, Format::ArrowStream] {
        check_representable(batch.schema_ref(), format).unwrap();
        returns(&batch, format).unwrap();
    }
}

#[test]
fn twin_names_come_back() {
    let fields =
        vec![Field::new("a", DataType::Int32, true), Field::new("a", DataType::Utf8, true)];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(1), None])),
        Arc::new(StringArray::from(vec![None, Some("x")])),
    ];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    for format in [Format::Parquet, Format::Arrow, Format::ArrowStream] {
        check_representable(batch.schema_ref(), format).unwrap();
        returns(&batch, format).unwrap();
    }
}

#[test]
fn no_columns_need_arrow() {
    let options = RecordBatchOptions::new().with_row_count(Some(3));
    let schema = Arc::new(Schema::empty());
    let batch = RecordBatch::try_new_with_options(schema, vec![], &options).unwrap();
    for format in [Format::Parquet, Format::Csv, Format::Ndjson] {
        let refused = check_representable(batch.schema_ref(), format).unwrap_err();
        let expected = format!("{format} cannot hold a schema without columns");
        assert_eq!(refused.to_string(), expected);
    }
    for format in [Format::Arrow, Format::ArrowStream] {
        returns(&batch, format).unwrap();
    }
}

fn categories(range: std::ops::Range<usize>) -> RecordBatch {
    let values = StringArray::from_iter_values(range.clone().map(|value| format!("v{value}")));
    let keys = Int8Array::from_iter_values((0..range.len()).map(|key| key as i8));
    let column: ArrayRef = Arc::new(DictionaryArray::new(keys, Arc::new(values)));
    single(Field::new("c", column.data_type().clone(), true), column)
}

/// What comes back of several batches, as one.
fn back(batches: &[RecordBatch], format: Format, options: &WriteOptions) -> RecordBatch {
    let (schema, found) = read(write(batches, format, options), format);
    arrow_select::concat::concat_batches(&schema, &found).unwrap()
}

/// A column without its dictionary.
fn plain(column: &ArrayRef) -> ArrayRef {
    arrow_cast::cast(column, &DataType::Utf8).unwrap()
}

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
    let expected =
        "{\"id\":1,\"name\":\"a,\\\"b\\\"\",\"at\":\"1970-01-01T00:00:00Z\"}\n{\"id\":2}\n";
    assert_eq!(ndjson, expected);
    let zipped = write(&[batch], Format::Csv, &options.with_gzip(true));
    let mut unzipped = String::new();
    flate2::read::GzDecoder::new(&*zipped).read_to_string(&mut unzipped).unwrap();
    assert_eq!(unzipped, csv);
}

#[test]
fn text_formats_take_or_refuse_every_type_before_data() {
    let mut refused = [Vec::new(), Vec::new()];
    for (name, column) in columns() {
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
    println!("{refused:#?}");
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
