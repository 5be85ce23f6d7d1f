//! `google.protobuf.Any`: a message packed with the name of its type.

use bytes::Bytes;

use crate::DecodeError;
use crate::pb::{Reader, Writer};

/// What the name of every packed type begins with.
const TYPE_URL: &[u8] = b"type.googleapis.com/";

/// The message in a `google.protobuf.Any`; `None` when the bytes are none. No message of
/// `Flight.proto` is taken for one, since a name stands where those have a message or text that
/// does not begin so.
pub fn unpack_any(bytes: &Bytes) -> Option<Bytes> {
    read(bytes.clone()).ok().flatten()
}

/// Packs a message of `arrow.flight.protocol` of that name into a `google.protobuf.Any`.
pub fn pack_any(name: &str, message: &[u8]) -> Bytes {
    let mut to = Writer::default();
    to.string(1, &format!("type.googleapis.com/arrow.flight.protocol.{name}"));
    to.bytes(2, message);
    to.finish()
}

fn read(bytes: Bytes) -> Result<Option<Bytes>, DecodeError> {
    let (mut is_any, mut value) = (false, Bytes::new());
    let mut from = Reader::new(bytes);
    while let Some(field) = from.next()? {
        match field.number {
            1 => is_any = field.bytes("Any.type_url")?.starts_with(TYPE_URL),
            2 => value = field.bytes("Any.value")?,
            _ => {}
        }
    }
    Ok(is_any.then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{CancelFlightInfoRequest, FlightDescriptor, FlightInfo, Message as _};

    #[test]
    fn a_packed_message_comes_out_and_a_raw_one_is_none() {
        let info = FlightInfo {
            flight_descriptor: Some(FlightDescriptor::command("x")),
            ..FlightInfo::default()
        };
        let raw = CancelFlightInfoRequest { info: Some(info) }.encode();
        assert_eq!(unpack_any(&raw), None);
        let url = b"type.googleapis.com/arrow.flight.protocol.CancelFlightInfoRequest";
        let mut any = vec![0x0a, url.len() as u8];
        any.extend(url);
        any.extend([0x12, raw.len() as u8]);
        any.extend(&raw);
        assert_eq!(pack_any("CancelFlightInfoRequest", &raw), any);
        assert_eq!(unpack_any(&any.into()), Some(raw));
        assert_eq!(unpack_any(&Bytes::from_static(b"\x0a\xff")), None);
        assert_eq!(unpack_any(&Bytes::new()), None);
    }
}
