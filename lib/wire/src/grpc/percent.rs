//! Percent-encoding of `grpc-message`.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode as decode, utf8_percent_encode};

/// All but the printable ASCII characters other than `%` (PROTOCOL-HTTP2.md,
/// "Percent-Encoded"); bytes beyond ASCII are always encoded.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

/// Encodes a message for the header `grpc-message`.
pub fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Decodes the header `grpc-message`. Never fails, as gRPC demands: wrong escapes stay as they
/// are, and what is not UTF-8 is replaced.
pub fn percent_decode(header: &[u8]) -> String {
    match decode(header).decode_utf8_lossy() {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_it_is_encoded() {
        for (text, header) in [
            ("plain text, ~!@#&*()=+", "plain text, ~!@#&*()=+"),
            ("100 %", "100 %25"),
            ("two\r\nlines\u{7f}", "two%0D%0Alines%7F"),
            ("Größe ✈", "Gr%C3%B6%C3%9Fe %E2%9C%88"),
            ("", ""),
        ] {
            assert_eq!(percent_encode(text), header);
            assert_eq!(percent_decode(header.as_bytes()), text);
        }
    }

    #[test]
    fn decoding_never_fails() {
        assert_eq!(percent_decode(b"%"), "%");
        assert_eq!(percent_decode(b"%4"), "%4");
        assert_eq!(percent_decode(b"%zz%41"), "%zzA");
        assert_eq!(percent_decode(b"a%FFb\xff"), "a\u{fffd}b\u{fffd}");
    }
}
