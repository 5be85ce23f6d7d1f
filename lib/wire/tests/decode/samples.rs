//! Arrays of every Arrow type, and the IPC messages that arrow-ipc's writer makes of them.

use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeListBuilder, Int32Builder, LargeListBuilder, LargeListViewBuilder, ListBuilder,
    ListViewBuilder, MapBuilder, StringBuilder,
};
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer, i256};
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, UnionFields};

/// Every column has so many rows.
pub(crate) const ROWS: usize = 7;

macro_rules! numbers {
    ($out:ident, $($array:ident),*) => {$(
        $out.push((
            stringify!($array),
            Arc::new($array::from(vec![Some(1), None, Some(3), Some(4), None, Some(6), Some(7)]))
                as ArrayRef,
        ));
    )*};
}

/// A column of every type, with nulls where the type has them.
pub(crate) fn columns() -> Vec<(&'static str, ArrayRef)> {
    let mut out = odd_numbers();
    numbers!(
        out,
        Int8Array,
        Int16Array,
        Int32Array,
        Int64Array,
        UInt8Array,
        UInt16Array,
        UInt32Array,
        UInt64Array,
        Date32Array,
        Date64Array,
        Time32SecondArray,
        Time32MillisecondArray,
        Time64MicrosecondArray,
        Time64NanosecondArray,
        TimestampSecondArray,
        TimestampMillisecondArray,
        TimestampMicrosecondArray,
        TimestampNanosecondArray,
        DurationSecondArray,
        DurationMillisecondArray,
        DurationMicrosecondArray,
        DurationNanosecondArray,
        IntervalYearMonthArray
    );
    out.extend(strings());
    out.extend(lists());
    out.extend(composites());
    out.extend(encoded());
    for (name, column) in &out {
        assert_eq!(column.len(), ROWS, "{name}");
    }
    out
}

fn odd_numbers() -> Vec<(&'static str, ArrayRef)> {
    type Half = <Float16Type as ArrowPrimitiveType>::Native;
    let half: Vec<Option<Half>> =
        (0..ROWS).map(|i| (i != 2).then(|| Half::from_f32(1.5))).collect();
    let float: Vec<Option<f64>> = (0..7).map(|i| (i != 1).then(|| f64::from(i) / 3.0)).collect();
    let zoned =
        TimestampMicrosecondArray::from(vec![Some(1), None, Some(3), None, None, Some(6), None]);
    let days = (0..7).map(|i| (i != 3).then(|| IntervalDayTimeType::make_value(i, -i)));
    let months =
        (0..7).map(|i| (i != 3).then(|| IntervalMonthDayNanoType::make_value(i, -i, 1 << 40)));
    let wide: Vec<_> = (0..7).map(|i| (i != 4).then(|| i256::from_i128(i << 90))).collect();
    let long: Vec<_> = (0..7).map(|i: i128| (i != 4).then_some(i << 70)).collect();
    let mid: Vec<_> = (0..7).map(|i: i64| (i != 4).then_some(i << 40)).collect();
    let small: Vec<_> = (0..7).map(|i| (i != 4).then_some(i)).collect();
    let flags = vec![Some(true), None, Some(false), Some(true), Some(true), None, Some(false)];
    vec![
        ("f16", Arc::new(Float16Array::from(half))),
        ("f32", Arc::new(Float32Array::from_iter(float.iter().map(|f| f.map(|f| f as f32))))),
        ("f64", Arc::new(Float64Array::from(float))),
        ("zoned", Arc::new(zoned.clone().with_timezone("Europe/Zurich"))),
        ("offset", Arc::new(zoned.with_timezone("+05:30"))),
        ("day_time", Arc::new(IntervalDayTimeArray::from_iter(days))),
        ("month_day_nano", Arc::new(IntervalMonthDayNanoArray::from_iter(months))),
        ("d32", Arc::new(Decimal32Array::from(small).with_precision_and_scale(7, 2).unwrap())),
        ("d64", Arc::new(Decimal64Array::from(mid).with_precision_and_scale(18, 0).unwrap())),
        ("d128", Arc::new(Decimal128Array::from(long).with_precision_and_scale(38, -3).unwrap())),
        ("d256", Arc::new(Decimal256Array::from(wide).with_precision_and_scale(76, 10).unwrap())),
        ("bool", Arc::new(BooleanArray::from(flags))),
        ("null", Arc::new(NullArray::new(ROWS))),
    ]
}

/// Texts of every length class: empty, inline in a view, longer, and not ASCII.
pub(crate) const TEXTS: [Option<&str>; ROWS] = [
    Some("goose"),
    None,
    Some(""),
    Some("a text that is longer than a view holds inline"),
    Some("Gänsefüßchen über dem Zürichsee"),
    None,
    Some("twelve bytes"),
];

fn strings() -> Vec<(&'static str, ArrayRef)> {
    let bytes = || TEXTS.map(|text| text.map(str::as_bytes)).to_vec();
    let fixed = TEXTS.map(|text| text.map(|text| [text.len() as u8; 3]));
    let fixed = FixedSizeBinaryArray::try_from_sparse_iter_with_size(fixed.into_iter(), 3).unwrap();
    let nulls = NullBuffer::from(vec![true, false, true, true, true, false, true]);
    let empty =
        FixedSizeBinaryArray::try_new_with_len(0, Buffer::default(), Some(nulls), ROWS).unwrap();
    vec![
        ("utf8", Arc::new(StringArray::from(TEXTS.to_vec()))),
        ("large_utf8", Arc::new(LargeStringArray::from(TEXTS.to_vec()))),
        ("utf8_view", Arc::new(StringViewArray::from(TEXTS.to_vec()))),
        ("binary", Arc::new(BinaryArray::from(bytes()))),
        ("large_binary", Arc::new(LargeBinaryArray::from(bytes()))),
        ("binary_view", Arc::new(BinaryViewArray::from(bytes()))),
        ("fixed_3", Arc::new(fixed)),
        ("fixed_0", Arc::new(empty)),
    ]
}

macro_rules! fill {
    ($builder:expr) => {{
        let mut builder = $builder;
        for row in 0..ROWS {
            (0..row % 4).for_each(|i| builder.values().append_option((i != 2).then_some(i as i32)));
            builder.append(row != 3);
        }
        Arc::new(builder.finish()) as ArrayRef
    }};
}

fn lists() -> Vec<(&'static str, ArrayRef)> {
    let item = || Int32Builder::new();
    let mut fixed = FixedSizeListBuilder::new(item(), 2);
    let mut texts = ListBuilder::new(ListBuilder::new(StringBuilder::new()));
    let mut map = MapBuilder::new(None, StringBuilder::new(), item());
    for row in 0..ROWS {
        fixed.values().append_slice(&[row as i32, -1]);
        fixed.append(row != 2);
        for text in &TEXTS[..row % 3] {
            texts.values().append_value([*text, Some("x")]);
        }
        texts.append(row != 5);
        for key in 0..row % 3 {
            map.keys().append_value(format!("key {key}"));
            map.values().append_option((key != 1).then_some(row as i32));
        }
        map.append(row != 4).unwrap();
    }
    let none = Arc::new(Field::new("item", DataType::Int32, true));
    let values = Arc::new(Int32Array::from(Vec::<i32>::new()));
    let zero = FixedSizeListArray::try_new_with_length(none, 0, values, None, ROWS).unwrap();
    vec![
        ("list", fill!(ListBuilder::new(item()))),
        ("large_list", fill!(LargeListBuilder::new(item()))),
        ("list_view", fill!(ListViewBuilder::new(item()))),
        ("large_list_view", fill!(LargeListViewBuilder::new(item()))),
        ("fixed_list", Arc::new(fixed.finish())),
        ("fixed_list_0", Arc::new(zero)),
        ("list_list_utf8", Arc::new(texts.finish())),
        ("map", Arc::new(map.finish())),
    ]
}

fn composites() -> Vec<(&'static str, ArrayRef)> {
    let numbers = Arc::new(Int32Array::from(vec![1, 2, 3, 4, 5, 6, 7])) as ArrayRef;
    let texts = Arc::new(StringArray::from(TEXTS.to_vec())) as ArrayRef;
    let fields = Fields::from(vec![
        Field::new("number", DataType::Int32, false),
        Field::new("text", DataType::Utf8, true),
    ]);
    let nulls = NullBuffer::from(vec![true, true, true, false, true, true, true]);
    let pair = StructArray::new(
        fields.clone(),
        vec![Arc::clone(&numbers), Arc::clone(&texts)],
        Some(nulls.clone()),
    );
    let union_fields =
        UnionFields::try_new([3, 7], fields.iter().map(|field| field.as_ref().clone())).unwrap();
    let ids = ScalarBuffer::from(vec![3_i8, 7, 7, 3, 3, 7, 3]);
    let places = ScalarBuffer::from(vec![0_i32, 0, 1, 1, 2, 6, 6]);
    let children = vec![numbers, texts];
    let sparse = UnionArray::try_new(union_fields.clone(), ids.clone(), None, children.clone());
    let dense = UnionArray::try_new(union_fields, ids, Some(places), children);
    vec![
        ("struct", Arc::new(pair)),
        ("struct_0", Arc::new(StructArray::new_empty_fields(ROWS, Some(nulls)))),
        ("sparse", Arc::new(sparse.unwrap())),
        ("dense", Arc::new(dense.unwrap())),
    ]
}

fn encoded() -> Vec<(&'static str, ArrayRef)> {
    let values = || StringArray::from(vec![Some("one"), None, Some("two")]);
    let runs16 = RunArray::try_new(&Int16Array::from(vec![2, 3, 7]), &values()).unwrap();
    let runs32 = RunArray::try_new(&Int32Array::from(vec![1, 6, 7]), &values()).unwrap();
    let runs64 = RunArray::try_new(&Int64Array::from(vec![1, 2, 7]), &values()).unwrap();
    let mut out: Vec<(&'static str, ArrayRef)> = vec![
        ("runs16", Arc::new(runs16)),
        ("runs32", Arc::new(runs32)),
        ("runs64", Arc::new(runs64)),
    ];
    macro_rules! dictionaries {
        ($($key:ident),*) => {$(
            let keys = PrimitiveArray::<$key>::from(
                vec![Some(0), Some(2), None, Some(1), Some(0), Some(2), None]);
            let array = DictionaryArray::new(keys, Arc::new(values()));
            out.push((concat!("dictionary_", stringify!($key)), Arc::new(array)));
        )*};
    }
    dictionaries!(
        Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type
    );
    out.push(("list_dictionary", list_of(words(&["a", "b"], vec![0, 1, 1, 0, 0, 1, 1]))));
    let inner = words(&["deep", "deeper"], vec![1, 0, 0, 1, 1, 0, 1]);
    let keys = Int32Array::from(vec![Some(6), Some(0), None, Some(1), Some(5), Some(2), Some(2)]);
    let nested = DictionaryArray::new(keys, list_of(inner));
    out.push(("dictionary_list_dictionary", Arc::new(nested)));
    out
}

/// A dictionary column.
pub(crate) fn words(values: &[&str], keys: Vec<i8>) -> ArrayRef {
    let values = Arc::new(StringArray::from(values.to_vec()));
    Arc::new(DictionaryArray::new(Int8Array::from(keys), values))
}

/// Lists of one item each.
fn list_of(items: ArrayRef) -> ArrayRef {
    let field = Arc::new(Field::new("item", items.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths(vec![1; items.len()]);
    Arc::new(ListArray::new(field, offsets, items, None))
}

/// One batch of the given columns.
pub(crate) fn batch_of(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<_> = columns
        .iter()
        .map(|(name, column)| {
            let tag = [("ARROW:extension:name".to_owned(), format!("geese.{name}"))];
            Field::new(*name, column.data_type().clone(), true).with_metadata(tag.into())
        })
        .collect();
    let tag = [("purpose".to_owned(), "tests".to_owned())];
    let schema = Arc::new(Schema::new_with_metadata(fields, tag.into()));
    RecordBatch::try_new(schema, columns.into_iter().map(|(_, column)| column).collect()).unwrap()
}

/// An IPC message: the bare flatbuffer and the body.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) header: Vec<u8>,
    pub(crate) body: Buffer,
}

/// The stream that arrow-ipc writes.
pub(crate) fn write(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    options: IpcWriteOptions,
) -> Vec<u8> {
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), schema, options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

/// Takes a stream apart.
pub(crate) fn take_apart(mut stream: &[u8]) -> Vec<Parts> {
    let mut parts = Vec::new();
    loop {
        let (prefix, rest) = stream.split_at(8);
        assert_eq!(prefix[..4], [0xff; 4]);
        let len = u32::from_le_bytes(prefix[4..].try_into().unwrap()) as usize;
        if len == 0 {
            assert!(rest.is_empty());
            return parts;
        }
        let (header, rest) = rest.split_at(len);
        let body_len = arrow_ipc::root_as_message(header).unwrap().bodyLength() as usize;
        let (body, rest) = rest.split_at(body_len);
        parts.push(Parts { header: header.to_vec(), body: Buffer::from(body) });
        stream = rest;
    }
}

/// The messages that arrow-ipc writes.
pub(crate) fn messages(batches: &[RecordBatch], options: IpcWriteOptions) -> Vec<Parts> {
    take_apart(&write(&batches[0].schema(), batches, options))
}
