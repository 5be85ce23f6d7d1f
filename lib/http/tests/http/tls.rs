//! `https://` locations.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_util::task::AbortOnDropHandle;
use wingbeat::{ClientTls, Code, PemSource};
use wingbeat_http::HttpFetcher;
use wingbeat_testkit::certificates::Authority;

use crate::server::sized;
use crate::support::{client, ipc, read};

/// Serves ids over TLS that agrees to these protocols.
async fn serve(authority: &Authority, protocols: &[&str]) -> (u16, AbortOnDropHandle<()>) {
    let pair = authority.localhost();
    let certificate = CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            let mut head = [0; 4096];
            let _ = socket.read(&mut head).await;
            let _ = socket.write_all(&sized("", &ipc(300))).await;
            let _ = socket.shutdown().await;
        }
    });
    (port, AbortOnDropHandle::new(task))
}

#[tokio::test]
async fn whoever_the_roots_vouch_for() {
    let (known, unknown) = (Authority::new("known"), Authority::new("unknown"));
    let tls = ClientTls::default().with_roots(PemSource::text(known.pem()));
    let client = client(HttpFetcher::new().with_tls(tls));
    for protocols in [vec![], vec!["http/1.1"], vec!["h2", "http/1.1"]] {
        let (port, _task) = serve(&known, &protocols).await;
        assert_eq!(read(&client, &format!("https://localhost:{port}/a")).await.unwrap(), 300);
    }
    let (port, _task) = serve(&unknown, &[]).await;
    let error = read(&client, &format!("https://localhost:{port}/a")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
}
