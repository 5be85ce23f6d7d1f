//! Tells a client that there is no room for its connection, without serving it.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::socket::{Socket, hang_up};

/// How long a refused client has to take what it is told.
const PATIENCE: Duration = Duration::from_secs(1);

/// An empty SETTINGS frame, which a server has to begin with.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
/// What the client is told.
pub(super) const REASON: &[u8] = b"the server has too many connections";
const GOAWAY: u8 = 7;
const ENHANCE_YOUR_CALM: u8 = 11;

/// Sends GOAWAY with the reason.
pub(super) async fn refuse(mut socket: Box<dyn Socket>) {
    const PAYLOAD_LEN: usize = 8 + REASON.len();
    const { assert!(PAYLOAD_LEN <= u8::MAX as usize, "the length takes one byte") };
    let mut frames = Vec::with_capacity(2 * SETTINGS.len() + PAYLOAD_LEN);
    frames.extend_from_slice(&SETTINGS);
    frames.extend_from_slice(&[0, 0, PAYLOAD_LEN as u8, GOAWAY, 0, 0, 0, 0, 0]);
    frames.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, ENHANCE_YOUR_CALM]);
    frames.extend_from_slice(REASON);
    // A new socket has room for so little. If it fails, the connection is given up all the same.
    if let Ok(Ok(())) = tokio::time::timeout(PATIENCE, socket.write_all(&frames)).await {
        hang_up(&mut socket).await;
    }
}
