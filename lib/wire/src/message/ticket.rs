//! `Ticket`: what DoGet takes.

use bytes::Bytes;

use crate::DecodeError;
use crate::pb::{Proto, Reader, Writer};

/// Opaque bytes by which a service knows what to stream. "Meant to be single use"; whether it may
/// be used again is up to the service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Ticket {
    /// What the service gave out.
    pub ticket: Bytes,
}

impl Ticket {
    /// A ticket of these bytes.
    pub fn new(ticket: impl Into<Bytes>) -> Self {
        Self { ticket: ticket.into() }
    }
}

impl Proto for Ticket {
    fn write(&self, to: &mut Writer) {
        to.bytes(1, &self.ticket);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            if field.number == 1 {
                this.ticket = field.bytes("Ticket.ticket")?;
            }
        }
        Ok(this)
    }
}
