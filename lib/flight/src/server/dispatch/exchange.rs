//! DoExchange.

use super::driven::Driven;
use super::{Answer, Call};
use crate::stream::{EXCHANGE_CHUNKS_MAX, EncodeStream, Source, channel};
use crate::{Exchange, ExchangeReceiver, ExchangeSender, Resource};

pub(super) fn do_exchange(call: Call) -> Answer {
    let (sender, mut outgoing) = channel(EXCHANGE_CHUNKS_MAX);
    // The call ends with the handler, however it left its sender.
    outgoing.forgive();
    let options = call.dispatcher.options.encode.clone();
    let outgoing = Source::Exchange(outgoing);
    let messages = EncodeStream::new(outgoing, options, call.limit, None);
    let handler = async move {
        let mut reader = call.dispatcher.data_reader(call.body);
        let descriptor = reader.read_descriptor().await?;
        call.cx.check(Resource::Descriptor(&descriptor)).await?;
        reader.watch(call.waiting);
        let (sender, receiver) = (ExchangeSender::new(sender), ExchangeReceiver::open(reader));
        let exchange = Exchange::new(descriptor, sender, receiver);
        call.dispatcher.service.dyn_do_exchange(&call.cx, exchange).await
    };
    Box::pin(Driven::new(handler, messages))
}
