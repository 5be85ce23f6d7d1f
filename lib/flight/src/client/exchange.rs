//! DoExchange.

use std::sync::Arc;

use tokio_util::task::AbortOnDropHandle;
use wingbeat_net::Body;
use wingbeat_wire::message::FlightDescriptor;

use super::Client;
use super::call::Sent;
use crate::stream::{
    CallEnd, EXCHANGE_CHUNKS_MAX, EncodeStream, Opening, RequestStream, Source, channel,
};
use crate::{Exchange, ExchangeReceiver, ExchangeSender, Method};

impl Client {
    /// DoExchange: data in both directions at once. Returns at once; what goes wrong is told by
    /// the receiver.
    ///
    /// The descriptor goes out before the schema, so that the server can answer first.
    pub fn do_exchange(&self, descriptor: FlightDescriptor) -> Exchange {
        let end = Arc::new(CallEnd::default());
        let (sender, outgoing) = channel(EXCHANGE_CHUNKS_MAX);
        let options = self.options.encode.clone();
        let source = Source::Exchange(outgoing);
        let limit = self.limit.clone();
        let messages = EncodeStream::new(source, options, limit, Some(descriptor.clone()));
        let body = Body::request(RequestStream::new(messages, end.clone()));
        let client = self.clone();
        let call = AbortOnDropHandle::new(tokio::spawn(async move {
            let started = client.start(Method::DoExchange, Sent::Stream(body)).await?;
            Ok(client.data(started))
        }));
        let opening: Opening =
            Box::pin(async { call.await.unwrap_or_else(|error| Err(error.into())) });
        let receiver = ExchangeReceiver::opening(opening, end);
        Exchange::new(descriptor, ExchangeSender::new(sender), receiver)
    }
}
