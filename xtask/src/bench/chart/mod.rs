//! Charts as SVG: drawn by hand, readable on light and on dark pages, without scripts.

mod bar;
mod canvas;
mod groups;
mod panels;
#[cfg(test)]
mod tests;

pub(super) use bar::{Bar, number};
pub(super) use groups::{Group, Groups};
pub(super) use panels::{Panel, Panels};
