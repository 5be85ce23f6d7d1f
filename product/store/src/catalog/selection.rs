//! Which datasets a listing shows: all, those below a prefix, or those that match a glob.

use globset::{GlobBuilder, GlobMatcher};

use crate::error::StoreError;

/// Selects datasets by name.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    matcher: Matcher,
}

/// How a name is matched.
#[derive(Clone, Debug, Default)]
enum Matcher {
    #[default]
    All,
    Prefix(String),
    Glob(GlobMatcher),
}

impl Selection {
    /// Every dataset.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Reads a selection: empty is every dataset; with one of `*?[{` it is a glob, in which `*`
    /// stops at `/` and `**` does not; anything else is a prefix of the name.
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidRequest`] when the glob is malformed.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let matcher = if text.is_empty() {
            Matcher::All
        } else if text.contains(['*', '?', '[', '{']) {
            let glob = GlobBuilder::new(text).literal_separator(true).build();
            let glob = glob.map_err(|error| {
                StoreError::request(format!("selection {text:?} is no glob: {}", error.kind()))
            })?;
            Matcher::Glob(glob.compile_matcher())
        } else {
            Matcher::Prefix(text.to_owned())
        };
        Ok(Self { matcher })
    }

    /// Whether a dataset of this name is selected.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match &self.matcher {
            Matcher::All => true,
            Matcher::Prefix(prefix) => name.starts_with(prefix.as_str()),
            Matcher::Glob(glob) => glob.is_match(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_globs_select() {
        let all = Selection::parse("").unwrap();
        assert!(all.matches("a/b"));
        let prefix = Selection::parse("sales/").unwrap();
        assert!(prefix.matches("sales/2024"));
        assert!(!prefix.matches("salesman"));
        let glob = Selection::parse("sales/*").unwrap();
        assert!(glob.matches("sales/2024"));
        assert!(!glob.matches("sales/2024/may"));
        assert!(Selection::parse("**/may").unwrap().matches("sales/2024/may"));
        assert!(Selection::parse("a[").unwrap_err().to_string().contains("\"a[\""));
    }
}
