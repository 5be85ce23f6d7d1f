//! Arrow IPC messages: schemas, dictionaries and record batches as bytes, in the streaming format.

mod compact;
mod decode;
mod encode;
mod options;

pub use compact::compact;
pub use decode::{BatchDecoder, DecodedMessage, decode_encapsulated_schema, decode_schema};
pub use encode::{
    BatchEncoder, EncodedMessage, MessageKind, MessageLen, body_len, encapsulate_schema,
    encode_schema,
};
pub use options::{Compression, EncodeOptions, MessageSize, Placement};
