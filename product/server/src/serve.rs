//! The whole server: listeners, health, shutdown.

use std::future::Future;
use std::net::IpAddr;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};
use wingbeat::{Address, Server, ServerConfig, ServerOptions, Sessions, StandardAction};
use wingbeat_auth::LoadError;
use wingbeat_store::{Store, StoreError, StoreLocation, StoreOptions};

use crate::auth::Guard;
use crate::cluster::{Clock, Keys, Tickets};
use crate::config::{ConfigError, ServeConfig};
use crate::log::AccessLog;
use crate::service::{StoreService, Writes};

const HEALTH_PATH: &str = "/grpc.health.v1.Health";
const FLIGHT_SERVICE: &str = "arrow.flight.protocol.FlightService";
/// What the health protocol calls a server as a whole; it is SERVING from the start.
const WHOLE_SERVER: &str = "";

/// Why a server did not start, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// A setting cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file that says who is let in cannot be used.
    #[error(transparent)]
    Auth(#[from] LoadError),
    /// The folder or bucket cannot be served.
    #[error("cannot serve {root}: {source}")]
    Store {
        /// The folder, or the prefix of a bucket.
        root: StoreLocation,
        /// What the store said.
        source: Box<StoreError>,
    },
    /// An address cannot be listened on.
    #[error("{0}")]
    Listen(String),
    /// A listener failed while it was running.
    #[error("{0}")]
    Run(String),
}

/// Serves `config.root` until `shutdown` completes; then running reads may finish within
/// `config.drain`.
///
/// `ready` is called once, with the addresses that are really listened on (port 0 resolved), when
/// every listener accepts connections.
///
/// # Errors
///
/// A [`ServeError`] when the settings, the folder or an address cannot be used, and when a
/// listener fails.
pub async fn serve(
    config: ServeConfig,
    ready: impl FnOnce(&[Address]) + Send,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    config.validate()?;
    let guard = load_guard(&config).await?;
    let sessions = config.sessions.then(Sessions::in_memory);
    let (store, keys) = open_store(&config).await?;
    let tickets = Tickets::new(keys, Clock::fast_by(config.clock_fast), config.ticket_lifetime);
    let stop = CancellationToken::new();
    let service = StoreService::new(store, &config, tickets)
        .with_stopping(stop.clone())
        .with_discretion(config.auth.policy.is_some());
    let (mut health, health_service) = health_reporter();
    health.set_service_status(FLIGHT_SERVICE, ServingStatus::Serving).await;

    let mut servers = Vec::new();
    let mut addresses = Vec::new();
    for address in &config.bind {
        let server = bind(address, &config).await?.mount(HEALTH_PATH, health_service.clone());
        addresses.push(server.local_addr());
        let writes = writes(&config, &server.local_addr());
        warn_of(&config, writes, &server.local_addr());
        let server = server.standard_actions([StandardAction::RenewFlightEndpoint]);
        let server = guard.put_before(server);
        let server = match &sessions {
            Some(sessions) => server.sessions(sessions.clone()),
            None => server,
        };
        let log = AccessLog::default().with_stall_timeout(config.stall_timeout);
        servers.push((server.layer(log), service.with_writes(writes)));
    }

    let mut running = JoinSet::new();
    for (server, service) in servers {
        running.spawn(server.serve_with_shutdown(service, stop.clone().cancelled_owned()));
    }
    ready(&addresses);
    let mut shutdown = std::pin::pin!(shutdown);
    let first = tokio::select! {
        () = &mut shutdown => None,
        ended = running.join_next() => ended,
    };
    say_goodbye(&mut health).await;
    stop.cancel();
    let mut result = first.map_or(Ok(()), ended);
    while let Some(next) = running.join_next().await {
        let next = ended(next);
        result = result.and(next);
    }
    result
}

/// Tells who watches the health of the server that it stops, and that there is no more to come:
/// a watch would last as long as the drain may.
async fn say_goodbye(health: &mut HealthReporter) {
    for service in [FLIGHT_SERVICE, WHOLE_SERVER] {
        health.set_service_status(service, ServingStatus::NotServing).await;
        health.clear_service_status(service).await;
    }
}

async fn load_guard(config: &ServeConfig) -> Result<Guard, ServeError> {
    let config = config.auth.clone();
    match tokio::task::spawn_blocking(move || Guard::load(&config)).await {
        Ok(guard) => Ok(guard?),
        Err(panic) => Err(ServeError::Run(panic.to_string())),
    }
}

/// Opens the folder, and reads the keys, which may lie in it.
async fn open_store(config: &ServeConfig) -> Result<(Store, Keys), ServeError> {
    let (root, key) = (config.root.clone(), config.ticket_key.clone());
    let options = StoreOptions::default().with_read_only(config.read_only);
    let open = move || {
        let store = Store::open(root.clone(), options)
            .map_err(|source| ServeError::Store { root, source: Box::new(source) })?;
        let keys = Keys::load(&key, &store)?;
        Ok((store, keys))
    };
    let opened = tokio::task::spawn_blocking(open).await;
    opened.unwrap_or_else(|panic| Err(ServeError::Run(panic.to_string())))
}

async fn bind(address: &Address, config: &ServeConfig) -> Result<Server, ServeError> {
    let mut transport = ServerConfig::default()
        .with_connections_max(config.max_connections)
        .with_stall_timeout(config.stall_timeout)
        .with_drain(config.drain);
    if let Some(age) = config.connection_age_max {
        transport = transport.with_connection_age(age, None);
    }
    let options = ServerOptions::default().with_transport(transport);
    let server = Server::bind(address.to_string()).await;
    let server = server.map_err(|error| ServeError::Listen(error.message().to_owned()))?;
    let server = server.options(options);
    Ok(match (&config.tls, address) {
        (Some(tls), Address::Tls { .. }) => server.tls(tls.clone()),
        _ => server,
    })
}

/// Tells whoever runs the server what is open to others.
fn warn_of(config: &ServeConfig, writes: Writes, address: &Address) {
    if config.auth.client_certificates && !matches!(address, Address::Tls { .. }) {
        tracing::warn!(%address, "no client certificates here, only other credentials");
    }
    if is_local(address) {
        return;
    }
    if config.auth.is_required() {
        if !matches!(address, Address::Tls { .. }) {
            tracing::warn!(%address, "credentials travel in plaintext");
        }
    } else if writes == Writes::Allowed {
        tracing::warn!(%address, "anybody who reaches it may write");
    }
}

/// Whether a listener takes writes: from anybody where only this machine reaches it, elsewhere from
/// callers that say who they are.
fn writes(config: &ServeConfig, address: &Address) -> Writes {
    if config.read_only {
        return Writes::Refused("the server is read-only");
    }
    if config.auth.is_required() || config.allow_anonymous_remote_writes || is_local(address) {
        return Writes::Allowed;
    }
    Writes::Refused(
        "this listener is reachable from other hosts and takes no writes from anybody; start the \
         server with --auth-users or another way to tell callers apart, or with \
         --allow-anonymous-remote-writes to take them",
    )
}

/// Whether only this machine reaches `address`.
fn is_local(address: &Address) -> bool {
    match address {
        Address::Unix { .. } => true,
        Address::Tcp { host, .. } | Address::Tls { host, .. } => {
            host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        _ => false,
    }
}

fn ended(result: Result<wingbeat::Result<()>, tokio::task::JoinError>) -> Result<(), ServeError> {
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(ServeError::Run(error.message().to_owned())),
        Err(panic) => Err(ServeError::Run(panic.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_where_nobody_can_be_let_in_is_refused() {
        let mut config = ServeConfig::new(".");
        config.auth.client_certificates = true;
        for refused in ["grpc://127.0.0.1:1", "grpc+unix:///tmp/x"] {
            config.bind = vec![address(refused)];
            let error = config.validate().unwrap_err().to_string();
            assert!(error.contains(refused) && error.contains("takes none"), "{error}");
        }
        config.auth.tokens = Some("tokens".into());
        assert!(config.validate().is_ok());
    }

    #[test]
    fn only_local_listeners_take_anonymous_writes() {
        let mut config = ServeConfig::new(".");
        for local in ["grpc://127.0.0.1:1", "grpc://[::1]:1", "grpc+unix:///tmp/x"] {
            assert_eq!(writes(&config, &address(local)), Writes::Allowed, "{local}");
        }
        for remote in ["grpc://0.0.0.0:1", "grpc://10.0.0.1:1", "grpc://[::]:1"] {
            assert!(matches!(writes(&config, &address(remote)), Writes::Refused(_)), "{remote}");
        }
        config.auth.client_certificates = true;
        assert_eq!(writes(&config, &address("grpc://0.0.0.0:1")), Writes::Allowed);
        config.auth.client_certificates = false;
        config.allow_anonymous_remote_writes = true;
        assert_eq!(writes(&config, &address("grpc://0.0.0.0:1")), Writes::Allowed);
        config.read_only = true;
        assert!(matches!(writes(&config, &address("grpc://127.0.0.1:1")), Writes::Refused(_)));
    }
}
