//! One thing that a rule objects to.

use std::fmt;
use std::path::PathBuf;

/// Where, and what. `line` counts from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) path: PathBuf,
    pub(super) line: usize,
    pub(super) what: String,
    /// Shown, but the check passes.
    pub(super) is_warning: bool,
}

impl Finding {
    /// The path is filled in by the caller of the rule.
    pub(super) fn error(line: usize, what: impl Into<String>) -> Self {
        Self { path: PathBuf::new(), line, what: what.into(), is_warning: false }
    }

    /// See [`Finding::error`].
    pub(super) fn warning(line: usize, what: impl Into<String>) -> Self {
        Self { is_warning: true, ..Self::error(line, what) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.is_warning { "warning: " } else { "" };
        write!(f, "{}:{}: {level}{}", self.path.display(), self.line, self.what)
    }
}
