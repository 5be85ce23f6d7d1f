//! JSON whose keys stand in the order that Arrow Java, which reads as it goes, needs.

use serde_json::{Map, Value};

/// What comes first; other keys follow by name.
const FIRST: [&str; 18] = [
    "schema",
    "dictionaries",
    "batches",
    "id",
    "name",
    "type",
    "nullable",
    "fields",
    "count",
    "columns",
    "VALIDITY",
    "TYPE_ID",
    "OFFSET",
    "SIZE",
    "DATA",
    "VIEWS",
    "VARIADIC_DATA_BUFFERS",
    "children",
];

/// The same for views, and for intervals.
const FIRST_WITHIN: [&str; 6] = ["SIZE", "PREFIX_HEX", "BUFFER_INDEX", "OFFSET", "months", "days"];

/// The text of a value.
pub(super) fn ordered(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(elements) => {
            text.push('[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(element, text);
            }
            text.push(']');
        }
        Value::Object(members) => write_object(members, text),
        other => text.push_str(&other.to_string()),
    }
}

fn write_object(members: &Map<String, Value>, text: &mut String) {
    let first: &[&str] = match members.contains_key("PREFIX_HEX") || members.contains_key("months")
    {
        true => &FIRST_WITHIN,
        false => &FIRST,
    };
    let rank = |key: &str| first.iter().position(|first| *first == key).unwrap_or(first.len());
    let mut members: Vec<(&String, &Value)> = members.iter().collect();
    members.sort_by_key(|(key, _)| (rank(key), *key));
    text.push('{');
    for (at, (key, value)) in members.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&Value::from(key.as_str()).to_string());
        text.push(':');
        write(value, text);
    }
    text.push('}');
}
