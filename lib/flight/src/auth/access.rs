//! [`Access`]: what somebody wants to do with what.

use std::fmt;

use wingbeat_wire::message::{Action, FlightDescriptor, Ticket};

use crate::{CallContext, Method, PeerIdentity};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Permission {
    /// See that it is there.
    List,
    /// Read its data, or what is said about it.
    Read,
    /// Create, replace or extend it.
    Write,
    /// Delete it.
    Drop,
    /// Send data through it and get data back.
    Exchange,
    /// Run an action.
    Act,
}

/// With what somebody wants to do something.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Resource<'a> {
    /// The service as a whole: ListFlights and ListActions.
    Service,
    /// A flight, as it is asked for, or as ListFlights is about to tell of it.
    Descriptor(&'a FlightDescriptor),
    /// A ticket to be redeemed.
    Ticket(&'a Ticket),
    /// An action to be run.
    Action(&'a Action),
    /// What the service calls by this name, and what it asked about itself with
    /// [`CallContext::authorize`].
    Named(&'a str),
}

/// Somebody who wants to do something with something, as an [`Authorizer`](crate::Authorizer) sees
/// it.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    call: &'a CallContext,
    permission: Permission,
    resource: Resource<'a>,
}

impl<'a> Access<'a> {
    pub(crate) fn new(
        call: &'a CallContext,
        permission: Permission,
        resource: Resource<'a>,
    ) -> Self {
        Self { call, permission, resource }
    }

    /// The call.
    pub fn call(&self) -> &'a CallContext {
        self.call
    }

    /// The RPC.
    pub fn method(&self) -> Method {
        self.call.method()
    }

    /// Who wants it; `None` on a server that authenticates nobody.
    pub fn identity(&self) -> Option<&'a PeerIdentity> {
        self.call.identity()
    }

    /// What is wanted.
    pub fn permission(&self) -> Permission {
        self.permission
    }

    /// With what.
    pub fn resource(&self) -> Resource<'a> {
        self.resource
    }
}

impl Permission {
    /// What a call of this method wants.
    pub(crate) fn of_method(method: Method) -> Self {
        match method {
            Method::ListFlights => Self::List,
            Method::GetFlightInfo | Method::PollFlightInfo | Method::GetSchema | Method::DoGet => {
                Self::Read
            }
            Method::DoPut => Self::Write,
            Method::DoExchange => Self::Exchange,
            Method::DoAction | Method::ListActions | Method::Handshake => Self::Act,
        }
    }
}

/// For the log: tickets and the bodies of actions may be secrets.
impl fmt::Debug for Resource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service => f.write_str("the service"),
            Self::Descriptor(FlightDescriptor::Path(path)) => write!(f, "path {path:?}"),
            Self::Descriptor(_) => f.write_str("a command"),
            Self::Ticket(_) => f.write_str("a ticket"),
            Self::Action(action) => write!(f, "action {:?}", action.r#type),
            Self::Named(name) => write!(f, "{name:?}"),
        }
    }
}
