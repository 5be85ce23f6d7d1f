//! From bytes and headers of a request to what it asks for.

mod command;
mod put;

pub(crate) use command::{Command, dataset_of_path, parse_command};
pub(crate) use put::PutRequest;
