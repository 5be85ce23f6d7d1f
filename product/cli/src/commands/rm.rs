//! `wingbeat rm`: deletes flights.

use serde_json::json;
use wingbeat::Action;

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
        let mut results = client.do_action(Action::new("drop", body)).await?;
        while results.next().await?.is_some() {}
        say(&format!("{url}: deleted"));
    }
    Ok(())
}
