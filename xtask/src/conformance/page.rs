//! `docs/conformance.md`, and whether it is what was measured.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::PAGE;
use super::cell::{Grid, Side};
use super::peer::{PEERS, Peer};
use super::scenario::{NOT_YET, SCENARIOS};
use crate::run::Failure;
use crate::workspace::Workspace;

const INTRODUCTION: &str = "\
# Conformance

Arrow's integration tests play a server of one implementation against a client of another. This \
table says which of their Flight scenarios pass with Wingbeat; `cargo xtask conformance --bless` \
writes it, and CI fails where it is not what was measured. *Client* is the peer's client against \
Wingbeat's server, *server* the peer's server against Wingbeat's client.
";

const PASSED: &str = "passed";
const ABSENT: &str = "–";
const LATER: &str = "not yet";
/// Of a peer that has never taken part.
const UNKNOWN: &str = "not run";

/// Compares the page with what was measured, or writes it. What peers did that took no part now is
/// taken from the page.
pub(super) fn check(workspace: &Workspace, grid: &Grid, bless: bool) -> Result<(), Failure> {
    let path = workspace.root.join(PAGE);
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let now = render(grid, &Kept::parse(&before));
    if bless {
        return std::fs::write(&path, now).map_err(|error| format!("{PAGE}: {error}"));
    }
    match before == now {
        true => Ok(()),
        false => Err(format!("{PAGE} is not what was measured; see `git diff` after --bless")),
    }
}

/// The cells of the page that is there, by their row's first cell.
#[derive(Debug, Default)]
pub(super) struct Kept(BTreeMap<String, Vec<String>>);

impl Kept {
    pub(super) fn parse(page: &str) -> Self {
        let rows = page.lines().filter_map(|line| {
            let cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
            let mut cells = cells.map(str::to_owned);
            Some((cells.next()?, cells.collect()))
        });
        Self(rows.collect())
    }

    /// The cell below a heading, in the table of that title.
    fn cell(&self, title: &str, row: &str, heading: &str) -> String {
        let cell = || {
            let column = self.0.get(title)?.iter().position(|found| found == heading)?;
            self.0.get(row)?.get(column).cloned()
        };
        cell().unwrap_or_else(|| UNKNOWN.to_owned())
    }
}

/// The whole page.
pub(super) fn render(grid: &Grid, kept: &Kept) -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n| peer | what runs |\n| --- | --- |\n");
    for peer in PEERS {
        let version = grid.versions.get(peer.id).cloned();
        let version = version.unwrap_or_else(|| kept.cell("peer", peer.label, "what runs"));
        page.push_str(&row(peer.label, [version]));
    }
    page.push_str("\n## Scenarios\n\n");
    page.push_str(&table("scenario", SCENARIOS.iter().copied(), NOT_YET, grid, kept));
    page.push_str(&reasons(SCENARIOS));
    page
}

/// Rows that were measured, then rows for later.
fn table<'a>(
    title: &str,
    rows: impl Iterator<Item = &'a str>,
    later: &[&str],
    grid: &Grid,
    kept: &Kept,
) -> String {
    let columns = || PEERS.iter().flat_map(|peer| Side::BOTH.map(|side| (peer, side)));
    let name = |(peer, side): (&Peer, Side)| match side {
        Side::Client => format!("{} client", peer.label),
        Side::Server => format!("{} server", peer.label),
    };
    let mut text = row(title, columns().map(name));
    text.push_str(&row("---", columns().map(|_| "---".to_owned())));
    for measured in rows {
        let first = format!("`{measured}`");
        let cells = columns().map(|(peer, side)| {
            if peer.reason(side, measured).is_some() {
                ABSENT.to_owned()
            } else if grid.contains(peer.id, side, measured) {
                PASSED.to_owned()
            } else if grid.versions.contains_key(peer.id) {
                UNKNOWN.to_owned()
            } else {
                kept.cell(title, &first, &name((peer, side)))
            }
        });
        let cells: Vec<_> = cells.collect();
        text.push_str(&row(&first, cells));
    }
    for name in later {
        text.push_str(&row(&format!("`{name}`"), columns().map(|_| LATER.to_owned())));
    }
    text
}

fn row(first: &str, cells: impl IntoIterator<Item = String>) -> String {
    let cells = cells.into_iter().map(|cell| format!(" {cell} |")).collect::<String>();
    format!("| {first} |{cells}\n")
}

/// Why rows have no outcome.
fn reasons(rows: &[&str]) -> String {
    let mut text = String::new();
    for peer in PEERS {
        for name in rows {
            let [client, server] = Side::BOTH.map(|side| peer.reason(side, name));
            for (reason, which) in match (client, server) {
                (Some(client), Some(server)) if client == server => vec![(client, "")],
                _ => [(client, " client"), (server, " server")]
                    .into_iter()
                    .filter_map(|(reason, which)| Some((reason?, which)))
                    .collect(),
            } {
                let _ = writeln!(text, "- {}{which}, `{name}`: {reason}", peer.label);
            }
        }
    }
    if text.is_empty() { text } else { format!("\nWhere there is a dash:\n\n{text}") }
}
