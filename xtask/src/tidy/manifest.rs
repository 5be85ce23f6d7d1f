//! Rules for `Cargo.toml`: lints are inherited, versions stand in the root alone.

use super::finding::Finding;

/// Reads the manifest by lines; the root manifest, which is no package, has its own rules. A
/// package that is a workspace of its own stands outside of ours.
pub(super) fn check(content: &str) -> Vec<Finding> {
    let has = |table: &str| content.lines().any(|line| line.trim() == table);
    if has("[workspace]") && has("[package]") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut section = "";
    let mut is_package = false;
    let mut inherits_lints = false;
    for (index, line) in content.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']);
            is_package |= section == "package";
            continue;
        }
        if section == "lints" && line.replace(' ', "") == "workspace=true" {
            inherits_lints = true;
        }
        let is_dependency = is_dependency_table(section) && line.contains('=');
        if is_dependency && !line.starts_with('#') && !inherits(line) {
            let what = "a dependency with a version of its own; versions stand in the root";
            findings.push(Finding::error(index + 1, what));
        }
    }
    if is_package && !inherits_lints {
        findings.push(Finding::error(1, "the workspace's lints are not inherited"));
    }
    findings
}

fn is_dependency_table(section: &str) -> bool {
    let is_workspace = section.starts_with("workspace");
    let name = section.rsplit('.').next().unwrap_or(section);
    !is_workspace && matches!(name, "dependencies" | "dev-dependencies" | "build-dependencies")
}

fn inherits(line: &str) -> bool {
    let line = line.replace(' ', "");
    line.contains(".workspace=true") || line.contains("workspace=true")
}
