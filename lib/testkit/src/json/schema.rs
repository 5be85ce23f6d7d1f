//! Types and metadata, both ways.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow_schema::{
    ArrowError, DataType, Field, FieldRef, IntervalUnit, TimeUnit, UnionFields, UnionMode,
};
use serde_json::{Value, json};

use super::wrong;

type Result<T, E = ArrowError> = std::result::Result<T, E>;

const UNITS: [(&str, TimeUnit); 4] = [
    ("SECOND", TimeUnit::Second),
    ("MILLISECOND", TimeUnit::Millisecond),
    ("MICROSECOND", TimeUnit::Microsecond),
    ("NANOSECOND", TimeUnit::Nanosecond),
];
const INTERVALS: [(&str, IntervalUnit); 3] = [
    ("YEAR_MONTH", IntervalUnit::YearMonth),
    ("DAY_TIME", IntervalUnit::DayTime),
    ("MONTH_DAY_NANO", IntervalUnit::MonthDayNano),
];

fn name_of<T: PartialEq>(names: &[(&'static str, T)], value: &T) -> &'static str {
    names.iter().find(|(_, one)| one == value).map_or("", |(name, _)| name)
}

fn named<T: Copy>(names: &[(&'static str, T)], name: &Value) -> Result<T> {
    let found = names.iter().find(|(one, _)| name == one).map(|(_, value)| *value);
    found.ok_or_else(|| wrong(format!("no unit {name}")))
}

/// A type without its children.
pub(super) fn type_json(data_type: &DataType) -> Value {
    use DataType::*;
    let named = |name: &str| json!({"name": name});
    let int =
        |width: usize, signed: bool| json!({"name": "int", "isSigned": signed, "bitWidth": width});
    let float = |precision: &str| json!({"name": "floatingpoint", "precision": precision});
    let decimal = |precision: &u8, scale: &i8, width: usize| {
        let (name, bits) = ("decimal", width);
        json!({"name": name, "precision": precision, "scale": scale, "bitWidth": bits})
    };
    let time = |unit: &TimeUnit, width: usize| {
        let unit = name_of(&UNITS, unit);
        json!({"name": "time", "unit": unit, "bitWidth": width})
    };
    match data_type {
        Null => named("null"),
        Boolean => named("bool"),
        Int8 | Int16 | Int32 | Int64 => int(8 * data_type.primitive_width().unwrap_or(0), true),
        UInt8 | UInt16 | UInt32 | UInt64 => {
            int(8 * data_type.primitive_width().unwrap_or(0), false)
        }
        Float16 => float("HALF"),
        Float32 => float("SINGLE"),
        Float64 => float("DOUBLE"),
        Utf8 => named("utf8"),
        LargeUtf8 => named("largeutf8"),
        Utf8View => named("utf8view"),
        Binary => named("binary"),
        LargeBinary => named("largebinary"),
        BinaryView => named("binaryview"),
        FixedSizeBinary(width) => json!({"name": "fixedsizebinary", "byteWidth": width}),
        Decimal32(precision, scale) => decimal(precision, scale, 32),
        Decimal64(precision, scale) => decimal(precision, scale, 64),
        Decimal128(precision, scale) => decimal(precision, scale, 128),
        Decimal256(precision, scale) => decimal(precision, scale, 256),
        Date32 => json!({"name": "date", "unit": "DAY"}),
        Date64 => json!({"name": "date", "unit": "MILLISECOND"}),
        Time32(unit) => time(unit, 32),
        Time64(unit) => time(unit, 64),
        Duration(unit) => json!({"name": "duration", "unit": name_of(&UNITS, unit)}),
        Interval(unit) => json!({"name": "interval", "unit": name_of(&INTERVALS, unit)}),
        Timestamp(unit, None) => json!({"name": "timestamp", "unit": name_of(&UNITS, unit)}),
        Timestamp(unit, Some(zone)) => {
            json!({"name": "timestamp", "unit": name_of(&UNITS, unit), "timezone": zone.as_ref()})
        }
        List(_) => named("list"),
        LargeList(_) => named("largelist"),
        ListView(_) => named("listview"),
        LargeListView(_) => named("largelistview"),
        FixedSizeList(_, size) => json!({"name": "fixedsizelist", "listSize": size}),
        Struct(_) => named("struct"),
        Map(_, sorted) => json!({"name": "map", "keysSorted": sorted}),
        Union(fields, mode) => {
            let mode = if *mode == UnionMode::Dense { "DENSE" } else { "SPARSE" };
            let ids: Vec<i8> = fields.iter().map(|(id, _)| id).collect();
            json!({"name": "union", "mode": mode, "typeIds": ids})
        }
        RunEndEncoded(..) => named("runendencoded"),
        Dictionary(_, values) => type_json(values),
    }
}

/// Metadata, sorted by key.
pub(super) fn metadata_json(metadata: &HashMap<String, String>) -> Value {
    let sorted: BTreeMap<_, _> = metadata.iter().collect();
    sorted.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// The metadata of a field or schema.
pub(super) fn metadata(json: &Value) -> HashMap<String, String> {
    let pairs = json["metadata"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    pairs.map(|pair| (text(&pair["key"]), text(&pair["value"]))).collect()
}

/// A field with what Arrow's type does not say: the ids of its dictionaries.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) field: FieldRef,
    pub(super) dictionary: Option<u64>,
    /// Of the values, where the field is a dictionary.
    pub(super) children: Vec<Self>,
}

impl Node {
    pub(super) fn read(json: &Value) -> Result<Self> {
        let children = json["children"].as_array().into_iter().flatten();
        let children: Vec<Self> = children.map(Self::read).collect::<Result<_>>()?;
        let mut data_type = data_type(&json["type"], &children)?;
        let dictionary = json["dictionary"]["id"].as_u64();
        if dictionary.is_some() {
            let key = self::data_type(&json["dictionary"]["indexType"], &[])?;
            data_type = DataType::Dictionary(Box::new(key), Box::new(data_type));
        }
        let name = json["name"].as_str().unwrap_or_default();
        let nullable = json["nullable"].as_bool().unwrap_or(true);
        let field = Field::new(name, data_type, nullable).with_metadata(metadata(json));
        Ok(Self { field: Arc::new(field), dictionary, children })
    }

    /// Itself and everything below, the inner ones first.
    pub(super) fn walk<'a>(&'a self, found: &mut Vec<&'a Self>) {
        self.children.iter().for_each(|child| child.walk(found));
        found.push(self);
    }
}

fn data_type(json: &Value, children: &[Node]) -> Result<DataType> {
    let number = |key: &str| json[key].as_i64().unwrap_or_default();
    let child = |at: usize| {
        let child = children.get(at).map(|child| child.field.clone());
        child.ok_or_else(|| wrong(format!("a type lacks a child: {json}")))
    };
    let unit = || named(&UNITS, &json["unit"]);
    Ok(match json["name"].as_str().unwrap_or_default() {
        "null" => DataType::Null,
        "bool" => DataType::Boolean,
        "int" => match (json["isSigned"].as_bool(), number("bitWidth")) {
            (Some(true), 8) => DataType::Int8,
            (Some(true), 16) => DataType::Int16,
            (Some(true), 32) => DataType::Int32,
            (Some(true), 64) => DataType::Int64,
            (_, 8) => DataType::UInt8,
            (_, 16) => DataType::UInt16,
            (_, 32) => DataType::UInt32,
            _ => DataType::UInt64,
        },
        "floatingpoint" => match json["precision"].as_str() {
            Some("HALF") => DataType::Float16,
            Some("SINGLE") => DataType::Float32,
            _ => DataType::Float64,
        },
        "decimal" => decimal(number("precision"), number("scale"), number("bitWidth"))?,
        "date" if json["unit"] == "DAY" => DataType::Date32,
        "date" => DataType::Date64,
        "time" if number("bitWidth") == 32 => DataType::Time32(unit()?),
        "time" => DataType::Time64(unit()?),
        "timestamp" => DataType::Timestamp(unit()?, json["timezone"].as_str().map(Into::into)),
        "duration" => DataType::Duration(unit()?),
        "interval" => DataType::Interval(named(&INTERVALS, &json["unit"])?),
        "utf8" => DataType::Utf8,
        "largeutf8" => DataType::LargeUtf8,
        "utf8view" => DataType::Utf8View,
        "binary" => DataType::Binary,
        "largebinary" => DataType::LargeBinary,
        "binaryview" => DataType::BinaryView,
        "fixedsizebinary" => DataType::FixedSizeBinary(narrow(number("byteWidth"))?),
        "list" => DataType::List(child(0)?),
        "largelist" => DataType::LargeList(child(0)?),
        "listview" => DataType::ListView(child(0)?),
        "largelistview" => DataType::LargeListView(child(0)?),
        "fixedsizelist" => DataType::FixedSizeList(child(0)?, narrow(number("listSize"))?),
        "map" => DataType::Map(child(0)?, json["keysSorted"].as_bool().unwrap_or(false)),
        "struct" => DataType::Struct(children.iter().map(|child| child.field.clone()).collect()),
        "runendencoded" => DataType::RunEndEncoded(child(0)?, child(1)?),
        "union" => union(json, children)?,
        other => return Err(wrong(format!("no type {other}"))),
    })
}

fn narrow<T: TryFrom<i64>>(number: i64) -> Result<T> {
    T::try_from(number).map_err(|_| wrong(format!("{number} is out of range")))
}

fn decimal(precision: i64, scale: i64, width: i64) -> Result<DataType> {
    let (precision, scale) = (narrow(precision)?, narrow(scale)?);
    Ok(match width {
        32 => DataType::Decimal32(precision, scale),
        64 => DataType::Decimal64(precision, scale),
        256 => DataType::Decimal256(precision, scale),
        _ => DataType::Decimal128(precision, scale),
    })
}

fn union(json: &Value, children: &[Node]) -> Result<DataType> {
    let ids = json["typeIds"].as_array().into_iter().flatten();
    let ids = ids.map(|id| narrow(id.as_i64().unwrap_or(-1))).collect::<Result<Vec<i8>>>()?;
    let fields = children.iter().map(|child| child.field.clone());
    let dense = json["mode"] == "DENSE";
    let mode = if dense { UnionMode::Dense } else { UnionMode::Sparse };
    Ok(DataType::Union(UnionFields::try_new(ids, fields)?, mode))
}
