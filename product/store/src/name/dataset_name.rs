//! The name of a dataset, checked: components that cannot leave the folder.

use std::fmt;

use crate::error::StoreError;

/// The longest component that file systems take, in bytes.
const COMPONENT_BYTES_MAX: usize = 255;
/// The longest whole name, in bytes; `PATH_MAX` less room for the folder in front of it.
const NAME_BYTES_MAX: usize = 2048;

/// A dataset's name: one or more path components, none of which climbs out.
///
/// `a/b` in one piece and `a`, `b` in two mean the same. A trailing slash means the folder, where
/// a file and a folder share a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DatasetName {
    /// Components joined by `/`; ends in `/` for a folder named as such.
    joined: String,
}

impl DatasetName {
    /// Reads a name in one piece: `a/b`.
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidName`] when it is empty, absolute, too long, holds a NUL byte, or a
    /// component is `.` or `..`.
    pub fn parse(name: &str) -> Result<Self, StoreError> {
        let invalid = |reason: &str| StoreError::InvalidName {
            name: name.chars().take(200).collect(),
            reason: reason.to_owned(),
        };
        if name.len() > NAME_BYTES_MAX {
            let found = name.len();
            return Err(invalid(&format!("{found} bytes, at most {NAME_BYTES_MAX} are possible")));
        }
        if name.starts_with('/') {
            return Err(invalid("it is absolute"));
        }
        let mut joined = String::with_capacity(name.len());
        for component in name.split('/').filter(|component| !component.is_empty()) {
            if component == "." || component == ".." {
                return Err(invalid("a component may be neither \".\" nor \"..\""));
            }
            if component.contains('\0') {
                return Err(invalid("it holds a NUL byte"));
            }
            if component.len() > COMPONENT_BYTES_MAX {
                let found = component.len();
                return Err(invalid(&format!(
                    "a component has {found} bytes, at most {COMPONENT_BYTES_MAX} are possible"
                )));
            }
            if !joined.is_empty() {
                joined.push('/');
            }
            joined.push_str(component);
        }
        if joined.is_empty() {
            return Err(invalid("it is empty"));
        }
        if name.ends_with('/') {
            joined.push('/');
        }
        Ok(Self { joined })
    }

    /// Reads a name in components, each of which may itself hold slashes.
    ///
    /// # Errors
    ///
    /// As [`DatasetName::parse`].
    pub fn from_components<T: AsRef<str>>(
        components: impl IntoIterator<Item = T>,
    ) -> Result<Self, StoreError> {
        let parts: Vec<T> = components.into_iter().collect();
        let texts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
        Self::parse(&texts.join("/"))
    }

    /// The name in one piece.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.joined
    }

    /// The components. The last one ends in `/` where only that tells a folder from a file.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        let (bare, slash) = self.without_slash();
        let last = bare.rfind('/').map_or(0, |at| at + 1);
        let tail = if slash { &self.joined[last..] } else { &bare[last..] };
        let head = bare.get(..last.saturating_sub(1)).filter(|head| !head.is_empty());
        head.into_iter().flat_map(|head| head.split('/')).chain(std::iter::once(tail))
    }

    /// The name without the trailing slash, and whether there was one.
    pub(crate) fn without_slash(&self) -> (&str, bool) {
        self.joined.strip_suffix('/').map_or((self.as_str(), false), |bare| (bare, true))
    }
}

impl fmt::Display for DatasetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_piece_and_several_mean_the_same() {
        let joined = DatasetName::parse("a/b").unwrap();
        assert_eq!(DatasetName::from_components(["a", "b"]).unwrap(), joined);
        assert_eq!(DatasetName::parse("a//b").unwrap(), joined);
        assert_eq!(joined.components().collect::<Vec<_>>(), ["a", "b"]);
        let folder = DatasetName::parse("a/b/").unwrap();
        assert_eq!(folder.components().collect::<Vec<_>>(), ["a", "b/"]);
        assert_eq!(folder.without_slash(), ("a/b", true));
        let twin = DatasetName::parse("b/b/").unwrap();
        assert_eq!(twin.components().collect::<Vec<_>>(), ["b", "b/"]);
    }

    #[test]
    fn names_that_climb_out_or_fit_nowhere_are_refused() {
        let long = "x".repeat(256);
        let deep = "ab/".repeat(1000);
        for name in ["", "/", "..", "a/../b", ".", "/etc/passwd", "a\0b", &long, &deep] {
            let error = DatasetName::parse(name).unwrap_err();
            assert!(matches!(error, StoreError::InvalidName { .. }), "{name:?}: {error}");
        }
    }
}
