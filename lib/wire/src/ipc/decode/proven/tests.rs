//! What is built without a constructor is what the constructor would make, or refuse.

use std::sync::Arc;

use arrow_array::types::{BinaryViewType, Int8Type, StringViewType, UInt8Type, Utf8Type};
use arrow_array::{Int8Array, Int32Array, StringArray, StringViewArray, UInt8Array};

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

fn strings(ends: &[i32], values: &str, nulls: Option<&[bool]>) -> Result<StringArray, ArrowError> {
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
    let keys =
        |keys: Vec<Option<i8>>| dictionary::<Int8Type>(Int8Array::from(keys), Arc::clone(&values));
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

const LONG: &str = "a value that is longer than twelve bytes";

/// A view of `value`, which lies at `offset` of a buffer when it is long.
fn view(value: &[u8], buffer: u32, offset: u32) -> u128 {
    arrow_array::builder::make_view(value, buffer, offset)
}

/// Whether views are built as their constructor does, and what came of it.
fn check<T: ByteViewType>(all: &[u128], buffer: &[u8]) -> bool {
    let all = ScalarBuffer::from(all.to_vec());
    let buffers = vec![Buffer::from(buffer)];
    let ours = views::<T>(all.clone(), buffers.clone(), None);
    let theirs = GenericByteViewArray::<T>::try_new(all, buffers, None);
    assert_eq!(ours.as_ref().ok(), theirs.as_ref().ok());
    ours.is_ok()
}

#[test]
fn views_are_as_their_constructor_makes_them() {
    let text = format!("..{LONG}");
    let all = [view(b"", 0, 0), view(b"short", 0, 0), view(b"twelve bytes", 0, 0)];
    let all =
        [&all[..], &[view(LONG.as_bytes(), 0, 2), view(&text.as_bytes()[..13], 0, 0)]].concat();
    assert!(check::<StringViewType>(&all, text.as_bytes()));
    assert!(check::<BinaryViewType>(&all, text.as_bytes()));
    let strings = views::<StringViewType>(all.into(), vec![Buffer::from(text.as_bytes())], None);
    let expected = ["", "short", "twelve bytes", LONG, &text[..13]];
    assert_eq!(strings.unwrap(), StringViewArray::from_iter_values(expected));
    // Not ASCII, short and long.
    let text = "ä value that is longer than twelve bytes";
    let all = [view("ä".as_bytes(), 0, 0), view(text.as_bytes(), 0, 0)];
    assert!(check::<StringViewType>(&all, text.as_bytes()));
    assert!(check::<BinaryViewType>(&[view(&[0xff], 0, 0)], b""));
}

#[test]
fn views_that_are_refused() {
    let long = view(LONG.as_bytes(), 0, 0);
    let wrong = [
        ("leads out of its buffer", view(LONG.as_bytes(), 0, 1)),
        ("far out of it", view(LONG.as_bytes(), 0, u32::MAX)),
        ("has no buffer", view(LONG.as_bytes(), 1, 0)),
        ("another prefix", long ^ (1 << 32)),
        ("longer than the buffer", long + 1),
        ("of a negative length", long | 0x8000_0000),
        ("something behind the value", view(b"short", 0, 0) | (1 << 100)),
        ("something behind none", 1 << 32),
    ];
    for (what, view) in wrong {
        assert!(!check::<StringViewType>(&[long, view], LONG.as_bytes()), "{what}");
        assert!(!check::<BinaryViewType>(&[long, view], LONG.as_bytes()), "{what}");
    }
    assert!(!check::<StringViewType>(&[view(&[0xff], 0, 0)], b""), "no UTF-8");
    let divided = "a value that is ä character too long".as_bytes();
    assert!(!check::<StringViewType>(&[view(&divided[..17], 0, 0)], divided));
    let nulls = Some(NullBuffer::from(vec![true; 2]));
    let buffers = vec![Buffer::from(LONG.as_bytes())];
    assert!(views::<StringViewType>(vec![long].into(), buffers, nulls).is_err(), "a null too many");
}
