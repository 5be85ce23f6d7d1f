//! Credentials in all the shapes that Flight's implementations give them: read by a server, sent
//! by a client.

mod presented;
mod secrets;
mod sent;
mod token;

pub use self::presented::Credentials;
pub use self::token::Token;

pub(crate) use self::presented::AUTH_TOKEN;
pub(crate) use self::secrets::{has_secrets, mark_secrets};
pub(crate) use self::sent::{
    BasicThenBearer, basic_header, bearer_header, bearer_of, token_header,
};
