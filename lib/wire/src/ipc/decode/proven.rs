//! Arrays whose content is checked here, and which are built without the checks of their
//! constructors: those look at one value after the other, ours at as many as a vector register
//! holds. All `unsafe` of this crate is here.
#![expect(unsafe_code, reason = "each block is preceded by the check that its function asks for")]

use arrow_array::types::{ArrowDictionaryKeyType, ByteArrayType};
use arrow_array::{Array, ArrayRef, DictionaryArray, GenericByteArray, PrimitiveArray};
use arrow_buffer::{ArrowNativeType, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::{Int8Type, UInt8Type, Utf8Type};
    use arrow_array::{Int8Array, Int32Array, StringArray, UInt8Array};

    use super::*;

    #[test]
    fn offsets_that_fall_or_start_below_zero() {
        let checked = |values: Vec<i32>| offsets(ScalarBuffer::from(values));
        assert!(checked(vec![]).is_none());
        assert!(checked(vec![-1, 0]).is_none());
        assert!(checked(vec![0, 2, 1]).is_none());
        for sound in [vec![0], vec![3, 3, 7], (0..1000).collect()] {
            assert_eq!(checked(sound.clone()), Some(OffsetBuffer::new(sound.into())));
        }
    }

    fn strings(
        ends: &[i32],
        values: &str,
        nulls: Option<&[bool]>,
    ) -> Result<StringArray, ArrowError> {
        let offsets = OffsetBuffer::new(ends.to_vec().into());
        let values = Buffer::from(values.as_bytes());
        bytes::<Utf8Type>(offsets, values, nulls.map(NullBuffer::from))
    }

    #[test]
    fn strings_are_as_their_constructor_makes_them() {
        assert_eq!(strings(&[0, 1, 3], "abc", None).unwrap(), StringArray::from(vec!["a", "bc"]));
        let nulls = [true, false];
        let array = strings(&[0, 1, 3], "abc", Some(&nulls)).unwrap();
        assert_eq!(array, StringArray::from(vec![Some("a"), None]));
        assert_eq!(strings(&[0, 2], "ä", None).unwrap(), StringArray::from(vec!["ä"]));
    }

    #[test]
    fn strings_that_are_refused() {
        assert!(strings(&[0, 4], "abc", None).is_err(), "leads out of the values");
        assert!(strings(&[0, 1], "abc", Some(&[true, true])).is_err(), "a null too many");
        assert!(strings(&[0, 1, 2], "ä", None).is_err(), "divides a character");
        let offsets = OffsetBuffer::new(vec![0, 1].into());
        assert!(bytes::<Utf8Type>(offsets, Buffer::from([0xff]), None).is_err(), "no UTF-8");
    }

    #[test]
    fn keys_lie_within_the_values() {
        let values: ArrayRef = Arc::new(Int32Array::from(vec![5, 6]));
        let keys = |keys: Vec<Option<i8>>| {
            dictionary::<Int8Type>(Int8Array::from(keys), Arc::clone(&values))
        };
        assert_eq!(keys(vec![Some(1), Some(0)]).unwrap().keys().values()[..], [1, 0]);
        assert!(keys(vec![Some(2)]).is_err());
        assert!(keys(vec![Some(-1)]).is_err());
        // A null row's key is not looked at.
        let beyond = Int8Array::new(vec![1, 9].into(), Some(vec![true, false].into()));
        assert_eq!(dictionary(beyond, Arc::clone(&values)).unwrap().len(), 2);
        // More values than any key can name.
        let many: ArrayRef = Arc::new(Int32Array::from(vec![0; 300]));
        let array = dictionary::<UInt8Type>(UInt8Array::from(vec![255, 0]), many).unwrap();
        assert_eq!(array.keys().values()[..], [255, 0]);
    }
}
