//! Both peers in one process, over real sockets and in memory. One binary, to link once.

mod actions_and_info;
mod batches;
mod cancellation;
mod defaults;
mod exchange;
mod fairness;
mod get;
mod hosting;
mod put;
mod read;
mod support;
mod types;
