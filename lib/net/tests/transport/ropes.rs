//! Answers of many pieces, sent by the server itself, over every kind of connection.

use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream;
use http::{HeaderMap, Request, Response};
use wingbeat_net::{
    Body, Channel, ChannelConfig, ClientTls, Messages, PemSource, ServerConfig, ServerTls, reply,
};
use wingbeat_testkit::certificates::Authority;
use wingbeat_wire::Segments;
use wingbeat_wire::grpc::frame;

use crate::messages::{framed, of_pieces};
use crate::support::*;

/// How many pieces each message of an answer has: more and fewer than are offered at a time, and
/// lent besides, and on both sides of what is long enough for that.
const COUNTS: [usize; 8] = [700, 17, 900, 16, 400, 1500, 64, 333];

/// Two answers.
static ANSWERS: LazyLock<[[Segments; COUNTS.len()]; 2]> =
    LazyLock::new(|| [0, 1].map(|seed| COUNTS.map(|count| of_pieces(count, seed))));

/// Gives the answer that was asked for.
async fn download(request: Request<Body>) -> Response<Body> {
    let mut asked = Messages::from_request(request.into_body(), deframer());
    let which = asked.next().await.unwrap().unwrap()[0];
    let messages = ANSWERS[usize::from(which)].iter().map(|message| Ok(framed(message)));
    reply(HeaderMap::new(), Body::response(stream::iter(messages), HeaderMap::new))
}

async fn ask(channel: &Channel, which: u8) -> Messages<wingbeat_wire::grpc::MessageDeframer> {
    let body = Body::request(stream::iter([Ok(frame(Bytes::copy_from_slice(&[which])))]));
    call_with(channel, body).await.unwrap()
}

/// Compares what comes in several calls at a time, while others are given up at all stages.
async fn assert_arrives(channel: &Channel, how: &str) {
    let whole = [0, 1, 0].map(async |which| {
        let (came, ended) = read_all(&mut ask(channel, which).await).await;
        assert!(ended.is_ok(), "{how}: {ended:?}");
        assert_eq!(came.len(), COUNTS.len(), "{how}");
        let other =
            came.iter().zip(&ANSWERS[usize::from(which)]).position(|(a, b)| *a != b.to_bytes());
        assert_eq!(other, None, "{how}: message with other bytes");
    });
    let dropped = (0..24).map(async |nth| {
        let mut messages = ask(channel, 1).await;
        let _ =
            tokio::time::timeout(Duration::from_micros(731 * nth), read_all(&mut messages)).await;
    });
    tokio::join!(join_all(whole), join_all(dropped));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_of_many_pieces_arrive_as_they_are() {
    // A peer that takes shorter frames gets many for one message.
    let pem = |text: &str| PemSource::text(text);
    for frame_bytes_max in [ChannelConfig::default().frame_bytes_max, 64 << 10, 16 << 10] {
        let mut config = ChannelConfig::default();
        config.frame_bytes_max = frame_bytes_max;
        let server = TestServer::start(download).await;
        let channel = Channel::new(server.address.clone(), config.clone());
        assert_arrives(&channel, &format!("TCP, frames of {frame_bytes_max}")).await;

        // In process a write is taken in parts.
        let channel =
            Channel::in_process(service(download), ServerConfig::default(), config.clone());
        assert_arrives(&channel, &format!("in process, frames of {frame_bytes_max}")).await;

        let authority = Authority::new("ropes");
        let pair = authority.localhost();
        let (certificate, key) = (pem(&pair.certificate), pem(&pair.key));
        let tls = ServerConfig::default().with_tls(ServerTls::new(certificate, key).unwrap());
        let address = "grpc+tls://127.0.0.1:0".parse().unwrap();
        let server = TestServer::start_on(&address, download, tls).await;
        let tls = ClientTls::default().with_roots(pem(authority.pem()));
        let channel = Channel::new(server.address.clone(), config.with_tls(tls));
        assert_arrives(&channel, &format!("TLS, frames of {frame_bytes_max}")).await;
    }
}
