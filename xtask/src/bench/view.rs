//! The results as reports look at them: by contestant, in a fixed order.

use super::case::{Case, WINGBEAT};
use super::chart::Bar;
use super::contestant::{PEERS, label};
use super::results::Results;

/// Results and who is in them.
pub(super) struct View<'a> {
    pub(super) results: &'a Results,
    /// Those that took part or should have, Wingbeat first.
    pub(super) contestants: Vec<String>,
}

impl<'a> View<'a> {
    pub(super) fn new(results: &'a Results) -> Self {
        let takes_part = |id: &&str| {
            let in_series = results.series.iter().any(|it| it.case.server == **id);
            in_series || results.absent.iter().any(|absent| absent.contestant == **id)
        };
        let all = [WINGBEAT].into_iter().chain(PEERS.iter().copied());
        Self { results, contestants: all.filter(takes_part).map(str::to_owned).collect() }
    }

    /// The median of each contestant, in order.
    pub(super) fn bars(&self, metric: &str, case: impl Fn(&str) -> Case) -> Vec<Bar> {
        let bar = |id: &String| Bar {
            id: id.clone(),
            label: label(id).to_owned(),
            value: self.results.median(&case(id), metric),
        };
        self.contestants.iter().map(bar).collect()
    }
}

/// The bars, when there is something in them.
pub(super) fn bars(bars: Vec<Bar>) -> Option<Vec<Bar>> {
    bars.iter().any(|bar| bar.value.is_some()).then_some(bars)
}
