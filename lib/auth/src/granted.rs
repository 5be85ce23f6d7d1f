//! [`GrantedTokens`]: tokens that stand for a password which was checked before.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use wingbeat::{PeerAddr, PeerIdentity, Token};

use crate::LoadError;
use crate::secret::{Digest, derived_text, digest, random};

/// How long a token is good for: a working day.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);
/// How many tokens a user may have: as many as the workers of a large job that share a user.
const USER_TOKENS_MAX: usize = 1000;
/// How many tokens there may be. They take about 200 bytes each.
const TOKENS_MAX: usize = 100_000;

/// Tokens that nobody can guess and that expire, in the memory of this process: another server does
/// not know them, and a restart forgets them. Digests are kept, and the one secret that the tokens
/// are made with. Of too many tokens of a user the oldest one goes, and of too many altogether the
/// oldest of the user that has the most: who asks for many costs others none. For authenticators
/// that hand out tokens; clones share them.
#[derive(Clone)]
pub struct GrantedTokens {
    lifetime: Duration,
    user_tokens_max: usize,
    tokens_max: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    /// What tokens are made with, once there is one.
    secret: Option<[u8; 32]>,
    grants: HashMap<Digest, Grant>,
    /// In the order in which they were made, which is that in which they expire.
    order: BTreeMap<u64, Digest>,
    of_user: HashMap<Arc<str>, BTreeSet<u64>>,
    /// The latest one that went over a connection.
    of_connection: HashMap<Connection, u64>,
    next: u64,
}

/// A user's connection: by its client's port, no two are the same.
type Connection = (Arc<str>, SocketAddr);

struct Grant {
    number: u64,
    user: Arc<str>,
    connection: Option<SocketAddr>,
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
        self.make(&mut self.kept(), identity.as_str().into(), proof, None)
    }

    /// A token for a user who presents a password on any call: over one connection it is the same
    /// one again, as long as half of its time is left, so that a client which presents its password
    /// on each call has one token, and not as many as it makes calls. Where connections cannot be
    /// told apart (a Unix socket, say), each token is a new one.
    ///
    /// # Errors
    /// See [`grant`](Self::grant).
    pub fn grant_again(
        &self,
        identity: &PeerIdentity,
        proof: [u8; 32],
        peer: Option<&PeerAddr>,
    ) -> Result<Token, LoadError> {
        let user: Arc<str> = identity.as_str().into();
        let Some(PeerAddr::Tcp(address)) = peer else { return self.grant(identity, proof) };
        let mut kept = self.kept();
        let half = Instant::now() + self.lifetime / 2;
        let has = kept.of_connection.get(&(user.clone(), *address)).copied();
        let has = has.filter(|number| {
            let grant = kept.order.get(number).and_then(|key| kept.grants.get(key));
            grant.is_some_and(|grant| grant.proof == proof && grant.expires > half)
        });
        match (has, kept.secret) {
            (Some(number), Some(secret)) => Ok(Token::new(derived_text(&secret, number))),
            _ => self.make(&mut kept, user, proof, Some(*address)),
        }
    }

    fn make(
        &self,
        kept: &mut Kept,
        user: Arc<str>,
        proof: [u8; 32],
        connection: Option<SocketAddr>,
    ) -> Result<Token, LoadError> {
        let secret = match kept.secret {
            Some(secret) => secret,
            None => random().map_err(|e| LoadError::Random { reason: e.to_string() })?,
        };
        kept.secret = Some(secret);
        let now = Instant::now();
        kept.expire(now);
        while kept.of_user.get(&user).is_some_and(|all| all.len() >= self.user_tokens_max) {
            kept.forget(kept.oldest_of(&user));
        }
        while kept.order.len() >= self.tokens_max {
            kept.forget(kept.oldest_of_most());
        }
        let number = kept.next;
        kept.next += 1;
        let token = derived_text(&secret, number);
        let key = digest(token.as_bytes());
        kept.order.insert(number, key);
        kept.of_user.entry(user.clone()).or_default().insert(number);
        if let Some(address) = connection {
            kept.of_connection.insert((user.clone(), address), number);
        }
        let expires = now + self.lifetime;
        kept.grants.insert(key, Grant { number, user, connection, proof, expires });
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

    fn oldest_of(&self, user: &str) -> Option<u64> {
        self.of_user.get(user)?.first().copied()
    }

    /// The oldest token of a user who has as many as nobody else.
    fn oldest_of_most(&self) -> Option<u64> {
        let oldest = self.of_user.values().filter_map(|all| Some((all.len(), *all.first()?)));
        let most = oldest.max_by_key(|&(len, number)| (len, std::cmp::Reverse(number)));
        most.map(|(_, number)| number)
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
        let Some(address) = grant.connection else { return };
        let connection = (grant.user, address);
        if self.of_connection.get(&connection) == Some(&number) {
            self.of_connection.remove(&connection);
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
        // Nor do they where no more may be had at all, though bob's is the oldest.
        tokens.grant(&PeerIdentity::new("eve"), [0; 32]).unwrap();
        assert!(name(&tokens, &of_bob).is_some());
        let alive = of_ada.iter().map(|token| name(&tokens, token).is_some());
        assert_eq!(alive.collect::<Vec<_>>(), [false, false, false, true]);
        // Where everybody has as much, the oldest goes after all.
        tokens.grant(&PeerIdentity::new("olga"), [0; 32]).unwrap();
        assert_eq!(name(&tokens, &of_bob), None);
        let kept = tokens.kept();
        assert_eq!((kept.grants.len(), kept.order.len(), kept.of_user.len()), (3, 3, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn one_connection_has_one_token() {
        let tokens = GrantedTokens::new().with_lifetime(Duration::from_secs(10)).with_max(2, 3);
        let (ada, bob) = (PeerIdentity::new("ada"), PeerIdentity::new("bob"));
        let at = |port| PeerAddr::Tcp(([127, 0, 0, 1], port).into());
        let again = |who, proof, port| {
            let token = tokens.grant_again(who, [proof; 32], Some(&at(port))).unwrap();
            token.as_bytes().to_vec()
        };
        let session = tokens.grant(&ada, [1; 32]).unwrap();
        let first = again(&ada, 1, 1);
        for _ in 0..1000 {
            assert_eq!(again(&ada, 1, 1), first);
        }
        assert!(name(&tokens, &session).is_some(), "calls of one client end no other's token");
        assert_ne!(again(&bob, 1, 1), first);
        // Not after another password, nor over another connection, nor shortly before its end.
        let second = again(&ada, 2, 1);
        assert_eq!(again(&ada, 2, 1), second);
        tokio::time::advance(Duration::from_secs(5)).await;
        let third = again(&ada, 2, 1);
        let fourth = again(&ada, 2, 2);
        let different = BTreeSet::from([first, second, third, fourth]);
        assert_eq!(different.len(), 4);
        // Where connections have no name.
        let of_unix = |tokens: &GrantedTokens| {
            let token = tokens.grant_again(&ada, [1; 32], Some(&PeerAddr::Unix)).unwrap();
            token.as_bytes().to_vec()
        };
        assert_ne!(of_unix(&tokens), of_unix(&tokens));
        tokio::time::advance(Duration::from_secs(10)).await;
        tokens.grant(&bob, [0; 32]).unwrap();
        let kept = tokens.kept();
        assert_eq!((kept.grants.len(), kept.of_connection.len()), (1, 0));
    }
}
