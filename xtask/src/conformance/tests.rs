//! The page against itself, and trials with programs of the shell.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::cell::{Grid, Side};
use super::page::{Kept, render};
use super::peer::PEERS;
use super::programs::Pair;
use super::scenario::SCENARIOS;
use super::trial;

fn files() -> Vec<String> {
    ["primitive", "null"].map(str::to_owned).to_vec()
}

/// Everything passed that has no reason not to.
fn full() -> Grid {
    let mut grid = Grid::default();
    for peer in PEERS {
        grid.versions.insert(peer.id, format!("version of {}", peer.id));
        for scenario in SCENARIOS {
            for side in Side::BOTH.into_iter().filter(|side| peer.reason(*side, scenario).is_none())
            {
                grid.insert(peer.id, side, scenario);
            }
        }
        for file in files() {
            for side in
                Side::BOTH.into_iter().filter(|side| peer.file_reason(*side, &file).is_none())
            {
                grid.insert(peer.id, side, &file);
            }
        }
    }
    grid
}

#[test]
fn peers_that_took_no_part_keep_their_cells() {
    let page = render(&full(), &files(), &Kept::default());
    assert!(page.contains("| `ordered` | passed | passed |"), "{page}");
    assert!(page.contains("| `flight_sql` | not yet |"), "{page}");
    assert!(page.contains("| `null` | passed | passed | – | – |"), "{page}");
    assert!(page.contains("- pyarrow, all: "), "{page}");
    assert_eq!(render(&Grid::default(), &files(), &Kept::parse(&page)), page);
    let never = render(&Grid::default(), &files(), &Kept::default());
    assert!(never.contains("| `ordered` | not run | not run |"), "{never}");
}

#[test]
fn what_did_not_pass_is_not_kept() {
    let page = render(&full(), &files(), &Kept::default());
    let mut grid = Grid::default();
    grid.versions.extend(PEERS.iter().map(|peer| (peer.id, "version".to_owned())));
    let without = render(&grid, &files(), &Kept::parse(&page));
    assert!(without.contains("| `ordered` | not run | not run |"), "{without}");
}

fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_trial_gives_the_client_the_port_and_believes_its_exit_status() {
    let folder = tempfile::tempdir().unwrap();
    let listening = "echo Server listening on localhost:77; exec sleep 60";
    let server = script(folder.path(), "server", listening);
    let good = script(folder.path(), "good", "[ \"$2 $3\" = '--port=77 --scenario=ordered' ]");
    let bad = script(folder.path(), "bad", "echo it differs >&2; exit 1");
    let trial = |client: &Path| {
        let client = client.to_owned();
        let pair = Pair { server: server.clone(), ours: client.clone(), client };
        trial::scenario(&pair, "ordered")
    };
    assert_eq!(trial(&good), Ok(()));
    assert_eq!(trial(&bad), Err("it differs".to_owned()));
    let other = script(folder.path(), "other", "echo hello; exec sleep 60");
    let pair = Pair { server: other, client: good.clone(), ours: good };
    let failure = trial::scenario(&pair, "ordered");
    assert!(failure.unwrap_err().contains("hello"));
}
