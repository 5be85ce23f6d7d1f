//! The sending half: schemas, record batches and dictionaries become IPC messages.
//!
//! One walk over the arrays ([`walk`]) gives a [`layout`]: field nodes, and the body's buffers as
//! slices of the arrays' own memory. From it follow the exact size of a message, by which a batch
//! is split, its header and its segments.

mod batch_encoder;
mod body;
mod compressor;
mod compressors;
mod dictionary;
mod header;
mod layout;
mod message_writer;
mod schema;
mod split;
mod walk;

pub use batch_encoder::{BatchEncoder, EncodedMessage, MessageKind};
pub use message_writer::MessageLen;
pub use schema::{encapsulate_schema, encode_schema};
pub use walk::body_len;
