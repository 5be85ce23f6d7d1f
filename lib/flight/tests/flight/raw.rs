//! What other clients send and wait for, message by message.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::HeaderValue;
use wingbeat::{
    AuthAttempt, Authenticated, Authenticator, CallContext, Code, EncodeOptions, Exchange,
    FlightDescriptor, FlightService, FlightStreamChunk, Message as _, Method, PutResult, Refusal,
    Result, Server, Upload,
};
use wingbeat_net::{Body, CallRequest, Channel, ChannelConfig, Messages, Status};
use wingbeat_wire::data::FlightDataEncoder;
use wingbeat_wire::grpc::{MessageDeframer, frame};
use wingbeat_wire::{Limits, Segments};

use crate::support::{Served, ids, soon, start, tcp};

/// Says what it was sent.
struct Listener;

impl FlightService for Listener {
    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        let descriptor = format!("{:?}", upload.descriptor());
        let fields = upload.try_schema().await?.map(|schema| schema.fields().len());
        let mut rows = 0;
        while let Some(batch) = upload.next_batch().await? {
            rows += batch.num_rows();
        }
        upload.ack(format!("{descriptor} {fields:?} {rows}")).await
    }

    async fn do_exchange(&self, _cx: &CallContext, exchange: Exchange) -> Result<()> {
        let (_sender, mut receiver) = exchange.split();
        while receiver.next().await?.is_some() {}
        Ok(())
    }
}

async fn listener() -> (Served, Channel) {
    let served = tcp(Listener).await;
    let address = served.address().unwrap().clone();
    (served, Channel::new(address, ChannelConfig::default()))
}

/// The results of a DoPut that sends these messages.
async fn put(messages: Vec<Segments>) -> Vec<PutResult> {
    let (_served, channel) = listener().await;
    let body = Body::request(stream::iter(messages.into_iter().map(Ok)));
    let response = channel.call(CallRequest::new(Method::DoPut.path(), body)).await.unwrap();
    let mut messages = Messages::from_response(response, MessageDeframer::new(&Limits::default()));
    let mut results = Vec::new();
    while let Some(message) = soon(messages.next()).await.unwrap() {
        results.push(PutResult::decode(message).unwrap());
    }
    results
}

fn drain(encoder: &mut FlightDataEncoder) -> Vec<Segments> {
    std::iter::from_fn(|| encoder.poll().unwrap()).collect()
}

#[tokio::test]
async fn openings_of_other_clients() {
    // arrow-rs: a command alone.
    let mut encoder = FlightDataEncoder::new(EncodeOptions::default());
    encoder.descriptor(FlightDescriptor::command("update"));
    encoder.descriptor_only();
    let results = put(drain(&mut encoder)).await;
    assert_eq!(results, [PutResult::new("Command(b\"update\") None 0")]);

    // C++: a descriptor alone, then the schema with the descriptor again.
    let mut encoder = FlightDataEncoder::new(EncodeOptions::default());
    encoder.descriptor(FlightDescriptor::path(["a"]));
    encoder.descriptor_only();
    let mut messages = drain(&mut encoder);
    let mut encoder = FlightDataEncoder::new(EncodeOptions::default());
    encoder.descriptor(FlightDescriptor::path(["a"]));
    encoder.start(ids(0..1).schema()).unwrap();
    encoder.push(FlightStreamChunk::from(ids(0..7))).unwrap();
    messages.extend(drain(&mut encoder));
    let results = put(messages).await;
    assert_eq!(results, [PutResult::new("Path([\"a\"]) Some(1) 7")]);

    // No descriptor, and nothing at all.
    let mut encoder = FlightDataEncoder::new(EncodeOptions::default());
    encoder.start(ids(0..1).schema()).unwrap();
    let results = put(drain(&mut encoder)).await;
    assert_eq!(results, [PutResult::new("Unknown Some(1) 0")]);
    assert_eq!(put(Vec::new()).await, [PutResult::new("Unknown None 0")]);
}

/// There are clients that send their second message once they have the response's headers.
#[tokio::test]
async fn headers_go_out_while_the_handler_waits() {
    let (_served, channel) = listener().await;
    let mut encoder = FlightDataEncoder::new(EncodeOptions::default());
    encoder.descriptor(FlightDescriptor::path(["a"]));
    encoder.descriptor_only();
    let first = stream::iter(drain(&mut encoder).into_iter().map(Ok::<_, Status>));
    let body = Body::request(first.chain(stream::pending()));
    let call = channel.call(CallRequest::new(Method::DoExchange.path(), body));
    let response = soon(call).await.unwrap();
    assert!(!response.headers().contains_key("grpc-status"));
}

#[tokio::test]
async fn an_early_error_is_a_response_of_its_own() {
    let (_served, channel) = listener().await;
    let body = Body::request(stream::iter([Ok(frame(Bytes::new()))]));
    let call = channel.call(CallRequest::new(Method::GetSchema.path(), body));
    let status = soon(call).await.unwrap_err();
    assert_eq!(status.code, Code::Unimplemented);
    assert!(status.message.contains("GetSchema"), "{status}");
    // One message is expected: not two, and not none.
    for messages in [vec![], vec![Ok(frame(Bytes::new())); 2]] {
        let body = Body::request(stream::iter(messages));
        let call = channel.call(CallRequest::new(Method::GetSchema.path(), body));
        assert_eq!(soon(call).await.unwrap_err().code, Code::InvalidArgument);
    }
}

/// Knows nobody.
struct Nobody;

impl Authenticator for Nobody {
    async fn authenticate(&self, _: &AuthAttempt<'_>) -> Result<Authenticated, Refusal> {
        Err(Refusal::new("nobody is known here"))
    }
}

/// Nor whether what is not here is one of Flight's methods.
#[tokio::test]
async fn a_stranger_is_not_told_what_is_not_here() {
    let call = async |channel: &Channel, path| {
        let body = Body::request(stream::iter([Ok(frame(Bytes::new()))]));
        let status = soon(channel.call(CallRequest::new(path, body))).await.unwrap_err();
        (status.code, status.message)
    };
    let (_open, open) = listener().await;
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap().authenticator(Nobody);
    let guarded = Channel::new(server.local_addr(), ChannelConfig::default());
    let _served = start(server, Listener);
    let known = call(&guarded, Method::GetSchema.path()).await;
    assert_eq!(known.0, Code::Unauthenticated);
    for (path, told) in [
        ("/arrow.flight.protocol.FlightService/DoFly", "unknown method"),
        ("/arrow.flight.protocol.FlightService", "unknown method"),
        ("/a.Service/Method", "no service is mounted"),
        ("/", "no service is mounted"),
    ] {
        assert_eq!(call(&guarded, path).await, known, "{path}");
        let (code, text) = call(&open, path).await;
        assert_eq!(code, Code::Unimplemented, "{path}");
        assert!(text.starts_with(told) && text.ends_with(path), "{text}");
    }
}

/// A gRPC message of so many zeros, in the few bytes that Zstandard needs to say so.
fn compressed_zeros(len: usize) -> Segments {
    const BLOCK_LEN: usize = 128 << 10;
    let mut packed = b"\x28\xb5\x2f\xfd\xa0".to_vec();
    packed.extend(u32::try_from(len).unwrap().to_le_bytes());
    for at in (0..len).step_by(BLOCK_LEN) {
        let block_len = BLOCK_LEN.min(len - at);
        let is_last = usize::from(at + block_len == len);
        let repeated = u32::try_from(block_len << 3 | 1 << 1 | is_last).unwrap();
        packed.extend(&repeated.to_le_bytes()[..3]);
        packed.push(0);
    }
    let prefix = [&[1][..], &u32::try_from(packed.len()).unwrap().to_be_bytes()].concat();
    [Bytes::from(prefix), Bytes::from(packed)].into_iter().collect()
}

#[tokio::test]
async fn what_a_stranger_sends_unpacks_to_little() {
    // The channel here compresses nothing, so that the header comes with a layer.
    let is_zstd = tower::util::MapRequestLayer::new(|mut request: http::Request<Body>| {
        request.headers_mut().insert("grpc-encoding", HeaderValue::from_static("zstd"));
        request
    });
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap().authenticator(Nobody);
    let address = server.local_addr();
    let _served = start(server.layer(is_zstd), Listener);
    let channel = Channel::new(address, ChannelConfig::default());
    for (len, expected) in [
        // Zeros are no credentials.
        (64 << 10, Code::InvalidArgument),
        ((64 << 10) + 1, Code::ResourceExhausted),
        (4 << 20, Code::ResourceExhausted),
    ] {
        let message = compressed_zeros(len);
        assert!(message.len() < 4096);
        let body = Body::request(stream::iter([Ok(message)]));
        let call = channel.call(CallRequest::new(Method::Handshake.path(), body));
        let status = match soon(call).await {
            Ok(response) => {
                let deframer = MessageDeframer::new(&Limits::default());
                soon(Messages::from_response(response, deframer).next()).await.unwrap_err()
            }
            Err(status) => status,
        };
        assert_eq!(status.code, expected, "{len}: {status}");
        let tells_limit = status.message.contains("above the limit of 65536");
        assert_eq!(tells_limit, expected == Code::ResourceExhausted, "{len}: {status}");
    }
}
