//! [`Features`]: what a server offers beside its service.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use wingbeat_wire::message::ActionType;

use crate::auth::Gate;
use crate::{
    Error, Method, ServerCallInfo, ServerMiddleware, ServerMiddlewareFactory, Sessions,
    StandardAction,
};

/// What a server offers beside its service. [`Server`](super::Server) and
/// [`FlightServer`](super::FlightServer) fill it, dispatch and
/// [`CallContext`](crate::CallContext) use it.
#[derive(Clone, Default)]
pub(crate) struct Features {
    /// Everything that ListActions tells.
    actions: Vec<ActionType>,
    /// The actions that have a method of their own.
    standard: Vec<StandardAction>,
    sessions: Option<Sessions>,
    pub(super) gate: Gate,
    /// From the outside in.
    middleware: Vec<Arc<dyn ServerMiddlewareFactory>>,
}

impl Features {
    pub(super) fn add_actions(&mut self, actions: impl IntoIterator<Item = ActionType>) {
        self.actions.extend(actions);
    }

    pub(super) fn add_standard(&mut self, actions: impl IntoIterator<Item = StandardAction>) {
        for action in actions {
            if !self.standard.contains(&action) {
                self.standard.push(action);
                self.actions.push(action.into());
            }
        }
    }

    pub(super) fn set_sessions(&mut self, sessions: Sessions) {
        self.add_standard(StandardAction::SESSION);
        self.sessions = Some(sessions);
    }

    pub(super) fn add_middleware(&mut self, factory: impl ServerMiddlewareFactory) {
        self.middleware.push(Arc::new(factory));
    }

    /// Starts the middleware of a call, up to the one that refuses it.
    pub(super) fn start_call(
        &self,
        method: Method,
        parts: &mut Parts,
    ) -> (Vec<Box<dyn ServerMiddleware>>, Option<Error>) {
        let mut started = Vec::with_capacity(self.middleware.len());
        let mut call = ServerCallInfo::new(method, &parts.headers, &mut parts.extensions);
        for factory in &self.middleware {
            match factory.start_call(&mut call) {
                Ok(middleware) => started.extend(middleware),
                Err(error) => return (started, Some(error)),
            }
        }
        (started, None)
    }

    pub(crate) fn actions(&self) -> &[ActionType] {
        &self.actions
    }

    /// Who is let in, and to what.
    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(crate) fn sessions(&self) -> Option<&Sessions> {
        self.sessions.as_ref()
    }

    /// The standard action of that type, if it was registered.
    pub(super) fn standard(&self, r#type: &str) -> Option<StandardAction> {
        self.standard.iter().copied().find(|action| action.name() == r#type)
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Features")
            .field("actions", &self.actions)
            .field("sessions", &self.sessions)
            .finish_non_exhaustive()
    }
}
