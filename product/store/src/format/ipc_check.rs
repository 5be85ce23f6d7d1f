//! What arrow-ipc does not check before it allocates: the claims of compressed buffers.

use std::path::Path;

use arrow_ipc::{RecordBatch, root_as_message};

use crate::error::StoreError;

/// The most bytes that the buffers of one message may claim to decompress to, whatever they are.
const CLAIM_BYTES_MAX: u64 = 8 << 30;
/// How far one message may claim to grow by decompression before that limit counts: beyond it no
/// data but padding is packed this well.
const CLAIM_RATIO_MAX: u64 = 4096;
/// What any message may claim.
const CLAIM_BYTES_FREE: u64 = 64 << 20;

/// Checks what a message's compressed buffers claim to hold, against its real size.
///
/// `head` is the bare flatbuffer.
pub(crate) fn check_claims(head: &[u8], body: &[u8], name: &Path) -> Result<(), StoreError> {
    let message = root_as_message(head).map_err(|error| StoreError::corrupt(name, error))?;
    let dictionary = message.header_as_dictionary_batch().and_then(|batch| batch.data());
    let Some(batch) = message.header_as_record_batch().or(dictionary) else { return Ok(()) };
    if batch.compression().is_none() {
        return Ok(());
    }
    let claimed = claimed_bytes(&batch, body);
    let packed = body.len() as u64;
    let bound = packed.saturating_mul(CLAIM_RATIO_MAX).clamp(CLAIM_BYTES_FREE, CLAIM_BYTES_MAX);
    if claimed > bound {
        return Err(StoreError::corrupt(
            name,
            format!("a message of {packed} bytes claims to decompress to {claimed}"),
        ));
    }
    Ok(())
}

/// The sum of the uncompressed lengths that stand in front of the buffers.
fn claimed_bytes(batch: &RecordBatch<'_>, body: &[u8]) -> u64 {
    let buffers = batch.buffers().into_iter().flatten();
    buffers
        .filter_map(|buffer| {
            let at = usize::try_from(buffer.offset()).ok()?;
            let head = body.get(at..at.checked_add(8)?)?;
            if buffer.length() < 8 {
                return None;
            }
            u64::try_from(i64::from_le_bytes(head.try_into().ok()?)).ok()
        })
        .fold(0, u64::saturating_add)
}
