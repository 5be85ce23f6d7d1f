//! [`Pool`]: a client's connections, shared by its clones and all of its reads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use wingbeat_net::{Address, Channel, Reach};

use super::home::is_local;
use super::outages::Outages;

/// How long a connection is kept that nobody uses. Looked at whenever one is taken or given back.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How many such connections are kept: flights may lie on any number of servers.
const IDLE_CONNECTIONS_MAX: usize = 64;

/// Connections by server, and what is known of servers.
#[derive(Debug, Default)]
pub(in crate::client) struct Pool {
    slots: Mutex<Slots>,
    pub(super) outages: Outages,
    home_is_local: OnceCell<bool>,
}

/// Whom a connection is to: `None` is the client's own server.
pub(super) type Key = Option<(Address, Reach)>;

#[derive(Debug, Default)]
struct Slots {
    by_server: HashMap<Key, Vec<Slot>>,
    next_id: u64,
}

#[derive(Debug)]
struct Slot {
    id: u64,
    channel: Channel,
    users: usize,
    /// Since when it has its users, or none.
    since: Instant,
}

/// A connection in use; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    pool: Arc<Pool>,
    key: Key,
    id: u64,
    pub(super) channel: Channel,
}

impl Pool {
    /// Whether the client's own server runs on this machine; found out once.
    pub(super) async fn is_home_local(&self, address: Option<&Address>) -> bool {
        *self.home_is_local.get_or_init(|| is_local(address)).await
    }

    /// A connection to a server: one that nobody uses, else a new one as long as there are fewer
    /// than `connections`, else the one with the fewest users. A new one is made with the first one
    /// at hand, if there is any.
    pub(super) fn lease(
        self: &Arc<Self>,
        key: Key,
        connections: usize,
        make: impl FnOnce(Option<&Channel>) -> Channel,
    ) -> Lease {
        let mut slots = self.slots();
        slots.prune();
        let Slots { by_server, next_id } = &mut *slots;
        let of_server = by_server.entry(key.clone()).or_default();
        let has_room = of_server.len() < connections;
        let least = of_server.iter_mut().min_by_key(|slot| slot.users);
        if let Some(slot) = least
            && (slot.users == 0 || !has_room)
        {
            slot.users += 1;
            let (id, channel) = (slot.id, slot.channel.clone());
            return Lease { pool: self.clone(), key, id, channel };
        }
        let channel = make(of_server.first().map(|slot| &slot.channel));
        *next_id += 1;
        let id = *next_id;
        of_server.push(Slot { id, channel: channel.clone(), users: 1, since: Instant::now() });
        Lease { pool: self.clone(), key, id, channel }
    }

    #[cfg(test)]
    pub(super) fn say_home_is_elsewhere(&self) {
        self.home_is_local.set(false).unwrap();
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        // Whatever panicked in here left whole slots.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    /// Closes what nobody has used for long, and what is too much.
    fn prune(&mut self) {
        let mut idle: Vec<Instant> = Vec::new();
        let slots = || self.by_server.values().flatten();
        idle.extend(slots().filter(|slot| slot.users == 0).map(|slot| slot.since));
        idle.sort_unstable();
        let excess = idle.len().saturating_sub(IDLE_CONNECTIONS_MAX);
        let oldest = excess.checked_sub(1).and_then(|at| idle.get(at)).copied();
        let is_over = |since: Instant| {
            since.elapsed() > IDLE_MAX || oldest.is_some_and(|oldest| since <= oldest)
        };
        self.by_server.retain(|_, slots| {
            slots.retain(|slot| slot.users > 0 || !is_over(slot.since));
            !slots.is_empty()
        });
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut slots = self.pool.slots();
        let of_server = slots.by_server.get_mut(&self.key);
        if let Some(slot) = of_server.and_then(|all| all.iter_mut().find(|s| s.id == self.id)) {
            slot.users = slot.users.saturating_sub(1);
            slot.since = Instant::now();
        }
        slots.prune();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: usize) -> Address {
        format!("grpc://127.0.0.1:{port}").parse().unwrap()
    }

    fn lease(pool: &Arc<Pool>, port: usize, connections: usize) -> Lease {
        let key = Some((address(port), Reach::Anywhere));
        pool.lease(key, connections, |_| Channel::new(address(port), Default::default()))
    }

    #[test]
    fn idle_ones_first_then_new_ones_then_shared_ones() {
        let pool = Arc::new(Pool::default());
        let (a, b) = (lease(&pool, 1, 2), lease(&pool, 1, 2));
        assert_ne!(a.id, b.id);
        let shared = lease(&pool, 1, 2);
        assert!(shared.id == a.id || shared.id == b.id);
        let other = lease(&pool, 1, 2);
        assert_ne!(other.id, shared.id);
        let used = b.id;
        drop((b, other, shared));
        let again = lease(&pool, 1, 2);
        assert_eq!(again.id, used, "of two the one that nobody uses");
        assert_ne!(lease(&pool, 2, 2).id, used);
    }

    #[test]
    fn few_idle_ones_are_kept() {
        let pool = Arc::new(Pool::default());
        let busy = lease(&pool, 1, 1);
        for port in 2..IDLE_CONNECTIONS_MAX + 50 {
            drop(lease(&pool, port, 1));
        }
        let count = || pool.slots().by_server.values().map(Vec::len).sum::<usize>();
        assert!(count() <= IDLE_CONNECTIONS_MAX + 1, "{}", count());
        assert_eq!(lease(&pool, 1, 1).id, busy.id);
    }
}
