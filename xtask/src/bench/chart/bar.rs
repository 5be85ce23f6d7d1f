//! One bar and how its value is written.

/// A contestant's value.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Bar {
    /// The contestant; decides the colour.
    pub(in super::super) id: String,
    pub(in super::super) label: String,
    /// None is shown as a dash.
    pub(in super::super) value: Option<f64>,
}

impl Bar {
    /// What stands beside the bar.
    pub(super) fn text(&self) -> String {
        self.value.map_or_else(|| "–".to_owned(), number)
    }
}

/// Three digits, as many as a noisy machine is worth.
pub(in super::super) fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        small if small < 0.995 => {
            // The first three digits that are not zero, at most five decimals.
            let decimals = (2.0 - small.log10().floor()).clamp(3.0, 5.0) as usize;
            let text = format!("{value:.decimals$}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        small if small < 9.995 => format!("{value:.2}"),
        medium if medium < 99.95 => format!("{value:.1}"),
        large if large < 9_999.5 => format!("{value:.0}"),
        large if large < 99_950.0 => format!("{:.1} k", value / 1e3),
        large if large < 999_500.0 => format!("{:.0} k", value / 1e3),
        _ => format!("{:.2} M", value / 1e6),
    }
}
