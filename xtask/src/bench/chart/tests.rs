//! The charts are well-formed and say what they show.

use super::bar::number;
use super::{Bar, Group, Groups, Panel, Panels};

/// Fails unless every element is closed in order and every text is escaped.
fn check(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let (_, mut rest) = svg.split_once('<').expect("an element");
    loop {
        let (tag, after) = rest.split_once('>').expect("the end of a tag");
        let quotes = tag.matches('"').count();
        assert_eq!(quotes % 2, 0, "open quote in <{tag}>");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().expect("a name"));
        }
        let (text, next) = after.split_once('<').unwrap_or((after, ""));
        for entity in text.split('&').skip(1) {
            let (name, _) = entity.split_once(';').expect("the end of an entity");
            assert!(["amp", "lt", "gt", "quot"].contains(&name), "&{name};");
        }
        if next.is_empty() {
            assert!(open.is_empty(), "not closed: {open:?}");
            return;
        }
        rest = next;
    }
}

fn bars() -> Vec<Bar> {
    let bar = |id: &str, label: &str, value| Bar { id: id.into(), label: label.into(), value };
    vec![
        bar("wingbeat", "Wingbeat", Some(4.0)),
        bar("cpp", "C++ <fast> & \"sound\"", Some(2.0)),
        bar("go", "Go", None),
    ]
}

#[test]
fn panels_are_well_formed() {
    let panel = |title: &str| Panel {
        title: title.to_owned(),
        unit: "GB/s".to_owned(),
        bars: bars(),
        mark: Some(5.0),
    };
    let panels = Panels {
        title: "DoGet".to_owned(),
        subtitle: "one stream".to_owned(),
        panels: vec![panel("large"), panel("small"), panel("tiny")],
    };
    let svg = panels.svg().unwrap();
    check(&svg);
    assert!(svg.contains("<desc id=\"description\">one stream large, GB/s: Wingbeat 4.00, C++ "));
    assert!(svg.contains("prefers-color-scheme: dark"));
    assert!(svg.contains(">–</text>"), "what is missing is a dash");
    assert_eq!(svg.matches("class=\"mark\"").count(), 3);
}

#[test]
fn a_bar_twice_as_fast_is_twice_as_long() {
    let groups = Groups {
        title: "Summary".to_owned(),
        subtitle: "GB/s".to_owned(),
        groups: vec![Group { title: "large get".to_owned(), bars: bars() }],
    };
    let svg = groups.svg().unwrap();
    check(&svg);
    let heights = |colour: &str| -> Vec<f64> {
        let bars = svg.lines().filter(|line| line.contains(colour) && !line.contains("12.0"));
        let height = |line: &str| line.split("height=\"").nth(1)?.split('"').next()?.parse().ok();
        bars.filter_map(height).collect()
    };
    let (ours, theirs) = (heights("#f76707"), heights("#4c6ef5"));
    assert_eq!((ours.len(), theirs.len()), (1, 1));
    assert!((ours[0] / theirs[0] - 2.0).abs() < 0.01, "{ours:?} {theirs:?}");
}

#[test]
fn nothing_to_show_is_no_chart() {
    let (title, subtitle) = (String::new(), String::new());
    let panels = Panels { title: title.clone(), subtitle: subtitle.clone(), panels: vec![] };
    assert_eq!(panels.svg(), None);
    assert_eq!(Groups { title, subtitle, groups: vec![] }.svg(), None);
}

#[test]
fn numbers_have_three_digits() {
    let cases = [
        (0.0, "0"),
        (0.01234, "0.0123"),
        (0.5, "0.5"),
        (0.999, "1.00"),
        (3.24159, "3.24"),
        (32.4159, "32.4"),
        (324.159, "324"),
        (8_192.4, "8192"),
        (32_415.9, "32.4 k"),
        (324_159.0, "324 k"),
        (1_234_567.0, "1.23 M"),
    ];
    for (value, text) in cases {
        assert_eq!(number(value), text);
    }
}
