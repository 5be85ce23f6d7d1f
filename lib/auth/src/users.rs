//! [`Users`]: names and passwords, and the tokens that stand for them.

mod hashing;
mod table;
mod turns;

use std::path::PathBuf;
use std::sync::Arc;

use wingbeat::{
    AuthAttempt, Authenticated, Authenticator, BasicAuth, Credentials, Method, PeerIdentity,
    Refusal,
};

use self::hashing::Hashing;
use self::table::Table;
use self::turns::Network;
use crate::secret::presented_token;
use crate::watched::Watched;
use crate::{GrantedTokens, LoadError};

pub use self::hashing::hash_password;

/// Users whose argon2 password hashes stand in a file. A password is taken as
/// `authorization: Basic` on any call and as the payload of a handshake, and answered with a token
/// that stands for it from then on; how long, and how many there may be, says [`GrantedTokens`].
/// A token ends at once when the user's line changes or goes.
///
/// A name that nobody has takes as long as a wrong password. Passwords are checked on blocking
/// threads, as many at once as half of the machine's processors and up to 4; 64 further callers
/// wait, each address in its turn, and beyond that those of the address that has the most are told
/// to try again. Tokens need none of that.
#[derive(Debug, Clone)]
pub struct Users {
    table: Watched<Table>,
    hashing: Hashing,
    tokens: GrantedTokens,
}

impl Users {
    /// The users of a file: `NAME:HASH` or `NAME:HASH:ROLE,ROLE` a line, the hash in the form
    /// `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`, as [`hash_password`] makes it. The file is read
    /// again when it changes.
    ///
    /// # Errors
    /// When the file cannot be read or has other lines.
    pub fn from_file(path: impl Into<PathBuf>) -> Result<Self, LoadError> {
        let table = Watched::new_secret(path.into(), Table::parse, |_| true)?;
        Ok(Self { table, hashing: Hashing::new(), tokens: GrantedTokens::new() })
    }

    /// Sets how long tokens are good for, and how many there may be.
    #[must_use]
    pub fn with_tokens(mut self, tokens: GrantedTokens) -> Self {
        self.tokens = tokens;
        self
    }

    /// Sets how many passwords are checked at once, and how many callers may wait for that. Each
    /// check takes the memory and time that the user's hash names.
    #[must_use]
    pub fn with_checks_max(mut self, running: usize, waiting: usize) -> Self {
        self.hashing = Hashing::with_max(running, waiting);
        self
    }

    async fn by_password(
        &self,
        presented: &BasicAuth,
        attempt: &AuthAttempt<'_>,
    ) -> Result<Authenticated, Refusal> {
        let table = self.table.current().await;
        let user = table.user(&presented.username);
        let hash = user.map_or_else(|| table.decoy(), |user| &user.hash);
        let password = presented.password.clone();
        let is_right =
            self.hashing.verify(hash.clone(), password, Network::of(attempt.peer())).await?;
        match user {
            Some(user) if is_right => {
                let token = match attempt.method() {
                    // Who asks for a token gets one of its own.
                    Some(Method::Handshake) => self.tokens.grant(&user.identity, user.proof),
                    _ => self.tokens.grant_again(&user.identity, user.proof, attempt.peer()),
                };
                let token = token.map_err(|error| Refusal::busy(error.to_string()))?;
                Ok(Authenticated::new(user.identity.clone()).with_token(token))
            }
            Some(_) => Err(Refusal::new("wrong password")),
            None => Err(Refusal::new("no such user")),
        }
    }

    async fn by_token(&self, token: &[u8]) -> Result<PeerIdentity, Refusal> {
        let found = self.tokens.find(token);
        let (name, proof) = found.ok_or_else(|| Refusal::new("no token of a user, or expired"))?;
        let table = self.table.current().await;
        match table.user(&name) {
            Some(user) if user.proof == proof => Ok(user.identity.clone()),
            _ => Err(Refusal::new("the user of the token has changed or is gone")),
        }
    }
}

impl Authenticator for Users {
    async fn authenticate(&self, attempt: &AuthAttempt<'_>) -> Result<Authenticated, Refusal> {
        match attempt.credentials() {
            Some(Credentials::Basic(auth)) => self.by_password(auth, attempt).await,
            other => Ok(Authenticated::new(self.by_token(presented_token(other)?).await?)),
        }
    }
}

/// The hash of a user, shared with the thread that checks it.
type Hash = Arc<str>;
