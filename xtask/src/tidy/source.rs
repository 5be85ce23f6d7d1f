//! Rules for Rust files that look at lines. [`super::syntax`] has those that need a parser.

use std::path::Path;

use super::finding::Finding;
use super::syntax::{self, Outline};
use super::text;

/// From here on a file is worth splitting.
const LINES_WISHED: usize = 350;
/// Over this it has to be. Unit tests inside the file do not count.
const LINES_MAX: usize = 600;
/// For files that hold nothing but tests.
const TEST_LINES_MAX: usize = 1000;
/// Unit tests longer than this get a file of their own, `x/tests.rs`.
const INLINE_TESTS_MAX: usize = 100;

/// All rules for one Rust file.
pub(super) fn check(path: &Path, content: &str) -> Vec<Finding> {
    let mut findings = text::columns(content);
    if !content.starts_with("//!") {
        findings.push(Finding::error(1, "the file does not open with `//!` and what it is for"));
    }
    let outline = match Outline::parse(content) {
        Ok(outline) => outline,
        Err(finding) => {
            findings.push(finding);
            return findings;
        }
    };
    findings.extend(syntax::check(path, &outline));
    findings.extend(length(path, content, &outline));
    findings.extend(markers(content));
    findings.extend(sleeps(path, content, &outline));
    findings.extend(spawns(path, content, &outline));
    findings.sort_by_key(|finding| finding.line);
    findings
}

/// Whether the whole file is tests: below `tests/`, `benches/` or
/// `examples/`, or named `tests.rs`.
pub(super) fn is_test_file(path: &Path) -> bool {
    let in_folder = path.components().any(|part| {
        let part = part.as_os_str();
        part == "tests" || part == "benches" || part == "examples"
    });
    in_folder || path.file_stem().is_some_and(|stem| stem == "tests")
}

fn length(path: &Path, content: &str, outline: &Outline) -> Vec<Finding> {
    let total = content.lines().count();
    let mut findings = Vec::new();
    for tests in &outline.test_modules {
        let lines = tests.end() - tests.start() + 1;
        if lines > INLINE_TESTS_MAX {
            let what = format!("{lines} lines of unit tests in the file; move them to x/tests.rs");
            findings.push(Finding::error(*tests.start(), what));
        }
    }
    let in_tests: usize =
        outline.test_modules.iter().map(|tests| tests.end() - tests.start() + 1).sum();
    let lines = total - in_tests;
    let max = if is_test_file(path) { TEST_LINES_MAX } else { LINES_MAX };
    if lines > max {
        let what = format!("{lines} lines, the limit is {max}");
        findings.push(Finding::error(total, what));
    } else if lines > LINES_WISHED && !is_test_file(path) {
        let what = format!("{lines} lines, {LINES_WISHED} are enough for most");
        findings.push(Finding::warning(total, what));
    }
    findings
}

/// Notes to oneself need the issue that will remove them; known faults need their reason.
fn markers(content: &str) -> Vec<Finding> {
    // Written in two parts so that this file does not object to itself.
    let todo = concat!("TO", "DO");
    let fixme = concat!("FIX", "ME");
    let mut findings = Vec::new();
    for (index, line) in content.lines().enumerate() {
        let Some((_, comment)) = line.split_once("//") else { continue };
        if let Some((_, rest)) = comment.split_once(todo)
            && !rest.starts_with("(#")
        {
            findings.push(Finding::error(index + 1, format!("{todo} without an issue: (#n)")));
        }
        if let Some((_, rest)) = comment.split_once(fixme)
            && rest.trim_start_matches(':').trim().is_empty()
        {
            findings.push(Finding::error(index + 1, format!("{fixme} without a reason")));
        }
    }
    findings
}

/// A sleep in a test is a guess about time; where it is none, a comment says so.
fn sleeps(path: &Path, content: &str, outline: &Outline) -> Vec<Finding> {
    let sleeps = |code: &str| code.contains("thread::sleep(") || code.contains("time::sleep(");
    let lines = without_comment(content, sleeps).filter(|line| in_tests(path, outline, *line));
    lines.map(|line| Finding::error(line, "a sleep in a test without its reason")).collect()
}

/// A task that nobody ends outlives what it was started for.
fn spawns(path: &Path, content: &str, outline: &Outline) -> Vec<Finding> {
    if !path.starts_with("lib") && !path.starts_with("product") {
        return Vec::new();
    }
    let spawns = |code: &str| {
        let spawns = code.contains("tokio::spawn(") || code.contains("task::spawn(");
        spawns && !code.contains("AbortOnDropHandle::new(")
    };
    let lines = without_comment(content, spawns).filter(|line| !in_tests(path, outline, *line));
    let what = "a task without an owner: AbortOnDropHandle, or a comment that says who ends it";
    lines.map(|line| Finding::error(line, what)).collect()
}

fn in_tests(path: &Path, outline: &Outline, line: usize) -> bool {
    is_test_file(path) || outline.test_modules.iter().any(|range| range.contains(&line))
}

/// The lines, from 1, whose code is `wanted` and that have no comment beside them or above.
fn without_comment<'a>(
    content: &'a str,
    wanted: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = usize> + 'a {
    let above = std::iter::once("").chain(content.lines());
    let lines = content.lines().zip(above).enumerate();
    lines.filter_map(move |(index, (line, above))| {
        let is_commented = line.contains("//") || above.trim().starts_with("//");
        (!is_commented && wanted(line)).then_some(index + 1)
    })
}
