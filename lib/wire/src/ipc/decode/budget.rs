//! What one message may still cost in memory beyond its own bytes.

use crate::{DecodeError, Limits};

/// Counts the bytes that decoding one message takes beside the received body: decompressed
/// buffers, copies of misaligned ones, and rows that exist only as a number.
#[derive(Debug)]
pub(super) struct Budget {
    spent: u64,
    limit: usize,
    claim_bytes_max: usize,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { spent: 0, limit: limits.decoded_bytes_max, claim_bytes_max: limits.claim_bytes_max }
    }

    /// Takes `bytes` from the budget, before they are allocated or walked.
    pub(super) fn charge(&mut self, field: &'static str, bytes: u64) -> Result<(), DecodeError> {
        self.spent = self.spent.saturating_add(bytes);
        if usize::try_from(self.spent).map_or(true, |spent| spent > self.limit) {
            return Err(DecodeError::limit(field, self.spent, self.limit));
        }
        Ok(())
    }

    /// Takes what `rows` without bytes of their own (nulls, runs, values of width zero) cost as
    /// soon as anybody asks for their validity: a bit for each.
    pub(super) fn charge_virtual_rows(&mut self, rows: usize) -> Result<(), DecodeError> {
        const FIELD: &str = "FieldNode.length (rows without data)";
        let rows_max = self.claim_bytes_max.saturating_mul(8);
        if rows > rows_max {
            return Err(DecodeError::limit(FIELD, u64_of(rows), rows_max));
        }
        self.charge("rows without data (bytes of validity)", u64_of(rows.div_ceil(8)))
    }

    /// What was taken so far.
    pub(super) fn spent(&self) -> usize {
        usize::try_from(self.spent).unwrap_or(usize::MAX)
    }

    /// Up to how many bytes a claim is believed at once.
    pub(super) fn claim_bytes_max(&self) -> usize {
        self.claim_bytes_max
    }
}

/// `usize` as `u64`, saturating where a platform has more.
pub(super) fn u64_of(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
