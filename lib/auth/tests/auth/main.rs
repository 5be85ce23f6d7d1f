//! The ready authenticators at a server's door, in process. One binary, to link once.
#![expect(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod door;
mod rights;
mod sessions;
mod support;
