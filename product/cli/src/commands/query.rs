//! `wingbeat poll` and `wingbeat cancel`: queries that take long.

use std::io::Write;

use serde_json::{Value, json};
use wingbeat::{CancelStatus, FlightInfo, Message as _, PollInfo};

use super::describe::{endpoint_json, flight_json};
use super::info::print_info;
use crate::args::{CancelArgs, PollArgs};
use crate::connect::{client, parse_url};
use crate::exit::{Failure, Outcome};
use crate::output::write_private;
use crate::progress::say;
use crate::target::Target;

pub(super) async fn poll(args: PollArgs) -> Outcome {
    let url = parse_url(&args.flight.url)?;
    let descriptor = Target::new(&url, &args.flight)?.descriptor()?;
    let mut polling = client(&url, &args.flight.connect)?.poll(descriptor);
    while let Some(poll) = polling.next().await? {
        if let (Some(file), Some(info)) = (&args.save_info, &poll.info) {
            write_private(file, &info.encode())?;
        }
        if args.json {
            writeln!(std::io::stdout().lock(), "{}", poll_json(poll))?;
        } else if !args.quiet && !poll.is_complete() {
            say(&running(poll));
        }
    }
    if args.json {
        return Ok(());
    }
    match polling.latest().and_then(|latest| latest.info.as_ref()) {
        Some(info) => Ok(print_info(&mut std::io::stdout().lock(), info)?),
        None => Err(Failure::local("the server said nothing of the flight")),
    }
}

pub(super) async fn cancel(args: CancelArgs) -> Outcome {
    let url = parse_url(&args.flight.url)?;
    let client = client(&url, &args.flight.connect)?;
    let info = match &args.info {
        Some(file) => {
            let name = file.display();
            let bytes = std::fs::read(file)
                .map_err(|error| Failure::usage(format_args!("cannot read {name}: {error}")))?;
            FlightInfo::decode(bytes.into())
                .map_err(|error| Failure::usage(format_args!("{name} is no FlightInfo: {error}")))?
        }
        None => {
            let descriptor = Target::new(&url, &args.flight)?.descriptor()?;
            client.get_flight_info(descriptor).await?
        }
    };
    let status = client.cancel_flight_info(info).await?.status;
    let (name, is_done) = match status {
        CancelStatus::Cancelled => ("CANCELLED", true),
        CancelStatus::Cancelling => ("CANCELLING", true),
        CancelStatus::NotCancellable => ("NOT_CANCELLABLE", false),
        _ => ("UNSPECIFIED", false),
    };
    match is_done {
        true => Ok(writeln!(std::io::stdout().lock(), "{name}")?),
        false => Err(Failure::local(format_args!("the query was not cancelled: {name}"))),
    }
}

fn poll_json(poll: &PollInfo) -> Value {
    let info = poll.info.as_ref().map(|info| {
        let mut flight = flight_json(info);
        let endpoints = info.endpoints.iter().map(endpoint_json).collect();
        flight.insert("endpoints".to_owned(), Value::Array(endpoints));
        flight
    });
    json!({
        "complete": poll.is_complete(),
        "progress": poll.progress,
        "expires": poll.expiration_time.map(|time| time.seconds),
        "info": info,
    })
}

fn running(poll: &PollInfo) -> String {
    let endpoints = poll.info.as_ref().map_or(0, |info| info.endpoints.len());
    match poll.progress {
        Some(progress) => format!("{:.0} %, {endpoints} endpoints so far", progress * 100.0),
        None => format!("running, {endpoints} endpoints so far"),
    }
}
