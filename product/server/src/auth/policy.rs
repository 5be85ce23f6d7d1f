//! [`Policy`]: a file of rules as the server's authorizer.

use std::path::PathBuf;

use wingbeat::{Access, Authorizer, FlightDescriptor, Permission, Refusal, Resource};
use wingbeat_auth::{LoadError, Watched};

use super::rules::{Right, Rules};

/// What callers may do with which datasets. The file is read again when it changes.
///
/// It is asked by dataset: by the service, which reads the name out of descriptor, command or
/// ticket, and for each flight of a listing; the name of all there is is empty. What is about no
/// dataset is allowed.
#[derive(Debug, Clone)]
pub(super) struct Policy(Watched<Rules>);

impl Policy {
    pub(super) fn from_file(path: impl Into<PathBuf>) -> Result<Self, LoadError> {
        Ok(Self(Watched::new(path.into(), Rules::parse)?))
    }
}

impl Authorizer for Policy {
    async fn authorize(&self, access: &Access<'_>) -> Result<(), Refusal> {
        let joined;
        let name = match (access.permission(), access.resource()) {
            (_, Resource::Named(name)) => name,
            (Permission::List, Resource::Descriptor(FlightDescriptor::Path(path))) => {
                joined = path.join("/");
                &joined
            }
            (Permission::List, Resource::Descriptor(_)) => {
                return Err(Refusal::new("a flight without a path"));
            }
            _ => return Ok(()),
        };
        let right = match access.permission() {
            Permission::List => Right::List,
            Permission::Read => Right::Read,
            Permission::Write => Right::Write,
            Permission::Drop => Right::Drop,
            _ => return Err(Refusal::new("no rule gives such a right")),
        };
        match self.0.current().await.allow(access.identity(), right, name) {
            true => Ok(()),
            false => Err(Refusal::new("no rule allows it")),
        }
    }
}
