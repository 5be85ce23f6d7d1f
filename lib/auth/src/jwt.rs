//! [`Jwt`]: JSON Web Tokens of one issuer, for one audience.

mod keys;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use jsonwebtoken::{Validation, decode, decode_header};
use serde_json::{Map, Value};
use wingbeat::{AuthAttempt, Authenticated, Authenticator, PeerIdentity, Refusal};

use self::keys::{Key, Keys};
use crate::LoadError;
use crate::secret::presented_token;
use crate::watched::Watched;

/// How much the clocks of issuer and server may differ.
const LEEWAY: Duration = Duration::from_secs(60);

/// JSON Web Tokens of one issuer for one audience, signed with a key of a JWKS file, presented as
/// `authorization: Bearer` or `auth-token-bin`. Signatures are RS, PS, ES, HS or EdDSA.
///
/// A token has to name its issuer and audience, to expire, and to say whom it is about. How it is
/// signed says the key, not the token: a key has the algorithm that stands beside it in the file,
/// else any of its kind that is for signatures; a shared secret has to name its algorithm. A token
/// that names a key (`kid`) is checked with that one alone. What a token asks to be understood
/// (`crit`) is not, so that such a token is refused.
#[derive(Debug, Clone)]
pub struct Jwt {
    keys: Watched<Keys>,
    issuer: String,
    audience: String,
    leeway: Duration,
    name_claim: String,
    role_claim: String,
}

impl Jwt {
    /// Tokens that are signed with a key of a JWKS file, which is read again when it changes.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no key for signatures.
    pub fn from_jwks_file(
        path: impl Into<PathBuf>,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, LoadError> {
        Ok(Self {
            keys: Watched::new_secret(path.into(), Keys::parse, Keys::are_secret)?,
            issuer: issuer.into(),
            audience: audience.into(),
            leeway: LEEWAY,
            name_claim: "sub".to_owned(),
            role_claim: "roles".to_owned(),
        })
    }

    /// Sets how much the clocks of issuer and server may differ; a minute by default.
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Sets which claim is the caller's name; `sub` by default. It has to be one that the issuer
    /// gives to nobody else.
    #[must_use]
    pub fn with_name_claim(mut self, claim: impl Into<String>) -> Self {
        self.name_claim = claim.into();
        self
    }

    /// Sets which claim holds the caller's roles, as a list of strings or as one string of words;
    /// `roles` by default.
    #[must_use]
    pub fn with_role_claim(mut self, claim: impl Into<String>) -> Self {
        self.role_claim = claim.into();
        self
    }

    fn check(&self, keys: &Keys, token: &[u8]) -> Result<PeerIdentity, Refusal> {
        let header = decode_header(token).map_err(|error| refusal("no JSON Web Token", &error))?;
        if header.crit.is_some() {
            return Err(Refusal::new("the token asks for extensions (crit)"));
        }
        let mut refused = match &header.kid {
            Some(kid) => Refusal::new(format!("no key is called {kid:?}")),
            None => Refusal::new(format!("no key is for {:?}", header.alg)),
        };
        for key in keys.candidates(header.kid.as_deref()) {
            if !key.algorithms().contains(&header.alg) {
                let text = format!("the key is not for {:?}, which the token names", header.alg);
                refused = Refusal::new(text);
                continue;
            }
            match decode::<Map<String, Value>>(token, key.key(), &self.validation(key)) {
                Ok(token) => return self.identity(&token.claims),
                Err(error) => refused = refusal("the token is not valid", &error),
            }
        }
        Err(refused)
    }

    fn validation(&self, key: &Key) -> Validation {
        let mut validation = Validation::default();
        validation.algorithms = key.algorithms().to_vec();
        validation.leeway = self.leeway.as_secs();
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation
    }

    fn identity(&self, claims: &Map<String, Value>) -> Result<PeerIdentity, Refusal> {
        let name = claims.get(&self.name_claim).and_then(Value::as_str).unwrap_or_default();
        if name.is_empty() {
            return Err(Refusal::new(format!("the token has no claim {:?}", self.name_claim)));
        }
        let roles: Vec<&str> = match claims.get(&self.role_claim) {
            Some(Value::String(words)) => words.split_whitespace().collect(),
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        Ok(PeerIdentity::new(name).with_roles(roles))
    }
}

impl Authenticator for Jwt {
    async fn authenticate(&self, attempt: &AuthAttempt<'_>) -> Result<Authenticated, Refusal> {
        let token = presented_token(attempt.credentials())?;
        let keys = self.keys.current().await;
        self.check(&keys, token).map(Authenticated::new)
    }
}

fn refusal(what: &str, error: &jsonwebtoken::errors::Error) -> Refusal {
    Refusal::new(format!("{what}: {error}"))
}
