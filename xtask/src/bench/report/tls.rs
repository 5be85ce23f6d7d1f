//! The section about TLS.

use super::super::case::{Case, Measure, Transport};
use super::super::contestant::label;
use super::super::parts::tls::LARGE;
use super::super::results::metric;
use super::super::view::View;
use super::table::{Table, plain, times};

/// One stream over TLS beside the same over plain TCP. None when nothing of it was measured.
pub(super) fn tls(view: &View<'_>) -> Option<String> {
    let mut table = Table::new(["", "cipher", "TCP", "TLS", "TLS ÷ TCP"]).with_words(2);
    for id in view.contestants.iter() {
        let median = |transport| {
            let case = Case::same(Measure::Get, id, LARGE).with_transport(transport);
            view.results.median(&case, metric::GB_PER_S)
        };
        let Some(tls) = median(Transport::Tls) else { continue };
        let tcp = median(Transport::Tcp);
        let dash = || "–".to_owned();
        table.row([
            label(id).to_owned(),
            view.results.ciphers.get(id).cloned().unwrap_or_else(dash),
            plain(tcp),
            plain(Some(tls)),
            tcp.and_then(|tcp| times(tls, tcp)).unwrap_or_else(dash),
        ]);
    }
    Some(format!("`large` get, GB/s.\n\n{}", table.text()?))
}
