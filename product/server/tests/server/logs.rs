//! Log lines, caught as the server writes them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, OnceLock, PoisonError};

use tokio::sync::Notify;
use tracing::Subscriber;
use tracing::span::{Attributes, Id};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::support::PATIENCE;

/// One line: its fields, and `level` and `target`.
pub(crate) type Line = BTreeMap<String, String>;

#[derive(Default)]
struct Lines {
    lines: Mutex<Vec<Line>>,
    more: Notify,
}

/// All lines of all servers of this process, since the tests run in one.
fn lines() -> &'static Lines {
    static LINES: OnceLock<Lines> = OnceLock::new();
    LINES.get_or_init(|| {
        tracing::subscriber::set_global_default(
            Registry::default().with(Catcher.with_filter(LevelFilter::INFO)),
        )
        .unwrap();
        Lines::default()
    })
}

/// Begins to catch lines. To be called before the server is started.
pub(crate) fn catch() {
    lines();
}

/// The lines so far that fit.
pub(crate) fn caught(fits: impl Fn(&Line) -> bool) -> Vec<Line> {
    let lines = lines().lines.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().filter(|line| fits(line)).cloned().collect()
}

/// The access log's line of the call with this id, once it is there.
pub(crate) async fn call(id: &str) -> Line {
    let wait = async {
        loop {
            let more = lines().more.notified();
            let mut found = caught(|line| {
                line["target"] == "wingbeat::access"
                    && line.get("request_id").is_some_and(|i| i == id)
            });
            assert!(found.len() < 2, "one line a call: {found:?}");
            if let Some(line) = found.pop() {
                return line;
            }
            more.await;
        }
    };
    let line = tokio::time::timeout(PATIENCE, wait).await;
    line.unwrap_or_else(|_| panic!("no line of {id}, but {:#?}", caught(|_| true)))
}

struct Catcher;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Catcher {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let mut fields = Line::new();
        attributes.record(&mut Fields(&mut fields));
        cx.span(id).unwrap().extensions_mut().insert(fields);
    }

    /// With the fields of the spans around it, where it has none of that name.
    fn on_event(&self, event: &tracing::Event<'_>, cx: Context<'_, S>) {
        let mut line = Line::new();
        for span in cx.event_scope(event).into_iter().flatten() {
            line.extend(span.extensions().get::<Line>().cloned().unwrap_or_default());
        }
        line.insert("level".to_owned(), event.metadata().level().to_string());
        line.insert("target".to_owned(), event.metadata().target().to_owned());
        event.record(&mut Fields(&mut line));
        let lines = lines();
        lines.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        lines.more.notify_waiters();
    }
}

struct Fields<'a>(&'a mut Line);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}
