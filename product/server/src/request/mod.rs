//! From bytes and headers of a request to what it asks for.

mod command;
mod put;
mod ticket;

pub(crate) use command::{dataset_of_path, parse_command};
pub(crate) use put::PutRequest;
pub(crate) use ticket::{Redeem, encode_ticket, parse_ticket};
