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

/// How often everything is measured; the best of each counts, since what disturbs only slows.
const ROUNDS: usize = 6;

/// One setting of what matters for bulk streams.
struct Tuning {
    name: &'static str,
    frame_kib: u32,
    window_mib: u32,
    send_buffer_kib: usize,
}

const TUNINGS: [Tuning; 7] = [
    Tuning { name: "the defaults", frame_kib: 1024, window_mib: 16, send_buffer_kib: 2048 },
    Tuning { name: "frames of 16 KiB", frame_kib: 16, window_mib: 16, send_buffer_kib: 2048 },
    Tuning { name: "frames of 256 KiB", frame_kib: 256, window_mib: 16, send_buffer_kib: 2048 },
    Tuning { name: "frames of 4 MiB", frame_kib: 4096, window_mib: 16, send_buffer_kib: 2048 },
    Tuning { name: "window of 4 MiB", frame_kib: 1024, window_mib: 4, send_buffer_kib: 2048 },
    Tuning { name: "window of 64 MiB", frame_kib: 1024, window_mib: 64, send_buffer_kib: 2048 },
    Tuning {
        name: "send buffer of 512 KiB",
        frame_kib: 1024,
        window_mib: 16,
        send_buffer_kib: 512,
    },
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let gib: usize = std::env::args().nth(1).map_or(Ok(2), |text| text.parse())?;
    let messages = gib * 1024 / MESSAGE_PIECES;
    let mut best_raw = 0f64;
    let mut best = [0f64; TUNINGS.len()];
    for _ in 0..ROUNDS {
        best_raw = best_raw.max(raw(messages).await?);
        for (best, tuning) in best.iter_mut().zip(&TUNINGS) {
            *best = best.max(call(messages, tuning).await?);
        }
    }
    println!("{:24}{best_raw:6.2} GB/s", "plain TCP");
    for (best, tuning) in best.iter().zip(&TUNINGS) {
        println!("{:24}{best:6.2} GB/s", tuning.name);
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

async fn call(messages: usize, tuning: &Tuning) -> Result<f64, Box<dyn Error>> {
    let mut server = ServerConfig::default();
    server.send_buffer_bytes = tuning.send_buffer_kib << 10;
    let mut client = ChannelConfig::default();
    client.frame_bytes_max = tuning.frame_kib << 10;
    client.stream_window_bytes = tuning.window_mib << 20;
    client.connection_window_bytes = tuning.window_mib << 22;
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
        read += frame.map_err(|error| error.to_string())?.into_data().map_or(0, |data| data.len());
    }
    assert_eq!(read, messages * MESSAGE_PIECES * MIB, "bytes read");
    Ok(gb_per_s(messages, began))
}
