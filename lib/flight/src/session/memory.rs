//! [`MemorySessions`]: sessions in the memory of this process.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use wingbeat_wire::message::SessionOptionValue;

use super::{Session, SessionId, SessionStore};
use crate::{Error, PeerIdentity, Result};

/// How long a session lives that nobody uses: as long as a person may leave a notebook alone.
const IDLE_TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);
/// How many sessions there may be. Full ones of them take 640 MiB, usual ones a few.
const SESSIONS_MAX: usize = 10_000;
/// How many of them one caller may have, so that it cannot take the room of the others.
const SESSIONS_PER_OWNER_MAX: usize = 100;
/// How much the names and values of a session may take. Options are settings and no data.
const OPTION_BYTES_MAX: usize = 64 * 1024;
/// What an option takes beside its bytes, so that many empty ones are not free.
const OPTION_OVERHEAD_BYTES: usize = 64;

/// Sessions in the memory of this process: gone when it ends, and seen by this server alone.
pub struct MemorySessions {
    idle_timeout: Duration,
    sessions_max: usize,
    sessions_per_owner_max: usize,
    option_bytes_max: usize,
    kept: Mutex<HashMap<SessionId, Kept>>,
}

struct Kept {
    session: Session,
    used: Instant,
}

impl MemorySessions {
    /// Up to 10 000 sessions of up to 64 KiB, each until it was not used for two hours: up to 100
    /// of one caller, and up to half of all of those who do not say who they are.
    pub fn new() -> Self {
        Self {
            idle_timeout: IDLE_TIMEOUT,
            sessions_max: SESSIONS_MAX,
            sessions_per_owner_max: SESSIONS_PER_OWNER_MAX,
            option_bytes_max: OPTION_BYTES_MAX,
            kept: Mutex::default(),
        }
    }

    /// Sets how long a session lives that nobody uses.
    #[must_use]
    pub fn with_idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Sets how many sessions there may be. A further one is refused; those of other callers stay.
    /// Half of them, and one at least, may be of callers that do not say who they are: for a
    /// further one of these, the one of theirs that was not used for longest ends.
    #[must_use]
    pub fn with_sessions_max(mut self, max: usize) -> Self {
        self.sessions_max = max;
        self
    }

    /// Sets how many sessions a caller may have that says who it is. For a further one, its own
    /// that was not used for longest ends.
    #[must_use]
    pub fn with_sessions_per_owner_max(mut self, max: usize) -> Self {
        self.sessions_per_owner_max = max.max(1);
        self
    }

    /// Sets how many bytes the names and values of one session may take.
    #[must_use]
    pub fn with_option_bytes_max(mut self, max: usize) -> Self {
        self.option_bytes_max = max;
        self
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<SessionId, Kept>> {
        // Whatever panicked in here left whole sessions.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_alive(&self, kept: &Kept, now: Instant) -> bool {
        now.duration_since(kept.used) < self.idle_timeout
    }

    /// Runs `work` on a session that is alive, and remembers that it was used.
    fn using<T>(&self, id: &SessionId, work: impl FnOnce(&mut Session) -> T) -> Option<T> {
        let now = Instant::now();
        let mut all = self.kept();
        let kept = all.get_mut(id)?;
        if !self.is_alive(kept, now) {
            all.remove(id);
            return None;
        }
        kept.used = now;
        Some(work(&mut kept.session))
    }
}

impl SessionStore for MemorySessions {
    async fn create(&self, id: &SessionId, owner: Option<&PeerIdentity>) -> Result<bool> {
        let now = Instant::now();
        let mut all = self.kept();
        if all.get(id).is_some_and(|kept| self.is_alive(kept, now)) {
            return Ok(false);
        }
        let owners_max = match owner {
            Some(_) => self.sessions_per_owner_max,
            None => (self.sessions_max / 2).max(1),
        };
        make_room(&mut all, owner, owners_max);
        if all.len() >= self.sessions_max {
            all.retain(|_, kept| self.is_alive(kept, now));
        }
        if all.len() >= self.sessions_max {
            let text = format!("there are {} sessions, and no more are allowed", all.len());
            return Err(Error::resource_exhausted(text));
        }
        let session = Session { owner: owner.cloned(), options: BTreeMap::new() };
        all.insert(id.clone(), Kept { session, used: now });
        Ok(true)
    }

    async fn load(&self, id: &SessionId) -> Result<Option<Session>> {
        Ok(self.using(id, |session| session.clone()))
    }

    async fn update(
        &self,
        id: &SessionId,
        changes: BTreeMap<String, SessionOptionValue>,
    ) -> Result<bool> {
        let max = self.option_bytes_max;
        let updated = self.using(id, |session| {
            let mut options = session.options.clone();
            for (name, value) in changes {
                match value {
                    SessionOptionValue::Unset => drop(options.remove(&name)),
                    value => drop(options.insert(name, value)),
                }
            }
            let bytes: usize = options.iter().map(|(name, value)| size(name, value)).sum();
            if bytes > max {
                let text = format!("the session's options take {bytes} bytes, {max} are allowed");
                return Err(Error::resource_exhausted(text));
            }
            session.options = options;
            Ok(())
        });
        updated.transpose().map(|updated| updated.is_some())
    }

    async fn close(&self, id: &SessionId) -> Result<bool> {
        let now = Instant::now();
        Ok(self.kept().remove(id).is_some_and(|kept| self.is_alive(&kept, now)))
    }
}

/// Ends the session of an owner that was not used for longest, where there are `max` of it. Those
/// who do not say who they are count as one owner.
fn make_room(all: &mut HashMap<SessionId, Kept>, owner: Option<&PeerIdentity>, max: usize) {
    let name = owner.map(PeerIdentity::as_str);
    let (mut count, mut idlest) = (0, None::<(&SessionId, Instant)>);
    for (id, kept) in &*all {
        if kept.session.owner.as_ref().map(PeerIdentity::as_str) != name {
            continue;
        }
        count += 1;
        if idlest.is_none_or(|(_, used)| kept.used < used) {
            idlest = Some((id, kept.used));
        }
    }
    // No owner ever has more than that, so one is enough.
    if let Some(id) = idlest.filter(|_| count >= max).map(|(id, _)| id.clone()) {
        all.remove(&id);
    }
}

/// What an option takes.
fn size(name: &str, value: &SessionOptionValue) -> usize {
    let value = match value {
        SessionOptionValue::String(text) => text.len(),
        SessionOptionValue::StringList(texts) => {
            texts.iter().map(|text| text.len() + OPTION_OVERHEAD_BYTES).sum()
        }
        _ => size_of::<u64>(),
    };
    name.len() + value + OPTION_OVERHEAD_BYTES
}

impl Default for MemorySessions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemorySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySessions")
            .field("idle_timeout", &self.idle_timeout)
            .field("sessions_max", &self.sessions_max)
            .field("sessions_per_owner_max", &self.sessions_per_owner_max)
            .field("option_bytes_max", &self.option_bytes_max)
            .field("sessions", &self.kept().len())
            .finish()
    }
}
