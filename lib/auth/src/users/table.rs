//! [`Table`]: a file of users, read.

use std::collections::HashMap;

use wingbeat::PeerIdentity;

use super::Hash;
use super::hashing::{check_hash, hash_password};
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
        let (mut users, mut decoy) = (HashMap::new(), None);
        for line in lines::parse(bytes)? {
            let number = line.number;
            check_hash(line.secret).map_err(|error| {
                format!(
                    "line {number} is not NAME:$argon2id$… as wingbeat passwd prints it: {error}"
                )
            })?;
            let (name, hash) = (line.identity.as_str().to_owned(), Hash::from(line.secret));
            decoy.get_or_insert_with(|| hash.clone());
            let proof = digest(line.secret.as_bytes());
            let user = User { identity: line.identity, hash, proof };
            if let Some(user) = users.insert(name, user) {
                let name = user.identity.as_str();
                return Err(format!("line {number}: there is a user {name:?} already"));
            }
        }
        let decoy = match decoy {
            Some(decoy) => decoy,
            None => hash_password("").map_err(|error| error.to_string())?.into(),
        };
        Ok(Self { users, decoy })
    }

    pub(super) fn user(&self, name: &str) -> Option<&User> {
        self.users.get(name)
    }

    /// What the password of somebody unknown is checked against, so that it takes as long. Whether
    /// it matches means nothing.
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
    use super::*;

    #[test]
    fn a_file_of_users() {
        let hash = hash_password("x").unwrap();
        let table = Table::parse(format!("ada:{hash}:writers\nbob:{hash}\n").as_bytes()).unwrap();
        assert_eq!(table.user("ada").unwrap().identity.roles(), ["writers"]);
        assert!(table.user("eve").is_none());
        assert_eq!(&**table.decoy(), hash);
        assert!(!format!("{:?}", table.users).contains("argon2"));
        let twice = Table::parse(format!("ada:{hash}\nada:{hash}").as_bytes()).unwrap_err();
        assert_eq!(twice, "line 2: there is a user \"ada\" already");
        let plain = Table::parse(b"ada:secret").unwrap_err();
        assert!(plain.starts_with("line 1 is not") && !plain.contains("secret"), "{plain}");
        assert!(!Table::parse(b"").unwrap().decoy().is_empty());
    }
}
