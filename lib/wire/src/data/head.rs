//! Writes `FlightData`: everything but the body in one piece, then the body as it is.
//!
//! The head is padded so that the body lies aligned where the receiver reads it. The padding stands
//! behind the flatbuffer in `data_header`, whose readers pass over it; an unknown protobuf field
//! would confuse Java's.

use bytes::Bytes;

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

impl FlightDataHead<'_> {
    /// The message, with gRPC's prefix, ready to send. The head is the first piece, the pieces of
    /// `body` follow as they are. Fields are written in the order that other implementations
    /// write: descriptor, header, metadata, body. Without a body there is no body field; an
    /// empty one is written, as record batches have it.
    ///
    /// # Panics
    /// When the message would be 4 GiB or longer, see [`encoded_len`](Self::encoded_len).
    pub fn encode(&self, body: Option<Segments>) -> Segments {
        let descriptor = self.descriptor.map(Message::encode);
        let body_len = body.as_ref().map(Segments::len);
        let padding = self.padding(descriptor.as_ref(), body_len);
        let len = self.head_len(descriptor.as_ref(), padding, body_len);
        let mut head = Vec::with_capacity(PREFIX_LEN + len);
        head.extend(prefix(len + body_len.unwrap_or(0)));
        if let Some(descriptor) = &descriptor {
            put_field(&mut head, DESCRIPTOR_TAG, descriptor);
        }
        if !self.data_header.is_empty() {
            head.push(HEADER_TAG);
            put_varint(&mut head, (self.data_header.len() + padding) as u64);
            head.extend_from_slice(self.data_header);
            head.resize(head.len() + padding, 0);
        }
        if let Some(app_metadata) = self.app_metadata {
            put_field(&mut head, APP_METADATA_TAG, app_metadata);
        }
        if let Some(body_len) = body_len {
            head.extend(BODY_TAG);
            put_varint(&mut head, body_len as u64);
        }
        debug_assert_eq!(head.len(), PREFIX_LEN + len, "the head's length was foreseen wrongly");
        let mut message = Segments::from(Bytes::from(head));
        message.append(body.unwrap_or_default());
        message
    }

    /// How long the message is with a body of this length, without gRPC's prefix: what a peer's
    /// limit on messages counts.
    pub fn encoded_len(&self, body_len: Option<usize>) -> usize {
        let descriptor = self.descriptor.map(Message::encode);
        let padding = self.padding(descriptor.as_ref(), body_len);
        self.head_len(descriptor.as_ref(), padding, body_len) + body_len.unwrap_or(0)
    }

    /// All bytes but the prefix and the body itself.
    fn head_len(
        &self,
        descriptor: Option<&Bytes>,
        padding: usize,
        body_len: Option<usize>,
    ) -> usize {
        let field_len = |len: usize| 1 + varint_len(len as u64) + len;
        let descriptor = descriptor.map_or(0, |descriptor| field_len(descriptor.len()));
        let header = match self.data_header.len() {
            0 => 0,
            len => field_len(len + padding),
        };
        let app_metadata = self.app_metadata.map_or(0, |metadata| field_len(metadata.len()));
        let body = body_len.map_or(0, |len| BODY_TAG.len() + varint_len(len as u64));
        descriptor + header + app_metadata + body
    }

    /// How many bytes behind the flatbuffer bring the body to where it is aligned.
    fn padding(&self, descriptor: Option<&Bytes>, body_len: Option<usize>) -> usize {
        let Some(offset) = self.placement.offset() else { return 0 };
        if self.data_header.is_empty() || body_len.is_none_or(|len| len == 0) {
            return 0;
        }
        let start = offset + PREFIX_LEN;
        let missing = |padding: usize| {
            let end = start + self.head_len(descriptor, padding, body_len);
            end.next_multiple_of(BODY_ALIGNMENT) - end
        };
        let padding = missing(0);
        // The length that stands before the flatbuffer may have become a byte longer by it.
        match missing(padding) {
            0 => padding,
            more => (padding + more) % BODY_ALIGNMENT,
        }
    }
}

fn put_field(to: &mut Vec<u8>, tag: u8, value: &[u8]) {
    to.push(tag);
    put_varint(to, value.len() as u64);
    to.extend_from_slice(value);
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
