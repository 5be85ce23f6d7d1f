//! Argon2, off the I/O threads and bounded.

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Argon2, Params};
use wingbeat::Refusal;

use super::Hash;
use super::turns::{Network, TooMany, Turns};
use crate::LoadError;

/// More checks at once would take the processors from the data.
const RUNNING_MAX: usize = 4;
/// How many callers wait for a check.
const WAITING_MAX: usize = 64;
/// How long a salt is, as RFC 9106 recommends it.
const SALT_BYTES: usize = 16;

/// The hash of a password for a file of users: argon2id with 19 MiB and two passes, which is the
/// library's default.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn hash_password(password: &str) -> Result<String, LoadError> {
    let failed = |reason: String| LoadError::Random { reason };
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| failed(error.to_string()))?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| failed(error.to_string()))?;
    let argon2 = Argon2::default();
    let hash = argon2.hash_password(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| failed(error.to_string()))
}

/// How long a check takes: the blocks of memory that it goes over, all passes together.
pub(super) type Cost = u64;

/// What a check against this text costs, if it is a hash that can be checked against.
pub(super) fn cost(text: &str) -> Result<Cost, String> {
    let hash = PasswordHash::new(text).map_err(|error| error.to_string())?;
    if !hash.algorithm.as_str().starts_with("argon2") || hash.hash.is_none() {
        return Err("it is no argon2 hash".to_owned());
    }
    let params = Params::try_from(&hash).map_err(|error| error.to_string())?;
    Ok(u64::from(params.m_cost()) * u64::from(params.t_cost()))
}

/// Checks passwords, so many at once and no more.
#[derive(Debug, Clone)]
pub(super) struct Hashing(Turns);

impl Hashing {
    pub(super) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_max((processors / 2).clamp(1, RUNNING_MAX), WAITING_MAX)
    }

    pub(super) fn with_max(running: usize, waiting: usize) -> Self {
        Self(Turns::new(running, waiting))
    }

    /// Whether a password belongs to a hash.
    pub(super) async fn verify(
        &self,
        hash: Hash,
        password: String,
        from: Network,
    ) -> Result<bool, Refusal> {
        let busy = |TooMany| Refusal::busy("too many passwords are being checked");
        let turn = self.0.take(from).await.map_err(busy)?;
        // The thread keeps the turn: a caller that goes away does not make room for another one.
        let checked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            is_right(&hash, &password)
        });
        checked.await.map_err(|_| Refusal::busy("the check of a password panicked"))
    }
}

fn is_right(hash: &str, password: &str) -> bool {
    // Parsed when the file was read, so it is one. The comparison takes the same time wherever the
    // outcomes differ.
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password() {
        let (one, two) = (hash_password("secret").unwrap(), hash_password("secret").unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, two, "each has a salt of its own");
        assert!(is_right(&one, "secret") && is_right(&two, "secret"));
        assert!(!is_right(&one, "Secret") && !is_right(&one, ""));
        assert_eq!(cost(&one), Ok(19456 * 2));
        for hash in ["secret", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ", "$5$salt$hash"] {
            assert!(cost(hash).is_err(), "{hash}");
        }
    }

    #[tokio::test]
    async fn those_that_find_no_room_are_told_to_come_again() {
        let hashing = Hashing::with_max(1, 0);
        let hash: Hash = hash_password("secret").unwrap().into();
        let verify = |password: &str| hashing.verify(hash.clone(), password.into(), Network::Here);
        let held = hashing.0.take(Network::Here).await.unwrap();
        assert!(verify("secret").await.unwrap_err().is_busy());
        drop(held);
        assert!(verify("secret").await.unwrap());
        assert!(!verify("wrong").await.unwrap());
    }
}
