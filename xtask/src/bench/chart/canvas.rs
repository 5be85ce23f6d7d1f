//! The elements of an SVG, and the frame around them.

use std::fmt::Write;

use super::super::case::{LIMIT, WINGBEAT};

/// The width of every chart.
pub(super) const WIDTH: f64 = 960.0;
/// Space around everything.
pub(super) const MARGIN: f64 = 24.0;

/// One colour a contestant, told apart on white and on black.
const COLOURS: &[(&str, &str)] = &[
    (WINGBEAT, "#f76707"),
    ("cpp", "#4c6ef5"),
    ("python", "#15aabf"),
    ("arrow-rs", "#be4bdb"),
    ("go", "#37b24d"),
    ("java", "#b08968"),
    (LIMIT, "#868e96"),
];

const STYLE: &str = "
text { font-family: system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; \
font-size: 12px; fill: #1f2328; }
.page { fill: #ffffff; } .title { font-size: 17px; font-weight: 600; }
.head { font-size: 13px; font-weight: 600; } .soft { fill: #59636e; }
.small { font-size: 10.5px; } .ours { font-weight: 600; }
.axis { stroke: #d1d9e0; } .mark { stroke: #59636e; stroke-dasharray: 4 3; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; } .page { fill: #0d1117; } .soft { fill: #9198a1; }
.axis { stroke: #3d444d; } .mark { stroke: #9198a1; }
}
";

/// Where text stands relative to its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A growing drawing.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    body: String,
}

/// A position, from the top left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct At {
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Canvas {
    pub(super) fn text(&mut self, at: At, anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y, text) = (at.x, at.y, escaped(text));
        self.element(format_args!(
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" class="{class}">{text}</text>"#
        ));
    }

    /// A bar in the colour of a contestant; `name` is shown when a pointer rests on it.
    pub(super) fn bar(&mut self, at: At, width: f64, height: f64, id: &str, name: &str) {
        let (x, y, colour, name) = (at.x, at.y, colour(id), escaped(name));
        self.element(format_args!(
            concat!(
                r#"<rect x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" rx="1.5" fill="{}">"#,
                "<title>{}</title></rect>"
            ),
            x, y, width, height, colour, name
        ));
    }

    pub(super) fn line(&mut self, from: At, to: At, class: &str) {
        let (x1, y1, x2, y2) = (from.x, from.y, to.x, to.y);
        self.element(format_args!(
            r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" class="{class}"/>"#
        ));
    }

    /// The whole document. The description is for those who hear it instead of seeing it.
    pub(super) fn finish(self, title: &str, description: &str, height: f64) -> String {
        let (title, description) = (escaped(title), escaped(description));
        let body = self.body;
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0} {height:.0}"
 width="{WIDTH:.0}" height="{height:.0}" role="img" aria-labelledby="title description">
<title id="title">{title}</title>
<desc id="description">{description}</desc>
<style>{STYLE}</style>
<rect class="page" width="100%" height="100%"/>
{body}</svg>
"#
        )
    }

    fn element(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.body, "{element}");
    }
}

fn colour(id: &str) -> &'static str {
    COLOURS.iter().find(|(known, _)| *known == id).map_or("#495057", |(_, colour)| colour)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
