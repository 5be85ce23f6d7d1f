//! [`PeerIdentity`]: who calls.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use http::Extensions;
use wingbeat_net::PeerCertificate;

/// Who calls, as far as that is proven. Whatever proves it (an
/// [`Authenticator`](crate::Authenticator), a layer of the server) puts one into the request's
/// extensions, and [`CallContext::peer_identity`](crate::CallContext::peer_identity) gives it to
/// the service. Where nothing does, it is the [name](crate::PeerCertificate::name) in the client's
/// certificate, if it has shown one.
///
/// Two identities are the same when their names are. So where several authenticators are in use
/// that may know the same name, it is the same caller.
#[derive(Debug, Clone)]
pub struct PeerIdentity {
    name: Arc<str>,
    roles: Arc<[String]>,
}

impl PeerIdentity {
    /// The identity of that name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), roles: Arc::default() }
    }

    /// The same with these roles: groups, scopes, whatever permissions are given to.
    #[must_use]
    pub fn with_roles(mut self, roles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.roles = roles.into_iter().map(Into::into).collect();
        self
    }

    /// Takes the name in the client's certificate where nothing else has proven who calls.
    pub(crate) fn adopt(extensions: &mut Extensions) {
        if extensions.get::<Self>().is_some() {
            return;
        }
        if let Some(identity) = extensions.get::<PeerCertificate>().map(|it| Self::new(it.name())) {
            extensions.insert(identity);
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The roles.
    pub fn roles(&self) -> &[String] {
        &self.roles
    }
}

impl PartialEq for PeerIdentity {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for PeerIdentity {}

impl Hash for PeerIdentity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}
