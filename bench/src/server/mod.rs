//! `server`: the workloads from memory.

mod run;
mod service;

pub(crate) use self::run::{limits, run};
