//! What `wingbeat serve` can be told, with its defaults.
//!
//! The command line fills this struct; nothing here reads flags or the environment.

use std::time::Duration;

use wingbeat::{Address, ServerTls};
use wingbeat_store::{SplitOptions, StoreLocation};

use crate::auth::AuthConfig;
use crate::cluster::TicketKey;

/// The settings of one server process.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServeConfig {
    /// The folder whose files are served, or the prefix of a bucket.
    pub root: StoreLocation,
    /// The addresses to listen on; port 0 picks a free one.
    pub bind: Vec<Address>,
    /// The certificate of the addresses for TLS, and whose clients they take.
    pub tls: Option<ServerTls>,
    /// Who is let in, and what they may do.
    pub auth: AuthConfig,
    /// Keep sessions, in the memory of the process.
    pub sessions: bool,
    /// Refuse every write on every listener.
    pub read_only: bool,
    /// Accept writes from listeners that are neither loopback nor a Unix socket, although
    /// nobody is authenticated.
    pub allow_anonymous_remote_writes: bool,
    /// Connections accepted at once, on each listener.
    pub max_connections: usize,
    /// Uploads running at once; one more is answered RESOURCE_EXHAUSTED.
    pub max_uploads: usize,
    /// Bytes that running reads and uploads may hold in memory together.
    pub memory_limit_bytes: u64,
    /// The bytes on disk that an endpoint of a flight aims at.
    pub endpoint_bytes: u64,
    /// How long a call waits for room in [`memory_limit_bytes`](Self::memory_limit_bytes) before
    /// it is refused.
    pub room_wait: Duration,
    /// What tickets are signed with.
    pub ticket_key: TicketKey,
    /// How long a ticket is good; readers of ours renew theirs.
    pub ticket_lifetime: Duration,
    /// By how many seconds the clock of tickets is fast, for tests.
    pub clock_fast: i64,
    /// A stream that makes no progress for this long is ended.
    pub stall_timeout: Duration,
    /// How old a connection may get before its client is told to open another one.
    pub connection_age_max: Option<Duration>,
    /// How long running reads may finish after the server was told to stop.
    pub drain: Duration,
}

impl ServeConfig {
    /// The defaults for serving `root` on `grpc://127.0.0.1:8815`.
    pub fn new(root: impl Into<StoreLocation>) -> Self {
        Self {
            root: root.into(),
            bind: vec![Address::Tcp { host: "127.0.0.1".to_owned(), port: 8815 }],
            tls: None,
            auth: AuthConfig::default(),
            sessions: false,
            read_only: false,
            allow_anonymous_remote_writes: false,
            max_connections: 1024,
            max_uploads: 64,
            memory_limit_bytes: 2 << 30,
            endpoint_bytes: SplitOptions::default().bytes_target,
            room_wait: Duration::from_secs(10),
            ticket_key: TicketKey::default(),
            ticket_lifetime: Duration::from_secs(3600),
            clock_fast: 0,
            stall_timeout: Duration::from_secs(300),
            connection_age_max: None,
            drain: Duration::from_secs(30),
        }
    }

    /// Checks what can be checked before anything is opened.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names the setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let positive = [
            ("max-connections", self.max_connections as u64),
            ("max-uploads", self.max_uploads as u64),
            ("memory-limit", self.memory_limit_bytes),
            ("endpoint-bytes", self.endpoint_bytes),
        ];
        for (setting, value) in positive {
            if value == 0 {
                return Err(ConfigError { setting, reason: "must be at least 1".to_owned() });
            }
        }
        if self.bind.is_empty() {
            return Err(ConfigError { setting: "bind", reason: "no address given".to_owned() });
        }
        self.validate_tls()?;
        self.validate_certificates()?;
        if self.auth.policy.is_some() && !self.auth.is_required() {
            let reason = "says what callers may do, and nothing says who they are".to_owned();
            return Err(ConfigError { setting: "policy", reason });
        }
        if self.stall_timeout.is_zero() {
            let reason = "must be longer than 0".to_owned();
            return Err(ConfigError { setting: "stall-timeout", reason });
        }
        Ok(())
    }
}

impl ServeConfig {
    /// How flights are split into endpoints.
    pub(crate) fn split(&self) -> SplitOptions {
        SplitOptions { bytes_target: self.endpoint_bytes, ..SplitOptions::default() }
    }

    /// What was meant to be encrypted is.
    fn validate_tls(&self) -> Result<(), ConfigError> {
        let with_tls = self.bind.iter().find(|address| matches!(address, Address::Tls { .. }));
        let reason = match (with_tls, &self.tls) {
            (Some(address), None) => {
                format!("{address} needs --tls-cert and --tls-key, or --tls-self-signed")
            }
            (None, Some(_)) => {
                "there is a certificate, and no address begins with grpc+tls://".to_owned()
            }
            _ => return Ok(()),
        };
        Err(ConfigError { setting: "bind", reason })
    }

    /// Nobody shows a certificate at an address without TLS: where nothing else lets a caller in,
    /// it would refuse everybody.
    fn validate_certificates(&self) -> Result<(), ConfigError> {
        if !self.auth.is_by_certificate_alone() {
            return Ok(());
        }
        match self.bind.iter().find(|address| !matches!(address, Address::Tls { .. })) {
            Some(address) => {
                let reason = format!(
                    "callers are known by their client certificates alone, and {address} takes \
                     none: leave it out, or add --auth-tokens or another way to tell callers apart"
                );
                Err(ConfigError { setting: "bind", reason })
            }
            None => Ok(()),
        }
    }
}

/// A setting that cannot be used as given.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {reason}")]
pub struct ConfigError {
    setting: &'static str,
    reason: String,
}
