//! Links in Markdown files: what they point at inside the checkout must be there.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::finding::Finding;

/// The files and folders that a link may point at.
pub(super) struct Links {
    paths: BTreeSet<PathBuf>,
}

impl Links {
    /// `files` are relative to the root of the checkout.
    pub(super) fn new(files: &[PathBuf]) -> Self {
        let mut paths = BTreeSet::new();
        for file in files {
            paths.extend(file.ancestors().map(Path::to_owned));
        }
        Self { paths }
    }

    /// Broken links of one Markdown file. Links to other sites are not followed.
    pub(super) fn check(&self, path: &Path, content: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut in_code = false;
        for (index, line) in content.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
            }
            if in_code {
                continue;
            }
            for target in targets(line) {
                if !self.resolves(path, content, target) {
                    let what = format!("the link to `{target}` leads nowhere");
                    findings.push(Finding::error(index + 1, what));
                }
            }
        }
        findings
    }

    fn resolves(&self, from: &Path, content: &str, target: &str) -> bool {
        if target.contains("://") || target.starts_with("mailto:") {
            return true;
        }
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        if file.is_empty() {
            return content.lines().filter_map(heading).any(|heading| heading == anchor);
        }
        let folder = from.parent().unwrap_or_else(|| Path::new(""));
        normalized(&folder.join(file)).is_some_and(|path| self.paths.contains(&path))
    }
}

/// The targets of `[text](target)` in one line, those inside `code` left out.
fn targets(line: &str) -> Vec<&str> {
    let prose = line.split('`').step_by(2);
    prose
        .flat_map(|part| part.split("](").skip(1))
        .filter_map(|rest| rest.split(')').next())
        .map(|target| target.split_whitespace().next().unwrap_or(""))
        .collect()
}

/// The anchor that a heading gets: lower case, spaces as dashes, punctuation dropped.
fn heading(line: &str) -> Option<String> {
    let text = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
    let kept = text.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    Some(kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase())
}

/// Resolves `.` and `..`; `None` when the path climbs out of the checkout.
fn normalized(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => out.push(part),
            Component::CurDir => {}
            Component::ParentDir if out.pop() => {}
            _ => return None,
        }
    }
    Some(out)
}
