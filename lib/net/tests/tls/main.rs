//! TLS between our peers, and against those that do something else.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod clients;
mod reload;
mod servers;
mod strangers;
#[path = "../support/mod.rs"]
mod support;

use http::{Request, Response};
use support::*;
use wingbeat_net::{
    Body, Channel, ChannelConfig, ClientTls, Messages, PeerCertificate, PemSource, ServerConfig,
    ServerTls, Status,
};
use wingbeat_testkit::certificates::{Authority, Pair};
use wingbeat_wire::grpc::Code;

fn text(pem: &str) -> PemSource {
    PemSource::text(pem)
}

fn server_tls(pair: &Pair) -> ServerTls {
    ServerTls::new(text(&pair.certificate), text(&pair.key)).unwrap()
}

/// A client that believes an authority.
fn believing(authority: &Authority) -> ClientTls {
    ClientTls::default().with_roots(text(authority.pem()))
}

/// Answers with the name in the client's certificate.
async fn who(request: Request<Body>) -> Response<Body> {
    let name = request.extensions().get::<PeerCertificate>().map(|it| it.name().to_owned());
    let name: &'static str = name.unwrap_or_else(|| "nobody".to_owned()).leak();
    answer([name])
}

async fn start(tls: ServerTls) -> TestServer {
    let address = "grpc+tls://127.0.0.1:0".parse().unwrap();
    TestServer::start_on(&address, who, ServerConfig::default().with_tls(tls)).await
}

fn channel(server: &TestServer, tls: ClientTls) -> Channel {
    Channel::new(server.address.clone(), ChannelConfig::default().with_tls(tls))
}

/// One call; the name that the server saw.
async fn ask(channel: &Channel) -> Result<String, Status> {
    let mut messages: Messages<_> = call(channel).await?;
    let (all, end) = read_all(&mut messages).await;
    end.map(|()| String::from_utf8(all.concat()).unwrap())
}

/// A call that cannot be made, because of this.
async fn refused(channel: &Channel, because: &str) {
    let status = ask(channel).await.unwrap_err();
    assert_eq!(status.code, Code::Unavailable, "{status}");
    assert!(status.message.contains(because), "{status}");
    assert!(!status.message.contains("PRIVATE"), "{status}");
}
