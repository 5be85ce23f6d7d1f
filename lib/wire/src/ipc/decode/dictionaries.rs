//! The dictionaries of one stream: kept for its life, replaced and extended by later messages.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use arrow_select::concat::concat;

use super::budget::u64_of;
use super::columns::{ROWS_MAX, broken};
use crate::{DecodeError, Limits};

/// What is counted for a dictionary beside its bytes: arrays have a size even when empty.
const OVERHEAD_BYTES: usize = 256;

/// One dictionary as it was sent.
pub(super) struct Piece {
    pub(super) values: ArrayRef,
    /// The memory that it keeps from being freed.
    pub(super) bytes: usize,
    /// The largest length or offset within it.
    pub(super) extent: usize,
}

/// The dictionaries received so far.
pub(super) struct Dictionaries {
    slots: HashMap<i64, Slot>,
    bytes: usize,
    bytes_max: usize,
}

struct Slot {
    /// The base and the deltas since it was last used. Never empty.
    pieces: Vec<ArrayRef>,
    bytes: usize,
    extent: usize,
}

impl Dictionaries {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { slots: HashMap::new(), bytes: 0, bytes_max: limits.dictionary_bytes_max }
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.bytes = 0;
    }

    /// Takes dictionary `id`, in place of the one before.
    pub(super) fn replace(&mut self, id: i64, piece: Piece) -> Result<(), DecodeError> {
        if let Some(old) = self.slots.remove(&id) {
            self.bytes -= old.bytes;
        }
        let bytes = self.hold(piece.bytes)?;
        let slot = Slot { pieces: vec![piece.values], bytes, extent: piece.extent };
        self.slots.insert(id, slot);
        Ok(())
    }

    /// Takes more values for dictionary `id`. They are joined when next used.
    pub(super) fn extend(&mut self, id: i64, piece: Piece) -> Result<(), DecodeError> {
        const FIELD: &str = "DictionaryBatch.isDelta";
        if !self.slots.contains_key(&id) {
            let reason = format!("a delta for dictionary {id}, which was never sent");
            return Err(DecodeError::invalid(FIELD, reason));
        }
        let bytes = self.hold(piece.bytes)?;
        let Some(slot) = self.slots.get_mut(&id) else {
            return Ok(());
        };
        // Joining arrays must not overflow their offsets or run ends.
        let extent = slot.extent.saturating_add(piece.extent);
        let extent_max = extent_max(piece.values.data_type());
        if extent > extent_max {
            let found = u64_of(extent);
            return Err(DecodeError::limit("dictionary with its deltas", found, extent_max));
        }
        slot.bytes += bytes;
        slot.extent = extent;
        slot.pieces.push(piece.values);
        Ok(())
    }

    /// The values of dictionary `id`; `None` if it was never sent.
    pub(super) fn values(&mut self, id: i64) -> Result<Option<ArrayRef>, DecodeError> {
        let Some(slot) = self.slots.get_mut(&id) else {
            return Ok(None);
        };
        if slot.pieces.len() > 1 {
            let pieces: Vec<&dyn Array> = slot.pieces.iter().map(AsRef::as_ref).collect();
            let joined = concat(&pieces).map_err(|error| broken(&error))?;
            slot.pieces = vec![joined];
        }
        Ok(slot.pieces.first().map(Arc::clone))
    }

    fn hold(&mut self, bytes: usize) -> Result<usize, DecodeError> {
        let bytes = bytes.saturating_add(OVERHEAD_BYTES);
        let total = self.bytes.saturating_add(bytes);
        if total > self.bytes_max {
            return Err(DecodeError::limit("dictionaries (bytes)", u64_of(total), self.bytes_max));
        }
        self.bytes = total;
        Ok(bytes)
    }
}

/// Up to where lengths and offsets below `data_type` can be counted.
fn extent_max(data_type: &DataType) -> usize {
    const RUN_ENDS_16: usize = 0x7fff;
    match data_type {
        DataType::RunEndEncoded(run_ends, values) => {
            let own = if run_ends.data_type() == &DataType::Int16 { RUN_ENDS_16 } else { ROWS_MAX };
            own.min(extent_max(values.data_type()))
        }
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => extent_max(field.data_type()),
        DataType::Struct(fields) => {
            fields.iter().map(|field| extent_max(field.data_type())).min().unwrap_or(ROWS_MAX)
        }
        DataType::Union(fields, _) => {
            fields.iter().map(|(_, field)| extent_max(field.data_type())).min().unwrap_or(ROWS_MAX)
        }
        DataType::Dictionary(_, values) => extent_max(values),
        _ => ROWS_MAX,
    }
}
