//! `wingbeat ls`: the flights of a server.

use std::io::{BufWriter, IsTerminal, Stdout, Write};

use indicatif::{BinaryBytes, HumanCount};
use serde_json::{Value, json};
use wingbeat::{Client, Code, Criteria, FlightDescriptor, FlightInfo, Limits};

use super::describe::{flight_json, printable};
use crate::args::LsArgs;
use crate::bytes_arg::read_bytes;
use crate::connect::{client, parse_url};
use crate::exit::Outcome;
use crate::progress::say;
use crate::url::FlightUrl;

pub(super) async fn run(args: LsArgs) -> Outcome {
    let url = parse_url(&args.url)?;
    let client = client(&url, &args.connect)?;
    let mut listing = Listing::new(&args, &url);
    if let Some(criteria) = &args.criteria {
        list(&client, read_bytes(criteria)?, "", &mut listing).await?;
    } else if url.path.is_empty() {
        list(&client, Vec::new(), "", &mut listing).await?;
    } else if url.is_prefix {
        list_below(&client, &url, &mut listing).await?;
    } else {
        match client.get_flight_info(FlightDescriptor::path(url.path.clone())).await {
            Ok(info) => listing.print(&info)?,
            // As with files: the name of a folder without its slash lists the folder.
            Err(error) if error.code() == Code::NotFound => {
                list_below(&client, &url, &mut listing).await?;
                if listing.count == 0 {
                    return Err(error.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    if listing.count == 0 && listing.terminal {
        say(&format!("{url}: no flights"));
    }
    Ok(())
}

/// Lists what lies below the path of `url`.
async fn list_below(client: &Client, url: &FlightUrl, listing: &mut Listing<'_>) -> Outcome {
    let prefix = format!("{}/", url.name());
    list(client, criteria(&prefix), &prefix, listing).await
}

/// The criteria for a prefix. A Wingbeat server takes one as it stands, unless its characters
/// would make it a glob.
fn criteria(prefix: &str) -> Vec<u8> {
    if !prefix.contains(['*', '?', '[', '{']) {
        return prefix.as_bytes().to_vec();
    }
    let mut glob = String::new();
    for c in prefix.chars() {
        if "*?[]{}".contains(c) {
            glob.extend(['[', c, ']']);
        } else {
            glob.push(c);
        }
    }
    glob.push_str("**");
    glob.into_bytes()
}

/// Prints every flight whose path begins with `prefix`; other servers may take no criteria.
async fn list(
    client: &Client,
    expression: Vec<u8>,
    prefix: &str,
    listing: &mut Listing<'_>,
) -> Outcome {
    let mut flights = client.list_flights(Criteria::new(expression)).await?;
    while let Some(info) = flights.next().await? {
        if is_below(&info, prefix) {
            listing.print(&info)?;
        }
    }
    Ok(())
}

fn is_below(info: &FlightInfo, prefix: &str) -> bool {
    match &info.flight_descriptor {
        Some(FlightDescriptor::Path(path)) => path.join("/").starts_with(prefix),
        _ => true,
    }
}

/// The lines on stdout.
struct Listing<'a> {
    args: &'a LsArgs,
    url: &'a FlightUrl,
    out: BufWriter<Stdout>,
    terminal: bool,
    count: u64,
}

impl<'a> Listing<'a> {
    fn new(args: &'a LsArgs, url: &'a FlightUrl) -> Self {
        let out = std::io::stdout();
        let terminal = out.is_terminal();
        Self { args, url, out: BufWriter::new(out), terminal, count: 0 }
    }

    fn print(&mut self, info: &FlightInfo) -> std::io::Result<()> {
        if self.args.json {
            let mut flight = flight_json(info);
            flight.insert("url".to_owned(), json!(self.url_of(info)));
            writeln!(self.out, "{}", Value::Object(flight))?;
        } else if self.args.long {
            if self.count == 0 && self.terminal {
                self.long_line(&["ROWS", "BYTES", "COLUMNS", "FORMAT", "NAME"])?;
            }
            let (rows, bytes) = (self.total(info, false), self.total(info, true));
            let (columns, format) = (columns(info), format(info));
            self.long_line(&[&rows, &bytes, &columns, &format, &name(info)])?;
        } else {
            writeln!(self.out, "{}", name(info))?;
        }
        self.count += 1;
        // Whoever watches sees a line as soon as it is known.
        self.out.flush()
    }

    fn long_line(
        &mut self,
        [rows, bytes, columns, format, name]: &[&str; 5],
    ) -> std::io::Result<()> {
        writeln!(self.out, "{rows:>15}  {bytes:>15}  {columns:>7}  {format:<8}  {name}")
    }

    /// A total, for people on a terminal and exact otherwise; `-` where it is not known.
    fn total(&self, info: &FlightInfo, bytes: bool) -> String {
        let count = if bytes { info.total_bytes } else { info.total_records };
        match u64::try_from(count) {
            Err(_) => "-".to_owned(),
            Ok(count) if !self.terminal => count.to_string(),
            Ok(count) if bytes => BinaryBytes(count).to_string(),
            Ok(count) => HumanCount(count).to_string(),
        }
    }

    /// What `wingbeat get` would take.
    fn url_of(&self, info: &FlightInfo) -> Option<String> {
        match &info.flight_descriptor {
            Some(FlightDescriptor::Path(path)) => {
                let mut url = self.url.clone();
                url.path.clone_from(path);
                url.is_prefix = false;
                Some(url.to_string())
            }
            _ => None,
        }
    }
}

/// The flight's name as people call it.
fn name(info: &FlightInfo) -> String {
    match &info.flight_descriptor {
        Some(FlightDescriptor::Path(path)) => printable(path.join("/").as_bytes()),
        Some(FlightDescriptor::Command(command)) => format!("--cmd {}", printable(command)),
        _ => "(no descriptor)".to_owned(),
    }
}

fn columns(info: &FlightInfo) -> String {
    let schema = info.decode_schema(&Limits::default());
    schema.map_or_else(|_| "-".to_owned(), |schema| schema.fields().len().to_string())
}

/// The format, which a Wingbeat server tells in its metadata.
fn format(info: &FlightInfo) -> String {
    let metadata: Value = serde_json::from_slice(&info.app_metadata).unwrap_or_default();
    metadata["format"]
        .as_str()
        .map_or_else(|| "-".to_owned(), |format| printable(format.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_never_taken_for_a_glob() {
        assert_eq!(criteria("a/b/"), b"a/b/");
        assert_eq!(criteria("a*b/{c}/"), b"a[*]b/[{]c[}]/**");
    }
}
