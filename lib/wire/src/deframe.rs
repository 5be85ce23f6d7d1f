//! The seam between a byte stream that arrives in pieces and the messages in it.

use bytes::Bytes;

use crate::DecodeError;

/// Turns the payload of gRPC DATA frames into messages.
///
/// The pieces may be of any size: a message may arrive a byte at a time, and one piece may hold
/// many messages. [`push`](Self::push) only takes the piece; the work is done in
/// [`poll`](Self::poll), which is to be called until it returns `Ok(None)` before the next piece is
/// pushed, so that no more than one piece is ever waiting.
///
/// After an error a deframer stays in error: framing is lost, and every later `poll` repeats it.
pub trait Deframe {
    /// What comes out.
    type Message;

    /// Takes the next piece of the stream.
    fn push(&mut self, data: Bytes);

    /// Gives the next complete message, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// When the bytes are not a valid message or exceed a limit.
    fn poll(&mut self) -> Result<Option<Self::Message>, DecodeError>;

    /// To be called when the stream has ended.
    ///
    /// # Errors
    /// When it ended inside a message.
    fn finish(&self) -> Result<(), DecodeError>;
}
