//! `wingbeat info` and `wingbeat schema`: what a server says about a flight.

use std::io::Write;

use serde_json::{Value, json};
use wingbeat::arrow::datatypes::Schema;
use wingbeat::{FlightDescriptor, FlightInfo, Limits};

use crate::args::FlightArgs;
use crate::connect::{client, parse_url};
use crate::exit::Outcome;
use crate::target::Target;

pub(super) async fn run(args: FlightArgs) -> Outcome {
    let url = parse_url(&args.url)?;
    let descriptor = Target::new(&url, &args)?.descriptor()?;
    let info = client(&url, &args.connect)?.get_flight_info(descriptor).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{:#}", info_json(&info))?;
    } else {
        print_info(&mut out, &info)?;
    }
    Ok(())
}

pub(super) async fn run_schema(args: FlightArgs) -> Outcome {
    let url = parse_url(&args.url)?;
    let descriptor = Target::new(&url, &args)?.descriptor()?;
    let schema = client(&url, &args.connect)?.get_schema(descriptor).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{:#}", fields_json(&schema))?;
    } else {
        print_schema(&mut out, &schema)?;
    }
    Ok(())
}

fn print_info(out: &mut impl Write, info: &FlightInfo) -> std::io::Result<()> {
    if let Some(descriptor) = &info.flight_descriptor {
        writeln!(out, "descriptor    {}", descriptor_json(descriptor))?;
    }
    writeln!(out, "rows          {}", known(info.total_records))?;
    writeln!(out, "bytes         {}", known(info.total_bytes))?;
    writeln!(out, "ordered       {}", info.ordered)?;
    if !info.app_metadata.is_empty() {
        writeln!(out, "app_metadata  {}", printable(&info.app_metadata))?;
    }
    for (index, endpoint) in info.endpoints.iter().enumerate() {
        let uris: Vec<&str> = endpoint.locations.iter().map(|l| l.uri.as_str()).collect();
        let place = if uris.is_empty() { "this server".to_owned() } else { uris.join(", ") };
        writeln!(out, "endpoint {index:<4} {place}")?;
    }
    match info.decode_schema(&Limits::default()) {
        Ok(schema) => {
            writeln!(out, "schema")?;
            print_schema(out, &schema)
        }
        Err(error) => writeln!(out, "schema        not readable: {error}"),
    }
}

fn print_schema(out: &mut impl Write, schema: &Schema) -> std::io::Result<()> {
    for field in schema.fields() {
        let null = if field.is_nullable() { "" } else { " not null" };
        writeln!(out, "  {}: {}{null}", field.name(), field.data_type())?;
    }
    for (key, value) in &schema.metadata {
        writeln!(out, "  metadata {key} = {value}")?;
    }
    Ok(())
}

fn known(count: i64) -> String {
    if count < 0 { "not known".to_owned() } else { count.to_string() }
}

fn info_json(info: &FlightInfo) -> Value {
    let endpoints: Vec<Value> = info
        .endpoints
        .iter()
        .map(|endpoint| {
            json!({
                "ticket": endpoint.ticket.as_ref().map(|ticket| printable(&ticket.ticket)),
                "locations": endpoint.locations.iter().map(|l| &l.uri).collect::<Vec<_>>(),
                "app_metadata": printable(&endpoint.app_metadata),
            })
        })
        .collect();
    json!({
        "descriptor": info.flight_descriptor.as_ref().map(descriptor_json),
        "total_records": info.total_records,
        "total_bytes": info.total_bytes,
        "ordered": info.ordered,
        "app_metadata": printable(&info.app_metadata),
        "endpoints": endpoints,
        "schema": schema_json(info),
    })
}

/// The schema of a flight as JSON, null where it cannot be read.
pub(super) fn schema_json(info: &FlightInfo) -> Value {
    info.decode_schema(&Limits::default()).map_or(Value::Null, |schema| fields_json(&schema))
}

fn fields_json(schema: &Schema) -> Value {
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
        FlightDescriptor::Command(command) => json!({ "cmd": printable(command) }),
        _ => Value::Null,
    }
}

/// Bytes as text: UTF-8 as it is, anything else escaped.
pub(super) fn printable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') => {
            text.to_owned()
        }
        _ => bytes.escape_ascii().to_string(),
    }
}
