//! `limit`: how fast the machine moves bytes between two processes through a raw socket.

mod run;
mod send;
mod socket;

pub(crate) use self::run::run;
pub(crate) use self::send::send;
