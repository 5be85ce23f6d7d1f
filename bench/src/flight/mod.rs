//! `fetch` and `upload`: any flight of any server, the product's above all.

mod descriptor;
mod fetch;
mod upload;

pub(crate) use self::fetch::fetch;
pub(crate) use self::upload::upload;
