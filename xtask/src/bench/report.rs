//! `RESULTS.md` and the charts, made from results alone.

mod sections;
mod table;
#[cfg(test)]
mod tests;
mod tls;

use std::fmt::Write;
use std::path::Path;

use super::contestant::label;
use super::figures::{self, Figure};
use super::results::Results;
use super::view::View;
use crate::run::Failure;

const INTRODUCTION: &str = "\
Wingbeat beside the other Flight libraries and beside raw sockets, on one machine, over loopback. \
`cargo xtask bench` builds all of them, runs them in turn, one run of each after the other, and \
writes this page (`--quick` takes minutes, a full run more than an hour). What the workloads are, \
and what each program does, stands in [README.md](README.md). Every number is a median; compare \
numbers of one table with each other, not with those of another machine. In brackets: how many \
times Wingbeat is as good (2.0× is twice as fast, or half the time). A dash stands for what is \
not there; the reasons are at the end.";

/// Writes the page and its charts into `folder`. `notes` is what people have to say.
pub(super) fn write(results: &Results, folder: &Path, notes: Option<&str>) -> Result<(), Failure> {
    let context = |error: std::io::Error| format!("{}: {error}", folder.display());
    let charts = folder.join("charts");
    std::fs::create_dir_all(&charts).map_err(context)?;
    let figures = figures::all(results);
    for figure in &figures {
        std::fs::write(charts.join(figure.file), &figure.svg).map_err(context)?;
    }
    std::fs::write(folder.join("RESULTS.md"), page(results, &figures, notes)).map_err(context)
}

/// The page.
fn page(results: &Results, figures: &[Figure], notes: Option<&str>) -> String {
    let view = View::new(results);
    let mut page = format!("# Benchmark\n\n{INTRODUCTION}\n");
    if results.is_quick {
        page += "\n**A quick run**: shortened, and so less certain than a full one.\n";
    }
    let picture = |file: &str| {
        let figure = figures.iter().find(|figure| figure.file == file);
        figure.map(|figure| format!("![{}](charts/{})\n", figure.alt, figure.file))
    };
    let mut add = |title: &str, file: Option<&str>, text: Option<String>| {
        let parts = [file.and_then(picture), text];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if !parts.is_empty() {
            // Writing to a string does not fail.
            let _ = write!(page, "\n## {title}\n\n{}", parts.join("\n"));
        }
    };
    add("At a glance", Some("summary.svg"), None);
    add("Targets", None, Some(sections::targets(results)));
    add("What was tried", None, notes.map(|notes| format!("{}\n", notes.trim())));
    add("Machine and versions", None, Some(machine(results)));
    add("DoGet", Some("get.svg"), sections::get(&view));
    add("DoPut", Some("put.svg"), sections::put(&view));
    add("DoExchange", Some("exchange.svg"), sections::exchange(&view));
    add("Pairs of two libraries", None, sections::pairs(&view));
    add("Unix sockets", None, sections::unix(&view));
    add("TLS", None, tls::tls(&view));
    add("Small calls", Some("latency.svg"), sections::latency(&view));
    add("Small calls beside 512 streams", None, sections::beside(&view));
    add("Many streams", Some("streams.svg"), sections::streams(&view));
    add("CPU time", Some("cpu.svg"), sections::cpu(&view));
    add("Time to the first batch", None, sections::first_batch(&view));
    add("Memory", None, sections::memory(&view));
    add("System calls", None, sections::calls(&view));
    add("Copies", None, sections::copies(&view));
    add("The product", None, sections::product(&view));
    add("What is missing", None, sections::missing(results));
    page
}

fn machine(results: &Results) -> String {
    let machine = &results.machine;
    let mut text = format!(
        "{}, {} cores, {} GiB of memory, {}. Commit {}. {} runs of each series, a warm-up before \
         each run.\n\n",
        machine.processor,
        machine.cores,
        machine.memory_gib,
        machine.kernel,
        results.commit,
        results.runs
    );
    for version in &results.versions {
        // Writing to a string does not fail.
        let _ = writeln!(text, "- {}: {}", label(&version.contestant), version.text);
    }
    text
}
