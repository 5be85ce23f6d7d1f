//! What all messages can do: become bytes and come from bytes.

use bytes::Bytes;

use crate::DecodeError;
use crate::pb::{Proto, Reader, Writer};

/// A message of `Flight.proto` in Protocol Buffers encoding, without gRPC framing.
///
/// Reading is as tolerant as proto3 demands (any order, unknown fields, repeated fields), and
/// exact: what was absent has proto3's zero. Byte fields share memory with the message they were
/// read from.
///
/// ```
/// use wingbeat_wire::message::{Message, Ticket};
/// let bytes = Ticket::new("trips").encode();
/// assert_eq!(&bytes[..], b"\x0a\x05trips");
/// assert_eq!(Ticket::decode(bytes), Ok(Ticket::new("trips")));
/// ```
pub trait Message: Sized {
    /// The message as bytes.
    fn encode(&self) -> Bytes;

    /// The message in `bytes`, all of them.
    ///
    /// # Errors
    /// When they are not a valid message of this type.
    fn decode(bytes: Bytes) -> Result<Self, DecodeError>;
}

impl<T: Proto> Message for T {
    fn encode(&self) -> Bytes {
        let mut writer = Writer::default();
        self.write(&mut writer);
        writer.finish()
    }

    fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        Self::read(Reader::new(bytes))
    }
}
