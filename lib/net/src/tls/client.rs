//! [`ClientTls`]: whom a client believes, and who it says that it is.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::explain::explain_server;
use super::insecure::AnyCertificate;
use super::own_root::OwnRoot;
use super::provider::{H2, WRITE_BUFFER_BYTES, provider};
use super::socket::{Below, TlsSocket, below};
use super::{PemSource, TlsError, material, roots};
use crate::socket::Socket;

/// The name of HTTP/1.1 in ALPN.
const HTTP1: &[u8] = b"http/1.1";

/// With TLS 1.3 a server looks at the client's certificate when the handshake is over for the
/// client, and gRPC's C++ then says nothing.
const SILENCE: &str = "the server hung up after the TLS handshake; it may ask for a client \
                       certificate, or refuse the one that was shown";

/// How a client speaks TLS to `grpc+tls://` addresses. By default it believes the roots of this
/// machine, and shows no certificate.
///
/// Files are read at each connection, so a certificate that was renewed is used from the next one
/// on.
#[derive(Debug, Clone, Default)]
pub struct ClientTls {
    trust: Trust,
    identity: Option<Identity>,
    server_name: Option<String>,
}

#[derive(Debug, Clone, Default)]
enum Trust {
    #[default]
    System,
    Roots(PemSource),
    Anybody,
}

#[derive(Debug, Clone)]
struct Identity {
    certificates: PemSource,
    key: PemSource,
}

impl ClientTls {
    /// Believes these roots, and not those of the machine. A server's own certificate will do too,
    /// if it is one that signed itself; its name and its time are checked all the same.
    #[must_use]
    pub fn with_roots(mut self, roots: PemSource) -> Self {
        self.trust = Trust::Roots(roots);
        self
    }

    /// Shows a certificate to servers that ask for one: the certificate, followed by those between
    /// it and its root.
    #[must_use]
    pub fn with_certificate(mut self, certificates: PemSource, key: PemSource) -> Self {
        self.identity = Some(Identity { certificates, key });
        self
    }

    /// Expects the server's certificate to be for that name, in place of the address's host.
    #[must_use]
    pub fn with_server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// **Insecure**: believes every server, whatever its certificate says. What is sent is
    /// encrypted, for whoever answers in the server's place. For tests.
    #[must_use]
    pub fn dangerously_accept_any_certificate(mut self) -> Self {
        self.trust = Trust::Anybody;
        self
    }

    /// The same for another host than the one that
    /// [`with_server_name`](Self::with_server_name) is meant for.
    #[must_use]
    pub fn without_server_name(mut self) -> Self {
        self.server_name = None;
        self
    }

    /// Begins TLS with the server at `host`.
    ///
    /// # Errors
    /// A text that says what is wrong.
    pub(crate) async fn connect(
        &self,
        host: &str,
        socket: TcpStream,
    ) -> Result<impl Socket + use<>, String> {
        let (socket, protocol) = self.begin(host, socket, H2).await?;
        if protocol.as_deref() != Some(H2) {
            return Err("the server's TLS is not for HTTP/2 (it did not agree to ALPN h2)".into());
        }
        Ok(socket.with_silence(SILENCE))
    }

    /// As [`connect`](Self::connect), with a server that speaks HTTP/1.1, and need not say so.
    ///
    /// # Errors
    /// A text that says what is wrong.
    pub(crate) async fn connect_http1(
        &self,
        host: &str,
        socket: TcpStream,
    ) -> Result<impl Socket + use<>, String> {
        let (socket, protocol) = self.begin(host, socket, HTTP1).await?;
        match protocol.as_deref() {
            None | Some(HTTP1) => Ok(socket),
            Some(_) => Err("the server's TLS is not for HTTP/1.1".into()),
        }
    }

    /// Begins TLS; gives the protocol that the server agreed to.
    async fn begin(
        &self,
        host: &str,
        socket: TcpStream,
        protocol: &'static [u8],
    ) -> Result<(TlsSocket<TlsStream<Below<TcpStream>>>, Option<Vec<u8>>), String> {
        let name = self.name(host).map_err(|error| error.to_string())?;
        let this = self.clone();
        // Files are read.
        let config = tokio::task::spawn_blocking(move || this.config(protocol));
        let config = config.await.map_err(|error| error.to_string())?;
        let config = config.map_err(|error| error.to_string())?;
        let stream = TlsConnector::from(Arc::new(config))
            .connect_with(name, below(socket), |tls| tls.set_buffer_limit(Some(WRITE_BUFFER_BYTES)))
            .await
            .map_err(|error| explain_server(&error))?;
        let (_, tls) = stream.get_ref();
        tracing::debug!(
            version = ?tls.protocol_version(),
            cipher = ?tls.negotiated_cipher_suite().map(|suite| suite.suite()),
            "began TLS"
        );
        let agreed = tls.alpn_protocol().map(<[u8]>::to_vec);
        Ok((TlsSocket::new(stream, explain_server), agreed))
    }

    /// The name that the certificate has to be for.
    fn name(&self, host: &str) -> Result<ServerName<'static>, TlsError> {
        let name = self.server_name.as_deref().unwrap_or(host);
        // An IPv6 address may have a zone, which is no part of it.
        let name = name.split_once('%').map_or(name, |(plain, _zone)| plain);
        ServerName::try_from(name.to_owned())
            .map_err(|_| TlsError(format!("no certificate can be for the name {name:?}")))
    }

    fn config(&self, protocol: &[u8]) -> Result<ClientConfig, TlsError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError(error.to_string()))?;
        let builder = match &self.trust {
            Trust::System => builder.with_root_certificates(roots::system()?),
            Trust::Roots(source) => {
                let verifier = OwnRoot::new(roots::of(source)?, material::certificates(source)?)?;
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
            Trust::Anybody => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate))
            }
        };
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(Identity { certificates, key }) => builder
                .with_client_auth_cert(material::certificates(certificates)?, material::key(key)?)
                .map_err(|error| {
                    TlsError(format!("{certificates} cannot be used with {key}: {error}"))
                })?,
        };
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok(config)
    }
}
