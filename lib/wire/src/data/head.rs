//! Writes `FlightData`: everything but the body in one piece, then the body as it is.
//!
//! The head is padded so that the body lies aligned where the receiver reads it. The padding stands
//! behind the flatbuffer in `data_header`, whose readers pass over it; an unknown protobuf field
//! would confuse Java's.

use bytes::{BufMut, Bytes, BytesMut};

use crate::Segments;
use crate::grpc::{PREFIX_LEN, prefix};
use crate::ipc::Placement;
use crate::message::{FlightDescriptor, Message};
use crate::pb::{put_varint, varint_len};

/// The tags of `FlightData`'s fields, all of them lengths followed by bytes.
const DESCRIPTOR_TAG: u8 = 1 << 3 | 2;
const HEADER_TAG: u8 = 2 << 3 | 2;
const APP_METADATA_TAG: u8 = 3 << 3 | 2;
const BODY_TAG: [u8; 2] = [0xc2, 0x3e];

/// What comes before the body of a `FlightData` message.
#[derive(Debug, Clone, Copy, Default)]
pub struct FlightDataHead<'a> {
    /// What the stream is about; on the first message of DoPut and DoExchange.
    pub descriptor: Option<&'a FlightDescriptor>,
    /// An IPC `Message` flatbuffer without its length before it; empty: none.
    pub data_header: &'a [u8],
    /// For the application. `Some` of nothing is written, and arrives as such.
    pub app_metadata: Option<&'a [u8]>,
    /// Where the receiver reads the message.
    pub placement: Placement,
}

/// What a receiver's body is made to start at a multiple of.
const BODY_ALIGNMENT: usize = 64;

impl<'a> FlightDataHead<'a> {
    /// The message, with gRPC's prefix, ready to send. The head is the first piece, the pieces of
    /// `body` follow as they are. Fields are written in the order that other implementations
    /// write: descriptor, header, metadata, body. Without a body there is no body field; an
    /// empty one is written, as record batches have it.
    ///
    /// # Panics
    /// When the message would be 4 GiB or longer, see [`encoded_len`](Self::encoded_len).
    pub fn encode(&self, body: Option<Segments>) -> Segments {
        let head = self.plan(self.data_header.len(), body.as_ref().map(Segments::len));
        let mut front = BytesMut::with_capacity(head.len());
        head.write(&mut front, |out| out.extend_from_slice(self.data_header));
        let mut message = body.unwrap_or_default();
        message.push_front(front.freeze());
        message
    }

    /// How long the message is with a body of this length, without gRPC's prefix: what a peer's
    /// limit on messages counts.
    pub fn encoded_len(&self, body_len: Option<usize>) -> usize {
        self.plan(self.data_header.len(), body_len).message_len()
    }

    /// How the message becomes when its header has this length, whatever `data_header` is.
    pub(super) fn plan(&self, header_len: usize, body_len: Option<usize>) -> HeadPlan<'a> {
        let mut plan = HeadPlan {
            descriptor: self.descriptor.map(Message::encode),
            header_len,
            padding: 0,
            app_metadata: self.app_metadata,
            body_len,
            fields_len: 0,
        };
        // The header's length aside, which padding changes.
        let others_len = plan.others_len();
        let fields_len = |padding: usize| match header_len {
            0 => others_len,
            len => others_len + field_len(len + padding),
        };
        if let Some(offset) = self.placement.offset()
            && header_len > 0
            && body_len.is_some_and(|len| len > 0)
        {
            let missing = |padding: usize| {
                let end = offset + PREFIX_LEN + fields_len(padding);
                end.next_multiple_of(BODY_ALIGNMENT) - end
            };
            let padding = missing(0);
            // The length that stands before the flatbuffer may have become a byte longer by it.
            plan.padding = match missing(padding) {
                0 => padding,
                more => (padding + more) % BODY_ALIGNMENT,
            };
        }
        plan.fields_len = fields_len(plan.padding);
        plan
    }
}

/// How a message is written, but for its header and its body.
#[derive(Debug)]
pub(super) struct HeadPlan<'a> {
    /// As it is written.
    descriptor: Option<Bytes>,
    header_len: usize,
    /// How many bytes behind the header bring the body to where it is aligned.
    padding: usize,
    app_metadata: Option<&'a [u8]>,
    body_len: Option<usize>,
    /// All bytes but the prefix and the body itself.
    fields_len: usize,
}

impl HeadPlan<'_> {
    /// How long everything but the body is.
    pub(super) fn len(&self) -> usize {
        PREFIX_LEN + self.fields_len
    }

    /// How long the message is without gRPC's prefix.
    pub(super) fn message_len(&self) -> usize {
        self.fields_len + self.body_len.unwrap_or(0)
    }

    /// Appends everything but the body; `put_header` appends the header.
    pub(super) fn write(&self, out: &mut BytesMut, put_header: impl FnOnce(&mut BytesMut)) {
        let start = out.len();
        out.extend_from_slice(&prefix(self.message_len()));
        if let Some(descriptor) = &self.descriptor {
            put_field(out, DESCRIPTOR_TAG, descriptor);
        }
        if self.header_len > 0 {
            put_len(out, &[HEADER_TAG], self.header_len + self.padding);
            let before = out.len();
            put_header(out);
            debug_assert_eq!(out.len() - before, self.header_len, "the header's length");
            out.put_bytes(0, self.padding);
        }
        if let Some(app_metadata) = self.app_metadata {
            put_field(out, APP_METADATA_TAG, app_metadata);
        }
        if let Some(body_len) = self.body_len {
            put_len(out, &BODY_TAG, body_len);
        }
        debug_assert_eq!(out.len() - start, self.len(), "the head's length was foreseen wrongly");
    }

    /// All bytes but the prefix, the header's field and the body itself.
    fn others_len(&self) -> usize {
        let descriptor = self.descriptor.as_ref().map_or(0, |value| field_len(value.len()));
        let app_metadata = self.app_metadata.map_or(0, |value| field_len(value.len()));
        let body = self.body_len.map_or(0, |len| BODY_TAG.len() + varint_len(len as u64));
        descriptor + app_metadata + body
    }
}

/// A field of this length with its tag, which has one byte.
fn field_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

fn put_field(out: &mut BytesMut, tag: u8, value: &[u8]) {
    put_len(out, &[tag], value.len());
    out.extend_from_slice(value);
}

/// A tag and a length.
fn put_len(out: &mut BytesMut, tag: &[u8], len: usize) {
    out.extend_from_slice(tag);
    put_varint(out, len as u64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_the_order_of_other_implementations() {
        let descriptor = FlightDescriptor::command("q");
        let head = FlightDataHead {
            descriptor: Some(&descriptor),
            data_header: b"head",
            app_metadata: Some(b"meta"),
            ..FlightDataHead::default()
        };
        let body = Segments::from(Bytes::from_static(b"body"));
        let message = head.encode(Some(body)).to_bytes();
        let fields = b"\x0a\x05\x08\x02\x12\x01q\x12\x2ehead";
        let rest = b"\x1a\x04meta\xc2\x3e\x04body";
        let expected = [b"\0\0\0\0\x44", &fields[..], &[0; 42], &rest[..]].concat();
        assert_eq!(message, expected);
        assert_eq!(head.encoded_len(Some(4)), expected.len() - PREFIX_LEN);
    }

    #[test]
    fn absent_is_not_empty() {
        let head = FlightDataHead::default();
        assert_eq!(head.encode(None).to_bytes(), &b"\0\0\0\0\0"[..]);
        assert_eq!(head.encode(Some(Segments::new())).to_bytes(), &b"\0\0\0\0\x03\xc2\x3e\0"[..]);
        let head = FlightDataHead { app_metadata: Some(b""), ..head };
        assert_eq!(head.encode(None).to_bytes(), &b"\0\0\0\0\x02\x1a\0"[..]);
        let unknown = FlightDescriptor::Unknown;
        let head = FlightDataHead { descriptor: Some(&unknown), ..FlightDataHead::default() };
        assert_eq!(head.encode(None).to_bytes(), &b"\0\0\0\0\x02\x0a\0"[..]);
    }

    #[test]
    fn the_body_is_aligned_where_the_receiver_reads_it() {
        let header = [3; 400];
        for placement in [Placement::Message, Placement::Frame] {
            for (header_len, body_len) in (1..400).flat_map(|len| [(len, 8), (len, 1 << 20)]) {
                let data_header = &header[..header_len];
                let head = FlightDataHead { data_header, placement, ..FlightDataHead::default() };
                let message = head.encode(Some(Segments::from(Bytes::from(vec![1; body_len]))));
                let start = placement.offset().unwrap() + message.len() - body_len;
                assert_eq!(start % BODY_ALIGNMENT, 0, "a header of {header_len} bytes");
                assert!(message.len() < PREFIX_LEN + 16 + header_len + 64 + body_len);
                assert_eq!(message.len(), PREFIX_LEN + head.encoded_len(Some(body_len)));
            }
        }
        let head = FlightDataHead { data_header: b"schema", ..FlightDataHead::default() };
        assert_eq!(head.encode(None).len(), PREFIX_LEN + 8, "nothing to align");
        let head = FlightDataHead { placement: Placement::Unknown, ..head };
        assert_eq!(head.encode(Some(Bytes::from_static(b"x").into())).len(), PREFIX_LEN + 12);
    }

    #[test]
    fn the_body_is_handed_on_as_it_is() {
        let pieces = [vec![1; 300], vec![2; 8]].map(Bytes::from);
        let head = FlightDataHead { data_header: &[3; 200], ..FlightDataHead::default() };
        let message = head.encode(Some(pieces.iter().cloned().collect()));
        let sent: Vec<_> = message.iter().collect();
        assert_eq!(sent.len(), 3, "everything else is one piece");
        for (piece, sent) in pieces.iter().zip(&sent[1..]) {
            assert_eq!((piece.as_ptr(), piece.len()), (sent.as_ptr(), sent.len()));
        }
        assert_eq!(message.len(), PREFIX_LEN + head.encoded_len(Some(308)));
    }
}
