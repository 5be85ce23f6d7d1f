//! [`Table`]: a file of users, read.

use std::collections::HashMap;

use wingbeat::PeerIdentity;

use super::Hash;
use super::hashing::{Cost, cost};
use crate::lines;
use crate::secret::{Digest, digest};

/// The users of a file.
#[derive(Debug)]
pub(super) struct Table {
    users: HashMap<String, User>,
    decoy: Hash,
}

pub(super) struct User {
    pub(super) identity: PeerIdentity,
    pub(super) hash: Hash,
    /// Stands for this hash: a token of another one is over.
    pub(super) proof: Digest,
}

impl Table {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let (mut users, mut decoy) = (HashMap::new(), None::<(Cost, Hash)>);
        for line in lines::parse(bytes)? {
            let number = line.number;
            let cost = cost(line.secret).map_err(|error| {
                format!(
                    "line {number} is not NAME:$argon2id$… as wingbeat passwd prints it: {error}"
                )
            })?;
            let (name, hash) = (line.identity.as_str().to_owned(), Hash::from(line.secret));
            if decoy.as_ref().is_none_or(|(most, _)| cost > *most) {
                decoy = Some((cost, hash.clone()));
            }
            let proof = digest(line.secret.as_bytes());
            let user = User { identity: line.identity, hash, proof };
            if let Some(user) = users.insert(name, user) {
                let name = user.identity.as_str();
                return Err(format!("line {number}: there is a user {name:?} already"));
            }
        }
        let (_, decoy) = decoy.ok_or_else(|| "it has no user".to_owned())?;
        tracing::info!(entries = users.len(), "users read");
        Ok(Self { users, decoy })
    }

    pub(super) fn user(&self, name: &str) -> Option<&User> {
        self.users.get(name)
    }

    /// What the password of somebody unknown is checked against: the hash that takes longest of
    /// all. Whether it matches means nothing.
    pub(super) fn decoy(&self) -> &Hash {
        &self.decoy
    }
}

/// No hash.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("identity", &self.identity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::hashing::hash_password;
    use super::*;

    #[test]
    fn a_file_of_users() {
        let hash = hash_password("x").unwrap();
        let table = Table::parse(format!("ada:{hash}:writers\nbob:{hash}\n").as_bytes()).unwrap();
        assert_eq!(table.user("ada").unwrap().identity.roles(), ["writers"]);
        assert!(table.user("eve").is_none());
        assert_eq!(&**table.decoy(), hash);
        assert!(!format!("{:?}", table.users).contains("argon2"));
        let twice = Table::parse(format!("ada:{hash}\nada:{hash}\n").as_bytes()).unwrap_err();
        assert_eq!(twice, "line 2: there is a user \"ada\" already");
        let plain = Table::parse(b"ada:secret\n").unwrap_err();
        assert!(plain.starts_with("line 1 is not") && !plain.contains("secret"), "{plain}");
        assert_eq!(Table::parse(b"").unwrap_err(), "it has no entry");
    }

    #[test]
    fn somebody_unknown_takes_as_long_as_the_slowest_user() {
        let hash = |cost: &str| format!("$argon2id$v=19${cost}$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo");
        let (cheap, dear) = (hash("m=8,t=1,p=1"), hash("m=64,t=3,p=1"));
        let middle = hash("m=64,t=2,p=1");
        for order in [[&cheap, &dear, &middle], [&dear, &cheap, &middle]] {
            let [a, b, c] = order;
            let file = format!("a:{a}\nb:{b}\nc:{c}\n");
            assert_eq!(&**Table::parse(file.as_bytes()).unwrap().decoy(), dear);
        }
    }
}
