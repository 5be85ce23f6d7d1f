//! The benchmark's contestant on `wingbeat`: what the program `wingbeat-bench` consists of.
//!
//! A library so that other measurements of this folder use the same workloads.

mod args;
mod certificate;
mod client;
mod commands;
mod cpu;
mod failure;
mod flight;
mod latency;
mod limit;
mod parquet;
mod report;
mod server;
mod workload;

pub use self::args::{ClientArgs, Command, LimitArgs, Make, Method, Parquet, Socket};
pub use self::commands::run;
pub use self::failure::{Failure, Outcome};
pub use self::workload::{Kind, Workload, value_bytes};
