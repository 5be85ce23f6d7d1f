//! Settings of an object store.

use std::collections::BTreeMap;
use std::fmt;

/// Settings that go before those of the environment, by the names that they have there:
/// `aws_endpoint_url`, `aws_region`, `aws_access_key_id` and so on, in lower case.
#[derive(Clone, Default)]
pub struct BucketSettings(BTreeMap<String, String>);

impl BucketSettings {
    /// Adds a setting.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter()
    }
}

/// Names alone: some values are secrets.
impl fmt::Debug for BucketSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_shown() {
        let settings = BucketSettings::default().with("aws_secret_access_key", "hush");
        assert_eq!(format!("{settings:?}"), r#"{"aws_secret_access_key"}"#);
    }
}
