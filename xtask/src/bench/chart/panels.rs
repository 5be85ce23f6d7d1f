//! Small charts beside each other, each with its own scale: for values that differ by a hundred
//! times from one workload to the next.

use super::super::case::WINGBEAT;
use super::bar::{Bar, number};
use super::canvas::{Anchor, At, Canvas, MARGIN, WIDTH};

/// The whole picture.
#[derive(Debug, Clone)]
pub(in super::super) struct Panels {
    pub(in super::super) title: String,
    /// One line below the title.
    pub(in super::super) subtitle: String,
    pub(in super::super) panels: Vec<Panel>,
}

/// One of the small charts.
#[derive(Debug, Clone)]
pub(in super::super) struct Panel {
    pub(in super::super) title: String,
    pub(in super::super) unit: String,
    pub(in super::super) bars: Vec<Bar>,
    /// A dashed line across the bars.
    pub(in super::super) mark: Option<f64>,
}

const COLUMNS: usize = 2;
const GAP: f64 = 36.0;
const HEADER: f64 = 74.0;
const PANEL_HEAD: f64 = 24.0;
const ROW: f64 = 19.0;
const BAR: f64 = 13.0;
/// Beside the bars: names on the left, values on the right.
const NAMES: f64 = 92.0;
const VALUES: f64 = 58.0;

impl Panels {
    /// The document. None when there is nothing to show.
    pub(in super::super) fn svg(&self) -> Option<String> {
        let rows =
            self.panels.iter().map(|panel| panel.bars.len()).max().filter(|rows| *rows > 0)?;
        let panel_height = PANEL_HEAD + ROW * rows as f64 + 32.0;
        let width = (WIDTH - 2.0 * MARGIN - GAP) / COLUMNS as f64;
        let mut canvas = Canvas::default();
        let at = |y| At { x: MARGIN, y };
        canvas.text(at(36.0), Anchor::Start, "title", &self.title);
        canvas.text(at(56.0), Anchor::Start, "soft", &self.subtitle);
        for (index, panel) in self.panels.iter().enumerate() {
            let x = MARGIN + (index % COLUMNS) as f64 * (width + GAP);
            let y = HEADER + (index / COLUMNS) as f64 * panel_height;
            panel.draw(&mut canvas, At { x, y }, width);
        }
        let lines = self.panels.len().div_ceil(COLUMNS);
        let height = HEADER + lines as f64 * panel_height + 8.0;
        Some(canvas.finish(&self.title, &self.description(), height))
    }

    fn description(&self) -> String {
        let panels = self.panels.iter().map(|panel| {
            let bars = panel.bars.iter().map(|bar| format!("{} {}", bar.label, bar.text()));
            let bars = bars.collect::<Vec<_>>().join(", ");
            format!("{}, {}: {bars}.", panel.title, panel.unit)
        });
        let panels = panels.collect::<Vec<_>>().join(" ");
        format!("{} {panels}", self.subtitle)
    }
}

impl Panel {
    fn draw(&self, canvas: &mut Canvas, at: At, width: f64) {
        let values = self.bars.iter().filter_map(|bar| bar.value).chain(self.mark);
        let max = values.fold(0.0, f64::max);
        let room = width - NAMES - VALUES;
        let length = |value: f64| if max > 0.0 { room * value / max } else { 0.0 };
        let left = at.x + NAMES;
        canvas.text(At { x: at.x, y: at.y + 13.0 }, Anchor::Start, "head", &self.title);
        let right = At { x: at.x + width, y: at.y + 13.0 };
        canvas.text(right, Anchor::End, "soft small", &self.unit);
        let bottom = at.y + PANEL_HEAD + ROW * self.bars.len() as f64;
        let top = At { x: left, y: at.y + PANEL_HEAD - 2.0 };
        canvas.line(top, At { x: left, y: bottom }, "axis");
        for (index, bar) in self.bars.iter().enumerate() {
            let y = at.y + PANEL_HEAD + ROW * index as f64;
            let class = if bar.id == WINGBEAT { "ours" } else { "" };
            let base = y + BAR - 2.0;
            canvas.text(At { x: left - 8.0, y: base }, Anchor::End, class, &bar.label);
            let end = length(bar.value.unwrap_or(0.0));
            if bar.value.is_some() {
                let name = format!("{}: {} {}", bar.label, bar.text(), self.unit);
                canvas.bar(At { x: left, y }, end.max(1.0), BAR, &bar.id, &name);
            }
            let class = format!("{class} small");
            // The dashed line may pass here; the text stays clear of it.
            let near = self.mark.map(length).filter(|mark| (0.0..34.0).contains(&(mark - end)));
            let x = left + near.unwrap_or(end) + 6.0;
            canvas.text(At { x, y: base }, Anchor::Start, class.trim(), &bar.text());
        }
        if let Some(mark) = self.mark {
            let x = left + length(mark);
            canvas.line(At { x, y: top.y }, At { x, y: bottom }, "mark");
            let label = At { x, y: bottom + 10.0 };
            let text = format!("raw socket {}", number(mark));
            canvas.text(label, Anchor::Middle, "soft small", &text);
        }
    }
}
