//! Upright bars in groups, all with one scale, and a legend.

use super::bar::Bar;
use super::canvas::{Anchor, At, Canvas, MARGIN, WIDTH};

/// The whole picture.
#[derive(Debug, Clone)]
pub(in super::super) struct Groups {
    pub(in super::super) title: String,
    /// One line below the title; names the unit.
    pub(in super::super) subtitle: String,
    pub(in super::super) groups: Vec<Group>,
}

/// Bars that stand side by side.
#[derive(Debug, Clone)]
pub(in super::super) struct Group {
    pub(in super::super) title: String,
    pub(in super::super) bars: Vec<Bar>,
}

const HEADER: f64 = 104.0;
const PLOT: f64 = 230.0;
const FOOTER: f64 = 40.0;
/// The widest that a bar gets.
const BAR_MAX: f64 = 46.0;
/// Below this a value does not fit above its bar, and is told by the tables.
const LABEL_MIN: f64 = 18.0;

impl Groups {
    /// The document. None when there is nothing to show.
    pub(in super::super) fn svg(&self) -> Option<String> {
        let bars = || self.groups.iter().flat_map(|group| &group.bars);
        let max = bars().filter_map(|bar| bar.value).fold(0.0, f64::max);
        if max <= 0.0 {
            return None;
        }
        let step = step(max);
        let top = (max / step).ceil() * step;
        let mut canvas = Canvas::default();
        let at = |y| At { x: MARGIN, y };
        canvas.text(at(36.0), Anchor::Start, "title", &self.title);
        canvas.text(at(56.0), Anchor::Start, "soft", &self.subtitle);
        self.legend(&mut canvas);
        let floor = HEADER + PLOT;
        let left = MARGIN + 30.0;
        let mut value = 0.0;
        while value <= top + step / 2.0 {
            let y = floor - PLOT * value / top;
            canvas.line(At { x: left, y }, At { x: WIDTH - MARGIN, y }, "axis");
            let text = rounded(value);
            canvas.text(At { x: left - 6.0, y: y + 4.0 }, Anchor::End, "soft small", &text);
            value += step;
        }
        let room = (WIDTH - MARGIN - left) / self.groups.len() as f64;
        for (index, group) in self.groups.iter().enumerate() {
            let x = left + room * index as f64;
            group.draw(&mut canvas, At { x, y: floor }, room, top);
        }
        Some(canvas.finish(&self.title, &self.description(), floor + FOOTER))
    }

    fn legend(&self, canvas: &mut Canvas) {
        let mut x = MARGIN;
        let mut named: Vec<&str> = Vec::new();
        for bar in self.groups.iter().flat_map(|group| &group.bars) {
            if named.contains(&bar.id.as_str()) {
                continue;
            }
            named.push(&bar.id);
            canvas.bar(At { x, y: 72.0 }, 12.0, 12.0, &bar.id, &bar.label);
            canvas.text(At { x: x + 18.0, y: 82.5 }, Anchor::Start, "", &bar.label);
            x += 44.0 + 7.0 * bar.label.chars().count() as f64;
        }
    }

    fn description(&self) -> String {
        let groups = self.groups.iter().map(|group| {
            let bars = group.bars.iter().map(|bar| format!("{} {}", bar.label, bar.text()));
            format!("{}: {}.", group.title, bars.collect::<Vec<_>>().join(", "))
        });
        format!("{} {}", self.subtitle, groups.collect::<Vec<_>>().join(" "))
    }
}

impl Group {
    /// `floor` is the lower left corner, `top` the value at the upper end.
    fn draw(&self, canvas: &mut Canvas, floor: At, room: f64, top: f64) {
        let count = self.bars.len().max(1) as f64;
        let pitch = ((room - 20.0) / count).min(BAR_MAX);
        let start = floor.x + (room - pitch * count) / 2.0;
        for (index, bar) in self.bars.iter().enumerate() {
            let x = start + pitch * index as f64;
            let height = PLOT * bar.value.unwrap_or(0.0) / top;
            let y = floor.y - height;
            if bar.value.is_some() {
                let name = format!("{}, {}: {}", self.title, bar.label, bar.text());
                canvas.bar(At { x: x + 1.0, y }, pitch - 2.0, height.max(1.0), &bar.id, &name);
            }
            if pitch >= LABEL_MIN {
                let middle = At { x: x + pitch / 2.0, y: y - 4.0 };
                let text = bar.value.map_or_else(|| bar.text(), rounded);
                canvas.text(middle, Anchor::Middle, "small", &text);
            }
        }
        let middle = At { x: floor.x + room / 2.0, y: floor.y + 20.0 };
        canvas.text(middle, Anchor::Middle, "head", &self.title);
    }
}

/// One decimal, where it says something: bars are narrow.
fn rounded(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").filter(|_| value == 0.0 || value >= 10.0).unwrap_or(&text).to_owned()
}

/// A round distance between four to eight lines.
fn step(max: f64) -> f64 {
    let power = 10_f64.powf(max.log10().floor());
    [0.1, 0.2, 0.5, 1.0, 2.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| max / step <= 7.0)
        .unwrap_or(power)
}
