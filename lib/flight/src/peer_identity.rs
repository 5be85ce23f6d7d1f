//! [`PeerIdentity`]: who calls.

use std::sync::Arc;

/// Who calls, as far as that is proven. Whatever proves it (an authenticator, a layer that looks at
/// a client's certificate) puts one into the request's extensions, and
/// [`CallContext::peer_identity`](crate::CallContext::peer_identity) gives it to the service.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PeerIdentity(Arc<str>);

impl PeerIdentity {
    /// The identity of that name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
