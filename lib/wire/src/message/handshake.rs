//! `HandshakeRequest` and `HandshakeResponse`: an optional exchange before the first call.

use bytes::Bytes;

use crate::DecodeError;
use crate::pb::{Proto, Reader, Writer};

/// What a client sends in a Handshake.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct HandshakeRequest {
    /// A version that the application defines.
    pub protocol_version: u64,
    /// What the application defines; some put a `BasicAuth` message here.
    pub payload: Bytes,
}

/// What a service answers in a Handshake.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct HandshakeResponse {
    /// A version that the application defines.
    pub protocol_version: u64,
    /// What the application defines; often a token.
    pub payload: Bytes,
}

impl HandshakeRequest {
    /// A request with this payload, protocol version 0.
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Self { protocol_version: 0, payload: payload.into() }
    }
}

impl HandshakeResponse {
    /// A response with this payload, protocol version 0.
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Self { protocol_version: 0, payload: payload.into() }
    }
}

impl Proto for HandshakeRequest {
    fn write(&self, to: &mut Writer) {
        to.uint64(1, self.protocol_version);
        to.bytes(2, &self.payload);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            match field.number {
                1 => this.protocol_version = field.uint64("HandshakeRequest.protocol_version")?,
                2 => this.payload = field.bytes("HandshakeRequest.payload")?,
                _ => {}
            }
        }
        Ok(this)
    }
}

impl Proto for HandshakeResponse {
    fn write(&self, to: &mut Writer) {
        to.uint64(1, self.protocol_version);
        to.bytes(2, &self.payload);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            match field.number {
                1 => this.protocol_version = field.uint64("HandshakeResponse.protocol_version")?,
                2 => this.payload = field.bytes("HandshakeResponse.payload")?,
                _ => {}
            }
        }
        Ok(this)
    }
}
