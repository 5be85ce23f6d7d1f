//! Base64 of headers whose name ends in `-bin`.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use crate::DecodeError;

/// gRPC: senders should not pad, receivers must take both.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Encodes the value of a `-bin` header, without padding.
pub fn encode_bin(value: &[u8]) -> String {
    ENGINE.encode(value)
}

/// Decodes one value of a `-bin` header, padded or not. Of a list joined by commas (several headers
/// of one name, joined by a proxy) this gives the first value; [`decode_bin_list`] gives all.
///
/// # Errors
/// When it is not base64.
pub fn decode_bin(header: &[u8]) -> Result<Bytes, DecodeError> {
    let first = header.split(|&byte| byte == b',').next().unwrap_or_default();
    decode_one(first)
}

/// Decodes all values of a `-bin` header that may hold a list joined by commas.
///
/// # Errors
/// When one of them is not base64.
pub fn decode_bin_list(header: &[u8]) -> Result<Vec<Bytes>, DecodeError> {
    header.split(|&byte| byte == b',').map(decode_one).collect()
}

fn decode_one(value: &[u8]) -> Result<Bytes, DecodeError> {
    let decoded = ENGINE.decode(value.trim_ascii());
    decoded
        .map(Bytes::from)
        .map_err(|error| DecodeError::invalid("binary header", format!("not base64: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_without_padding_and_read_with_and_without() {
        for (value, header) in
            [(&b""[..], ""), (b"f", "Zg"), (b"fo", "Zm8"), (b"foo", "Zm9v"), (b"\xfb\xff", "+/8")]
        {
            assert_eq!(encode_bin(value), header);
            assert_eq!(decode_bin(header.as_bytes()).as_deref(), Ok(value));
            let padded = format!("{header}{}", ["", "", "==", "="][header.len() % 4]);
            assert_eq!(decode_bin(padded.as_bytes()).as_deref(), Ok(value), "{padded}");
        }
    }

    #[test]
    fn lists() {
        assert_eq!(decode_bin(b"Zg, Zm8="), Ok(Bytes::from_static(b"f")));
        let all = decode_bin_list(b"Zg==,Zm8, Zm9v").unwrap();
        assert_eq!(all, ["f", "fo", "foo"]);
    }

    #[test]
    fn what_is_not_base64() {
        for header in ["Z", "Zg=a", "_-8", "Zg ==", "Z\u{fc}"] {
            let error = decode_bin(header.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("binary header: not base64: "), "{header}: {error}");
        }
        assert!(decode_bin_list(b"Zg,!").is_err());
    }
}
