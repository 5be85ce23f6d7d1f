//! Made-up graphs: what must be found, and what must not.

use serde_json::json;

use super::graph::{Crate, Dependency, Graph, Kind};
use super::rules::check;

fn graph(crates: &[(&str, &[(&str, Kind)])]) -> Graph {
    let crates = crates.iter().map(|(name, dependencies)| Crate {
        name: (*name).to_owned(),
        dependencies: dependencies
            .iter()
            .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: *kind })
            .collect(),
    });
    Graph { crates: crates.collect() }
}

/// The forbidden edges of a workspace in which `from` names `to`, as `from -> to` without reason.
fn forbidden(from: &str, to: &[(&str, Kind)]) -> Vec<String> {
    let others = ["wingbeat-wire", "wingbeat-net", "wingbeat", "wingbeat-testkit"];
    let product = ["wingbeat-store", "wingbeat-server", "wingbeat-cli"];
    let empty: &[(&str, Kind)] = &[];
    let mut crates = vec![(from, to)];
    let rest = others.iter().chain(&product).filter(|name| **name != from);
    crates.extend(rest.map(|name| (*name, empty)));
    check(&graph(&crates)).iter().map(|finding| finding.to.clone()).collect()
}

#[test]
fn the_intended_edges_are_allowed() {
    let none: Vec<String> = Vec::new();
    assert_eq!(forbidden("wingbeat-cli", &[("wingbeat-server", Kind::Normal)]), none);
    assert_eq!(forbidden("wingbeat-server", &[("wingbeat-store", Kind::Normal)]), none);
    assert_eq!(forbidden("wingbeat-server", &[("wingbeat", Kind::Normal)]), none);
    assert_eq!(forbidden("wingbeat", &[("wingbeat-net", Kind::Normal)]), none);
    assert_eq!(forbidden("wingbeat-net", &[("wingbeat-wire", Kind::Normal)]), none);
    assert_eq!(forbidden("wingbeat-net", &[("h2", Kind::Normal)]), none);
    assert_eq!(forbidden("wingbeat-store", &[("parquet", Kind::Normal)]), none);
    assert_eq!(forbidden("wingbeat", &[("wingbeat-testkit", Kind::Dev)]), none);
    assert_eq!(forbidden("wingbeat-cli", &[("clap", Kind::Normal)]), none);
}

#[test]
fn the_framework_never_names_the_product() {
    for lib in ["wingbeat-wire", "wingbeat-net", "wingbeat", "wingbeat-testkit"] {
        for product in ["wingbeat-store", "wingbeat-server", "wingbeat-cli"] {
            for kind in [Kind::Normal, Kind::Dev, Kind::Build] {
                assert_eq!(forbidden(lib, &[(product, kind)]), [product], "{lib} {kind:?}");
            }
        }
    }
}

#[test]
fn nothing_points_up() {
    assert_eq!(forbidden("wingbeat-wire", &[("wingbeat-net", Kind::Normal)]), ["wingbeat-net"]);
    assert_eq!(forbidden("wingbeat-net", &[("wingbeat", Kind::Normal)]), ["wingbeat"]);
    assert_eq!(forbidden("wingbeat-store", &[("wingbeat", Kind::Normal)]), ["wingbeat"]);
    let server = [("wingbeat-cli", Kind::Normal)];
    assert_eq!(forbidden("wingbeat-server", &server), ["wingbeat-cli"]);
    // The parts of a published crate do not need the test kit.
    assert_eq!(forbidden("wingbeat", &[("wingbeat-testkit", Kind::Normal)]), ["wingbeat-testkit"]);
}

#[test]
fn reserved_libraries_stay_with_their_crates() {
    assert_eq!(forbidden("wingbeat-net", &[("hyper", Kind::Normal)]), ["hyper"]);
    assert_eq!(forbidden("wingbeat", &[("hyper-util", Kind::Normal)]), ["hyper-util"]);
    assert_eq!(forbidden("wingbeat-server", &[("h2", Kind::Normal)]), ["h2"]);
    assert_eq!(forbidden("wingbeat-server", &[("clap", Kind::Normal)]), ["clap"]);
    assert_eq!(forbidden("wingbeat-cli", &[("parquet", Kind::Normal)]), ["parquet"]);
    assert!(forbidden("wingbeat-cli", &[("parquet", Kind::Dev)]).is_empty());
    assert_eq!(forbidden("wingbeat-cli", &[("object_store", Kind::Normal)]), ["object_store"]);
    assert_eq!(forbidden("wingbeat", &[("tonic", Kind::Normal)]), ["tonic"]);
    assert!(forbidden("wingbeat", &[("tonic", Kind::Dev)]).is_empty());
    assert_eq!(forbidden("wingbeat-server", &[("datafusion", Kind::Normal)]), ["datafusion"]);
}

#[test]
fn bans_hold_outside_tests() {
    assert_eq!(forbidden("wingbeat-wire", &[("tokio", Kind::Normal)]), ["tokio"]);
    assert_eq!(forbidden("wingbeat-wire", &[("http-body", Kind::Build)]), ["http-body"]);
    assert!(forbidden("wingbeat-wire", &[("tokio", Kind::Dev)]).is_empty());
    assert_eq!(forbidden("wingbeat-net", &[("arrow-buffer", Kind::Normal)]), ["arrow-buffer"]);
    assert_eq!(forbidden("wingbeat-store", &[("http", Kind::Normal)]), ["http"]);
    assert_eq!(forbidden("wingbeat", &[("serde", Kind::Normal)]), ["serde"]);
}

#[test]
fn a_crate_without_a_layer_is_found() {
    let found = check(&graph(&[("wingbeat-new", &[])]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].from, "wingbeat-new");
}

#[test]
fn metadata_is_read_with_kinds() {
    let metadata = json!({"packages": [{"name": "wingbeat-wire", "dependencies": [
        {"name": "tokio", "kind": null}, {"name": "mio", "kind": "dev"},
        {"name": "cc", "kind": "build"},
    ]}]});
    let graph = Graph::from_metadata(&metadata).unwrap();
    let kinds: Vec<Kind> = graph.crates[0].dependencies.iter().map(|dep| dep.kind).collect();
    assert_eq!(kinds, [Kind::Normal, Kind::Dev, Kind::Build]);
    assert_eq!(check(&graph).len(), 1, "only the normal one breaks a rule");
    assert!(Graph::from_metadata(&json!({})).is_err());
}
