//! The files there are: those of Arrow's own generator, with other values.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{
    DataType, Field, FieldRef, Fields, IntervalUnit, Schema, TimeUnit, UnionFields, UnionMode,
};

use super::generate;
use crate::types::dictionary;

/// A data file by name.
#[derive(Debug, Clone)]
pub struct FileKind {
    /// What Arrow's generator calls it.
    pub name: &'static str,
    /// The schema of its batches.
    pub schema: Schema,
    rows: Vec<usize>,
}

impl FileKind {
    fn new(name: &'static str, fields: Vec<Field>, rows: &[usize]) -> Self {
        Self { name, schema: Schema::new(fields), rows: rows.to_vec() }
    }

    /// The file: the same each time.
    pub fn generate(&self) -> String {
        generate::file(&self.schema, &self.rows)
    }
}

fn nullable(name: impl Into<String>, data_type: DataType) -> Field {
    Field::new(name, data_type, true)
}

fn item(data_type: DataType) -> FieldRef {
    Arc::new(nullable("item", data_type))
}

/// All files, in the order of Arrow's generator.
pub fn file_kinds() -> Vec<FileKind> {
    let mut all = flat();
    all.extend(times());
    all.extend(nested());
    all.extend(encoded());
    all
}

fn primitive() -> Vec<Field> {
    use DataType::*;
    let types = [
        ("bool", Boolean),
        ("int8", Int8),
        ("int16", Int16),
        ("int32", Int32),
        ("int64", Int64),
        ("uint8", UInt8),
        ("uint16", UInt16),
        ("uint32", UInt32),
        ("uint64", UInt64),
        ("float32", Float32),
        ("float64", Float64),
        ("binary", Binary),
        ("utf8", Utf8),
        ("fixedsizebinary_19", FixedSizeBinary(19)),
        ("fixedsizebinary_120", FixedSizeBinary(120)),
    ];
    both(types)
}

/// Each type twice: nullable and not.
fn both(types: impl IntoIterator<Item = (&'static str, DataType)>) -> Vec<Field> {
    let types = types.into_iter();
    let fields = types.flat_map(|(name, data_type)| {
        [("nullable", true), ("nonnullable", false)].map(|(word, nullable)| {
            Field::new(format!("{name}_{word}"), data_type.clone(), nullable)
        })
    });
    fields.collect()
}

fn flat() -> Vec<FileKind> {
    use DataType::*;
    let large = both([("largebinary", LargeBinary), ("largeutf8", LargeUtf8)]);
    let null = vec![
        nullable("f0", Null),
        nullable("f1", Int32),
        nullable("f2", Null),
        nullable("f3", Float64),
        nullable("f4", Null),
    ];
    let decimals = |precisions: std::ops::Range<u8>, of: fn(u8) -> DataType| {
        let fields = precisions.enumerate().map(|(at, p)| nullable(format!("f{at}"), of(p)));
        fields.collect::<Vec<_>>()
    };
    vec![
        FileKind::new("primitive_no_batches", primitive(), &[]),
        FileKind::new("primitive", primitive(), &[17, 20]),
        FileKind::new("primitive_zerolength", primitive(), &[0, 0, 0]),
        FileKind::new("primitive_large_offsets", large, &[17, 20]),
        FileKind::new("null", null, &[10, 0]),
        FileKind::new("null_trivial", vec![nullable("f0", Null)], &[0, 0]),
        FileKind::new("decimal", decimals(3..39, |p| Decimal128(p, 2)), &[7, 10]),
        FileKind::new("decimal256", decimals(37..70, |p| Decimal256(p, 5)), &[7, 10]),
        FileKind::new("decimal32", decimals(3..10, |p| Decimal32(p, 2)), &[7, 10]),
        FileKind::new("decimal64", decimals(3..19, |p| Decimal64(p, 2)), &[7, 10]),
    ]
}

fn times() -> Vec<FileKind> {
    use DataType::*;
    use TimeUnit::*;
    let types = [
        Date32,
        Date64,
        Time32(Second),
        Time32(Millisecond),
        Time64(Microsecond),
        Time64(Nanosecond),
        Timestamp(Second, None),
        Timestamp(Millisecond, None),
        Timestamp(Microsecond, None),
        Timestamp(Nanosecond, None),
        Timestamp(Millisecond, None),
        Timestamp(Second, Some("UTC".into())),
        Timestamp(Millisecond, Some("US/Eastern".into())),
        Timestamp(Microsecond, Some("Europe/Paris".into())),
        Timestamp(Nanosecond, Some("US/Pacific".into())),
    ];
    let numbered = |types: Vec<DataType>| -> Vec<Field> {
        types.into_iter().enumerate().map(|(at, of)| nullable(format!("f{at}"), of)).collect()
    };
    let durations = [Second, Millisecond, Microsecond, Nanosecond].map(Duration).to_vec();
    let intervals = vec![Interval(IntervalUnit::YearMonth), Interval(IntervalUnit::DayTime)];
    let nanos = vec![Interval(IntervalUnit::MonthDayNano)];
    vec![
        FileKind::new("datetime", numbered(types.to_vec()), &[7, 10]),
        FileKind::new("duration", numbered(durations), &[7, 10]),
        FileKind::new("interval", numbered(intervals), &[7, 10]),
        FileKind::new("interval_mdn", numbered(nanos), &[7, 10]),
    ]
}

fn map(entries: &str, key: &str, value: &str) -> DataType {
    let fields = vec![Field::new(key, DataType::Utf8, false), nullable(value, DataType::Int32)];
    DataType::Map(Arc::new(Field::new(entries, DataType::Struct(fields.into()), false)), false)
}

fn pair(a: &str, b: &str) -> Fields {
    vec![nullable(a, DataType::Int32), nullable(b, DataType::Utf8)].into()
}

fn nested() -> Vec<FileKind> {
    use DataType::*;
    let flat = vec![
        nullable("list_nullable", List(item(Int32))),
        nullable("fixedsizelist_nullable", FixedSizeList(item(Int32), 4)),
        nullable("struct_nullable", Struct(pair("f1", "f2"))),
    ];
    let inner = |of| Arc::new(nullable("inner_list", List(item(of))));
    let structs = Arc::new(nullable("inner_struct", Struct(pair("f1", "f2"))));
    let recursive =
        vec![nullable("lists_list", List(inner(Int16))), nullable("structs_list", List(structs))];
    let large = vec![
        nullable("large_list_nullable", LargeList(item(Int32))),
        Field::new("large_list_nonnullable", LargeList(item(Int32)), false),
        nullable("large_list_nested", LargeList(inner(Int16))),
    ];
    let maps = vec![nullable("map_nullable", map("entries", "key", "value"))];
    let others = map("some_entries", "some_key", "some_value");
    vec![
        FileKind::new("map", maps, &[7, 10]),
        FileKind::new("map_non_canonical", vec![nullable("map_other_names", others)], &[7]),
        FileKind::new("nested", flat, &[7, 10]),
        FileKind::new("recursive_nested", recursive, &[7, 10]),
        FileKind::new("nested_large_offsets", large, &[0, 13]),
        FileKind::new("union", unions(), &[0, 11]),
        custom_metadata(),
        FileKind::new("duplicate_fieldnames", duplicates(), &[1]),
    ]
}

fn unions() -> Vec<Field> {
    use DataType::*;
    let of = |ids: &[i8], fields: Vec<Field>, mode| {
        let fields = UnionFields::try_new(ids.iter().copied(), fields);
        Union(fields.unwrap(), mode)
    };
    let first = of(&[5, 7], vec![nullable("f1", Int32), nullable("f2", Utf8)], UnionMode::Sparse);
    let second =
        of(&[10, 20], vec![nullable("f1", Int16), nullable("f2", Binary)], UnionMode::Dense);
    let third = vec![Field::new("f1", Float32, false), nullable("f2", Boolean)];
    let fourth = vec![Field::new("f1", UInt8, false), nullable("f2", UInt16), nullable("f3", Null)];
    vec![
        nullable("sparse_1", first),
        nullable("dense_1", second),
        Field::new("sparse_2", of(&[5, 7], third, UnionMode::Sparse), false),
        Field::new("dense_2", of(&[42, 43, 44], fourth, UnionMode::Dense), false),
    ]
}

/// Entries with these keys, whose values say nothing.
fn metadata(keys: &str) -> HashMap<String, String> {
    keys.split(' ').map(|key| (key.to_owned(), "{}".to_owned())).collect()
}

fn extension(name: &str, serialized: &str) -> HashMap<String, String> {
    let pairs = [("ARROW:extension:name", name), ("ARROW:extension:metadata", serialized)];
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

fn custom_metadata() -> FileKind {
    let odd = nullable("item", DataType::Int32).with_metadata(metadata("odd_values"));
    let unknown = extension("!nonexistent", "");
    let fields = vec![
        nullable("sort_of_pandas", DataType::Int8).with_metadata(metadata("pandas")),
        nullable("lots_of_meta", DataType::Int8).with_metadata(metadata("a b c d .. w x y z")),
        nullable("unregistered_extension", DataType::Int8).with_metadata(unknown),
        nullable("list_with_odd_values", DataType::List(Arc::new(odd))),
    ];
    let mut kind = FileKind::new("custom_metadata", fields, &[1]);
    kind.schema.metadata = metadata("schema_custom_0 schema_custom_1");
    kind
}

fn duplicates() -> Vec<Field> {
    vec![
        nullable("ints", DataType::Int8),
        nullable("ints", DataType::Int32),
        nullable("struct", DataType::Struct(pair("", ""))),
    ]
}

fn encoded() -> Vec<FileKind> {
    use DataType::*;
    let text = |key| dictionary(key, Utf8);
    let dictionaries = vec![
        nullable("dict0", text(Int8)),
        nullable("dict1", text(Int32)),
        nullable("dict2", dictionary(Int16, Int64)),
    ];
    let unsigned = [UInt8, UInt16, UInt32].into_iter().enumerate();
    let unsigned = unsigned.map(|(at, key)| nullable(format!("f{at}"), text(key))).collect();
    let list = List(Arc::new(nullable("str_dict", text(Int8))));
    let both = vec![nullable("str_dict_a", text(Int8)), nullable("str_dict_b", text(Int8))];
    let nested = vec![
        nullable("list_dict", dictionary(Int8, list)),
        nullable("struct_dict", dictionary(Int8, Struct(both.into()))),
    ];
    let run = |ends, values| {
        let ends = Arc::new(Field::new("run_ends", ends, false));
        RunEndEncoded(ends, Arc::new(nullable("values", values)))
    };
    let runs = vec![
        nullable("ree16", run(Int16, Int32)),
        nullable("ree32", run(Int32, Utf8)),
        nullable("ree64", run(Int64, Float32)),
    ];
    let views = vec![nullable("bv", BinaryView), nullable("sv", Utf8View)];
    let list_views = vec![
        nullable("lv", ListView(item(Float32))),
        nullable("llv", LargeListView(item(Float32))),
    ];
    let extensions = vec![
        nullable("uuids", FixedSizeBinary(16)).with_metadata(extension("arrow.uuid", "")),
        nullable("dict_exts", text(Int8))
            .with_metadata(extension("dict-extension", "dict-extension-serialized")),
    ];
    vec![
        FileKind::new("dictionary", dictionaries, &[7, 10]),
        FileKind::new("dictionary_unsigned", unsigned, &[7, 10]),
        FileKind::new("nested_dictionary", nested, &[10, 13]),
        FileKind::new("run_end_encoded", runs, &[0, 7, 10]),
        FileKind::new("binary_view", views, &[0, 7, 256]),
        FileKind::new("list_view", list_views, &[0, 7, 256]),
        FileKind::new("extension", extensions, &[0, 13]),
    ]
}
