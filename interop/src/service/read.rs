//! DoGet: tickets are `NAME` or `KIND:NAME`.

use std::sync::PoisonError;

use futures_util::stream;
use wingbeat::{
    BatchStream, Compression, EncodeOptions, Error, FlightStreamChunk, MessageSize, Result, Ticket,
};

use super::{Contract, utf8};

/// The stream behind a ticket.
pub(super) fn open(contract: &Contract, ticket: &Ticket) -> Result<BatchStream> {
    let ticket = utf8(&ticket.ticket)?;
    let (kind, name) = ticket.rsplit_once(':').unwrap_or(("", ticket));
    match (kind, name) {
        (_, "endless") => endless(contract),
        (_, "fails") => fails(contract),
        ("metadata", name) => tagged(contract, name),
        ("uploaded", name) => uploaded(contract, name),
        (kind, name) => {
            let (schema, batches) = contract.stream(name)?;
            let stream = BatchStream::from_batches(schema, batches);
            let options = EncodeOptions::default();
            Ok(match kind {
                "whole" => stream.with_options(options.with_message_size(MessageSize::Whole)),
                "lz4" => stream.with_options(options.with_compression(Compression::Lz4Frame)),
                "zstd" => {
                    stream.with_options(options.with_compression(Compression::Zstd { level: 3 }))
                }
                _ => stream,
            })
        }
    }
}

/// The same batch again and again; how often readers gave up is counted.
fn endless(contract: &Contract) -> Result<BatchStream> {
    let (schema, batches) = contract.stream("integers")?;
    let guard = contract.guard();
    let chunks = stream::iter(std::iter::repeat_with(move || {
        let _kept_with_the_stream = &guard;
        batches[0].clone()
    }));
    let chunks = futures_util::StreamExt::map(chunks, Ok::<_, Error>);
    Ok(BatchStream::from_stream(schema, chunks))
}

fn fails(contract: &Contract) -> Result<BatchStream> {
    let (schema, batches) = contract.stream("integers")?;
    let good = batches.iter().cycle().take(2).cloned().map(Ok).collect::<Vec<_>>();
    let bad = Err(Error::internal("after two"));
    Ok(BatchStream::from_stream(schema, stream::iter(good.into_iter().chain([bad]))))
}

/// A message without data, then each batch with its number.
fn tagged(contract: &Contract, name: &str) -> Result<BatchStream> {
    let (schema, batches) = contract.stream(name)?;
    let tagged = batches
        .into_iter()
        .enumerate()
        .map(|(index, batch)| FlightStreamChunk::from(batch).with_metadata(index.to_string()));
    let chunks = std::iter::once(FlightStreamChunk::metadata("before")).chain(tagged);
    let chunks: Vec<_> = chunks.map(Ok::<_, Error>).collect();
    Ok(BatchStream::from_stream(schema, stream::iter(chunks)))
}

fn uploaded(contract: &Contract, name: &str) -> Result<BatchStream> {
    let uploads = contract.uploads.lock().unwrap_or_else(PoisonError::into_inner);
    let (schema, batches) =
        uploads.get(name).ok_or_else(|| Error::not_found(format!("no upload {name}")))?;
    Ok(BatchStream::from_batches(schema.clone(), batches.clone()))
}
