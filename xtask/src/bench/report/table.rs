//! Markdown tables, and how a value is compared with Wingbeat's in a cell.

use super::super::case::WINGBEAT;
use super::super::chart::{Bar, number};

/// Rows below a head.
#[derive(Debug, Default)]
pub(super) struct Table {
    head: Vec<String>,
    /// So many columns at the beginning hold words; the others hold numbers.
    words: usize,
    rows: Vec<Vec<String>>,
}

/// Which of two values is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Better {
    More,
    Less,
}

impl Table {
    pub(super) fn new<T: Into<String>>(head: impl IntoIterator<Item = T>) -> Self {
        let head = head.into_iter().map(Into::into).collect();
        Self { head, words: 1, rows: Vec::new() }
    }

    pub(super) fn with_words(mut self, words: usize) -> Self {
        self.words = words;
        self
    }

    pub(super) fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// None without rows.
    pub(super) fn text(&self) -> Option<String> {
        if self.rows.is_empty() {
            return None;
        }
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = line(&self.head);
        let rule: Vec<String> = (0..self.head.len())
            .map(|column| if column < self.words { "---" } else { "---:" }.to_owned())
            .collect();
        text += &line(&rule);
        text.extend(self.rows.iter().map(|row| line(row)));
        Some(text)
    }
}

/// A cell for each contestant: its value, and how many times Wingbeat is as good.
pub(super) fn cells(bars: &[Bar], better: Better) -> Vec<String> {
    let ours = bars.iter().find(|bar| bar.id == WINGBEAT).and_then(|bar| bar.value);
    let cell = |bar: &Bar| {
        let Some(value) = bar.value else { return "–".to_owned() };
        if bar.id == WINGBEAT {
            return format!("**{}**", number(value));
        }
        let quotient = ours.and_then(|ours| match better {
            Better::More => times(ours, value),
            Better::Less => times(value, ours),
        });
        quotient.map_or_else(|| number(value), |times| format!("{} ({times})", number(value)))
    };
    bars.iter().map(cell).collect()
}

/// A cell for each contestant: its value alone, where the best one is zero.
pub(super) fn decimals(bars: &[Bar]) -> Vec<String> {
    let cell = |bar: &Bar| match bar.value {
        Some(value) if bar.id == WINGBEAT => format!("**{value:.2}**"),
        Some(value) => format!("{value:.2}"),
        None => "–".to_owned(),
    };
    bars.iter().map(cell).collect()
}

/// `1.6×`
pub(super) fn times(ours: f64, theirs: f64) -> Option<String> {
    (theirs > 0.0).then(|| quotient(ours / theirs))
}

/// Two decimals while they say something.
pub(super) fn quotient(value: f64) -> String {
    if value < 9.995 { format!("{value:.2}×") } else { format!("{value:.0}×") }
}

/// A value, or a dash.
pub(super) fn plain(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), number)
}
