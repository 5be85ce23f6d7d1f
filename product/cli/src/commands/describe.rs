//! Flights, schemas and bytes as JSON and as text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use wingbeat::arrow::datatypes::Schema;
use wingbeat::{FlightDescriptor, FlightEndpoint, FlightInfo, Limits};

/// A flight as JSON, without its endpoints.
pub(super) fn flight_json(info: &FlightInfo) -> Map<String, Value> {
    let mut flight = Map::new();
    let descriptor = info.flight_descriptor.as_ref().map(descriptor_json);
    flight.insert("descriptor".to_owned(), json!(descriptor));
    flight.insert("total_records".to_owned(), json!(info.total_records));
    flight.insert("total_bytes".to_owned(), json!(info.total_bytes));
    flight.insert("ordered".to_owned(), json!(info.ordered));
    flight.extend(bytes_entry("app_metadata", "app_metadata_base64", &info.app_metadata));
    let schema = info.decode_schema(&Limits::default());
    let schema = schema.map_or(Value::Null, |schema| schema_json(&schema));
    flight.insert("schema".to_owned(), schema);
    flight
}

/// An endpoint as JSON.
pub(super) fn endpoint_json(endpoint: &FlightEndpoint) -> Value {
    let mut value = Map::new();
    if let Some(ticket) = &endpoint.ticket {
        value.extend(bytes_entry("ticket", "ticket_base64", &ticket.ticket));
    }
    let locations: Vec<&str> = endpoint.locations.iter().map(|l| l.uri.as_str()).collect();
    value.insert("locations".to_owned(), json!(locations));
    value.extend(bytes_entry("app_metadata", "app_metadata_base64", &endpoint.app_metadata));
    Value::Object(value)
}

/// A schema as JSON.
pub(super) fn schema_json(schema: &Schema) -> Value {
    let fields: Vec<Value> = schema
        .fields()
        .iter()
        .map(|field| {
            json!({
                "name": field.name(),
                "type": field.data_type().to_string(),
                "nullable": field.is_nullable(),
                "metadata": field.metadata(),
            })
        })
        .collect();
    json!({ "fields": fields, "metadata": schema.metadata })
}

/// A descriptor as JSON.
pub(super) fn descriptor_json(descriptor: &FlightDescriptor) -> Value {
    match descriptor {
        FlightDescriptor::Path(path) => json!({ "path": path }),
        FlightDescriptor::Command(command) => bytes_json("cmd", "cmd_base64", command),
        _ => Value::Null,
    }
}

/// Bytes as a JSON object: text under `text_key`, anything else as base64 under `base64_key`, so
/// that a program always gets exactly these bytes.
pub(super) fn bytes_json(text_key: &str, base64_key: &str, bytes: &[u8]) -> Value {
    Value::Object(Map::from_iter(bytes_entry(text_key, base64_key, bytes)))
}

fn bytes_entry(text_key: &str, base64_key: &str, bytes: &[u8]) -> [(String, Value); 1] {
    [match clean_text(bytes) {
        Some(text) => (text_key.to_owned(), json!(text)),
        None => (base64_key.to_owned(), json!(STANDARD.encode(bytes))),
    }]
}

/// Bytes for a terminal: text as it is, anything else escaped.
pub(super) fn printable(bytes: &[u8]) -> String {
    clean_text(bytes).map_or_else(|| bytes.escape_ascii().to_string(), str::to_owned)
}

/// The bytes as text, where they are UTF-8 without control characters.
fn clean_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.contains(|c: char| c.is_control() && c != '\n' && c != '\t')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_base64() {
        assert_eq!(bytes_json("t", "b", "naïve\n".as_bytes()), json!({ "t": "naïve\n" }));
        assert_eq!(bytes_json("t", "b", b"\0\xff"), json!({ "b": "AP8=" }));
        assert_eq!(bytes_json("t", "b", b"\x1b[0m"), json!({ "b": "G1swbQ==" }));
        assert_eq!(printable(b"a\x1bb"), "a\\x1bb");
    }
}
