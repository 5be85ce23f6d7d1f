//! Peers that speak no TLS, something else in it, or nothing.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wingbeat_net::Address;

use super::*;

/// Enough for honest clients on a machine that is busy.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(2);

/// The address of a TLS port for clients that speak none.
fn plain(server: &TestServer) -> Address {
    server.address.to_string().replace("grpc+tls://", "grpc://").parse().unwrap()
}

fn socket_addr(server: &TestServer) -> String {
    server.address.to_string().replace("grpc+tls://", "")
}

#[tokio::test]
async fn plaintext_to_a_port_for_tls() {
    let authority = Authority::new("ours");
    let server = start(server_tls(&authority.localhost())).await;
    let channel = Channel::new(plain(&server), ChannelConfig::default());
    for _ in 0..5 {
        refused(&channel, "the peer speaks TLS (its address is to begin with grpc+tls://)").await;
    }
}

#[tokio::test]
async fn tls_to_a_port_for_plaintext() {
    let server = TestServer::start(who).await;
    let address = server.address.to_string().replace("grpc://", "grpc+tls://").parse().unwrap();
    let authority = Authority::new("ours");
    let config = ChannelConfig::default().with_tls(believing(&authority));
    let channel = Channel::new(address, config);
    // Whether its first words overtake the end of the connection is a matter of time.
    for _ in 0..5 {
        refused(&channel, "(a plaintext server is at grpc://)").await;
    }
}

#[tokio::test]
async fn silent_peers_delay_nobody_and_are_ended() {
    let authority = Authority::new("ours");
    let config = ServerConfig::default()
        .with_tls(server_tls(&authority.localhost()))
        .with_handshake_timeout(HANDSHAKE_TIMEOUT);
    let address = "grpc+tls://127.0.0.1:0".parse().unwrap();
    let server = TestServer::start_on(&address, who, config).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(socket_addr(&server)).await.unwrap());
    }
    assert_eq!(ask(&channel(&server, believing(&authority))).await.unwrap(), "nobody");
    for mut socket in silent {
        assert_eq!(within(socket.read(&mut [0; 16])).await.unwrap(), 0, "the server hung up");
    }
}

#[tokio::test]
async fn a_handshake_that_stops_half_way_is_ended() {
    let authority = Authority::new("ours");
    let config = ServerConfig::default()
        .with_tls(server_tls(&authority.localhost()))
        .with_handshake_timeout(HANDSHAKE_TIMEOUT);
    let address = "grpc+tls://127.0.0.1:0".parse().unwrap();
    let server = TestServer::start_on(&address, who, config).await;
    let hello = client_hello().await;
    let mut all = Vec::new();
    for len in [1, 5, 9, hello.len() / 2, hello.len() - 1, hello.len()] {
        // One hangs up, one waits.
        let mut gone = TcpStream::connect(socket_addr(&server)).await.unwrap();
        gone.write_all(&hello[..len]).await.unwrap();
        drop(gone);
        let mut waiting = TcpStream::connect(socket_addr(&server)).await.unwrap();
        waiting.write_all(&hello[..len]).await.unwrap();
        all.push(waiting);
    }
    for mut waiting in all {
        within(waiting.read_to_end(&mut Vec::new())).await.unwrap();
    }
    assert_eq!(ask(&channel(&server, believing(&authority))).await.unwrap(), "nobody");
}

/// What our client says first.
async fn client_hello() -> Vec<u8> {
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let server = RawServer::start_with(move |mut socket| {
        let tell = tell.clone();
        async move {
            let mut hello = vec![0; 5];
            socket.read_exact(&mut hello).await.unwrap();
            let mut rest = vec![0; usize::from(hello[3]) << 8 | usize::from(hello[4])];
            socket.read_exact(&mut rest).await.unwrap();
            hello.extend(rest);
            tell.send(hello).await.unwrap();
        }
    })
    .await;
    let address = server.address.to_string().replace("grpc://", "grpc+tls://").parse().unwrap();
    let channel = Channel::new(address, ChannelConfig::default().with_tls(insecure()));
    refused(&channel, "hung up within the TLS handshake").await;
    told.recv().await.unwrap()
}

fn insecure() -> ClientTls {
    ClientTls::default().dangerously_accept_any_certificate()
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let server = RawServer::start_with(async |socket| {
        let _held = socket;
        std::future::pending().await
    })
    .await;
    let address = server.address.to_string().replace("grpc://", "grpc+tls://").parse().unwrap();
    let config = ChannelConfig::default()
        .with_tls(insecure())
        .with_connect_timeout(Duration::from_millis(200));
    refused(&Channel::new(address, config), "no TLS and HTTP/2 answer within 200ms").await;
}

#[tokio::test]
async fn a_port_for_tls_needs_a_certificate() {
    let address: Address = "grpc+tls://127.0.0.1:0".parse().unwrap();
    let listener = wingbeat_net::Listener::bind(&address).await.unwrap();
    let served = wingbeat_net::serve(
        vec![listener],
        service(who),
        ServerConfig::default(),
        std::future::pending(),
    );
    let error = within(served).await.unwrap_err();
    assert!(error.to_string().contains("no certificate for grpc+tls://127.0.0.1:"), "{error}");
}

/// A shutdown does not wait for those that never begin.
#[tokio::test]
async fn a_shutdown_ends_handshakes() {
    let authority = Authority::new("ours");
    let mut server = start(server_tls(&authority.localhost())).await;
    let mut silent = TcpStream::connect(socket_addr(&server)).await.unwrap();
    assert_eq!(ask(&channel(&server, believing(&authority))).await.unwrap(), "nobody");
    server.stop();
    assert_eq!(within(silent.read(&mut [0; 16])).await.unwrap(), 0);
    server.stopped().await;
}
