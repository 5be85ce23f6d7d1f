//! [`Decompressed`]: a body whose messages gRPC has compressed, as one in which none is.

#[cfg(test)]
mod tests;

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame};
use tokio::task::JoinHandle;
use wingbeat_wire::grpc::{Code, MessageEncoding, PREFIX_LEN, frame};
use wingbeat_wire::{DecodeError, Segments};

use super::{Body, BoxError};
use crate::status::Status;

/// Messages up to this length are decompressed where they are; longer ones would hold up the other
/// calls of the thread.
const INLINE_BYTES_MAX: usize = 16 << 10;
/// And what they unpack to: a short message may be packed a thousand times over.
const INLINE_UNPACKED_BYTES_MAX: usize = 256 << 10;

/// Reads whole messages, and decompresses those that are marked.
pub(super) struct Decompressed {
    body: Body,
    encoding: MessageEncoding,
    bytes_max: usize,
    /// What has come of the present message, and what came behind it.
    have: BytesMut,
    /// The message that is decompressed on another thread.
    working: Option<JoinHandle<Result<Bytes, DecodeError>>>,
    /// Whose fault a message is that makes no sense.
    fault: Code,
    is_over: bool,
}

impl Decompressed {
    pub(super) fn new(
        body: Body,
        encoding: MessageEncoding,
        bytes_max: usize,
        fault: Code,
    ) -> Self {
        let have = BytesMut::new();
        Self { body, encoding, bytes_max, have, working: None, fault, is_over: false }
    }

    /// The message at hand, if it is there as a whole; with its mark.
    fn take_message(&mut self) -> Result<Option<(bool, Bytes)>, Status> {
        let Some((&[flag, a, b, c, d], _)) = self.have.split_first_chunk::<PREFIX_LEN>() else {
            return Ok(None);
        };
        let len = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if len > self.bytes_max {
            let text =
                format!("gRPC message length is {len}, above the limit of {}", self.bytes_max);
            return Err(Status::new(Code::ResourceExhausted, text));
        }
        if self.have.len() < PREFIX_LEN + len {
            return Ok(None);
        }
        if flag > 1 {
            let text = format!("gRPC message: compressed flag is {flag}, expected 0 or 1");
            return Err(Status::new(self.fault, text));
        }
        let message = self.have.split_to(PREFIX_LEN + len).freeze().slice(PREFIX_LEN..);
        Ok(Some((flag == 1, message)))
    }

    fn poll_inner(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Frame<Segments>>, BoxError>> {
        loop {
            if let Some(working) = &mut self.working {
                let done = ready!(Pin::new(working).poll(cx));
                self.working = None;
                return Poll::Ready(self.decompressed(done?));
            }
            if let Some((is_compressed, message)) = self.take_message()? {
                if !is_compressed {
                    return Poll::Ready(Ok(Some(Frame::data(frame(message)))));
                }
                if let Some(done) = self.decompress_inline(&message) {
                    return Poll::Ready(self.decompressed(done));
                }
                let (encoding, bytes_max) = (self.encoding, self.bytes_max);
                let work = move || encoding.decompress(&message, bytes_max);
                self.working = Some(tokio::task::spawn_blocking(work));
                continue;
            }
            if self.is_over {
                if self.have.is_empty() {
                    return Poll::Ready(Ok(None));
                }
                let text =
                    format!("gRPC message is cut short: {} bytes of it came", self.have.len());
                return Poll::Ready(Err(Status::new(self.fault, text).into()));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)).transpose()? {
                None => self.is_over = true,
                Some(frame) => match frame.into_data() {
                    Ok(mut data) => {
                        while let Some(piece) = data.pop_front() {
                            self.have.extend_from_slice(&piece);
                        }
                    }
                    // Trailers come when all messages are out.
                    Err(trailers) => return Poll::Ready(Ok(Some(trailers))),
                },
            }
        }
    }

    /// Decompresses a message here, if it is short before and after.
    fn decompress_inline(&self, message: &[u8]) -> Option<Result<Bytes, DecodeError>> {
        if message.len() > INLINE_BYTES_MAX {
            return None;
        }
        let bytes_max = self.bytes_max.min(INLINE_UNPACKED_BYTES_MAX);
        let done = self.encoding.decompress(message, bytes_max);
        let is_longer = done.as_ref().is_err_and(DecodeError::is_limit);
        (!is_longer || bytes_max == self.bytes_max).then_some(done)
    }

    fn decompressed(
        &self,
        done: Result<Bytes, DecodeError>,
    ) -> Result<Option<Frame<Segments>>, BoxError> {
        let message = done.map_err(|error| Status::from_decode(&error, self.fault))?;
        Ok(Some(Frame::data(frame(message))))
    }
}

impl http_body::Body for Decompressed {
    type Data = Segments;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Segments>, BoxError>>> {
        self.get_mut().poll_inner(cx).map(Result::transpose)
    }
}
