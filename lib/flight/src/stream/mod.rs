//! Streams of data: what handlers return and take, and how they become messages.

mod ack;
mod batch_sender;
mod batch_stream;
mod blocking;
mod call_end;
mod channel;
mod decode;
mod encode;
mod exchange;
mod exchange_receiver;
mod exchange_sender;
mod handshake;
mod incoming;
mod reason;
mod reply_stream;
mod upload;

pub use self::ack::AckSender;
pub use self::batch_sender::BatchSender;
pub use self::batch_stream::BatchStream;
pub use self::exchange::Exchange;
pub use self::exchange_receiver::ExchangeReceiver;
pub use self::exchange_sender::ExchangeSender;
pub use self::handshake::Handshake;
pub use self::reply_stream::ReplyStream;
pub use self::upload::Upload;

pub(crate) use self::call_end::{CallEnd, RequestStream};
pub(crate) use self::channel::{Sender, channel};
pub(crate) use self::decode::{DataReader, Waiting};
pub(crate) use self::encode::{EncodeStream, Source};
pub(crate) use self::exchange_receiver::Opening;
pub(crate) use self::exchange_sender::CHUNKS_MAX as EXCHANGE_CHUNKS_MAX;
pub(crate) use self::incoming::Incoming;
pub(crate) use self::reason::Reason;
