//! Which charts there are, and what each shows.

use super::case::{Case, LIMIT, Measure};
use super::chart::{Bar, Group, Groups, Panel, Panels};
use super::contestant::label;
use super::parts::{latency, streams};
use super::results::{Results, metric};
use super::view::{View, bars};
use super::workload::WORKLOADS;

/// A chart's file name, what it shows in a few words, and the SVG.
pub(super) struct Figure {
    pub(super) file: &'static str,
    pub(super) alt: &'static str,
    pub(super) svg: String,
}

/// The charts for which there are results.
pub(super) fn all(results: &Results) -> Vec<Figure> {
    let view = View::new(results);
    let transfer = |measure| transfer(&view, measure).svg();
    let charts = [
        ("summary.svg", "Throughput of one stream over TCP", summary(&view).svg()),
        ("get.svg", "DoGet by workload", transfer(Measure::Get)),
        ("put.svg", "DoPut by workload", transfer(Measure::Put)),
        ("exchange.svg", "DoExchange by workload", transfer(Measure::Exchange)),
        ("latency.svg", "Latency of small calls", latency(&view).svg()),
        ("cpu.svg", "CPU time per gigabyte", cpu(&view).svg()),
        ("streams.svg", "Many streams at once", many_streams(&view).svg()),
    ];
    let charts = charts.into_iter();
    charts.filter_map(|(file, alt, svg)| Some(Figure { file, alt, svg: svg? })).collect()
}

fn summary(view: &View<'_>) -> Groups {
    let shown = [
        (Measure::Get, "large"),
        (Measure::Put, "large"),
        (Measure::Exchange, "large"),
        (Measure::Get, "wide"),
        (Measure::Get, "strings"),
        (Measure::Get, "dictionary"),
    ];
    let groups = shown.iter().filter_map(|(measure, workload)| {
        let case = |id: &str| Case::same(*measure, id, workload);
        let mut bars = view.bars(metric::GB_PER_S, case);
        // Its two directions at once are not measured.
        let limit = Some(*measure).filter(|measure| *measure != Measure::Exchange);
        let limit = limit.and_then(|_| view.results.median(&case(LIMIT), metric::GB_PER_S));
        bars.push(Bar { id: LIMIT.to_owned(), label: "raw TCP socket".to_owned(), value: limit });
        let is_measured = bars.iter().any(|bar| bar.value.is_some());
        is_measured.then(|| Group { title: format!("{workload} {}", measure.name()), bars })
    });
    Groups {
        title: "One stream over TCP".to_owned(),
        subtitle: "GB/s, medians; more is better. The same library on both sides; \
                   exchange counts both directions."
            .to_owned(),
        groups: groups.collect(),
    }
}

fn transfer(view: &View<'_>, measure: Measure) -> Panels {
    let panels = WORKLOADS.iter().filter_map(|workload| {
        let (metric, unit) = match workload.is_small {
            true => (metric::BATCHES_PER_S, "batches/s"),
            false => (metric::GB_PER_S, "GB/s"),
        };
        let case = |id: &str| Case::same(measure, id, workload.name);
        let bars = bars(view.bars(metric, case))?;
        // Where batches are small, bytes are not the limit. A socket's two directions at once are
        // not measured.
        let has_mark = workload.is_by_bytes() && measure != Measure::Exchange;
        let limit = view.results.median(&case(LIMIT), metric::GB_PER_S);
        let mark = limit.filter(|_| has_mark);
        Some(Panel { title: workload.name.to_owned(), unit: unit.to_owned(), bars, mark })
    });
    let (call, what) = match measure {
        Measure::Put => ("DoPut", "one stream over TCP"),
        Measure::Exchange => ("DoExchange (echo)", "one stream over TCP, both directions summed"),
        _ => ("DoGet", "one stream over TCP"),
    };
    Panels {
        title: call.to_owned(),
        subtitle: format!("{what}; medians, more is better; each panel has its own scale"),
        panels: panels.collect(),
    }
}

fn latency(view: &View<'_>) -> Panels {
    let shown = [
        ("GetFlightInfo, median", metric::INFO_P50),
        ("GetFlightInfo, 99th percentile", metric::INFO_P99),
        ("DoGet of one row, median", metric::ROW_P50),
        ("DoGet of one row, 99th percentile", metric::ROW_P99),
    ];
    let panels = shown.into_iter().filter_map(|(title, metric)| {
        let case = |id: &str| Case::same(Measure::Latency, id, latency::ONE);
        let bars = bars(view.bars(metric, case))?;
        Some(Panel { title: title.to_owned(), unit: "µs".to_owned(), bars, mark: None })
    });
    Panels {
        title: "Small calls, one after another".to_owned(),
        subtitle: "microseconds over TCP; less is better".to_owned(),
        panels: panels.collect(),
    }
}

fn cpu(view: &View<'_>) -> Panels {
    let shown = [(Measure::Get, "large"), (Measure::Put, "large"), (Measure::Get, "small")];
    let sides = [("server", metric::SERVER_CPU), ("client", metric::CLIENT_CPU)];
    let all = shown.iter().flat_map(|shown| sides.iter().map(move |side| (shown, side)));
    let panels = all.filter_map(|((measure, workload), (side, metric))| {
        let case = |id: &str| Case::same(*measure, id, workload);
        let bars = bars(view.bars(metric, case))?;
        let title = format!("{workload} {}, {side}", measure.name());
        Some(Panel { title, unit: "CPU seconds per GB".to_owned(), bars, mark: None })
    });
    Panels {
        title: "CPU time per gigabyte".to_owned(),
        subtitle: "user and system time of each side; less is better".to_owned(),
        panels: panels.collect(),
    }
}

fn many_streams(view: &View<'_>) -> Groups {
    let mut groups = Vec::new();
    for (count, connections) in streams::CONNECTIONS
        .iter()
        .flat_map(|connections| streams::STREAMS.iter().map(move |count| (*count, *connections)))
    {
        let libraries = view.contestants.iter().filter(|id| {
            let case = Case::same(Measure::Streams, id, "large");
            view.results
                .series
                .iter()
                .any(|series| series.case.measure == case.measure && series.case.server == **id)
        });
        let bars: Vec<Bar> = libraries
            .map(|id| {
                let case = Case::same(Measure::Streams, id, "large");
                let case = case.with_streams(count, connections);
                let value = view.results.median(&case, metric::GB_PER_S);
                Bar { id: id.clone(), label: label(id).to_owned(), value }
            })
            .collect();
        if bars.iter().any(|bar| bar.value.is_some()) {
            groups.push(Group { title: format!("{count} on {connections}"), bars });
        }
    }
    Groups {
        title: "Many streams of large batches".to_owned(),
        subtitle: "GB/s of all streams together; streams on connections; more is better".to_owned(),
        groups,
    }
}
