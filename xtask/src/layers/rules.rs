//! The layer rules as tables, and the check. ARCHITECTURE.md shows them as a picture.

use std::fmt;

use super::graph::{Crate, Dependency, Graph, Kind};

/// What a crate of the workspace may name among the other crates of the workspace. What only its
/// tests may name stands apart.
struct Layer {
    name: &'static str,
    may: &'static [&'static str],
    tests_may: &'static [&'static str],
}

const fn layer(
    name: &'static str,
    may: &'static [&'static str],
    tests_may: &'static [&'static str],
) -> Layer {
    Layer { name, may, tests_may }
}

/// From the bottom to the top. A crate that is not listed may not exist.
const LAYERS: &[Layer] = &[
    // lib: the framework. Nothing in it names the product.
    layer("wingbeat-wire", &[], &["wingbeat-testkit"]),
    layer("wingbeat-net", &["wingbeat-wire"], &["wingbeat-testkit"]),
    layer("wingbeat", &["wingbeat-net", "wingbeat-wire"], &["wingbeat-testkit"]),
    layer("wingbeat-auth", &["wingbeat"], &["wingbeat-testkit"]),
    layer("wingbeat-http", &["wingbeat", "wingbeat-net", "wingbeat-wire"], &["wingbeat-testkit"]),
    layer("wingbeat-testkit", &["wingbeat", "wingbeat-net", "wingbeat-wire"], &[]),
    // product: the server and the command line.
    layer("wingbeat-store", &[], &["wingbeat-testkit"]),
    layer(
        "wingbeat-server",
        &["wingbeat", "wingbeat-auth", "wingbeat-store"],
        &["wingbeat-testkit"],
    ),
    layer(
        "wingbeat-cli",
        &["wingbeat", "wingbeat-auth", "wingbeat-http", "wingbeat-server", "wingbeat-store"],
        &["wingbeat-testkit"],
    ),
    // Around them.
    layer("wingbeat-examples", &["wingbeat"], &["wingbeat-testkit"]),
    layer("wingbeat-interop", &["wingbeat", "wingbeat-testkit"], &[]),
    layer("wingbeat-bench", &["wingbeat"], &["wingbeat-wire"]),
    layer("wingbeat-micro", &["wingbeat-wire"], &[]),
    layer("xtask", &[], &[]),
];

/// Libraries that only some crates may name; a trailing `*` stands for any ending. Tests of the
/// crates in the last column may name them too.
const RESERVED: &[(&str, &[&str], &[&str])] = &[
    ("h2", &["wingbeat-net"], &["wingbeat"]),
    ("hyper*", &["wingbeat-http"], &["wingbeat"]),
    ("rustls*", &["wingbeat-net"], &[]),
    ("argon2", &["wingbeat-auth"], &[]),
    ("jsonwebtoken", &["wingbeat-auth"], &["wingbeat-server", "wingbeat-cli"]),
    ("tokio-rustls", &["wingbeat-net"], &["wingbeat-http"]),
    ("x509-parser", &["wingbeat-net"], &[]),
    ("rcgen", &["wingbeat-cli", "wingbeat-testkit", "wingbeat-bench"], &[]),
    ("socket2", &["wingbeat-net"], &[]),
    ("tonic*", &["wingbeat-server"], &["wingbeat"]),
    ("axum", &[], &["wingbeat"]),
    ("flatbuffers", &["wingbeat-wire"], &[]),
    ("arrow-ipc", &["wingbeat-wire", "wingbeat-store", "wingbeat-interop"], &["*"]),
    ("clap*", &["wingbeat-cli", "wingbeat-interop", "wingbeat-bench", "xtask"], &[]),
    ("indicatif", &["wingbeat-cli"], &[]),
    ("parquet", &["wingbeat-store", "wingbeat-bench"], &["wingbeat-server", "wingbeat-cli"]),
    ("object_store", &["wingbeat-store"], &[]),
    ("delta*", &["wingbeat-store"], &[]),
    ("datafusion*", &["wingbeat-engine"], &[]),
    ("tracing-subscriber", &["wingbeat-cli", "wingbeat-bench", "wingbeat-interop"], &["*"]),
];

/// Libraries that a crate must not name, outside its tests, and why.
const BANNED: &[(&str, &[&str], &str)] = &[
    ("wingbeat-wire", &["tokio*", "http*", "tower*", "futures*", "mio"], "wire does no I/O"),
    ("wingbeat-net", &["arrow*", "parquet"], "net knows no record batch"),
    ("wingbeat-store", &["http*", "tower*"], "store knows no Flight and no gRPC"),
    ("wingbeat-wire", &["serde*", "anyhow", "prost*"], "formats and erased errors are for edges"),
    ("wingbeat-net", &["serde*", "anyhow", "prost*"], "formats and erased errors are for edges"),
    ("wingbeat", &["serde*", "anyhow", "prost*"], "formats and erased errors are for edges"),
];

/// A dependency that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) rule: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, rule } = self;
        write!(f, "{from} -> {to}: {rule}")
    }
}

/// Every dependency that breaks a rule, in the order of the manifests.
pub(super) fn check(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &graph.crates {
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == member.name) else {
            let rule = "is in no layer; give it a place in xtask/src/layers/rules.rs".to_owned();
            findings.push(Finding { from: member.name.clone(), to: "?".to_owned(), rule });
            continue;
        };
        for dependency in &member.dependencies {
            let rule = if graph.contains(&dependency.name) {
                breaks_layer(layer, dependency)
            } else {
                breaks_reserved(member, dependency).or_else(|| breaks_ban(member, dependency))
            };
            if let Some(rule) = rule {
                let (from, to) = (member.name.clone(), dependency.name.clone());
                findings.push(Finding { from, to, rule });
            }
        }
    }
    findings
}

fn breaks_layer(layer: &Layer, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    // A crate's own tests may name the crate itself, to switch on its features.
    let in_tests =
        dependency.kind == Kind::Dev && (layer.tests_may.contains(&name) || layer.name == name);
    if layer.may.contains(&name) || in_tests {
        return None;
    }
    Some(match layer.may {
        [] => "it may name no crate of the workspace".to_owned(),
        may => format!("of the workspace it may name only {}", may.join(", ")),
    })
}

fn breaks_reserved(member: &Crate, dependency: &Dependency) -> Option<String> {
    let reserved = RESERVED.iter().find(|(pattern, ..)| matches(pattern, &dependency.name));
    let (_, crates, tests_of) = reserved?;
    let member = member.name.as_str();
    let in_tests =
        dependency.kind == Kind::Dev && tests_of.iter().any(|pattern| matches(pattern, member));
    if crates.contains(&member) || in_tests {
        return None;
    }
    Some(match crates {
        [] => "only tests may name it".to_owned(),
        crates => format!("only {} may name it", crates.join(", ")),
    })
}

fn breaks_ban(member: &Crate, dependency: &Dependency) -> Option<String> {
    if dependency.kind == Kind::Dev {
        return None;
    }
    BANNED
        .iter()
        .filter(|(name, ..)| *name == member.name)
        .find(|(_, banned, _)| banned.iter().any(|pattern| matches(pattern, &dependency.name)))
        .map(|(.., reason)| (*reason).to_owned())
}

/// `pattern` is a name, or the beginning of one followed by `*`.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => pattern == name,
    }
}
