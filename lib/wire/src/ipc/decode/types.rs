//! The type of one field: the tables of Schema.fbs as Arrow's `DataType`, every parameter checked.

use std::sync::Arc;

use arrow_ipc::{
    Date, Decimal, Duration, Field as FieldTable, FloatingPoint, Int, Interval, Precision, Time,
    Timestamp, Type, Union,
};
use arrow_schema::{
    DECIMAL32_MAX_PRECISION, DECIMAL64_MAX_PRECISION, DECIMAL128_MAX_PRECISION,
    DECIMAL256_MAX_PRECISION, DataType, Field, FieldRef, IntervalUnit, TimeUnit, UnionFields,
    UnionMode,
};

use super::schema::FieldReader;
use crate::DecodeError;

/// Names of time zones are far shorter; the longest of the IANA database has 32 bytes.
const TIMEZONE_BYTES_MAX: usize = 255;

/// The type of `table` without its dictionary encoding. The children lie at `depth + 1`.
pub(super) fn data_type(
    reader: &mut FieldReader,
    table: &FieldTable<'_>,
    depth: usize,
) -> Result<DataType, DecodeError> {
    match table.type_type() {
        Type::Struct_
        | Type::List
        | Type::LargeList
        | Type::ListView
        | Type::LargeListView
        | Type::FixedSizeList
        | Type::Map
        | Type::Union
        | Type::RunEndEncoded => nested(reader, table, depth),
        Type(_) => flat(table),
    }
}

fn flat(table: &FieldTable<'_>) -> Result<DataType, DecodeError> {
    Ok(match table.type_type() {
        Type::Null => DataType::Null,
        Type::Bool => DataType::Boolean,
        Type::Utf8 => DataType::Utf8,
        Type::LargeUtf8 => DataType::LargeUtf8,
        Type::Utf8View => DataType::Utf8View,
        Type::Binary => DataType::Binary,
        Type::LargeBinary => DataType::LargeBinary,
        Type::BinaryView => DataType::BinaryView,
        Type::FixedSizeBinary => {
            let width = present(table, table.type_as_fixed_size_binary())?.byteWidth();
            DataType::FixedSizeBinary(size("FixedSizeBinary.byteWidth", width)?)
        }
        Type::Int => integer(&present(table, table.type_as_int())?)?,
        Type::FloatingPoint => float(&present(table, table.type_as_floating_point())?)?,
        Type::Decimal => decimal(&present(table, table.type_as_decimal())?)?,
        Type::Date => date(&present(table, table.type_as_date())?)?,
        Type::Time => time(&present(table, table.type_as_time())?)?,
        Type::Timestamp => timestamp(&present(table, table.type_as_timestamp())?)?,
        Type::Duration => duration(&present(table, table.type_as_duration())?)?,
        Type::Interval => interval(&present(table, table.type_as_interval())?)?,
        Type::NONE => {
            return Err(DecodeError::invalid("Field.type", "the field has no type"));
        }
        Type(number) => {
            let feature = format!("type number {number}");
            return Err(DecodeError::unsupported("Field.type", feature));
        }
    })
}

fn nested(
    reader: &mut FieldReader,
    table: &FieldTable<'_>,
    depth: usize,
) -> Result<DataType, DecodeError> {
    let children = reader.fields(table.children(), depth + 1)?;
    Ok(match table.type_type() {
        Type::Struct_ => DataType::Struct(children.into()),
        Type::List => DataType::List(only("List", children)?),
        Type::LargeList => DataType::LargeList(only("LargeList", children)?),
        Type::ListView => DataType::ListView(only("ListView", children)?),
        Type::LargeListView => DataType::LargeListView(only("LargeListView", children)?),
        Type::FixedSizeList => {
            let length = present(table, table.type_as_fixed_size_list())?.listSize();
            let child = only("FixedSizeList", children)?;
            DataType::FixedSizeList(child, size("FixedSizeList.listSize", length)?)
        }
        Type::Map => {
            let sorted = present(table, table.type_as_map())?.keysSorted();
            DataType::Map(entries(only("Map", children)?)?, sorted)
        }
        Type::Union => union(&present(table, table.type_as_union())?, children)?,
        _ => run_end_encoded(children)?,
    })
}

/// The type's own table. The verifier lets a field through that names a type and lacks its table.
fn present<T>(table: &FieldTable<'_>, inner: Option<T>) -> Result<T, DecodeError> {
    inner.ok_or_else(|| {
        let name = table.type_type().variant_name().unwrap_or_default();
        DecodeError::invalid("Field.type", format!("the parameters of {name} are absent"))
    })
}

pub(super) fn integer(int: &Int<'_>) -> Result<DataType, DecodeError> {
    Ok(match (int.bitWidth(), int.is_signed()) {
        (8, true) => DataType::Int8,
        (16, true) => DataType::Int16,
        (32, true) => DataType::Int32,
        (64, true) => DataType::Int64,
        (8, false) => DataType::UInt8,
        (16, false) => DataType::UInt16,
        (32, false) => DataType::UInt32,
        (64, false) => DataType::UInt64,
        (width, _) => {
            let reason = format!("found {width}, expected 8, 16, 32 or 64");
            return Err(DecodeError::invalid("Int.bitWidth", reason));
        }
    })
}

fn float(float: &FloatingPoint<'_>) -> Result<DataType, DecodeError> {
    match float.precision() {
        Precision::HALF => Ok(DataType::Float16),
        Precision::SINGLE => Ok(DataType::Float32),
        Precision::DOUBLE => Ok(DataType::Float64),
        Precision(number) => Err(unknown("FloatingPoint.precision", number)),
    }
}

fn decimal(decimal: &Decimal<'_>) -> Result<DataType, DecodeError> {
    let (construct, precision_max): (fn(u8, i8) -> DataType, u8) = match decimal.bitWidth() {
        32 => (DataType::Decimal32, DECIMAL32_MAX_PRECISION),
        64 => (DataType::Decimal64, DECIMAL64_MAX_PRECISION),
        128 => (DataType::Decimal128, DECIMAL128_MAX_PRECISION),
        256 => (DataType::Decimal256, DECIMAL256_MAX_PRECISION),
        width => {
            let reason = format!("found {width}, expected 32, 64, 128 or 256");
            return Err(DecodeError::invalid("Decimal.bitWidth", reason));
        }
    };
    let precision = u8::try_from(decimal.precision())
        .ok()
        .filter(|precision| (1..=precision_max).contains(precision))
        .ok_or_else(|| {
            let reason = format!("found {}, expected 1 to {precision_max}", decimal.precision());
            DecodeError::invalid("Decimal.precision", reason)
        })?;
    // A scale may exceed the precision (0.001 has precision 1) and may be negative.
    let scale = i8::try_from(decimal.scale())
        .ok()
        .filter(|scale| scale.unsigned_abs() <= precision_max)
        .ok_or_else(|| {
            let reason =
                format!("found {}, expected -{precision_max} to {precision_max}", decimal.scale());
            DecodeError::invalid("Decimal.scale", reason)
        })?;
    Ok(construct(precision, scale))
}

fn date(date: &Date<'_>) -> Result<DataType, DecodeError> {
    match date.unit() {
        arrow_ipc::DateUnit::DAY => Ok(DataType::Date32),
        arrow_ipc::DateUnit::MILLISECOND => Ok(DataType::Date64),
        arrow_ipc::DateUnit(number) => Err(unknown("Date.unit", number)),
    }
}

fn time(time: &Time<'_>) -> Result<DataType, DecodeError> {
    match (time_unit("Time.unit", time.unit())?, time.bitWidth()) {
        (unit @ (TimeUnit::Second | TimeUnit::Millisecond), 32) => Ok(DataType::Time32(unit)),
        (unit @ (TimeUnit::Microsecond | TimeUnit::Nanosecond), 64) => Ok(DataType::Time64(unit)),
        (unit, width) => {
            let reason = format!("{width} bits do not go with the unit {unit:?}");
            Err(DecodeError::invalid("Time.bitWidth", reason))
        }
    }
}

fn timestamp(timestamp: &Timestamp<'_>) -> Result<DataType, DecodeError> {
    let unit = time_unit("Timestamp.unit", timestamp.unit())?;
    // C++ writes "no zone" as an absent name, others as an empty one.
    let zone = timestamp.timezone().filter(|zone| !zone.is_empty());
    let odd = |zone: &str| zone.len() > TIMEZONE_BYTES_MAX || zone.chars().any(char::is_control);
    if let Some(zone) = zone.filter(|zone| odd(zone)) {
        let reason = format!("{} bytes that are no name of a time zone", zone.len());
        return Err(DecodeError::invalid("Timestamp.timezone", reason));
    }
    Ok(DataType::Timestamp(unit, zone.map(Into::into)))
}

fn duration(duration: &Duration<'_>) -> Result<DataType, DecodeError> {
    Ok(DataType::Duration(time_unit("Duration.unit", duration.unit())?))
}

fn interval(interval: &Interval<'_>) -> Result<DataType, DecodeError> {
    let unit = match interval.unit() {
        arrow_ipc::IntervalUnit::YEAR_MONTH => IntervalUnit::YearMonth,
        arrow_ipc::IntervalUnit::DAY_TIME => IntervalUnit::DayTime,
        arrow_ipc::IntervalUnit::MONTH_DAY_NANO => IntervalUnit::MonthDayNano,
        arrow_ipc::IntervalUnit(number) => return Err(unknown("Interval.unit", number)),
    };
    Ok(DataType::Interval(unit))
}

fn time_unit(field: &'static str, unit: arrow_ipc::TimeUnit) -> Result<TimeUnit, DecodeError> {
    match unit {
        arrow_ipc::TimeUnit::SECOND => Ok(TimeUnit::Second),
        arrow_ipc::TimeUnit::MILLISECOND => Ok(TimeUnit::Millisecond),
        arrow_ipc::TimeUnit::MICROSECOND => Ok(TimeUnit::Microsecond),
        arrow_ipc::TimeUnit::NANOSECOND => Ok(TimeUnit::Nanosecond),
        arrow_ipc::TimeUnit(number) => Err(unknown(field, number)),
    }
}

fn unknown(field: &'static str, number: i16) -> DecodeError {
    DecodeError::invalid(field, format!("{number} is none of the known values"))
}

fn size(field: &'static str, size: i32) -> Result<i32, DecodeError> {
    if size < 0 {
        return Err(DecodeError::invalid(field, format!("{size} is negative")));
    }
    Ok(size)
}

fn only(name: &'static str, children: Vec<Field>) -> Result<FieldRef, DecodeError> {
    let [child] = <[Field; 1]>::try_from(children).map_err(|children| {
        let reason = format!("{name} has {} children, expected 1", children.len());
        DecodeError::invalid("Field.children", reason)
    })?;
    Ok(Arc::new(child))
}

/// Checks the entries of a map: a struct of a key that is never null and a value.
fn entries(entries: FieldRef) -> Result<FieldRef, DecodeError> {
    let invalid = |reason: String| Err(DecodeError::invalid("Map", reason));
    let DataType::Struct(pair) = entries.data_type() else {
        return invalid(format!("entries are {}, expected a struct", kind(entries.data_type())));
    };
    let [key, _] = &**pair else {
        return invalid(format!("entries have {} fields, expected key and value", pair.len()));
    };
    if entries.is_nullable() || key.is_nullable() {
        return invalid("entries and keys must not be nullable".to_owned());
    }
    Ok(entries)
}

fn union(union: &Union<'_>, children: Vec<Field>) -> Result<DataType, DecodeError> {
    let mode = match union.mode() {
        arrow_ipc::UnionMode::Sparse => UnionMode::Sparse,
        arrow_ipc::UnionMode::Dense => UnionMode::Dense,
        arrow_ipc::UnionMode(number) => return Err(unknown("Union.mode", number)),
    };
    let invalid = |reason: String| DecodeError::invalid("Union.typeIds", reason);
    let count = children.len();
    if count == 0 {
        // It could only ever have no rows, and arrow-data panics when asked for those.
        return Err(DecodeError::unsupported("Field.children", "a union without children"));
    }
    let ids: Vec<i32> = match union.typeIds() {
        Some(ids) if ids.len() != count => {
            return Err(invalid(format!("{} ids for {count} children", ids.len())));
        }
        Some(ids) => ids.iter().collect(),
        None => (0..).take(count).collect(),
    };
    let ids = ids
        .into_iter()
        .map(|id| {
            let small = i8::try_from(id).ok().filter(|id| *id >= 0);
            small.ok_or_else(|| invalid(format!("found {id}, expected 0 to 127")))
        })
        .collect::<Result<Vec<i8>, _>>()?;
    // Lengths agree and ids are in range, so that what is left to fail is an id given twice.
    let fields = UnionFields::try_new(ids, children).map_err(|error| invalid(error.to_string()))?;
    Ok(DataType::Union(fields, mode))
}

fn run_end_encoded(children: Vec<Field>) -> Result<DataType, DecodeError> {
    let invalid = |reason: String| DecodeError::invalid("RunEndEncoded", reason);
    let [run_ends, values] = <[Field; 2]>::try_from(children)
        .map_err(|children| invalid(format!("{} children, expected 2", children.len())))?;
    if !matches!(run_ends.data_type(), DataType::Int16 | DataType::Int32 | DataType::Int64) {
        let found = kind(run_ends.data_type());
        return Err(invalid(format!("run ends are {found}, expected Int16, Int32 or Int64")));
    }
    // They never are null, whatever the writer says, and arrow-data refuses a type that says so.
    let run_ends = run_ends.with_nullable(false);
    Ok(DataType::RunEndEncoded(Arc::new(run_ends), Arc::new(values)))
}

/// A short name of a type: a peer may nest types so that their full name fills pages.
fn kind(data_type: &DataType) -> String {
    if data_type.is_nested() { "nested".to_owned() } else { data_type.to_string() }
}
