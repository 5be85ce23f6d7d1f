//! Rules for any text: columns and white space.

use super::finding::Finding;

/// The widest line, in characters.
const COLUMNS_MAX: usize = 100;

/// Lines that are too wide. A line that is wide because of one long URL is let through.
pub(super) fn columns(content: &str) -> Vec<Finding> {
    let wide = |line: &str| {
        line.chars().count() > COLUMNS_MAX
            && !line.split_whitespace().any(|word| word.contains("://") && word.len() > 60)
    };
    let lines = content.lines().enumerate().filter(|(_, line)| wide(line));
    lines.map(|(index, _)| Finding::error(index + 1, "over 100 columns")).collect()
}

/// White space at the end of a line, tabs, carriage returns, and the end of the file.
pub(super) fn whitespace(content: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in content.split('\n').enumerate() {
        if line.ends_with([' ', '\t', '\r']) {
            findings.push(Finding::error(index + 1, "white space at the end of the line"));
        }
        if line.contains('\t') {
            findings.push(Finding::error(index + 1, "a tab"));
        }
    }
    let last = content.lines().count();
    if !content.is_empty() && !content.ends_with('\n') {
        findings.push(Finding::error(last, "no new line at the end of the file"));
    }
    if content.ends_with("\n\n") {
        findings.push(Finding::error(last, "empty lines at the end of the file"));
    }
    findings
}
