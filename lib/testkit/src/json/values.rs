//! Columns other than those of dictionaries, read buffer by buffer.

use arrow_array::builder::make_view;
use arrow_array::{Array as _, ArrayRef, make_array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, i256};
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType, IntervalUnit, UnionMode};
use serde_json::Value;

use super::read::{self, Dictionaries, list};
use super::schema::Node;
use super::wrong;

type Result<T, E = ArrowError> = std::result::Result<T, E>;

/// The column of a type whose children are these.
pub(super) fn array(
    data_type: &DataType,
    children: &[Node],
    column: &Value,
    dictionaries: &Dictionaries,
) -> Result<ArrayRef> {
    use DataType::*;
    let len = column["count"].as_u64().and_then(|count| usize::try_from(count).ok());
    let len = len.ok_or_else(|| wrong("a column has no count"))?;
    let data = list(&column["DATA"]);
    let buffers = match data_type {
        Null | Struct(_) | FixedSizeList(..) | RunEndEncoded(..) => Vec::new(),
        Boolean => {
            let bits: BooleanBuffer = data.iter().map(|bit| bit == true || bit == 1).collect();
            vec![bits.into_inner()]
        }
        Utf8 => vec![offsets(column, "OFFSET", 4)?, concatenated(data, text)?],
        LargeUtf8 => vec![offsets(column, "OFFSET", 8)?, concatenated(data, text)?],
        Binary => vec![offsets(column, "OFFSET", 4)?, concatenated(data, unhex)?],
        LargeBinary => vec![offsets(column, "OFFSET", 8)?, concatenated(data, unhex)?],
        Utf8View => views(column, text)?,
        BinaryView => views(column, unhex)?,
        List(_) | Map(..) => vec![offsets(column, "OFFSET", 4)?],
        LargeList(_) => vec![offsets(column, "OFFSET", 8)?],
        ListView(_) => vec![offsets(column, "OFFSET", 4)?, offsets(column, "SIZE", 4)?],
        LargeListView(_) => vec![offsets(column, "OFFSET", 8)?, offsets(column, "SIZE", 8)?],
        Union(_, UnionMode::Sparse) => vec![offsets(column, "TYPE_ID", 1)?],
        Union(_, UnionMode::Dense) => {
            vec![offsets(column, "TYPE_ID", 1)?, offsets(column, "OFFSET", 4)?]
        }
        FixedSizeBinary(_) => vec![concatenated(data, unhex)?],
        other => vec![concatenated(data, |value| fixed(other, value))?],
    };
    let columns = list(&column["children"]);
    if columns.len() != children.len() {
        return Err(wrong(format!("{} children, expected {}", columns.len(), children.len())));
    }
    let child_data = children
        .iter()
        .zip(columns)
        .map(|(child, column)| Ok(read::array(child, column, dictionaries)?.to_data()));
    let array = ArrayData::builder(data_type.clone())
        .len(len)
        .nulls(validity(data_type, column))
        .buffers(buffers)
        .child_data(child_data.collect::<Result<_>>()?)
        .align_buffers(true);
    let array = array.build()?;
    array.validate_full()?;
    Ok(make_array(array))
}

fn validity(data_type: &DataType, column: &Value) -> Option<NullBuffer> {
    let has_none =
        matches!(data_type, DataType::Null | DataType::Union(..) | DataType::RunEndEncoded(..));
    let bits = list(&column["VALIDITY"]);
    let nulls: NullBuffer = bits.iter().map(|bit| bit == 1).collect::<Vec<_>>().into();
    (!has_none && nulls.null_count() > 0).then_some(nulls)
}

/// Whole numbers of so many bytes.
fn offsets(column: &Value, name: &str, width: usize) -> Result<Buffer> {
    concatenated(list(&column[name]), |value| Ok(integer(value)?.to_le_bytes()[..width].to_vec()))
}

fn concatenated(values: &[Value], bytes: impl Fn(&Value) -> Result<Vec<u8>>) -> Result<Buffer> {
    let mut all = Vec::new();
    for value in values {
        all.append(&mut bytes(value)?);
    }
    Ok(Buffer::from_vec(all))
}

/// A whole number, or its digits.
fn integer(value: &Value) -> Result<i128> {
    let number = match value {
        Value::Number(number) => number.as_i64().map(i128::from),
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| wrong(format!("{value} is no whole number")))
}

fn text(value: &Value) -> Result<Vec<u8>> {
    let text = value.as_str().ok_or_else(|| wrong(format!("{value} is no text")))?;
    Ok(text.as_bytes().to_vec())
}

fn unhex(value: &Value) -> Result<Vec<u8>> {
    let digits = text(value)?;
    let bytes = digits.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok();
        let byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        byte.ok_or_else(|| wrong(format!("{value} is not hexadecimal")))
    });
    bytes.collect()
}

/// The little-endian bytes of a value of fixed width.
fn fixed(data_type: &DataType, value: &Value) -> Result<Vec<u8>> {
    use DataType::*;
    let float = || value.as_f64().ok_or_else(|| wrong(format!("{value} is no number")));
    let part = |name: &str, width: usize| -> Result<Vec<u8>> {
        Ok(integer(&value[name])?.to_le_bytes()[..width].to_vec())
    };
    Ok(match data_type {
        Float32 => (float()? as f32).to_le_bytes().to_vec(),
        Float64 => float()?.to_le_bytes().to_vec(),
        Decimal256(..) => {
            let number = value.as_str().and_then(i256::from_string);
            let number = number.ok_or_else(|| wrong(format!("{value} is no decimal")))?;
            number.to_le_bytes().to_vec()
        }
        Interval(IntervalUnit::DayTime) => [part("days", 4)?, part("milliseconds", 4)?].concat(),
        Interval(IntervalUnit::MonthDayNano) => {
            [part("months", 4)?, part("days", 4)?, part("nanoseconds", 8)?].concat()
        }
        other => {
            let width = other.primitive_width();
            let width = width.ok_or_else(|| wrong(format!("{other} is not read from JSON")))?;
            integer(value)?.to_le_bytes()[..width].to_vec()
        }
    })
}

/// The views, then the buffers that they look into.
fn views(column: &Value, inlined: impl Fn(&Value) -> Result<Vec<u8>>) -> Result<Vec<Buffer>> {
    let number = |value: &Value| -> Result<u32> {
        u32::try_from(integer(value)?).map_err(|_| wrong(format!("{value} is out of range")))
    };
    let buffers = list(&column["VARIADIC_DATA_BUFFERS"]).iter();
    let buffers = buffers.map(unhex).collect::<Result<Vec<_>>>()?;
    let mut views = Vec::new();
    for view in list(&column["VIEWS"]) {
        let size = number(&view["SIZE"])? as usize;
        if let Some(bytes) = view.get("INLINED") {
            views.extend(make_view(&inlined(bytes)?, 0, 0).to_le_bytes());
            continue;
        }
        let (index, start) = (number(&view["BUFFER_INDEX"])?, number(&view["OFFSET"])?);
        let buffer = buffers.get(index as usize);
        let bytes = buffer.and_then(|bytes| bytes.get(start as usize..start as usize + size));
        let bytes = bytes.ok_or_else(|| wrong(format!("{view} looks past its buffer")))?;
        views.extend(make_view(bytes, index, start).to_le_bytes());
    }
    let views = Buffer::from_vec(views);
    Ok(std::iter::once(views).chain(buffers.into_iter().map(Buffer::from_vec)).collect())
}
