//! [`ServerTls`]: the certificate of a server, and whose clients it takes.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ServerConfig;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use tokio_rustls::TlsAcceptor;

use super::explain::explain_client;
use super::provider::{H2, WRITE_BUFFER_BYTES, provider};
use super::socket::{TlsSocket, below};
use super::source::Stamp;
use super::{PeerCertificate, PemSource, TlsError, material, roots};
use crate::socket::{Socket, hang_up};

/// How a server speaks TLS. Clones share it.
///
/// Files are looked at for each new connection and read again when they have changed. Until they
/// fit together again, what was read before stays in use.
#[derive(Clone)]
pub struct ServerTls(Arc<Inner>);

struct Inner {
    sources: Sources,
    loaded: Mutex<Loaded>,
}

#[derive(Debug, Clone)]
struct Sources {
    certificates: PemSource,
    key: PemSource,
    clients: Option<Clients>,
}

/// Whose certificates clients may show.
#[derive(Debug, Clone)]
struct Clients {
    roots: PemSource,
    may_have_none: bool,
}

struct Loaded {
    stamps: Stamps,
    config: Arc<ServerConfig>,
}

type Stamps = [Option<Stamp>; 3];

impl ServerTls {
    /// Speaks TLS with a certificate, followed by those between it and its root, and its key.
    ///
    /// # Errors
    /// When one cannot be read, or they do not belong together.
    pub fn new(certificates: PemSource, key: PemSource) -> Result<Self, TlsError> {
        Self::of(Sources { certificates, key, clients: None })
    }

    /// The same, from two files.
    ///
    /// # Errors
    /// See [`new`](Self::new).
    pub fn from_pem_files(
        certificates: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<Self, TlsError> {
        Self::new(PemSource::file(certificates), PemSource::file(key))
    }

    /// Takes only clients with a certificate that one of these roots has signed. The name in it is
    /// who calls, see [`PeerCertificate::name`].
    ///
    /// # Errors
    /// When the roots cannot be read.
    pub fn with_client_roots(self, roots: PemSource) -> Result<Self, TlsError> {
        let clients = Some(Clients { roots, may_have_none: false });
        Self::of(Sources { clients, ..self.0.sources.clone() })
    }

    /// Takes clients without a certificate too; one that is shown has to be signed by one of these
    /// roots all the same.
    ///
    /// # Errors
    /// When the roots cannot be read.
    pub fn with_optional_client_roots(self, roots: PemSource) -> Result<Self, TlsError> {
        let clients = Some(Clients { roots, may_have_none: true });
        Self::of(Sources { clients, ..self.0.sources.clone() })
    }

    /// Whether every client has to show a certificate.
    pub fn requires_certificates(&self) -> bool {
        self.0.sources.clients.as_ref().is_some_and(|clients| !clients.may_have_none)
    }

    /// Says so where others than its owner can read the key.
    pub(crate) fn warn_if_readable(&self) {
        self.0.sources.key.warn_if_readable();
    }

    fn of(sources: Sources) -> Result<Self, TlsError> {
        let loaded = Mutex::new(sources.load()?);
        Ok(Self(Arc::new(Inner { sources, loaded })))
    }

    /// Begins TLS with a client; gives its certificate too, if it has shown one.
    ///
    /// # Errors
    /// What is wrong with the client, for the log; it has been told.
    pub(crate) async fn accept<T: Socket>(
        &self,
        socket: T,
    ) -> Result<(impl Socket + use<T>, Option<PeerCertificate>), String> {
        let this = self.clone();
        // Files are looked at.
        let config = tokio::task::spawn_blocking(move || this.current());
        let config = config.await.map_err(|error| error.to_string())?;
        let accepted = TlsAcceptor::from(config)
            .accept_with(below(socket), |tls| tls.set_buffer_limit(Some(WRITE_BUFFER_BYTES)))
            .into_fallible()
            .await;
        let stream = match accepted {
            Ok(stream) => stream,
            Err((error, mut socket)) => {
                hang_up(&mut socket).await;
                return Err(explain_client(&error));
            }
        };
        let (_, tls) = stream.get_ref();
        if tls.alpn_protocol() != Some(H2) {
            return Err("its TLS is not for HTTP/2 (it did not offer ALPN h2)".to_owned());
        }
        let certificate = match tls.peer_certificates() {
            Some(chain) => Some(PeerCertificate::new(chain).ok_or("its certificate names nobody")?),
            None if self.requires_certificates() => {
                // rustls refuses such clients; nobody comes in here without a name.
                return Err("it shows no certificate".to_owned());
            }
            None => None,
        };
        Ok((TlsSocket::new(stream, explain_client), certificate))
    }

    /// What is in the files now, or was when they last fitted together.
    fn current(&self) -> Arc<ServerConfig> {
        let stamps = self.0.sources.stamps();
        if self.loaded().stamps == stamps {
            return Arc::clone(&self.loaded().config);
        }
        let reread = self.0.sources.load();
        let mut loaded = self.loaded();
        match reread {
            Ok(reread) => {
                tracing::info!(certificate = %self.0.sources.certificates, "read again for TLS");
                self.warn_if_readable();
                *loaded = reread;
            }
            Err(error) => {
                tracing::error!(%error, "TLS goes on with the certificate that it had");
                // Said once for each change.
                loaded.stamps = stamps;
            }
        }
        Arc::clone(&loaded.config)
    }

    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        // It is only ever replaced as a whole.
        self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sources {
    fn stamps(&self) -> Stamps {
        let roots = self.clients.as_ref().and_then(|clients| clients.roots.stamp());
        [self.certificates.stamp(), self.key.stamp(), roots]
    }

    fn load(&self) -> Result<Loaded, TlsError> {
        // Before the files are read: a change in between is seen the next time.
        let stamps = self.stamps();
        let Self { certificates, key, clients } = self;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError(error.to_string()))?;
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => builder.with_client_cert_verifier(clients.verifier()?),
        };
        let mut config = builder
            .with_single_cert(material::certificates(certificates)?, material::key(key)?)
            .map_err(|error| {
                TlsError(format!("{certificates} cannot be used with {key}: {error}"))
            })?;
        config.alpn_protocols = vec![H2.to_vec()];
        if clients.is_some() {
            // A connection that resumes another does not show its certificate again.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Loaded { stamps, config: Arc::new(config) })
    }
}

impl Clients {
    fn verifier(&self) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        let source = &self.roots;
        let builder = WebPkiClientVerifier::builder_with_provider(roots::of(source)?, provider());
        let builder = match self.may_have_none {
            true => builder.allow_unauthenticated(),
            false => builder,
        };
        builder
            .build()
            .map_err(|error| TlsError(format!("{source} cannot vouch for clients: {error}")))
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("sources", &self.0.sources).finish_non_exhaustive()
    }
}
