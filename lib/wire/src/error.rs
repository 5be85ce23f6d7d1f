//! What can go wrong when bytes become values and values become bytes.

use std::borrow::Cow;

/// A peer's bytes are not what they should be, or exceed a limit.
///
/// Every variant names the field in the terms of the specification (`FlightInfo.schema`,
/// `RecordBatch.buffers`), and what was found beside what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end before the value does.
    #[error("{field} is cut short: needs {need} bytes, has {have}")]
    Truncated {
        /// What was being read.
        field: &'static str,
        /// How many bytes it needs.
        need: u64,
        /// How many bytes are there.
        have: u64,
    },
    /// A value is well formed but larger than [`Limits`](crate::Limits) allows.
    #[error("{field} is {value}, above the limit of {limit}")]
    LimitExceeded {
        /// What is too large.
        field: &'static str,
        /// What the peer sent or claimed.
        value: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The bytes break the rules of their format.
    #[error("{field}: {reason}")]
    Invalid {
        /// What was being read.
        field: &'static str,
        /// What was found and what was expected.
        reason: Cow<'static, str>,
    },
    /// The bytes are valid, but use a feature that is not supported here.
    #[error("{field}: {feature} is not supported")]
    Unsupported {
        /// What was being read.
        field: &'static str,
        /// The feature.
        feature: Cow<'static, str>,
    },
}

impl DecodeError {
    /// Whether a limit was exceeded (gRPC `RESOURCE_EXHAUSTED`); otherwise the bytes are wrong.
    pub fn is_limit(&self) -> bool {
        matches!(self, Self::LimitExceeded { .. })
    }

    /// A [`DecodeError::Truncated`]; lengths that do not fit in 64 bits saturate.
    pub(crate) fn truncated(field: &'static str, need: usize, have: usize) -> Self {
        Self::Truncated { field, need: saturate(need), have: saturate(have) }
    }

    /// A [`DecodeError::LimitExceeded`].
    pub(crate) fn limit(field: &'static str, value: u64, limit: usize) -> Self {
        Self::LimitExceeded { field, value, limit: saturate(limit) }
    }

    /// A [`DecodeError::Invalid`].
    pub(crate) fn invalid(field: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid { field, reason: reason.into() }
    }

    /// A [`DecodeError::Unsupported`].
    pub(crate) fn unsupported(field: &'static str, feature: impl Into<Cow<'static, str>>) -> Self {
        Self::Unsupported { field, feature: feature.into() }
    }
}

fn saturate(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// A value cannot be put on the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A message is larger than the peer or the protocol takes, and cannot be split further.
    #[error("{} is {bytes} bytes encoded, above the limit of {limit}", row_name(*row))]
    TooLarge {
        /// The row of the batch that was pushed, counted from 0; `None` when it is no row (a
        /// schema or a dictionary).
        row: Option<usize>,
        /// Its encoded size.
        bytes: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The value has no encoding here.
    #[error("{what} cannot be encoded: {reason}")]
    Unsupported {
        /// What it is about (a column, a data type).
        what: Cow<'static, str>,
        /// Why.
        reason: Cow<'static, str>,
    },
    /// The caller broke the order of a stream or mixed schemas.
    #[error("{reason}")]
    Misuse {
        /// What was found and what was expected.
        reason: Cow<'static, str>,
    },
}

impl EncodeError {
    /// A [`EncodeError::Unsupported`].
    pub(crate) fn unsupported(
        what: impl Into<Cow<'static, str>>,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Unsupported { what: what.into(), reason: reason.into() }
    }
}

fn row_name(row: Option<usize>) -> String {
    row.map_or_else(|| "the message".to_owned(), |row| format!("row {row}"))
}
