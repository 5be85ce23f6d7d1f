//! Tests of the rope.

use super::*;

/// Every other piece is an Arrow buffer.
fn rope(parts: &[&'static str]) -> Segments {
    let mut rope = Segments::new();
    for (at, part) in parts.iter().enumerate() {
        match at % 2 {
            0 => rope.push(Bytes::from_static(part.as_bytes())),
            _ => rope.push_buffer(Buffer::from(part.as_bytes())),
        }
    }
    rope
}

#[test]
fn splits_anywhere_without_a_copy() {
    for at in 0..=9 {
        let mut rest = rope(&["abc", "def", "ghi"]);
        let addresses: Vec<_> = rest.iter().map(<[u8]>::as_ptr).collect();
        let head = rest.split_to(at);
        assert_eq!((head.len(), rest.len()), (at, 9 - at));
        assert_eq!(head.to_bytes(), &b"abcdefghi"[..at]);
        assert_eq!(rest.to_bytes(), &b"abcdefghi"[at..]);
        let first = at / 3;
        if let Some(piece) = rest.iter().next() {
            assert_eq!(piece.as_ptr(), addresses[first].wrapping_add(at % 3));
        }
    }
    let mut rope = rope(&["abc"]);
    assert_eq!(rope.split_to(10).len(), 3);
    assert!(rope.is_empty() && rope.split_to(1).is_empty());
}

#[test]
fn the_pieces_within_a_range_are_shared() {
    let rope = rope(&["ab", "cde", "f", "ghij"]);
    for (places, expected) in [(0..4, "abcdefghij"), (1..3, "cdef"), (3..9, "ghij"), (4..9, "")] {
        let within = rope.within(places.clone());
        assert_eq!(within.to_bytes(), expected, "{places:?}");
        assert_eq!(within.len(), expected.len(), "{places:?}");
        let addresses = within.iter().map(<[u8]>::as_ptr);
        let sources = rope.iter().skip(places.start).map(<[u8]>::as_ptr);
        assert!(addresses.zip(sources).all(|(piece, source)| piece == source), "{places:?}");
    }
    assert!(rope.within(2..2).is_empty());
    assert_eq!(rope.piece_count(), 4, "it stays as it is");
}

#[test]
fn empty_pieces_are_not_kept() {
    let mut rope = rope(&["", "ab", "", "c"]);
    assert_eq!((rope.len(), rope.iter().count()), (3, 2));
    rope.append(Segments::from(Bytes::new()));
    rope.push_front(Bytes::new());
    assert_eq!((rope.iter().count(), rope.to_bytes()), (2, Bytes::from("abc")));
    rope.push_front(Bytes::from("_"));
    assert_eq!((rope.len(), rope.to_bytes()), (4, Bytes::from("_abc")));
}

#[test]
fn every_advance_leaves_the_rest() {
    for count in 0..=6 {
        let mut rope = rope(&["ab", "cde", "f"]);
        rope.advance(count);
        assert_eq!(rope.remaining(), 6 - count);
        assert_eq!(rope.to_bytes(), "abcdef"[count..]);
        assert_eq!(rope.has_remaining(), !rope.chunk().is_empty());
    }
}

#[test]
fn copies_and_shares() {
    let whole = Bytes::from_static(b"abcd");
    let mut rope: Segments = [whole.clone(), Bytes::from_static(b"ef")].into_iter().collect();
    let first = rope.copy_to_bytes(2);
    assert_eq!(first.as_ptr(), whole.as_ptr());
    assert_eq!(rope.copy_to_bytes(3), "cde");
    assert_eq!((rope.len(), rope.to_bytes()), (1, Bytes::from_static(b"f")));
    assert_eq!(rope.copy_to_bytes(1), "f");
    assert!(rope.is_empty() && rope.pop_front().is_none());
    assert_eq!(rope.copy_to_bytes(0), "");
}

#[test]
fn an_arrow_buffer_is_shared_whichever_way_it_is_taken() {
    let buffer = Buffer::from_vec((0..100_u8).collect::<Vec<_>>());
    let mut rope = Segments::new();
    rope.push_buffer(buffer.clone());
    assert_eq!(rope.to_bytes().as_ptr(), buffer.as_ptr());
    let first = rope.copy_to_bytes(10);
    assert_eq!((first.as_ptr(), &*first), (buffer.as_ptr(), &buffer[..10]));
    rope.advance(5);
    assert_eq!((rope.len(), rope.chunk().as_ptr()), (85, buffer[15..].as_ptr()));
    let rest = rope.pop_front().unwrap();
    assert_eq!((rest.as_ptr(), &*rest), (buffer[15..].as_ptr(), &buffer[15..]));
    assert!(rope.is_empty() && rope.pop_front().is_none());
}

#[test]
fn offers_its_pieces_to_a_vectored_write() {
    let rope = rope(&["ab", "cde", "f"]);
    let mut slices = [IoSlice::new(&[]); 2];
    assert_eq!(rope.chunks_vectored(&mut slices), 2);
    assert_eq!((&*slices[0], &*slices[1]), (&b"ab"[..], &b"cde"[..]));
    assert_eq!(rope.iter().nth(1).map(|piece| piece.as_ptr()), Some(slices[1].as_ptr()));
}

#[test]
fn popping_keeps_count() {
    let mut rope = rope(&["ab", "cde"]);
    assert_eq!(rope.pop_front().as_deref(), Some(&b"ab"[..]));
    assert_eq!((rope.len(), rope.chunk()), (3, &b"cde"[..]));
}
