//! `client`: moves a workload, and prints a line for each run.

mod connections;
mod exchange;
mod get;
mod load;
mod put;
mod run;

pub(crate) use self::connections::{client, connect};
pub(crate) use self::load::Load;
pub(crate) use self::run::run;
