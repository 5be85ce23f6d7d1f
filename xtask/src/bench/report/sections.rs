//! The sections of the page. Each is None when nothing of it was measured.

use super::super::case::{Case, LIMIT, Measure, Transport, WINGBEAT};
use super::super::chart::Bar;
use super::super::contestant::label;
use super::super::parts::{
    beside, calls as counted, copies as copied, latency as small, memory as peaks, streams as many,
};
use super::super::results::{Results, metric};
use super::super::targets::{self, Bound, Verdict};
use super::super::view::{View, bars};
use super::super::workload::WORKLOADS;
use super::table::{Better, Table, cells, decimals, plain, quotient, times};

pub(super) fn targets(results: &Results) -> String {
    let mut table = Table::new(["what", "compared with", "target", "measured", ""]).with_words(2);
    let (mut reached, mut known) = (0, 0);
    for target in targets::all() {
        let bound = match target.bound {
            Bound::AtLeast(factor) => format!("≥ {factor:.2}×"),
            Bound::AtMost(factor) => format!("≤ {factor:.2}×"),
        };
        let (measured, verdict) = match target.verdict(results) {
            Verdict::Reached(ratio) => (quotient(ratio), "reached"),
            Verdict::Missed(ratio) => (quotient(ratio), "**missed**"),
            Verdict::Unknown => ("–".to_owned(), "not measured"),
        };
        known += usize::from(measured != "–");
        reached += usize::from(verdict == "reached");
        table.row([target.what, target.against, bound, measured, verdict.to_owned()]);
    }
    let table = table.text().unwrap_or_default();
    format!("{reached} of {known} measured targets are reached. Quotients of medians.\n\n{table}")
}

pub(super) fn get(view: &View<'_>) -> Option<String> {
    transfer(view, Measure::Get)
}

pub(super) fn put(view: &View<'_>) -> Option<String> {
    transfer(view, Measure::Put)
}

pub(super) fn exchange(view: &View<'_>) -> Option<String> {
    transfer(view, Measure::Exchange)
}

fn head(view: &View<'_>, first: &[&str], last: &[&str]) -> Table {
    let labels = view.contestants.iter().map(|id| label(id));
    let head = first.iter().copied().chain(labels).chain(last.iter().copied());
    Table::new(head).with_words(first.len())
}

fn row(first: &[String], bars: &[Bar], better: Better, last: &[String]) -> Vec<String> {
    [first, &cells(bars, better), last].concat()
}

fn transfer(view: &View<'_>, measure: Measure) -> Option<String> {
    // Raw TCP is measured in one direction alone.
    let has_raw = measure != Measure::Exchange;
    let last: &[&str] = if has_raw { &["raw TCP", "Wingbeat ÷ raw"] } else { &[] };
    let mut table = head(view, &["workload", "unit"], last);
    for workload in WORKLOADS {
        let case = |id: &str| Case::same(measure, id, workload.name);
        let (metric, unit) = match workload.is_small {
            true => (metric::BATCHES_PER_S, "batches/s"),
            false => (metric::GB_PER_S, "GB/s"),
        };
        let Some(bars) = bars(view.bars(metric, case)) else { continue };
        let raw = view.results.median(&case(LIMIT), metric::GB_PER_S);
        let raw = raw.filter(|_| !workload.is_compressed);
        let ours = view.results.median(&case(WINGBEAT), metric::GB_PER_S);
        let share = ours.zip(raw).and_then(|(ours, raw)| times(ours, raw));
        // Raw TCP is in GB/s whatever the unit of the row.
        let raw = raw.map_or_else(|| "–".to_owned(), |raw| format!("{} GB/s", plain(Some(raw))));
        let first = [format!("`{}`", workload.name), unit.to_owned()];
        let last = [raw, share.unwrap_or_else(|| "–".to_owned())];
        let last = if has_raw { &last[..] } else { &[] };
        table.row(row(&first, &bars, Better::More, last));
    }
    table.text()
}

pub(super) fn pairs(view: &View<'_>) -> Option<String> {
    let mut table = Table::new([
        "peer",
        "what",
        "peer with itself",
        "Wingbeat server, peer client",
        "peer server, Wingbeat client",
        "Wingbeat with itself",
    ])
    .with_words(2);
    let median = |case: Case| view.results.median(&case, metric::GB_PER_S);
    let shown = [(Measure::Get, "large"), (Measure::Get, "small"), (Measure::Put, "large")];
    for id in view.contestants.iter().filter(|id| *id != WINGBEAT) {
        for (measure, workload) in shown {
            let own = median(Case::same(measure, id, workload));
            let server = median(Case::new(measure, WINGBEAT, id, workload));
            let client = median(Case::new(measure, id, WINGBEAT, workload));
            if server.or(client).is_none() {
                continue;
            }
            let with = |value: Option<f64>| {
                let gain = value.zip(own).and_then(|(value, own)| times(value, own));
                let gain = gain.map(|times| format!(" ({times})")).unwrap_or_default();
                format!("{}{gain}", plain(value))
            };
            let ours = median(Case::same(measure, WINGBEAT, workload));
            let what = format!("`{workload}` {}", measure.name());
            let first = [label(id).to_owned(), what, plain(own)];
            table.row([&first[..], &[with(server), with(client), with(ours)]].concat());
        }
    }
    let table = table.text()?;
    Some(format!("GB/s; in brackets the quotient by the peer with itself.\n\n{table}"))
}

pub(super) fn unix(view: &View<'_>) -> Option<String> {
    let mut table = Table::new(["", "TCP", "Unix socket", "Unix ÷ TCP", "÷ raw Unix socket"]);
    let median = |id: &str, transport| {
        let case = Case::same(Measure::Get, id, "large").with_transport(transport);
        view.results.median(&case, metric::GB_PER_S)
    };
    let raw = median(LIMIT, Transport::Unix);
    for id in view.contestants.iter().map(String::as_str).chain([LIMIT]) {
        let Some(unix) = median(id, Transport::Unix) else { continue };
        let tcp = median(id, Transport::Tcp);
        let dash = || "–".to_owned();
        table.row([
            label(id).to_owned(),
            plain(tcp),
            plain(Some(unix)),
            tcp.and_then(|tcp| times(unix, tcp)).unwrap_or_else(dash),
            raw.and_then(|raw| times(unix, raw)).unwrap_or_else(dash),
        ]);
    }
    Some(format!("`large` get, GB/s.\n\n{}", table.text()?))
}

const SMALL: [(&str, &str); 4] = [
    ("GetFlightInfo p50", metric::INFO_P50),
    ("GetFlightInfo p99", metric::INFO_P99),
    ("one-row DoGet p50", metric::ROW_P50),
    ("one-row DoGet p99", metric::ROW_P99),
];

pub(super) fn latency(view: &View<'_>) -> Option<String> {
    let mut table = head(view, &["µs", "over"], &[]);
    for (transport, over) in [(Transport::Tcp, "TCP"), (Transport::Unix, "Unix socket")] {
        let case =
            |id: &str| Case::same(Measure::Latency, id, small::ONE).with_transport(transport);
        for (name, metric) in SMALL {
            let Some(bars) = bars(view.bars(metric, case)) else { continue };
            table.row(row(&[name.to_owned(), over.to_owned()], &bars, Better::Less, &[]));
        }
    }
    table.text()
}

pub(super) fn beside(view: &View<'_>) -> Option<String> {
    let mut table = head(view, &["µs", "connection"], &[]);
    for (measure, whose) in [(Measure::Beside, "its own"), (Measure::BesideShared, "theirs")] {
        for (name, metric) in SMALL {
            let streams = beside::STREAMS;
            let case = |id: &str| Case::same(measure, id, small::ONE).with_streams(streams, 1);
            let Some(bars) = bars(view.bars(metric, case)) else { continue };
            table.row(row(&[name.to_owned(), whose.to_owned()], &bars, Better::Less, &[]));
        }
    }
    let table = table.text()?;
    let text = "One connection with 512 streams of `medium` keeps the server busy. The calls have \
                a connection of their own, in another process; for Wingbeat also that of the \
                streams.";
    Some(format!("{text}\n\n{table}"))
}

pub(super) fn streams(view: &View<'_>) -> Option<String> {
    let mut table = head(view, &["workload", "streams", "connections"], &[]);
    for workload in many::NAMES {
        for connections in many::CONNECTIONS {
            for count in many::STREAMS {
                let case = |id: &str| {
                    let case = Case::same(Measure::Streams, id, workload);
                    case.with_streams(*count, *connections)
                };
                let Some(bars) = bars(view.bars(metric::GB_PER_S, case)) else { continue };
                let first = [format!("`{workload}`"), count.to_string(), connections.to_string()];
                table.row(row(&first, &bars, Better::More, &[]));
            }
        }
    }
    Some(format!("GB/s of all streams together.\n\n{}", table.text()?))
}

pub(super) fn cpu(view: &View<'_>) -> Option<String> {
    let mut table = head(view, &["CPU s per GB", "side"], &[]);
    for measure in [Measure::Get, Measure::Put, Measure::Exchange] {
        for workload in WORKLOADS {
            let case = |id: &str| Case::same(measure, id, workload.name);
            for (side, metric) in [("server", metric::SERVER_CPU), ("client", metric::CLIENT_CPU)] {
                let Some(bars) = bars(view.bars(metric, case)) else { continue };
                let what = format!("`{}` {}", workload.name, measure.name());
                table.row(row(&[what, side.to_owned()], &bars, Better::Less, &[]));
            }
        }
    }
    let text = "User and system time of each side. The server's is read from outside, in \
                hundredths of a second, around a client's whole run with its warm-up.";
    Some(format!("{text}\n\n{}", table.text()?))
}

pub(super) fn first_batch(view: &View<'_>) -> Option<String> {
    let mut table = head(view, &["ms"], &[]);
    for workload in WORKLOADS {
        let case = |id: &str| Case::same(Measure::Get, id, workload.name);
        let Some(bars) = bars(view.bars(metric::FIRST_BATCH_MS, case)) else { continue };
        table.row(row(&[format!("`{}` get", workload.name)], &bars, Better::Less, &[]));
    }
    table.text()
}

pub(super) fn memory(view: &View<'_>) -> Option<String> {
    let mut table = head(view, &["memory"], &[]);
    let sides = [("server", metric::SERVER_PEAK), ("client", metric::CLIENT_PEAK)];
    for workload in ["large"].into_iter().chain(peaks::GROWTH) {
        let case = |id: &str| Case::same(Measure::Memory, id, workload);
        for (side, metric) in sides {
            let Some(bars) = bars(view.bars(metric, case)) else { continue };
            let name = format!("peak of the {side} in `{workload}` get, MiB");
            table.row(row(&[name], &bars, Better::Less, &[]));
        }
    }
    let case = |id: &str| Case::same(Measure::Idle, id, "none").with_streams(0, peaks::IDLE);
    if let Some(bars) = bars(view.bars(metric::IDLE_KIB, case)) {
        let name = "an idle connection, KiB of the server".to_owned();
        table.row(row(&[name], &bars, Better::Less, &[]));
    }
    let text = "The most that was resident (VmHWM), the client's looked up every 20 ms. Idle: what \
                500 connections add that have exchanged SETTINGS and nothing else.";
    Some(format!("{text}\n\n{}", table.text()?))
}

pub(super) fn calls(view: &View<'_>) -> Option<String> {
    let mut table = head(view, &["system calls per GB", "side"], &[]);
    for workload in counted::NAMES {
        let case = |id: &str| Case::same(Measure::Calls, id, workload);
        for (side, metric) in [("server", metric::SERVER_CALLS), ("client", metric::CLIENT_CALLS)] {
            let Some(bars) = bars(view.bars(metric, case)) else { continue };
            let what = format!("`{workload}` get");
            table.row(row(&[what, side.to_owned()], &bars, Better::Less, &[]));
        }
    }
    let text = "Counted by strace in runs of their own; a run of one batch is taken off.";
    Some(format!("{text}\n\n{}", table.text()?))
}

pub(super) fn copies(view: &View<'_>) -> Option<String> {
    let mut table = head(view, &["bytes copied per byte", "side"], &[]);
    for (measure, way) in copied::WAYS {
        for workload in copied::NAMES {
            let case = |id: &str| Case::same(measure, id, workload);
            for (side, metric) in
                [("server", metric::SERVER_COPIES), ("client", metric::CLIENT_COPIES)]
            {
                let Some(bars) = bars(view.bars(metric, case)) else { continue };
                let first = [format!("`{workload}` {way}"), side.to_owned()];
                table.row([&first[..], &decimals(&bars)].concat());
            }
        }
    }
    let text = "Calls of memcpy and memmove of 256 bytes and more, in user space; what the kernel \
                copies for a socket is not among them. A run of one batch is taken off. Arrow Go \
                and Arrow Java copy without libc, so that theirs cannot be counted.";
    Some(format!("{text}\n\n{}", table.text()?))
}

pub(super) fn product(view: &View<'_>) -> Option<String> {
    let mut table = Table::new(["", "through the server", "in one process", "quotient"]);
    let what = [(Measure::Read, "reading Parquet"), (Measure::Write, "writing Parquet")];
    for (measure, name) in what {
        let median = |transport| {
            view.results.median(&targets::product(measure, transport), metric::GB_PER_S)
        };
        let (served, local) = (median(Transport::Tcp), median(Transport::Local));
        if served.or(local).is_none() {
            continue;
        }
        let share = served.zip(local).and_then(|(served, local)| times(served, local));
        let share = share.unwrap_or_else(|| "–".to_owned());
        table.row([name.to_owned(), plain(served), plain(local), share]);
    }
    let text = "GB/s of uncompressed Arrow data. `wingbeat serve` over a folder, against the same \
                file read or written locally with the same settings.";
    Some(format!("{text}\n\n{}", table.text()?))
}

pub(super) fn missing(results: &Results) -> Option<String> {
    let absent = results.absent.iter();
    let absent = absent.map(|it| format!("- {}: {}\n", label(&it.contestant), it.reason));
    let failed = results.series.iter().filter_map(|series| {
        Some(format!("- {}: {}\n", series.case.describe(), series.failure.as_ref()?))
    });
    let list: String = absent.chain(failed).collect();
    (!list.is_empty()).then_some(list)
}
