//! Writes `FlightData`: everything but the body in one piece, then the body as it is.

use bytes::Bytes;

use crate::Segments;
use crate::grpc::{PREFIX_LEN, prefix};
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
}

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
        let len = self.head_len(descriptor.as_ref(), body_len);
        let mut head = Vec::with_capacity(PREFIX_LEN + len);
        head.extend(prefix(len + body_len.unwrap_or(0)));
        if let Some(descriptor) = &descriptor {
            put_field(&mut head, DESCRIPTOR_TAG, descriptor);
        }
        if !self.data_header.is_empty() {
            put_field(&mut head, HEADER_TAG, self.data_header);
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
        self.head_len(descriptor.as_ref(), body_len) + body_len.unwrap_or(0)
    }

    /// All bytes but the prefix and the body itself.
    fn head_len(&self, descriptor: Option<&Bytes>, body_len: Option<usize>) -> usize {
        let field_len = |len: usize| 1 + varint_len(len as u64) + len;
        let descriptor = descriptor.map_or(0, |descriptor| field_len(descriptor.len()));
        let header = match self.data_header.len() {
            0 => 0,
            len => field_len(len),
        };
        let app_metadata = self.app_metadata.map_or(0, |metadata| field_len(metadata.len()));
        let body = body_len.map_or(0, |len| BODY_TAG.len() + varint_len(len as u64));
        descriptor + header + app_metadata + body
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
        };
        let body = Segments::from(Bytes::from_static(b"body"));
        let message = head.encode(Some(body)).to_bytes();
        let fields = b"\x0a\x05\x08\x02\x12\x01q\x12\x04head\x1a\x04meta\xc2\x3e\x04body";
        assert_eq!(message, [b"\0\0\0\0\x1a", &fields[..]].concat());
        assert_eq!(head.encoded_len(Some(4)), fields.len());
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
