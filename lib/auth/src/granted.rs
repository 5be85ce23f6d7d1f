//! [`GrantedTokens`]: tokens that stand for a password which was checked before.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use wingbeat::{PeerIdentity, Token};

use crate::LoadError;
use crate::secret::{Digest, digest, random_text};

/// How long a token is good for: a working day.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);
/// How many tokens a user may have: as many as the workers of a large job that share a user.
const USER_TOKENS_MAX: usize = 1000;
/// How many tokens there may be. They take about 200 bytes each.
const TOKENS_MAX: usize = 100_000;

/// Random tokens that expire, in the memory of this process: another server does not know them, and
/// a restart forgets them. Only digests are kept. Of too many tokens the oldest one goes, of its
/// user first. For authenticators that hand out tokens; clones share them.
#[derive(Clone)]
pub struct GrantedTokens {
    lifetime: Duration,
    user_tokens_max: usize,
    tokens_max: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    grants: HashMap<Digest, Grant>,
    /// In the order in which they were made, which is that in which they expire.
    order: BTreeMap<u64, Digest>,
    of_user: HashMap<Arc<str>, BTreeSet<u64>>,
    next: u64,
}

struct Grant {
    number: u64,
    user: Arc<str>,
    proof: [u8; 32],
    expires: Instant,
}

impl GrantedTokens {
    /// Tokens for twelve hours; up to 1000 of a user, and 100 000 together.
    pub fn new() -> Self {
        Self {
            lifetime: LIFETIME,
            user_tokens_max: USER_TOKENS_MAX,
            tokens_max: TOKENS_MAX,
            kept: Arc::default(),
        }
    }

    /// Sets how long a token is good for.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets how many tokens a user may have, and all users together.
    #[must_use]
    pub fn with_max(mut self, of_a_user: usize, together: usize) -> Self {
        self.user_tokens_max = of_a_user.max(1);
        self.tokens_max = together.max(1);
        self
    }

    /// A new token for a user. `proof` stands for what the user has proven, and comes back with
    /// [`find`](Self::find), for whoever asks whether that still holds.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn grant(&self, identity: &PeerIdentity, proof: [u8; 32]) -> Result<Token, LoadError> {
        let token = random_text().map_err(|e| LoadError::Random { reason: e.to_string() })?;
        let now = Instant::now();
        let user: Arc<str> = identity.as_str().into();
        let mut kept = self.kept();
        kept.expire(now);
        while kept.of_user.get(&user).is_some_and(|all| all.len() >= self.user_tokens_max) {
            let oldest = kept.of_user.get(&user).and_then(|all| all.first().copied());
            kept.forget(oldest);
        }
        while kept.order.len() >= self.tokens_max {
            let oldest = kept.order.first_key_value().map(|(number, _)| *number);
            kept.forget(oldest);
        }
        let number = kept.next;
        kept.next += 1;
        let key = digest(token.as_bytes());
        kept.order.insert(number, key);
        kept.of_user.entry(user.clone()).or_default().insert(number);
        kept.grants.insert(key, Grant { number, user, proof, expires: now + self.lifetime });
        Ok(Token::new(token))
    }

    /// Whose token it is, and what was proven for it; `None` for one that is unknown or expired.
    pub fn find(&self, token: &[u8]) -> Option<(Arc<str>, [u8; 32])> {
        let (key, now) = (digest(token), Instant::now());
        let mut kept = self.kept();
        let grant = kept.grants.get(&key)?;
        if grant.expires <= now {
            let number = grant.number;
            kept.forget(Some(number));
            return None;
        }
        Some((grant.user.clone(), grant.proof))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here panics half-way.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn expire(&mut self, now: Instant) {
        while let Some((&number, key)) = self.order.first_key_value() {
            if self.grants.get(key).is_some_and(|grant| grant.expires > now) {
                return;
            }
            self.forget(Some(number));
        }
    }

    fn forget(&mut self, number: Option<u64>) {
        let Some(number) = number else { return };
        let Some(key) = self.order.remove(&number) else { return };
        let Some(grant) = self.grants.remove(&key) else { return };
        if let Some(all) = self.of_user.get_mut(&grant.user) {
            all.remove(&number);
            if all.is_empty() {
                self.of_user.remove(&grant.user);
            }
        }
    }
}

impl Default for GrantedTokens {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for GrantedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrantedTokens")
            .field("lifetime", &self.lifetime)
            .field("tokens", &self.kept().grants.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(tokens: &GrantedTokens, token: &Token) -> Option<String> {
        tokens.find(token.as_bytes()).map(|(user, _)| user.to_string())
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_expire() {
        let tokens = GrantedTokens::new().with_lifetime(Duration::from_secs(10));
        let ada = tokens.grant(&PeerIdentity::new("ada"), [1; 32]).unwrap();
        assert_eq!(tokens.find(ada.as_bytes()), Some(("ada".into(), [1; 32])));
        assert_eq!(ada.as_bytes().len(), 43);
        assert_eq!(tokens.find(&ada.as_bytes()[1..]), None);
        tokio::time::advance(Duration::from_secs(9)).await;
        let bob = tokens.grant(&PeerIdentity::new("bob"), [2; 32]).unwrap();
        assert_eq!(name(&tokens, &ada).as_deref(), Some("ada"));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(name(&tokens, &ada), None);
        assert_eq!(name(&tokens, &bob).as_deref(), Some("bob"));
        tokio::time::advance(Duration::from_secs(9)).await;
        tokens.grant(&PeerIdentity::new("eve"), [0; 32]).unwrap();
        let kept = tokens.kept();
        assert_eq!((kept.grants.len(), kept.order.len(), kept.of_user.len()), (1, 1, 1));
    }

    #[tokio::test]
    async fn the_oldest_goes() {
        let tokens = GrantedTokens::new().with_max(2, 3);
        let (ada, bob) = (PeerIdentity::new("ada"), PeerIdentity::new("bob"));
        let of_bob = tokens.grant(&bob, [0; 32]).unwrap();
        let of_ada: Vec<_> = (0..4).map(|_| tokens.grant(&ada, [0; 32]).unwrap()).collect();
        let alive = of_ada.iter().map(|token| name(&tokens, token).is_some());
        assert_eq!(alive.collect::<Vec<_>>(), [false, false, true, true]);
        assert!(name(&tokens, &of_bob).is_some(), "one user's tokens cost no other's");
        tokens.grant(&PeerIdentity::new("eve"), [0; 32]).unwrap();
        assert_eq!(name(&tokens, &of_bob), None);
        let kept = tokens.kept();
        assert_eq!((kept.grants.len(), kept.order.len(), kept.of_user.len()), (3, 3, 2));
    }
}
