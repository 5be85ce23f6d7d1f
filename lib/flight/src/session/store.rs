//! [`SessionStore`]: where sessions are kept.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use wingbeat_wire::message::SessionOptionValue;

use super::SessionId;
use crate::{PeerIdentity, Result};

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Session {
    /// Who began it, where that is known. Nobody else may use it.
    pub owner: Option<PeerIdentity>,
    /// Its options. None of them is [`SessionOptionValue::Unset`].
    pub options: BTreeMap<String, SessionOptionValue>,
}

/// Where sessions are kept: in memory ([`MemorySessions`](super::MemorySessions)), or wherever
/// several servers find them.
///
/// A store decides how long a session lives that nobody uses, and how many and how large they may
/// get. Each method is atomic, and counts as a use of the session.
pub trait SessionStore: Send + Sync + 'static {
    /// Begins a session; `false` when there is one of this id already.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED when there are too many, or what is wrong with the store.
    fn create(
        &self,
        id: &SessionId,
        owner: Option<&PeerIdentity>,
    ) -> impl Future<Output = Result<bool>> + Send;

    /// The session of this id; `None` when there is none, or no longer.
    ///
    /// # Errors
    /// What is wrong with the store.
    fn load(&self, id: &SessionId) -> impl Future<Output = Result<Option<Session>>> + Send;

    /// Sets options, and unsets those that are [`SessionOptionValue::Unset`]; `false` when there is
    /// no such session.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED when the session would get too large, or what is wrong with the store.
    fn update(
        &self,
        id: &SessionId,
        changes: BTreeMap<String, SessionOptionValue>,
    ) -> impl Future<Output = Result<bool>> + Send;

    /// Ends a session; `false` when there is none.
    ///
    /// # Errors
    /// What is wrong with the store.
    fn close(&self, id: &SessionId) -> impl Future<Output = Result<bool>> + Send;
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A store whose type is erased.
pub(super) trait DynStore: Send + Sync {
    fn create<'a>(&'a self, id: &'a SessionId, owner: Option<&'a PeerIdentity>)
    -> Answer<'a, bool>;
    fn load<'a>(&'a self, id: &'a SessionId) -> Answer<'a, Option<Session>>;
    fn update<'a>(
        &'a self,
        id: &'a SessionId,
        changes: BTreeMap<String, SessionOptionValue>,
    ) -> Answer<'a, bool>;
    fn close<'a>(&'a self, id: &'a SessionId) -> Answer<'a, bool>;
}

impl<T: SessionStore> DynStore for T {
    fn create<'a>(
        &'a self,
        id: &'a SessionId,
        owner: Option<&'a PeerIdentity>,
    ) -> Answer<'a, bool> {
        Box::pin(SessionStore::create(self, id, owner))
    }

    fn load<'a>(&'a self, id: &'a SessionId) -> Answer<'a, Option<Session>> {
        Box::pin(SessionStore::load(self, id))
    }

    fn update<'a>(
        &'a self,
        id: &'a SessionId,
        changes: BTreeMap<String, SessionOptionValue>,
    ) -> Answer<'a, bool> {
        Box::pin(SessionStore::update(self, id, changes))
    }

    fn close<'a>(&'a self, id: &'a SessionId) -> Answer<'a, bool> {
        Box::pin(SessionStore::close(self, id))
    }
}
