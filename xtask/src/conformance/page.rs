//! `docs/conformance.md`, and whether it is what was measured.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::PAGE;
use super::cell::{Grid, Side};
use super::peer::{PEERS, Peer};
use super::scenario::{NOT_YET, OURS, SCENARIOS};
use crate::run::Failure;
use crate::workspace::Workspace;

const INTRODUCTION: &str = "\
# Conformance

Arrow's integration tests play a server of one implementation against a client of another. This \
table says which of their Flight scenarios pass with Wingbeat; `cargo xtask conformance --bless` \
writes it, and CI fails where it is not what was measured. *Client* is the peer's client against \
Wingbeat's server, *server* the peer's server against Wingbeat's client.
";

const FILES: &str = "
## Data files

The harness also puts batches of every type under a path, acknowledged one by one, and reads them \
back. The files are made here, of the kinds that Arrow's generator makes. Go and Java read the \
JSON itself; C++, whose library for it is not in pyarrow's wheel, an Arrow IPC stream beside it. \
Since arrow-go's client passes over what it reads back, Wingbeat's client reads everything again \
that a peer's client has put.

";

const OURS_TEXT: &str = "
## Beyond the harness

`rich_errors`: an error with each status of Arrow C++, a text and details. C++ has to rebuild \
exactly that status, with the details as its `extra_info`; pyarrow to raise it with text and \
`extra_info`.

`compressed_messages`: `do_exchange:echo` with a client whose gRPC compresses each message, by \
gzip and by zstd.

";

const PASSED: &str = "passed";
const ABSENT: &str = "–";
const LATER: &str = "not yet";
/// Of a peer that has never taken part.
const UNKNOWN: &str = "not run";

/// Compares the page with what was measured, or writes it. What peers did that took no part now is
/// taken from the page.
pub(super) fn check(
    workspace: &Workspace,
    grid: &Grid,
    files: &[String],
    bless: bool,
) -> Result<(), Failure> {
    let path = workspace.root.join(PAGE);
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let now = render(grid, files, &Kept::parse(&before));
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
pub(super) fn render(grid: &Grid, files: &[String], kept: &Kept) -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n| peer | what runs |\n| --- | --- |\n");
    for peer in PEERS {
        let version = grid.versions.get(peer.id).cloned();
        let version = version.unwrap_or_else(|| kept.cell("peer", peer.label, "what runs"));
        page.push_str(&row(peer.label, [version]));
    }
    page.push_str("\n## Scenarios\n\n");
    let scenarios = Table { title: "scenario", reason: &Peer::reason, grid, kept };
    page.push_str(&scenarios.render(SCENARIOS, NOT_YET));
    page.push_str(OURS_TEXT);
    page.push_str(&scenarios.render(OURS, &[]));
    page.push_str(FILES);
    let rows: Vec<&str> = files.iter().map(String::as_str).collect();
    let files = Table { title: "data file", reason: &Peer::file_reason, grid, kept };
    page.push_str(&files.render(&rows, &[]));
    page
}

/// A table of rows by peer and side.
struct Table<'a> {
    title: &'static str,
    reason: &'a dyn Fn(&Peer, Side, &str) -> Option<&'static str>,
    grid: &'a Grid,
    kept: &'a Kept,
}

impl Table<'_> {
    /// Rows that were measured, then rows for later, then why some have no outcome.
    fn render(&self, rows: &[&str], later: &[&str]) -> String {
        let columns = || PEERS.iter().flat_map(|peer| Side::BOTH.map(|side| (peer, side)));
        let mut text = row(self.title, columns().map(|(peer, side)| heading(peer, side)));
        text.push_str(&row("---", columns().map(|_| "---".to_owned())));
        for name in rows {
            let cells = columns().map(|(peer, side)| self.cell(peer, side, name));
            text.push_str(&row(&format!("`{name}`"), cells));
        }
        for name in later {
            text.push_str(&row(&format!("`{name}`"), columns().map(|_| LATER.to_owned())));
        }
        text + &self.reasons(rows)
    }

    fn cell(&self, peer: &Peer, side: Side, name: &str) -> String {
        if (self.reason)(peer, side, name).is_some() {
            return ABSENT.to_owned();
        }
        match (self.grid.contains(peer.id, side, name), self.grid.versions.get(peer.id)) {
            (true, _) => PASSED.to_owned(),
            (false, Some(_)) => UNKNOWN.to_owned(),
            (false, None) => self.kept.cell(self.title, &format!("`{name}`"), &heading(peer, side)),
        }
    }

    /// Why rows have no outcome, the rows of one reason together.
    fn reasons(&self, rows: &[&str]) -> String {
        let mut text = String::new();
        for peer in PEERS {
            let mut found: Vec<(&str, &str, Vec<&str>)> = Vec::new();
            for name in rows {
                let [client, server] = Side::BOTH.map(|side| (self.reason)(peer, side, name));
                let sides = match client == server {
                    true => [("", client), ("", None)],
                    false => [(" client", client), (" server", server)],
                };
                for (side, reason) in sides {
                    let Some(reason) = reason else { continue };
                    match found.iter_mut().find(|one| one.0 == side && one.1 == reason) {
                        Some((.., names)) => names.push(name),
                        None => found.push((side, reason, vec![name])),
                    }
                }
            }
            for (side, reason, names) in found {
                let names = match names.len() == rows.len() {
                    true => "all".to_owned(),
                    false => format!("`{}`", names.join("`, `")),
                };
                let _ = writeln!(text, "- {}{side}, {names}: {reason}", peer.label);
            }
        }
        if text.is_empty() { text } else { format!("\nWhere there is a dash:\n\n{text}") }
    }
}

fn heading(peer: &Peer, side: Side) -> String {
    match side {
        Side::Client => format!("{} client", peer.label),
        Side::Server => format!("{} server", peer.label),
    }
}

fn row(first: &str, cells: impl IntoIterator<Item = String>) -> String {
    let cells = cells.into_iter().map(|cell| format!(" {cell} |")).collect::<String>();
    format!("| {first} |{cells}\n")
}
