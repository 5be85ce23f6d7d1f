//! Measures what a call carries over loopback, beside a plain TCP loop in the same run.
//!
//! `cargo run --release -p wingbeat-net --example throughput [GIB]`. A server answers with messages
//! of 4 MiB, each four shared buffers of 1 MiB; the client takes the pieces and drops them.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::convert::Infallible;
use std::error::Error;
use std::pin::pin;
use std::time::Instant;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::HeaderMap;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;
use wingbeat_net::{
    Address, Body, CallRequest, Channel, ChannelConfig, Listener, ServerConfig, reply, serve,
};
use wingbeat_wire::Segments;

const MIB: usize = 1 << 20;
const MESSAGE_PIECES: usize = 4;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let gib: usize = std::env::args().nth(1).map_or(Ok(4), |text| text.parse())?;
    let messages = gib * 1024 / MESSAGE_PIECES;
    for _ in 0..3 {
        println!("raw TCP          {:6.2} GB/s", raw(messages).await?);
        for (name, stream_mib, frame_kib, send_mib) in [
            ("default", 0, 0, 0),
            ("frames 16 KiB", 16, 16, 2),
            ("frames 256 KiB", 16, 256, 2),
            ("frames 1 MiB", 16, 1024, 2),
            ("frames 4 MiB", 16, 4096, 2),
            ("window 4 MiB", 4, 1024, 2),
            ("window 64 MiB", 64, 1024, 2),
            ("send buf 1/2", 16, 1024, 0),
            ("send buf 8 MiB", 16, 1024, 8),
        ] {
            let mut server = ServerConfig::default();
            let mut client = ChannelConfig::default();
            if frame_kib > 0 {
                client.frame_bytes_max = frame_kib << 10;
                client.stream_window_bytes = stream_mib << 20;
                client.connection_window_bytes = stream_mib << 22;
                server.send_buffer_bytes = (send_mib << 20).max(512 << 10);
            }
            println!("{name:16} {:6.2} GB/s", call(messages, server, client).await?);
        }
    }
    Ok(())
}

fn gb_per_s(messages: usize, began: Instant) -> f64 {
    (messages * MESSAGE_PIECES * MIB) as f64 / began.elapsed().as_secs_f64() / 1e9
}

async fn raw(messages: usize) -> Result<f64, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let writer = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let data = vec![7; MIB];
        for _ in 0..messages * MESSAGE_PIECES {
            stream.write_all(&data).await?;
        }
        Ok::<_, std::io::Error>(())
    });
    let mut stream = TcpStream::connect(address).await?;
    let mut buf = vec![0; MIB];
    let began = Instant::now();
    while stream.read(&mut buf).await? > 0 {}
    let rate = gb_per_s(messages, began);
    writer.await??;
    Ok(rate)
}

async fn call(
    messages: usize,
    server: ServerConfig,
    client: ChannelConfig,
) -> Result<f64, Box<dyn Error>> {
    let listener = Listener::bind(&"grpc://127.0.0.1:0".parse()?).await?;
    let address: Address = listener.local_addr();
    let piece = Bytes::from(vec![7; MIB]);
    let message: Segments = std::iter::repeat_n(piece, MESSAGE_PIECES).collect();
    let service = tower::service_fn(move |_request: http::Request<Body>| {
        let message = message.clone();
        let messages = stream::repeat_with(move || Ok(message.clone())).take(messages);
        let response = reply(HeaderMap::new(), Body::response(messages, HeaderMap::new));
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let served = serve(vec![listener], service, server, std::future::pending());
    let _server = AbortOnDropHandle::new(tokio::spawn(served));
    let channel = Channel::new(address, client);
    let response = channel.call(CallRequest::new("/x.Y/Z", Body::empty())).await?;
    let mut body = pin!(response.into_body());
    let began = Instant::now();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        read += frame?.into_data().map_or(0, |data| data.len());
    }
    assert_eq!(read, messages * MESSAGE_PIECES * MIB, "bytes read");
    Ok(gb_per_s(messages, began))
}
