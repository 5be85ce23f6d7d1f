//! [`Endpoints`]: the endpoints of a read, renewed before they expire.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio_util::task::AbortOnDropHandle;
use wingbeat_wire::message::{FlightEndpoint, RenewFlightEndpointRequest};

use crate::{Client, Code};

/// How long before its expiration an endpoint is renewed, at the most. One that lives shorter is
/// renewed when half of its time is over.
const MARGIN_MAX: Duration = Duration::from_secs(30);

/// The endpoints of a read. Those that have an expiration are kept alive, by the server that was
/// asked and if it offers that, until they are read or this is dropped.
#[derive(Debug)]
pub(super) struct Endpoints {
    shared: Arc<Shared>,
    _keeper: Option<AbortOnDropHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    entries: Vec<Entry>,
    /// When which endpoint is to be renewed.
    due: BTreeSet<(SystemTime, usize)>,
}

#[derive(Debug)]
struct Entry {
    endpoint: FlightEndpoint,
    /// When it is to be renewed, if it is.
    due: Option<SystemTime>,
    is_released: bool,
}

impl Endpoints {
    pub(super) fn new(client: &Client, endpoints: Vec<FlightEndpoint>) -> Self {
        let now = SystemTime::now();
        let entry = |endpoint: FlightEndpoint| {
            let due = expiration(&endpoint).map(|until| due(until, now));
            Entry { endpoint, due, is_released: false }
        };
        let entries: Vec<_> = endpoints.into_iter().map(entry).collect();
        let times = entries.iter().enumerate();
        let due: BTreeSet<_> = times.filter_map(|(at, entry)| Some((entry.due?, at))).collect();
        let has_keeper = !due.is_empty();
        let shared = Arc::new(Shared { state: Mutex::new(State { entries, due }) });
        let keeper = has_keeper.then(|| {
            let keeping = keep(client.clone(), shared.clone());
            AbortOnDropHandle::new(tokio::spawn(keeping))
        });
        Self { shared, _keeper: keeper }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.shared.state().entries.len()
    }

    /// An endpoint as it was renewed last.
    pub(super) fn get(&self, index: usize) -> FlightEndpoint {
        let state = self.shared.state();
        state.entries.get(index).map(|entry| entry.endpoint.clone()).unwrap_or_default()
    }

    /// An endpoint is read, or no longer wanted.
    pub(super) fn release(&self, index: usize) {
        let mut state = self.shared.state();
        let Some(entry) = state.entries.get_mut(index) else { return };
        entry.is_released = true;
        if let Some(when) = entry.due.take() {
            state.due.remove(&(when, index));
        }
    }
}

impl Shared {
    fn next_due(&self) -> Option<(SystemTime, usize)> {
        self.state().due.first().copied()
    }

    /// Takes an endpoint whose time has come, unless it was released meanwhile.
    fn take(&self, key: &(SystemTime, usize)) -> Option<FlightEndpoint> {
        let mut state = self.state();
        state.due.take(key)?;
        let entry = state.entries.get_mut(key.1)?;
        entry.due = None;
        Some(entry.endpoint.clone())
    }

    /// Puts a renewed endpoint in the place of the old one.
    fn put(&self, index: usize, old: &FlightEndpoint, new: FlightEndpoint) {
        let now = SystemTime::now();
        let mut state = self.state();
        let Some(entry) = state.entries.get_mut(index).filter(|entry| !entry.is_released) else {
            return;
        };
        // One that did not get any later would be renewed again and again.
        let until = expiration(&new).filter(|until| *until > now);
        let is_later = |until: &SystemTime| expiration(old).is_none_or(|before| *until > before);
        entry.due = until.filter(is_later).map(|until| due(until, now));
        entry.endpoint = new;
        if let Some(when) = entry.due {
            state.due.insert((when, index));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whatever panicked in here left whole endpoints.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renews one endpoint after the other, when it is due, until none is left.
async fn keep(client: Client, shared: Arc<Shared>) {
    while let Some(key @ (when, index)) = shared.next_due() {
        let wait = when.duration_since(SystemTime::now()).unwrap_or_default();
        tokio::time::sleep(wait).await;
        let Some(endpoint) = shared.take(&key) else { continue };
        let request = RenewFlightEndpointRequest { endpoint: Some(endpoint.clone()) };
        match client.renew_flight_endpoint(request).await {
            Ok(renewed) => shared.put(index, &endpoint, renewed),
            Err(error) => {
                tracing::debug!(index, %error, "cannot renew an endpoint");
                if error.code() == Code::Unimplemented {
                    return;
                }
            }
        }
    }
}

fn expiration(endpoint: &FlightEndpoint) -> Option<SystemTime> {
    SystemTime::try_from(endpoint.expiration_time?).ok()
}

/// When an endpoint is to be renewed that expires then.
fn due(expiration: SystemTime, now: SystemTime) -> SystemTime {
    let left = expiration.duration_since(now).unwrap_or_default();
    expiration.checked_sub((left / 2).min(MARGIN_MAX)).unwrap_or(expiration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_enough_and_not_too_often() {
        let now = SystemTime::now();
        let after = |seconds| due(now + Duration::from_secs(seconds), now);
        assert_eq!(after(3600), now + Duration::from_secs(3570));
        assert_eq!(after(60), now + Duration::from_secs(30));
        assert_eq!(after(6), now + Duration::from_secs(3));
        assert!(due(now - Duration::from_secs(5), now) <= now);
    }
}
