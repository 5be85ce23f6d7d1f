//! The receiving half: schemas, dictionaries and batches out of bytes that nobody vouches for.
//!
//! [`BatchDecoder`] takes the messages of a stream one by one. A schema is verified as a flatbuffer
//! first, a batch is read by hand; then its columns are walked once, and every offset, length,
//! count and claimed size is checked before an array is built on it.

mod body;
mod budget;
mod columns;
mod decoder;
mod decompress;
mod dictionaries;
mod envelope;
mod lz4;
mod message;
mod nested;
mod proven;
mod schema;
mod types;

pub use decoder::{BatchDecoder, DecodedMessage};
pub use schema::{decode_encapsulated_schema, decode_schema};
