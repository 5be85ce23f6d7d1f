//! `wingbeat info` and `wingbeat schema`: what a server says about a flight.

use std::io::Write;

use serde_json::Value;
use wingbeat::arrow::datatypes::Schema;
use wingbeat::{FlightInfo, Limits};

use super::describe::{descriptor_json, endpoint_json, flight_json, printable, schema_json};
use crate::args::{InfoArgs, ReadArgs};
use crate::connect::{client, parse_url};
use crate::exit::Outcome;
use crate::target::Target;

pub(super) async fn run(args: InfoArgs) -> Outcome {
    let url = parse_url(&args.flight.url)?;
    let read = ReadArgs { moment: args.moment, ..ReadArgs::default() };
    let descriptor = Target::new(&url, &args.flight)?.with_read(&read)?.descriptor()?;
    let info = client(&url, &args.flight.connect)?.get_flight_info(descriptor).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let mut flight = flight_json(&info);
        let endpoints = info.endpoints.iter().map(endpoint_json).collect();
        flight.insert("endpoints".to_owned(), Value::Array(endpoints));
        writeln!(out, "{:#}", Value::Object(flight))?;
    } else {
        print_info(&mut out, &info)?;
    }
    Ok(())
}

pub(super) async fn run_schema(args: InfoArgs) -> Outcome {
    let url = parse_url(&args.flight.url)?;
    let read = ReadArgs { moment: args.moment, ..ReadArgs::default() };
    let descriptor = Target::new(&url, &args.flight)?.with_read(&read)?.descriptor()?;
    let schema = client(&url, &args.flight.connect)?.get_schema(descriptor).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{:#}", schema_json(&schema))?;
    } else {
        print_schema(&mut out, "", &schema)?;
    }
    Ok(())
}

pub(super) fn print_info(out: &mut impl Write, info: &FlightInfo) -> std::io::Result<()> {
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
        writeln!(out, "endpoint {index:<4} {}", printable(place.as_bytes()))?;
    }
    match info.decode_schema(&Limits::default()) {
        Ok(schema) => {
            writeln!(out, "schema")?;
            print_schema(out, "  ", &schema)
        }
        Err(error) => writeln!(out, "schema        not readable: {error}"),
    }
}

fn print_schema(out: &mut impl Write, indent: &str, schema: &Schema) -> std::io::Result<()> {
    for field in schema.fields() {
        let null = if field.is_nullable() { "" } else { " not null" };
        let name = printable(field.name().as_bytes());
        writeln!(out, "{indent}{name}: {}{null}", field.data_type())?;
    }
    for (key, value) in &schema.metadata {
        let (key, value) = (printable(key.as_bytes()), printable(value.as_bytes()));
        writeln!(out, "{indent}metadata {key} = {value}")?;
    }
    Ok(())
}

fn known(count: i64) -> String {
    if count < 0 { "not known".to_owned() } else { count.to_string() }
}
