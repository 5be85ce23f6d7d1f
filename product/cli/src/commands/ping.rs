//! `wingbeat ping`: how fast a server answers the smallest call.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;
use wingbeat::{Client, Code};

use crate::args::PingArgs;
use crate::connect::{client, parse_url};
use crate::exit::Outcome;

pub(super) async fn run(args: PingArgs) -> Outcome {
    let url = parse_url(&args.url)?;
    let client = client(&url, &args.connect)?;
    let connect = time(&client).await?;
    let mut calls = Vec::new();
    for _ in 0..args.count {
        calls.push(time(&client).await?);
    }
    calls.sort_unstable();
    let median = calls.get(calls.len() / 2).copied().unwrap_or_default();
    let slowest = calls.last().copied().unwrap_or_default();
    let mut out = std::io::stdout().lock();
    if args.json {
        let line = json!({
            "address": url.address.to_string(),
            "first_us": micros(connect),
            "median_us": micros(median),
            "max_us": micros(slowest),
            "calls": calls.len(),
        });
        writeln!(out, "{line}")?;
    } else {
        writeln!(
            out,
            "{}: first call (with connecting) {connect:.0?}, then {} calls: median {median:.0?}, \
             max {slowest:.0?}",
            url.address,
            calls.len()
        )?;
    }
    Ok(())
}

/// Times one ListActions; a server that has none is as much alive as any.
async fn time(client: &Client) -> Outcome<Duration> {
    let start = Instant::now();
    match client.list_actions().await {
        Ok(mut actions) => while actions.next().await?.is_some() {},
        Err(error) if error.code() == Code::Unimplemented => {}
        Err(error) => return Err(error.into()),
    }
    Ok(start.elapsed())
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
