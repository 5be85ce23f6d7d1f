//! `wingbeat ls`: the flights of a server.

use std::io::Write;

use serde_json::json;
use wingbeat::{Criteria, FlightDescriptor, FlightInfo};

use super::info::{descriptor_json, printable, schema_json};
use crate::args::LsArgs;
use crate::bytes_arg::read_bytes;
use crate::connect::{client, parse_url};
use crate::exit::{Failure, Outcome};

pub(super) async fn run(args: LsArgs) -> Outcome {
    let url = parse_url(&args.url)?;
    if !url.is_prefix {
        let text = format!("{url}: ls takes a server or a prefix, which ends with a slash");
        return Err(Failure::usage(text));
    }
    let expression = match &args.criteria {
        Some(criteria) => read_bytes(criteria)?,
        None if url.path.is_empty() => Vec::new(),
        None => format!("{}/", url.name()).into_bytes(),
    };
    let client = client(&url, &args.connect)?;
    let mut flights = client.list_flights(Criteria::new(expression)).await?;
    let mut out = std::io::BufWriter::new(std::io::stdout());
    while let Some(info) = flights.next().await? {
        if args.json {
            writeln!(out, "{}", summary(&info))?;
        } else if args.long {
            writeln!(
                out,
                "{:>14} {:>14}  {}",
                total(info.total_records),
                total(info.total_bytes),
                name(&info)
            )?;
        } else {
            writeln!(out, "{}", name(&info))?;
        }
        // Whoever watches sees a line as soon as it is known.
        out.flush()?;
    }
    Ok(())
}

/// The flight's name as the command line would take it.
fn name(info: &FlightInfo) -> String {
    match &info.flight_descriptor {
        Some(FlightDescriptor::Path(path)) => path.join("/"),
        Some(FlightDescriptor::Command(command)) => format!("--cmd {}", printable(command)),
        _ => "(no descriptor)".to_owned(),
    }
}

/// A total, or `-` where it is not known.
fn total(count: i64) -> String {
    if count < 0 { "-".to_owned() } else { count.to_string() }
}

fn summary(info: &FlightInfo) -> serde_json::Value {
    json!({
        "descriptor": info.flight_descriptor.as_ref().map(descriptor_json),
        "total_records": info.total_records,
        "total_bytes": info.total_bytes,
        "schema": schema_json(info),
        "app_metadata": printable(&info.app_metadata),
    })
}
