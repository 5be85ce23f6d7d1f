//! Arguments about TLS.

use std::path::PathBuf;

/// Whom a command believes, and what it shows, at `grpc+tls://` addresses.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct ConnectTlsArgs {
    /// Believe the servers that these roots vouch for (PEM), and not those of this machine's roots
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_roots: Option<PathBuf>,
    /// Show this client certificate (PEM, followed by those between it and its root)
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The private key of --cert (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Expect the server's certificate to be for this name, not for the URL's host
    #[arg(long, value_name = "NAME")]
    pub(crate) tls_server_name: Option<String>,
    /// INSECURE: believe every server, whatever its certificate says
    #[arg(long, conflicts_with_all = ["tls_roots", "tls_server_name"])]
    pub(crate) dangerously_accept_any_certificate: bool,
}

impl ConnectTlsArgs {
    /// The first flag that is set.
    pub(crate) fn first(&self) -> Option<&'static str> {
        let flags = [
            (self.tls_roots.is_some(), "--tls-roots"),
            (self.cert.is_some(), "--cert"),
            (self.tls_server_name.is_some(), "--tls-server-name"),
            (self.dangerously_accept_any_certificate, "--dangerously-accept-any-certificate"),
        ];
        flags.into_iter().find_map(|(is_set, flag)| is_set.then_some(flag))
    }
}

/// The certificate of a server, and whose clients it takes.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct ServeTlsArgs {
    /// The certificate that is shown at grpc+tls:// addresses (PEM, followed by those between it
    /// and its root); read again when it changes
    #[arg(long, value_name = "FILE", env = "WINGBEAT_TLS_CERT", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM); read again when it changes
    #[arg(long, value_name = "FILE", env = "WINGBEAT_TLS_KEY", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Make a certificate that signs itself, and print how clients trust it. It is kept, and used
    /// again, in $XDG_STATE_HOME/wingbeat or ~/.local/state/wingbeat
    #[arg(long, env = "WINGBEAT_TLS_SELF_SIGNED", conflicts_with = "tls_cert")]
    pub(crate) tls_self_signed: bool,
    /// Take only clients with a certificate that these authorities have signed (PEM); read again
    /// when it changes
    #[arg(long, value_name = "FILE", env = "WINGBEAT_TLS_CLIENT_CA")]
    pub(crate) tls_client_ca: Option<PathBuf>,
    /// Take clients without a certificate too
    #[arg(long, env = "WINGBEAT_TLS_CLIENT_OPTIONAL", requires = "tls_client_ca")]
    pub(crate) tls_client_optional: bool,
}
