//! Tells a client that there is no room for its connection, without serving it.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::secure::Accepted;
use crate::socket::{Socket, hang_up};
use crate::tls::ServerTls;

/// How long a refused client has to take what it is told, and before that to begin TLS.
const PATIENCE: Duration = Duration::from_secs(1);

/// An empty SETTINGS frame, which a server has to begin with.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
/// What the client is told.
pub(super) const REASON: &[u8] = b"the server has too many connections";
const GOAWAY: u8 = 7;
const ENHANCE_YOUR_CALM: u8 = 11;

/// Says so in the way that the client expects: behind TLS where its listener speaks that.
pub(super) async fn refuse(accepted: Accepted, tls: Option<ServerTls>) {
    let Accepted { socket, speaks_tls, .. } = accepted;
    match tls {
        Some(tls) if speaks_tls => {
            if let Ok(Ok((socket, _))) = timeout(PATIENCE, tls.accept(socket)).await {
                tell(socket).await;
            }
        }
        _ => tell(socket).await,
    }
}

/// Sends GOAWAY with the reason.
async fn tell(mut socket: impl Socket) {
    const PAYLOAD_LEN: usize = 8 + REASON.len();
    const { assert!(PAYLOAD_LEN <= u8::MAX as usize, "the length takes one byte") };
    let mut frames = Vec::with_capacity(2 * SETTINGS.len() + PAYLOAD_LEN);
    frames.extend_from_slice(&SETTINGS);
    frames.extend_from_slice(&[0, 0, PAYLOAD_LEN as u8, GOAWAY, 0, 0, 0, 0, 0]);
    frames.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, ENHANCE_YOUR_CALM]);
    frames.extend_from_slice(REASON);
    // A new socket has room for so little. If it fails, the connection is given up all the same.
    if let Ok(Ok(())) = timeout(PATIENCE, write(&mut socket, &frames)).await {
        hang_up(&mut socket).await;
    }
}

async fn write(socket: &mut impl Socket, frames: &[u8]) -> std::io::Result<()> {
    socket.write_all(frames).await?;
    socket.flush().await
}
