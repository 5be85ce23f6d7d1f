//! The literals of a filter, brought to the type in which they are compared.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, FixedSizeBinaryArray, StringArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use serde_json::{Number, Value};

/// The most digits of a 256-bit decimal.
const DECIMAL256_DIGITS: u8 = 76;
/// The most digits of a 128-bit decimal.
const DECIMAL128_DIGITS: u8 = 38;

/// What holds every integer.
const DECIMAL: DataType = DataType::Decimal128(DECIMAL128_DIGITS, 0);

/// The type whose values a column really holds: dictionaries and runs are seen through.
pub(crate) fn value_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, values) => value_type(values),
        DataType::RunEndEncoded(_, values) => value_type(values.data_type()),
        other => other,
    }
}

/// Whether values of a type can be compared with a literal.
pub(crate) fn is_comparable(data_type: &DataType) -> bool {
    use DataType::{
        Binary, BinaryView, Boolean, FixedSizeBinary, LargeBinary, LargeUtf8, Utf8, Utf8View,
    };
    data_type.is_numeric()
        || matches!(
            data_type,
            DataType::Date32
                | DataType::Date64
                | DataType::Time32(_)
                | DataType::Time64(_)
                | DataType::Timestamp(..)
        )
        || matches!(data_type, Boolean | Utf8 | LargeUtf8 | Utf8View)
        || matches!(data_type, Binary | LargeBinary | BinaryView | FixedSizeBinary(_))
}

/// The type in which a column of type `column` is compared with a literal: the column's own where
/// that loses nothing of the literal, else one that holds both.
pub(crate) fn compare_type(column: &DataType, literal: &Value) -> DataType {
    let text = match literal {
        Value::Number(number) if column.is_integer() => return integer_type(column, number),
        Value::Number(number) => plain(number),
        // An integer of more digits than a number of JSON keeps.
        Value::String(text) if column.is_integer() && text.parse::<i128>().is_ok() => {
            let fits = parse(text, column).is_ok();
            return if fits { column.clone() } else { DECIMAL };
        }
        Value::String(text) => text.clone(),
        _ => return column.clone(),
    };
    if let DataType::Decimal32(_, scale)
    | DataType::Decimal64(_, scale)
    | DataType::Decimal128(_, scale)
    | DataType::Decimal256(_, scale) = column
    {
        let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let fraction = i8::try_from(fraction).unwrap_or(i8::MAX);
        let wide = DataType::Decimal256(DECIMAL256_DIGITS, fraction.max(*scale));
        let fits = fraction <= *scale && parse(&text, column).is_ok();
        if !fits && (literal.is_number() || parse(&text, &wide).is_ok()) {
            return wide;
        }
    }
    column.clone()
}

/// The type in which integers are compared with a number.
fn integer_type(column: &DataType, number: &Number) -> DataType {
    match whole(number) {
        Some(text) if parse(&text, column).is_ok() => column.clone(),
        Some(text) if parse(&text, &DECIMAL).is_ok() => DECIMAL,
        _ => DataType::Float64,
    }
}

/// The widest of the types in which the literals of a list are compared.
pub(crate) fn widest(column: &DataType, literals: &[Value]) -> DataType {
    let rank = |data_type: &DataType| match data_type {
        other if other == column => 0,
        DataType::Float64 => 2,
        _ => 1,
    };
    let types = literals.iter().map(|literal| compare_type(column, literal));
    let scale = |data_type: &DataType| match data_type {
        DataType::Decimal256(_, scale) => *scale,
        _ => 0,
    };
    let widest = types.max_by_key(|data_type| (rank(data_type), scale(data_type)));
    widest.unwrap_or_else(|| column.clone())
}

/// Makes an array of one value of a literal; the error says why it is none of that type.
pub(crate) fn literal_array(literal: &Value, data_type: &DataType) -> Result<ArrayRef, String> {
    let misfit = || format!("{literal} is not {data_type}");
    let text = match literal {
        Value::Null => return Err("null equals nothing, use \"is null\"".to_owned()),
        Value::Array(_) | Value::Object(_) => return Err(misfit()),
        Value::Bool(truth) if data_type == &DataType::Boolean => truth.to_string(),
        Value::Bool(_) => return Err(misfit()),
        Value::Number(number) if data_type.is_numeric() => {
            whole(number).filter(|_| data_type.is_integer()).unwrap_or_else(|| plain(number))
        }
        Value::Number(_) => {
            return Err(format!(
                "{literal} is a number, where {data_type} takes a string in quotes"
            ));
        }
        Value::String(text) => text.clone(),
    };
    let array: ArrayRef = match data_type {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![text.as_bytes()]));
            return cast_strictly(&bytes, data_type).map_err(|_| misfit());
        }
        DataType::FixedSizeBinary(_) => {
            let bytes = FixedSizeBinaryArray::try_from_iter([text.as_bytes()].into_iter());
            let bytes: ArrayRef = Arc::new(bytes.map_err(|_| misfit())?);
            return if bytes.data_type() == data_type { Ok(bytes) } else { Err(misfit()) };
        }
        _ => parse(&text, data_type).map_err(|_| misfit())?,
    };
    if !is_whole_text(&text, &array) {
        return Err(format!("{literal} is finer than {data_type}"));
    }
    if array.is_null(0) { Err(misfit()) } else { Ok(array) }
}

/// Whether a value has all of a text's fractions of a second, or hours of a day.
fn is_whole_text(text: &str, array: &ArrayRef) -> bool {
    let finest = match array.data_type() {
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Nanosecond, zone.clone()),
        DataType::Date32 | DataType::Date64 => DataType::Timestamp(TimeUnit::Nanosecond, None),
        DataType::Time32(_) | DataType::Time64(_) => DataType::Time64(TimeUnit::Nanosecond),
        _ => return true,
    };
    match (parse(text, &finest), cast_strictly(array, &finest)) {
        (Ok(finest), Ok(array)) => finest.as_ref() == array.as_ref(),
        // Beyond what nanoseconds can tell.
        _ => true,
    }
}

/// Reads a text as a value of a type.
fn parse(text: &str, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    let array: ArrayRef = Arc::new(StringArray::from(vec![text]));
    cast_strictly(&array, data_type)
}

/// A cast that fails rather than making a null.
pub(crate) fn cast_strictly(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() })
}

/// A number's digits without a fraction, if it has none.
fn whole(number: &Number) -> Option<String> {
    if number.is_i64() || number.is_u64() {
        return Some(number.to_string());
    }
    number.as_f64().filter(|value| value.fract() == 0.0).map(|value| value.to_string())
}

/// A number's digits without an exponent.
fn plain(number: &Number) -> String {
    if number.is_f64() {
        return number.as_f64().map_or_else(|| number.to_string(), |value| value.to_string());
    }
    number.to_string()
}
