//! One column of every type.

use std::sync::Arc;

use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::ArrowNativeType;
use arrow_schema::{DataType, Field, Fields, UnionMode};

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
pub(super) fn nestings(column: &ArrayRef) -> Vec<(&'static str, ArrayRef)> {
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
