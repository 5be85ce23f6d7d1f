//! [`Keys`]: a JWKS file, read.

use std::fmt;
use std::str::FromStr as _;

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, OctetKeyParameters, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde_json::Value;

/// A shorter secret could be found by trying (RFC 7518, section 3.2).
const SECRET_BYTES_MIN: usize = 32;

/// The keys of a JWKS file that are for signatures.
#[derive(Debug)]
pub(super) struct Keys(Vec<Key>);

pub(super) struct Key {
    id: Option<String>,
    key: DecodingKey,
    algorithms: Vec<Algorithm>,
    /// One secret for those who sign and those who check.
    is_shared: bool,
}

impl Keys {
    /// Reads `{"keys": [...]}`. Keys for something else, and of kinds that are not known here, are
    /// passed over: an issuer has keys for all sorts of things.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let file: Value = serde_json::from_slice(bytes).map_err(|e| format!("no JSON: {e}"))?;
        let Some(items) = file.get("keys").and_then(Value::as_array) else {
            return Err("it is no JWKS: it has no list \"keys\"".to_owned());
        };
        let mut keys = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let Ok(jwk) = serde_json::from_value::<Jwk>(item.clone()) else {
                tracing::warn!(at, "a key of a kind that is not known is passed over");
                continue;
            };
            if !has_known_curve(&jwk) {
                tracing::warn!(at, "a key of a curve that is not known is passed over");
                continue;
            }
            if is_for_signatures(&jwk) {
                keys.push(Key::new(&jwk).map_err(|error| format!("key {at}: {error}"))?);
            }
        }
        if keys.is_empty() {
            return Err("it holds no key for signatures".to_owned());
        }
        Ok(Self(keys))
    }

    /// Whether whoever reads them can sign as well.
    pub(super) fn are_secret(&self) -> bool {
        self.0.iter().any(|key| key.is_shared)
    }

    /// The keys that a token may be signed with: the ones it names, else all.
    pub(super) fn candidates(&self, id: Option<&str>) -> impl Iterator<Item = &Key> {
        self.0.iter().filter(move |key| id.is_none() || key.id.as_deref() == id)
    }
}

impl Key {
    fn new(jwk: &Jwk) -> Result<Self, String> {
        let key = DecodingKey::from_jwk(jwk).map_err(|error| error.to_string())?;
        let is_shared =
            matches!(&jwk.algorithm, AlgorithmParameters::OctetKey(OctetKeyParameters { .. }));
        if is_shared {
            let secret = key.try_get_hmac_secret().map_err(|error| error.to_string())?;
            if secret.len() < SECRET_BYTES_MIN {
                return Err(format!("the secret has less than {SECRET_BYTES_MIN} bytes"));
            }
        }
        let algorithms = algorithms(jwk)?;
        Ok(Self { id: jwk.common.key_id.clone(), key, algorithms, is_shared })
    }

    pub(super) fn key(&self) -> &DecodingKey {
        &self.key
    }

    /// What may be signed with it.
    pub(super) fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }
}

/// Whether a key lies on a curve that is known here, or on none.
fn has_known_curve(jwk: &Jwk) -> bool {
    match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(key) => {
            matches!(key.curve, EllipticCurve::P256 | EllipticCurve::P384)
        }
        AlgorithmParameters::OctetKeyPair(key) => key.curve == EllipticCurve::Ed25519,
        _ => true,
    }
}

/// Whether a key is meant to check signatures.
fn is_for_signatures(jwk: &Jwk) -> bool {
    let common = &jwk.common;
    let by_use =
        common.public_key_use.as_ref().is_none_or(|r#use| *r#use == PublicKeyUse::Signature);
    let by_operations =
        common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    let by_algorithm =
        common.key_algorithm.is_none_or(|name| Algorithm::from_str(&name.to_string()).is_ok());
    by_use && by_operations && by_algorithm
}

/// What a key may sign with: what it says, else what its kind can.
fn algorithms(jwk: &Jwk) -> Result<Vec<Algorithm>, String> {
    let of_kind = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => AlgorithmFamily::Rsa.algorithms(),
        AlgorithmParameters::OctetKey(_) => AlgorithmFamily::Hmac.algorithms(),
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => &[Algorithm::ES256],
            EllipticCurve::P384 => &[Algorithm::ES384],
            _ => return Err("its curve is not known, expected P-256 or P-384".to_owned()),
        },
        AlgorithmParameters::OctetKeyPair(key) => match key.curve {
            EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
            _ => return Err("its curve is not known, expected Ed25519".to_owned()),
        },
    };
    match (jwk.common.key_algorithm, &jwk.algorithm) {
        (Some(name), _) => {
            let named = Algorithm::from_str(&name.to_string()).map_err(|e| e.to_string())?;
            if !of_kind.contains(&named) {
                return Err(format!("it is no key for {name}, which it names"));
            }
            Ok(vec![named])
        }
        (None, AlgorithmParameters::OctetKey(_)) => {
            Err("a shared secret has to name its algorithm (alg)".to_owned())
        }
        (None, _) => Ok(of_kind.to_vec()),
    }
}

/// No key: it may be a secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}
