//! The serving process.

use std::io::Write;

use tokio::signal::unix::{SignalKind, signal};
use wingbeat::{Address, EncodeOptions, Limits, MessageSize, Server, ServerOptions};

use super::service::Workloads;
use crate::certificate;
use crate::failure::Outcome;

/// Serves until SIGINT or SIGTERM.
pub(crate) async fn run(bind: &Address) -> Outcome {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut server = Server::bind(bind.to_string()).await?.options(options());
    if matches!(bind, Address::Tls { .. }) {
        server = server.tls(certificate::server()?);
    }
    announce(&server.local_addr())?;
    tokio::select! {
        served = server.serve(Workloads::default()) => Ok(served?),
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

/// One batch, one message, in both directions; all else is as wingbeat has it by default.
fn options() -> ServerOptions {
    let encode = EncodeOptions::default().with_message_size(MessageSize::Whole);
    ServerOptions::default().with_limits(limits()).with_encode(encode)
}

/// Messages of any size.
pub(crate) fn limits() -> Limits {
    Limits::default().with_message_bytes_max(usize::MAX).with_decoded_bytes_max(usize::MAX)
}

fn announce(address: &Address) -> Outcome {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {address}")?;
    Ok(out.flush()?)
}
