//! [`Exchange`]: data in both directions at once.

use std::fmt;

use wingbeat_wire::ipc::EncodeOptions;
use wingbeat_wire::message::FlightDescriptor;

use super::{ExchangeReceiver, ExchangeSender};

/// The two directions of a DoExchange; the same on both ends of it.
///
/// On a server it is what [`FlightService::do_exchange`](crate::FlightService::do_exchange) gets,
/// and the call ends when that method returns. On a client it is what
/// [`Client::do_exchange`](crate::Client::do_exchange) returns.
pub struct Exchange {
    descriptor: FlightDescriptor,
    sender: ExchangeSender,
    receiver: ExchangeReceiver,
}

impl Exchange {
    pub(crate) fn new(
        descriptor: FlightDescriptor,
        sender: ExchangeSender,
        receiver: ExchangeReceiver,
    ) -> Self {
        Self { descriptor, sender, receiver }
    }

    pub(crate) fn set_descriptor(&mut self, descriptor: FlightDescriptor) {
        self.descriptor = descriptor;
    }

    /// Encodes what this end sends with other options than the server's or client's: another size
    /// of messages, or compression.
    #[must_use]
    pub fn with_options(mut self, options: EncodeOptions) -> Self {
        self.sender.set_options(options);
        self
    }

    /// What the exchange is about. `Unknown` when the client named nothing.
    pub fn descriptor(&self) -> &FlightDescriptor {
        &self.descriptor
    }

    /// The two directions, each of which may go its own way.
    pub fn split(self) -> (ExchangeSender, ExchangeReceiver) {
        (self.sender, self.receiver)
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}
