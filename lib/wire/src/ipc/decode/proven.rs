//! Arrays whose content is checked here, and which are built without the checks of their
//! constructors: those look at one value after the other, ours at as many as a vector register
//! holds. All `unsafe` of this crate is here.
#![expect(unsafe_code, reason = "each block is preceded by the check that its function asks for")]

use arrow_array::types::{ArrowDictionaryKeyType, ByteArrayType, ByteViewType};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, GenericByteArray, GenericByteViewArray, PrimitiveArray,
};
use arrow_buffer::{ArrowNativeType, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_data::{ByteView, MAX_INLINE_VIEW_LEN};
use arrow_schema::ArrowError;

/// Offsets that start at zero or above and never fall; `None` where they do not.
pub(super) fn offsets<O: ArrowNativeType>(offsets: ScalarBuffer<O>) -> Option<OffsetBuffer<O>> {
    let starts = offsets.first().is_some_and(|first| *first >= O::usize_as(0));
    // No early exit, so that the loop compiles to vector instructions.
    let next = offsets.get(1..).unwrap_or_default();
    let rises = offsets.iter().zip(next).fold(true, |rises, (a, b)| rises & (a <= b));
    if !(starts && rises) {
        return None;
    }
    // SAFETY: there is a first offset, it is zero or above, and no offset is below the one before.
    Some(unsafe { OffsetBuffer::new_unchecked(offsets) })
}

/// Strings or bytes of variable length.
///
/// # Errors
/// As [`GenericByteArray::try_new`]: values that are not UTF-8 where they have to be, or that
/// `offsets` divides within a character or leads out of, or another number of `nulls`.
pub(super) fn bytes<T: ByteArrayType>(
    offsets: OffsetBuffer<T::Offset>,
    values: Buffer,
    nulls: Option<NullBuffer>,
) -> Result<GenericByteArray<T>, ArrowError> {
    let within = offsets.last().is_some_and(|last| last.as_usize() <= values.len());
    let nulls_fit = nulls.as_ref().is_none_or(|nulls| nulls.len() + 1 == offsets.len());
    if !(within && nulls_fit && values.is_ascii()) {
        return GenericByteArray::try_new(offsets, values, nulls);
    }
    // SAFETY: the offsets rise, by their type, and the last lies within the values; ASCII is UTF-8
    // wherever it is divided; there is a bit of validity for each value, or none at all.
    Ok(unsafe { GenericByteArray::new_unchecked(offsets, values, nulls) })
}

/// Keys into the values of a dictionary.
///
/// # Errors
/// As [`DictionaryArray::try_new`]: a key that is not null and below zero or beyond the values.
pub(super) fn dictionary<K: ArrowDictionaryKeyType>(
    keys: PrimitiveArray<K>,
    values: ArrayRef,
) -> Result<DictionaryArray<K>, ArrowError> {
    // A length that the key type cannot say is above every key.
    let zero = K::Native::usize_as(0);
    let Some(len) = K::Native::from_usize(values.len()) else {
        return DictionaryArray::try_new(keys, values);
    };
    let check = |sound, key: &K::Native| sound & (*key >= zero) & (*key < len);
    if !keys.values().iter().fold(true, check) {
        // Keys of null rows may be anything: that takes a closer look.
        return DictionaryArray::try_new(keys, values);
    }
    // SAFETY: every key, also of null rows, is zero or above and below the number of values.
    Ok(unsafe { DictionaryArray::new_unchecked(keys, values) })
}

/// Strings or bytes that are views into `buffers`.
///
/// # Errors
/// As [`GenericByteViewArray::try_new`]: a view that leads out of its buffer, whose prefix is not
/// that of its bytes or whose padding is not zero, values that are not UTF-8 where they have to be,
/// or another number of `nulls`.
pub(super) fn views<T: ByteViewType>(
    views: ScalarBuffer<u128>,
    buffers: Vec<Buffer>,
    nulls: Option<NullBuffer>,
) -> Result<GenericByteViewArray<T>, ArrowError> {
    let nulls_fit = nulls.as_ref().is_none_or(|nulls| nulls.len() == views.len());
    // UTF-8 that is not ASCII is looked at value by value.
    let buffers_fit = !T::IS_UTF8 || buffers.iter().all(|buffer| buffer.is_ascii());
    if !(nulls_fit && buffers_fit && views.iter().all(|view| fits::<T>(*view, &buffers))) {
        return GenericByteViewArray::try_new(views, buffers, nulls);
    }
    // SAFETY: each view is a short value with zeros behind it, or lies within its buffer and has
    // the prefix of its bytes; all bytes are ASCII, which is UTF-8 wherever it is divided, if they
    // have to be UTF-8; there is a bit of validity for each value, or none at all.
    Ok(unsafe { GenericByteViewArray::new_unchecked(views, buffers, nulls) })
}

/// Whether a view is sound, as long as what it leads to is ASCII where it has to be UTF-8.
fn fits<T: ByteViewType>(view: u128, buffers: &[Buffer]) -> bool {
    /// The highest bit of each of the twelve bytes that a view has for a short value.
    const NOT_ASCII: u128 = 0x8080_8080_8080_8080_8080_8080;
    // The lowest 32 bits are the length.
    let len = view as u32;
    if len <= MAX_INLINE_VIEW_LEN {
        let value = view >> 32;
        let is_padded = value.checked_shr(len * 8).unwrap_or_default() == 0;
        let is_text = !T::IS_UTF8 || value & NOT_ASCII == 0;
        // Twelve bytes fill the view.
        return is_text && (is_padded || len == MAX_INLINE_VIEW_LEN);
    }
    let ByteView { length, prefix, buffer_index, offset } = ByteView::from(view);
    let start = offset as usize;
    let bytes = buffers
        .get(buffer_index as usize)
        .and_then(|buffer| buffer.get(start..start.checked_add(length as usize)?));
    bytes.and_then(<[u8]>::first_chunk).is_some_and(|first| u32::from_le_bytes(*first) == prefix)
}

#[cfg(test)]
mod tests;
