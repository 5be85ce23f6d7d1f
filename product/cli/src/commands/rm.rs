//! `wingbeat rm`: deletes flights.

use std::io::Write;

use serde_json::json;
use wingbeat::{Action, Client};

use crate::args::RmArgs;
use crate::connect::{client, parse_url};
use crate::exit::{Failure, Outcome};
use crate::progress::say;

pub(super) async fn run(args: RmArgs) -> Outcome {
    for url in &args.urls {
        let url = parse_url(url)?;
        if url.is_prefix {
            let text = format!("{url}: rm takes flights, not prefixes or servers");
            return Err(Failure::usage(text));
        }
        let body = json!({ "dataset": url.name(), "force": args.force }).to_string();
        let client = client(&url, &args.connect)?;
        drop_flight(&client, body).await.map_err(|error| {
            Failure::refused(error, "\"force\"", "--force deletes it all the same")
        })?;
        if args.json {
            let line = json!({ "url": url.to_string(), "deleted": true });
            writeln!(std::io::stdout(), "{line}")?;
        } else {
            say(&format!("{url}: deleted"));
        }
    }
    Ok(())
}

async fn drop_flight(client: &Client, body: String) -> wingbeat::Result<()> {
    let mut results = client.do_action(Action::new("drop", body)).await?;
    while results.next().await?.is_some() {}
    Ok(())
}
