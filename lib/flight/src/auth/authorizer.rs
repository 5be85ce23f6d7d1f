//! [`Authorizer`]: decides what a caller may do.

use std::future::Future;
use std::pin::Pin;

use super::{Access, Refusal};

/// Decides what a caller may do. Without one every caller that is let in may do everything.
///
/// Give it to [`Server::authorizer`](crate::Server::authorizer). It is asked before the service is:
/// with the descriptor, ticket or action of each call, about the service for ListFlights and
/// ListActions, and about each flight that ListFlights would tell of. What only the service can
/// read out of a ticket or command it asks itself, with
/// [`CallContext::authorize`](crate::CallContext::authorize). The handshake and what is mounted
/// beside Flight are exempt.
///
/// ```
/// use wingbeat::{Access, Authorizer, Permission, Refusal};
///
/// /// Nobody deletes anything, and only ada writes.
/// struct Careful;
///
/// impl Authorizer for Careful {
///     async fn authorize(&self, access: &Access<'_>) -> Result<(), Refusal> {
///         let name = access.identity().map_or("", |identity| identity.as_str());
///         match access.permission() {
///             Permission::Drop => Err(Refusal::new("nothing is deleted")),
///             Permission::Write if name != "ada" => Err(Refusal::new("only ada writes")),
///             _ => Ok(()),
///         }
///     }
/// }
/// ```
pub trait Authorizer: Send + Sync + 'static {
    /// Whether this may be done.
    ///
    /// # Errors
    /// A [`Refusal`]. The caller gets PERMISSION_DENIED in words that are always the same, before
    /// anybody looks whether there is such a thing.
    fn authorize(&self, access: &Access<'_>) -> impl Future<Output = Result<(), Refusal>> + Send;
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + 'a>>;

/// An authorizer whose type is erased.
pub(super) trait DynAuthorizer: Send + Sync {
    fn authorize<'a>(&'a self, access: &'a Access<'a>) -> Answer<'a>;
}

impl<T: Authorizer> DynAuthorizer for T {
    fn authorize<'a>(&'a self, access: &'a Access<'a>) -> Answer<'a> {
        Box::pin(Authorizer::authorize(self, access))
    }
}

impl<T: Authorizer> Authorizer for std::sync::Arc<T> {
    fn authorize(&self, access: &Access<'_>) -> impl Future<Output = Result<(), Refusal>> + Send {
        T::authorize(self, access)
    }
}
