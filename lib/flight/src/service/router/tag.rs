//! The tag by which a router recognises the bytes that its services handed out: a fixed start, the
//! length of the route's name, the name, and then the bytes themselves.

use bytes::{BufMut as _, Bytes, BytesMut};
use wingbeat_wire::message::{FlightDescriptor, Message as _};

/// Not the start of any protobuf message, text or JSON.
const START: &[u8] = b"\0wingbeat-route\0";
const LEN_BYTES: usize = size_of::<u32>();

/// Puts the tag of the route with this prefix before the bytes.
pub(super) fn add(prefix: &[String], inner: &Bytes) -> Bytes {
    let name = FlightDescriptor::path(prefix).encode();
    // A name beyond 4 GiB does not exist; its tag would not be found again.
    let name_len = u32::try_from(name.len()).unwrap_or(u32::MAX);
    let mut tagged = BytesMut::with_capacity(START.len() + LEN_BYTES + name.len() + inner.len());
    tagged.put_slice(START);
    tagged.put_u32(name_len);
    tagged.put_slice(&name);
    tagged.put_slice(inner);
    tagged.freeze()
}

/// Whether the bytes begin like a tag.
pub(super) fn is_tagged(bytes: &[u8]) -> bool {
    bytes.starts_with(START)
}

/// The route's prefix and what stands behind the tag; `None` where there is no whole tag.
pub(super) fn remove(tagged: &Bytes) -> Option<(Vec<String>, Bytes)> {
    let rest = tagged.strip_prefix(START)?;
    let (len, rest) = rest.split_first_chunk::<LEN_BYTES>()?;
    let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
    let (name, inner) = rest.split_at_checked(len)?;
    match FlightDescriptor::decode(tagged.slice_ref(name)).ok()? {
        FlightDescriptor::Path(prefix) => Some((prefix, tagged.slice_ref(inner))),
        _ => None,
    }
}
