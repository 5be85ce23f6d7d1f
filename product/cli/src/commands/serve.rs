//! `wingbeat serve`: the server, its log and its signals.

use std::io::{IsTerminal, Write};

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use wingbeat::Address;
use wingbeat_server::{AuthConfig, JwtConfig, ServeConfig, TicketKey, serve};
use wingbeat_store::StoreLocation;

use crate::args::{LogFormatArg, ServeArgs, ServeAuthArgs, ServeClusterArgs};
use crate::exit::{Failure, Outcome};
use crate::progress::say;
use crate::tls::serve_tls;

pub(super) async fn run(args: ServeArgs) -> Outcome {
    start_log(&args)?;
    let mut config = config(&args)?;
    let tls = serve_tls(&args.tls, &config.bind)?;
    config.tls = tls.as_ref().map(|tls| tls.tls.clone());
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = async move {
        let name = tokio::select! {
            _ = tokio::signal::ctrl_c() => "Ctrl-C",
            _ = terminate.recv() => "SIGTERM",
        };
        tracing::info!("{name}: no new calls, running reads may finish");
        // A second Ctrl-C does not wait.
        tokio::spawn(async {
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        });
    };
    let ready = |addresses: &[Address]| {
        if let Some(hint) = tls.as_ref().and_then(|tls| tls.hint(addresses)) {
            say(&hint);
        }
        announce(addresses);
    };
    serve(config, ready, shutdown).await.map_err(Failure::local)
}

/// One line for each listener, on stdout, for programs that wait for it.
fn announce(addresses: &[Address]) {
    let mut out = std::io::stdout().lock();
    for address in addresses {
        let _ = writeln!(out, "listening on {address}");
    }
    let _ = out.flush();
}

fn config(args: &ServeArgs) -> Outcome<ServeConfig> {
    let Ok(root) = args.path.parse::<StoreLocation>();
    let mut config = ServeConfig::new(root);
    config.bind = args
        .bind
        .iter()
        .map(|text| text.parse().map_err(|e| Failure::usage(format_args!("--bind {text}: {e}"))))
        .collect::<Outcome<_>>()?;
    config.read_only = args.read_only;
    config.allow_anonymous_remote_writes = args.allow_anonymous_remote_writes;
    config.max_connections = args.max_connections;
    config.max_uploads = args.max_uploads;
    config.memory_limit_bytes = args.memory_limit;
    config.endpoint_bytes = args.endpoint_bytes;
    config.ticket_key = ticket_key(&args.cluster);
    config.ticket_lifetime = args.cluster.ticket_lifetime;
    config.clock_fast = args.cluster.clock_fast;
    config.stall_timeout = args.stall_timeout;
    config.drain = args.drain;
    config.connection_age_max = args.max_connection_age;
    config.sessions = args.auth.sessions;
    config.auth = auth(&args.auth);
    // Where callers may come without a certificate, having one says who calls only if the others
    // have to say so too.
    config.auth.client_certificates = args.tls.tls_client_ca.is_some()
        && (!args.tls.tls_client_optional || config.auth.is_required());
    Ok(config)
}

/// What tickets are signed with. A key in an argument would be seen by everybody on the machine.
fn ticket_key(args: &ServeClusterArgs) -> TicketKey {
    let text = || std::env::var("WINGBEAT_TICKET_KEY").ok().filter(|text| !text.is_empty());
    match (&args.ticket_key_file, text()) {
        (Some(file), _) => TicketKey::File(file.clone()),
        (None, Some(text)) => TicketKey::Text(text),
        (None, None) => TicketKey::OfFolder,
    }
}

/// Who is let in, and to what.
fn auth(args: &ServeAuthArgs) -> AuthConfig {
    let mut auth = AuthConfig::default();
    auth.tokens.clone_from(&args.auth_tokens);
    auth.users.clone_from(&args.auth_users);
    auth.policy.clone_from(&args.policy);
    // The three come together, or clap says what is missing.
    if let (Some(jwks), Some(issuer), Some(audience)) =
        (&args.auth_jwks, &args.auth_issuer, &args.auth_audience)
    {
        auth.jwt = Some(JwtConfig {
            jwks: jwks.clone(),
            issuer: issuer.clone(),
            audience: audience.clone(),
            name_claim: args.auth_name_claim.clone(),
            role_claim: args.auth_role_claim.clone(),
        });
    }
    auth
}

/// Whether the log may be coloured: on a terminal, unless `NO_COLOR` says otherwise.
fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

/// What is not logged unless it is asked for by name: delta-rs tells of every commit, and takes one
/// that has to be tried again for an error. What fails there comes back as an error of ours.
const QUIET: &str = "deltalake_core=off,buoyant_kernel=off,buoyant_kernel_engine=off";

fn start_log(args: &ServeArgs) -> Outcome {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", args.log))
        .map_err(|e| Failure::usage(format_args!("--log {:?}: {e}", args.log)))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours());
    let started = match args.log_format {
        LogFormatArg::Text => log.with_target(false).try_init(),
        LogFormatArg::Json => log.json().flatten_event(true).try_init(),
    };
    if let Err(error) = started {
        say(&format!("wingbeat: no log: {error}"));
    }
    Ok(())
}
