//! Every type, and strategies that nest them.

use std::sync::Arc;

use arrow_schema::{
    DataType, Field, FieldRef, Fields, IntervalUnit, Schema, TimeUnit, UnionFields, UnionMode,
};
use proptest::prelude::*;

/// All types without children, and the struct that has none.
pub fn flat() -> Vec<DataType> {
    use DataType::*;
    let mut all = vec![
        Null,
        Boolean,
        Int8,
        Int16,
        Int32,
        Int64,
        UInt8,
        UInt16,
        UInt32,
        UInt64,
        Float16,
        Float32,
        Float64,
        Date32,
        Date64,
        Utf8,
        LargeUtf8,
        Utf8View,
        Binary,
        LargeBinary,
        BinaryView,
        FixedSizeBinary(7),
        Struct(Fields::empty()),
        Decimal32(9, 2),
        Decimal64(18, -2),
        Decimal128(38, 4),
        Decimal256(76, 10),
        Time32(TimeUnit::Second),
        Time32(TimeUnit::Millisecond),
        Time64(TimeUnit::Microsecond),
        Time64(TimeUnit::Nanosecond),
        Interval(IntervalUnit::YearMonth),
        Interval(IntervalUnit::DayTime),
        Interval(IntervalUnit::MonthDayNano),
    ];
    for unit in
        [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond]
    {
        all.extend([
            Duration(unit),
            Timestamp(unit, None),
            Timestamp(unit, Some("Europe/Bern".into())),
        ]);
    }
    all
}

/// All integer types that a dictionary may have as keys.
pub fn keys() -> [DataType; 8] {
    use DataType::*;
    [Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64]
}

/// A nullable field for the elements of a list.
pub fn item(data_type: DataType) -> FieldRef {
    Arc::new(Field::new("item", data_type, true))
}

/// Whether values of a type can be null without a validity bitmap of their own.
fn must_be_nullable(data_type: &DataType) -> bool {
    let wraps = matches!(data_type, DataType::Dictionary(_, _) | DataType::RunEndEncoded(_, _));
    data_type.is_null() || data_type.is_nested() || wraps
}

/// Every type that holds one or two others.
pub fn around(a: &DataType, b: &DataType) -> Vec<DataType> {
    let pair =
        vec![Field::new("a", a.clone(), true), Field::new("b", b.clone(), must_be_nullable(b))];
    let key = Field::new("key", DataType::Utf8, false);
    let entries = DataType::Struct(vec![key, Field::new("value", b.clone(), true)].into());
    let entries = Arc::new(Field::new("entries", entries, false));
    let union = UnionFields::try_new([3, 7], pair.clone()).unwrap();
    let run = |ends| {
        let ends = Arc::new(Field::new("run_ends", ends, false));
        DataType::RunEndEncoded(ends, Arc::new(Field::new("values", a.clone(), true)))
    };
    vec![
        DataType::List(item(a.clone())),
        DataType::LargeList(item(a.clone())),
        DataType::ListView(item(a.clone())),
        DataType::LargeListView(item(a.clone())),
        DataType::FixedSizeList(item(a.clone()), 3),
        DataType::Map(entries, false),
        DataType::Struct(pair.into()),
        DataType::Union(union.clone(), UnionMode::Sparse),
        DataType::Union(union, UnionMode::Dense),
        run(DataType::Int16),
        run(DataType::Int32),
        run(DataType::Int64),
    ]
}

/// A dictionary type.
pub fn dictionary(keys: DataType, values: DataType) -> DataType {
    DataType::Dictionary(Box::new(keys), Box::new(values))
}

fn dictionaries(values: impl Strategy<Value = DataType>) -> impl Strategy<Value = DataType> {
    let keys = prop::sample::select(keys().to_vec());
    (keys, values).prop_map(|(keys, values)| match values {
        // One dictionary directly in another has no form in IPC.
        DataType::Dictionary(_, values) => dictionary(keys, *values),
        values => dictionary(keys, values),
    })
}

/// Any type, nested up to three levels.
pub fn any_type() -> impl Strategy<Value = DataType> {
    let flat = || prop::sample::select(flat());
    let leaf = prop_oneof![4 => flat(), 1 => dictionaries(flat())];
    leaf.prop_recursive(3, 12, 2, |inner| {
        let pair = (inner.clone(), inner.clone(), 0..12usize);
        prop_oneof![
            5 => pair.prop_map(|(a, b, which)| around(&a, &b).swap_remove(which)),
            1 => dictionaries(inner),
        ]
    })
}

/// A schema of up to four columns of any type.
pub fn any_schema() -> impl Strategy<Value = Schema> {
    prop::collection::vec((any_type(), any::<bool>()), 0..5).prop_map(|types| {
        let fields = types.into_iter().enumerate().map(|(i, (data_type, nullable))| {
            let nullable = nullable || must_be_nullable(&data_type);
            Field::new(format!("c{i}"), data_type, nullable)
        });
        Schema::new(fields.collect::<Vec<_>>())
    })
}
