//! Columns of random values, as JSON. What a null covers is empty.

use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit, UnionMode};
use serde_json::{Map, Value, json};

use super::generate::{DICTIONARY_LEN, children};
use crate::Random;

/// The longest list.
const ITEMS_MAX: usize = 4;
/// How many bytes a buffer of views holds, but for a longer value.
const VIEW_BUFFER_BYTES: usize = 32;
/// The longest value within a view.
const INLINE_BYTES: usize = 12;

/// A column of a field.
pub(super) fn column(field: &Field, name: &str, count: usize, random: &mut Random) -> Value {
    let mut column = Map::new();
    column.insert("name".to_owned(), name.into());
    column.insert("count".to_owned(), count.into());
    let data_type = field.data_type();
    let has_validity =
        !matches!(data_type, DataType::Null | DataType::Union(..) | DataType::RunEndEncoded(..));
    let valid: Vec<bool> =
        (0..count).map(|_| !field.is_nullable() || random.below(5) > 1).collect();
    if has_validity {
        let bits = valid.iter().map(|&valid| u8::from(valid));
        column.insert("VALIDITY".to_owned(), bits.collect());
    }
    for (buffer, value) in buffers(data_type, &valid, random) {
        column.insert(buffer.to_owned(), value);
    }
    Value::Object(column)
}

/// The buffers beside the validity, and the children.
fn buffers(
    data_type: &DataType,
    valid: &[bool],
    random: &mut Random,
) -> Vec<(&'static str, Value)> {
    let count = valid.len();
    match data_type {
        DataType::Null => Vec::new(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary => {
            variable(data_type, valid, random)
        }
        DataType::Utf8View | DataType::BinaryView => views(data_type, valid, random),
        DataType::List(_) | DataType::LargeList(_) | DataType::Map(..) => {
            let mut end = 0;
            let ends = valid.iter().map(|&valid| {
                end += if valid { random.below(ITEMS_MAX + 1) } else { 0 };
                end
            });
            let offsets: Vec<usize> = std::iter::once(0).chain(ends).collect();
            let large = matches!(data_type, DataType::LargeList(_));
            let children = all_children(data_type, |_| end, random);
            vec![("OFFSET", sized(offsets, large)), ("children", children)]
        }
        DataType::ListView(_) | DataType::LargeListView(_) => {
            let values = count * ITEMS_MAX;
            let sizes: Vec<usize> = valid.iter().map(|_| random.below(ITEMS_MAX + 1)).collect();
            let offsets: Vec<usize> =
                sizes.iter().map(|size| random.below(values - size + 1)).collect();
            let large = matches!(data_type, DataType::LargeListView(_));
            let children = all_children(data_type, |_| values, random);
            let offsets = sized(offsets, large);
            vec![("OFFSET", offsets), ("SIZE", sized(sizes, large)), ("children", children)]
        }
        DataType::FixedSizeList(_, size) => {
            let size = usize::try_from(*size).unwrap_or_default();
            vec![("children", all_children(data_type, |_| count * size, random))]
        }
        DataType::Struct(_) => vec![("children", all_children(data_type, |_| count, random))],
        DataType::Union(fields, mode) => {
            let ids: Vec<i8> = fields.iter().map(|(id, _)| id).collect();
            union(data_type, &ids, *mode, count, random)
        }
        DataType::RunEndEncoded(ends, values) => {
            vec![("children", runs(ends, values, count, random))]
        }
        DataType::Dictionary(..) => {
            let keys = (0..count).map(|_| random.below(DICTIONARY_LEN));
            vec![("DATA", keys.collect())]
        }
        other => vec![("DATA", (0..count).map(|at| value(other, at, random)).collect())],
    }
}

fn all_children(
    data_type: &DataType,
    count: impl Fn(usize) -> usize,
    random: &mut Random,
) -> Value {
    let children = children(data_type).into_iter().enumerate();
    children.map(|(at, child)| column(child, child.name(), count(at), random)).collect()
}

/// Numbers, as strings where they may not fit into a double.
fn sized(numbers: Vec<usize>, large: bool) -> Value {
    match large {
        true => numbers.into_iter().map(|number| number.to_string()).collect(),
        false => numbers.into_iter().collect(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The text of each value; empty below a null.
fn words(valid: &[bool], random: &mut Random) -> Vec<String> {
    let words = random.words(valid.len(), false).into_iter().zip(valid);
    words.map(|(word, valid)| word.filter(|_| *valid).unwrap_or_default()).collect()
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn variable(
    data_type: &DataType,
    valid: &[bool],
    random: &mut Random,
) -> Vec<(&'static str, Value)> {
    let words = words(valid, random);
    let mut end = 0;
    let ends = words.iter().map(|word| {
        end += word.len();
        end
    });
    let offsets = std::iter::once(0).chain(ends).collect();
    let large = matches!(data_type, DataType::LargeUtf8 | DataType::LargeBinary);
    let text = is_text(data_type);
    let data = words.iter().map(|word| if text { word.clone() } else { hex(word.as_bytes()) });
    vec![("OFFSET", sized(offsets, large)), ("DATA", data.collect())]
}

fn views(data_type: &DataType, valid: &[bool], random: &mut Random) -> Vec<(&'static str, Value)> {
    let mut buffers: Vec<Vec<u8>> = Vec::new();
    let mut views = Vec::new();
    for word in words(valid, random) {
        let bytes = word.as_bytes();
        if bytes.len() <= INLINE_BYTES {
            let inlined = if is_text(data_type) { word.clone() } else { hex(bytes) };
            views.push(json!({"SIZE": bytes.len(), "INLINED": inlined}));
            continue;
        }
        let last = buffers.last().map_or(usize::MAX, Vec::len);
        if last.saturating_add(bytes.len()) > VIEW_BUFFER_BYTES {
            buffers.push(Vec::new());
        }
        let index = buffers.len() - 1;
        let buffer = &mut buffers[index];
        views.push(json!({
            "SIZE": bytes.len(),
            "PREFIX_HEX": hex(&bytes[..4]),
            "BUFFER_INDEX": index,
            "OFFSET": buffer.len(),
        }));
        buffer.extend_from_slice(bytes);
    }
    let buffers = buffers.iter().map(|buffer| hex(buffer));
    vec![("VIEWS", views.into()), ("VARIADIC_DATA_BUFFERS", buffers.collect())]
}

fn union(
    data_type: &DataType,
    ids: &[i8],
    mode: UnionMode,
    count: usize,
    random: &mut Random,
) -> Vec<(&'static str, Value)> {
    let rows: Vec<usize> = (0..count).map(|_| random.below(ids.len())).collect();
    let type_ids: Value = rows.iter().map(|child| ids[*child]).collect();
    if mode == UnionMode::Sparse {
        return vec![
            ("TYPE_ID", type_ids),
            ("children", all_children(data_type, |_| count, random)),
        ];
    }
    let mut used = vec![0; ids.len()];
    let offsets = rows.iter().map(|&child| {
        used[child] += 1;
        used[child] - 1
    });
    let offsets: Value = offsets.collect::<Vec<usize>>().into();
    let children = all_children(data_type, |at| used[at], random);
    vec![("TYPE_ID", type_ids), ("OFFSET", offsets), ("children", children)]
}

fn runs(ends: &Field, values: &Field, count: usize, random: &mut Random) -> Value {
    let mut all = Vec::new();
    let mut end = 0;
    while end < count {
        end = (end + 1 + random.below(3)).min(count);
        all.push(end);
    }
    let large = ends.data_type() == &DataType::Int64;
    let (len, valid) = (all.len(), vec![1; all.len()]);
    let data = sized(all, large);
    let ends = json!({"name": ends.name(), "count": len, "VALIDITY": valid, "DATA": data});
    json!([ends, column(values, values.name(), len, random)])
}

/// A value of a type of fixed width. The first two of a column are the extremes, where it has some.
fn value(data_type: &DataType, at: usize, random: &mut Random) -> Value {
    use DataType::*;
    let mut within = |min: i64, max: i64| match at {
        0 => min,
        1 => max,
        _ => {
            let span = i128::from(max) - i128::from(min) + 1;
            let step = i128::from(random.next_u64()) % span;
            i64::try_from(i128::from(min) + step).unwrap_or(min)
        }
    };
    const DAY: i64 = 24 * 60 * 60;
    // From the year 1 to 9999: others have no text in some implementations.
    const SECONDS: (i64, i64) = (-62_135_596_800, 253_402_214_400);
    let per_second = |unit: &TimeUnit| match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    let text = |number: i64| Value::from(number.to_string());
    match data_type {
        Boolean => random.chance(2).into(),
        Int8 => within(i8::MIN.into(), i8::MAX.into()).into(),
        Int16 => within(i16::MIN.into(), i16::MAX.into()).into(),
        Int32 => within(i32::MIN.into(), i32::MAX.into()).into(),
        UInt8 => within(0, u8::MAX.into()).into(),
        UInt16 => within(0, u16::MAX.into()).into(),
        UInt32 => within(0, u32::MAX.into()).into(),
        Int64 | Duration(_) => text(within(i64::MIN, i64::MAX)),
        UInt64 => random.next_u64().to_string().into(),
        // Of few bits, so that every reader of JSON gets the same.
        Float32 | Float64 => (within(-8_000_000, 8_000_000) as f64 / 1024.0).into(),
        Date32 => within(SECONDS.0 / DAY, SECONDS.1 / DAY).into(),
        Date64 => text(within(SECONDS.0 / DAY, SECONDS.1 / DAY) * DAY * 1000),
        Time32(unit) => within(0, DAY * per_second(unit) - 1).into(),
        Time64(unit) => text(within(0, DAY * per_second(unit) - 1)),
        Timestamp(TimeUnit::Nanosecond, _) => text(within(i64::MIN, i64::MAX)),
        Timestamp(unit, _) => {
            text(within(SECONDS.0 * per_second(unit), SECONDS.1 * per_second(unit)))
        }
        Interval(IntervalUnit::YearMonth) => within(-120_000, 120_000).into(),
        Interval(IntervalUnit::DayTime) => {
            let (days, milliseconds) = (3_660_000, DAY * 1000);
            let days = within(-days, days);
            json!({"days": days, "milliseconds": within(-milliseconds, milliseconds)})
        }
        Interval(IntervalUnit::MonthDayNano) => json!({
            "months": within(i32::MIN.into(), i32::MAX.into()),
            "days": within(i32::MIN.into(), i32::MAX.into()),
            "nanoseconds": within(i64::MIN, i64::MAX),
        }),
        FixedSizeBinary(width) => {
            let bytes: Vec<u8> = (0..*width).map(|_| random.next_u64() as u8).collect();
            hex(&bytes).into()
        }
        Decimal32(precision, _)
        | Decimal64(precision, _)
        | Decimal128(precision, _)
        | Decimal256(precision, _) => decimal(*precision, at, random).into(),
        other => unreachable!("{other} is not of fixed width"),
    }
}

/// Up to so many digits.
fn decimal(precision: u8, at: usize, random: &mut Random) -> String {
    let precision = usize::from(precision);
    match at {
        0 => format!("-{}", "9".repeat(precision)),
        1 => "9".repeat(precision),
        _ => {
            let len = random.below(precision);
            let sign = if random.chance(2) { "-" } else { "" };
            let digits: String =
                (0..len).map(|_| char::from(b'0' + random.below(10) as u8)).collect();
            format!("{sign}{}{digits}", 1 + random.below(9))
        }
    }
}
