//! [`Refusal`]: why somebody is refused, for the log alone.

use std::borrow::Cow;
use std::fmt;

/// Why an [`Authenticator`](crate::Authenticator) or an [`Authorizer`](crate::Authorizer) refuses.
/// The caller is told nothing of it, and always the same words; the reason stands in the log, so it
/// is to hold no secret.
#[derive(Debug, Clone)]
pub struct Refusal {
    reason: Cow<'static, str>,
    is_busy: bool,
}

impl Refusal {
    /// A refusal for this reason.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), is_busy: false }
    }

    /// The caller may be right, and nobody can look now: answered with UNAVAILABLE, so that it
    /// tries again.
    pub fn busy(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), is_busy: true }
    }

    /// Whether this says only that nobody can look now.
    pub fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// The reason.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}
