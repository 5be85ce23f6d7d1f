//! `wingbeat actions` and `wingbeat action`.

use std::io::Write;

use serde_json::json;
use wingbeat::Action;

use super::describe::bytes_json;
use crate::args::{ActionArgs, ServerArgs};
use crate::bytes_arg::read_bytes;
use crate::connect::{client, parse_url};
use crate::exit::Outcome;

pub(super) async fn run_list(args: ServerArgs) -> Outcome {
    let url = parse_url(&args.url)?;
    let mut actions = client(&url, &args.connect)?.list_actions().await?;
    let mut out = std::io::stdout().lock();
    while let Some(action) = actions.next().await? {
        if args.json {
            let line = json!({ "type": action.r#type, "description": action.description });
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "{:<20} {}", action.r#type, action.description)?;
        }
    }
    Ok(())
}

pub(super) async fn run(args: ActionArgs) -> Outcome {
    let url = parse_url(&args.url)?;
    let action = Action::new(args.r#type, read_bytes(&args.body)?);
    let mut results = client(&url, &args.connect)?.do_action(action).await?;
    let mut out = std::io::stdout().lock();
    while let Some(result) = results.next().await? {
        let body = result.body;
        if args.json {
            writeln!(out, "{}", bytes_json("text", "base64", &body))?;
            continue;
        }
        out.write_all(&body)?;
        if !body.ends_with(b"\n") {
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}
