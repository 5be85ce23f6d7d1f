//! The keys that tickets are signed with.

use std::fmt;
use std::path::PathBuf;

use aws_lc_rs::hmac;
use uuid::Uuid;
use wingbeat_auth::{LoadError, Watched};
use wingbeat_store::{Store, StoreError};

/// How short a key may be, in bytes.
const KEY_BYTES_MIN: usize = 32;

/// What a key signs to make its own name.
const ID_TEXT: &[u8] = b"wingbeat ticket key id";

/// Where the keys of tickets come from.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TicketKey {
    /// A key of the folder's own, which lies beside what is staged there.
    #[default]
    OfFolder,
    /// A file with a key on each line. The first one signs, all of them verify. It is read again
    /// when it changes.
    File(PathBuf),
    /// The same lines.
    Text(String),
}

/// Keys are secrets.
impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfFolder => f.write_str("OfFolder"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(_) => f.write_str("Text(..)"),
        }
    }
}

/// The keys as they are now.
#[derive(Clone)]
pub(crate) struct Keys(Watched<KeyRing>);

impl Keys {
    /// Reads the keys. Blocks.
    pub(crate) fn load(source: &TicketKey, store: &Store) -> Result<Self, LoadError> {
        let text = match source {
            TicketKey::File(path) => {
                return Watched::new(path.clone(), KeyRing::parse).map(Self);
            }
            TicketKey::Text(text) => text.clone(),
            TicketKey::OfFolder => of_folder(store),
        };
        let ring = KeyRing::parse(text.as_bytes());
        let ring = ring.map_err(|reason| LoadError::Content { path: "the key".into(), reason })?;
        Ok(Self(Watched::fixed(ring)))
    }

    /// The keys of this moment.
    pub(crate) async fn current(&self) -> std::sync::Arc<KeyRing> {
        self.0.current().await
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// The key that the folder keeps, or one for as long as the process lives.
fn of_folder(store: &Store) -> String {
    match store.secret() {
        Ok(secret) => secret,
        Err(error) => {
            let reason = error.to_string();
            match error {
                StoreError::ReadOnly { .. } => tracing::info!(
                    reason,
                    "tickets are good until this process ends, and here alone; a ticket key makes \
                     them last"
                ),
                _ => tracing::warn!(
                    reason,
                    "no key can be kept, so tickets are good until this process ends"
                ),
            }
            format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
        }
    }
}

/// What a key is called, which says nothing about it.
pub(crate) type KeyId = [u8; 8];

/// The keys of a cluster.
pub(crate) struct KeyRing {
    /// The first one signs. At least one.
    keys: Vec<(KeyId, hmac::Key)>,
}

impl KeyRing {
    /// A key on each line; empty ones, and those that begin with `#`, are passed over.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let mut keys = Vec::new();
        for (nth, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            if line.len() < KEY_BYTES_MIN {
                let (line, len) = (nth + 1, line.len());
                return Err(format!(
                    "the key on line {line} has {len} characters, expected {KEY_BYTES_MIN} or more"
                ));
            }
            let key = hmac::Key::new(hmac::HMAC_SHA256, line);
            keys.push((id_of(&key), key));
        }
        if keys.is_empty() {
            return Err("there is no key".to_owned());
        }
        Ok(Self { keys })
    }

    /// Signs; the name of the key, and the signature.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> Option<(KeyId, hmac::Tag)> {
        let (id, key) = self.keys.first()?;
        let mut context = hmac::Context::with_key(key);
        parts.iter().for_each(|part| context.update(part));
        Some((*id, context.sign()))
    }

    /// Whether a signature is right; `None` when there is no key of that name. Takes the same time
    /// wherever two signatures differ.
    pub(crate) fn verify(&self, id: &[u8], message: &[u8], tag: &[u8]) -> Option<bool> {
        let (_, key) = self.keys.iter().find(|(known, _)| known == id)?;
        Some(hmac::verify(key, message, tag).is_ok())
    }

    /// The names of the keys, that of the one that signs first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.keys.iter().map(|(id, _)| *id)
    }
}

fn id_of(key: &hmac::Key) -> KeyId {
    let mut id = KeyId::default();
    for (to, from) in id.iter_mut().zip(hmac::sign(key, ID_TEXT).as_ref()) {
        *to = *from;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_keys() {
        let (a, b) = ("a".repeat(32), "b".repeat(40));
        let ids = |text: &str| KeyRing::parse(text.as_bytes()).unwrap().ids().collect::<Vec<_>>();
        let both = ids(&format!("# rotated in May\n\n  {a}\r\n{b}"));
        assert_eq!(both, [ids(&a), ids(&b)].concat());
        assert_ne!(both[0], both[1]);
        for (text, says) in [("", "no key"), ("# x\n", "no key"), ("\nshort", "line 2")] {
            let error = KeyRing::parse(text.as_bytes()).err().unwrap();
            assert!(error.contains(says), "{error}");
        }
        let shown = format!("{:?}", TicketKey::Text(a.clone()));
        assert!(!shown.contains('a'), "{shown}");
    }
}
