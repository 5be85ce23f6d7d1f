//! `cargo xtask tidy`: the rules of STYLE.md that a program can check.

mod finding;
mod links;
mod manifest;
mod source;
mod syntax;
#[cfg(test)]
mod tests;
mod text;

use std::path::Path;

use crate::run::Failure;
use crate::workspace::Workspace;

use finding::Finding;
use links::Links;

/// Prints every finding as `path:line: what`; fails when one is more than a warning.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let files = workspace.files()?;
    let links = Links::new(&files);
    let mut findings = Vec::new();
    for path in &files {
        let bytes = std::fs::read(workspace.root.join(path))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        // What is not text (pictures, golden bytes, Parquet files) has no style.
        if let Ok(text) = String::from_utf8(bytes) {
            findings.extend(check(path, &text, &links));
        }
    }
    for finding in &findings {
        println!("{finding}");
    }
    let errors = findings.iter().filter(|finding| !finding.is_warning).count();
    println!("{} files, {errors} errors, {} warnings", files.len(), findings.len() - errors);
    if errors == 0 { Ok(()) } else { Err(format!("tidy found {errors} errors (STYLE.md)")) }
}

/// All that is wrong with one file. `path` is relative to the root of the checkout.
fn check(path: &Path, content: &str, links: &Links) -> Vec<Finding> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    let is_manifest = path.file_name().is_some_and(|name| name == "Cargo.toml");
    let mut findings = Vec::new();
    match extension {
        "rs" => findings.extend(source::check(path, content)),
        "md" => findings.extend(links.check(path, content)),
        "py" => findings.extend(text::columns(content)),
        "toml" if is_manifest => findings.extend(manifest::check(content)),
        _ => {}
    }
    if matches!(extension, "rs" | "md" | "py" | "toml" | "sh" | "yml") {
        findings.extend(text::whitespace(content));
    }
    for finding in &mut findings {
        finding.path = path.to_owned();
    }
    findings
}
