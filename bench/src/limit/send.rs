//! The sender, in a process of its own.

use std::io::{ErrorKind, IoSlice, Read, Write};

use wingbeat::Address;

use super::socket::Socket;
use crate::failure::{Failure, Outcome};

/// What one write offers to the kernel.
pub(super) const WRITE_BYTES: usize = 4 << 20;

/// In how many pieces: as a batch of four columns lies in memory.
const PIECES: usize = 4;

/// Connects, waits for a byte, and sends.
pub(crate) fn send(uri: &Address, bytes: u64) -> Outcome {
    let mut socket = Socket::connect(uri)?;
    let buffer = vec![7_u8; WRITE_BYTES];
    socket.read_exact(&mut [0])?;
    let mut left = bytes;
    while left > 0 {
        let len = usize::try_from(left).map_or(WRITE_BYTES, |left| left.min(WRITE_BYTES));
        write_all(&mut socket, &buffer[..len])?;
        left -= len as u64;
    }
    Ok(())
}

/// Writes a buffer as several, going on where a write ended.
fn write_all(socket: &mut Socket, buffer: &[u8]) -> Outcome {
    let mut pieces: Vec<_> =
        buffer.chunks(buffer.len().div_ceil(PIECES)).map(IoSlice::new).collect();
    let mut pieces = pieces.as_mut_slice();
    while !pieces.is_empty() {
        match socket.write_vectored(pieces) {
            Ok(0) => return Err(Failure::failed("the socket takes no more")),
            Ok(written) => IoSlice::advance_slices(&mut pieces, written),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
