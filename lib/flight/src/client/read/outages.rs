//! [`Outages`]: which places could not be reached, for a while.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::place::Place;

/// How many are remembered: they come from servers, which may name any number.
const PLACES_MAX: usize = 1024;

/// Places that were unreachable, and until when that counts.
#[derive(Debug, Default)]
pub(super) struct Outages(Mutex<HashMap<Place, Instant>>);

impl Outages {
    /// Remembers a place for so long.
    pub(super) fn note(&self, place: &Place, time: Duration) {
        let now = Instant::now();
        let Some(until) = now.checked_add(time) else { return };
        let mut known = self.known();
        if known.len() >= PLACES_MAX {
            known.retain(|_, until| *until > now);
        }
        if known.len() < PLACES_MAX || known.contains_key(place) {
            known.insert(place.clone(), until);
        }
    }

    /// Forgets a place: it was reached.
    pub(super) fn clear(&self, place: &Place) {
        let mut known = self.known();
        if !known.is_empty() {
            known.remove(place);
        }
    }

    pub(super) fn contains(&self, place: &Place) -> bool {
        let known = self.known();
        known.get(place).is_some_and(|until| *until > Instant::now())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Place, Instant>> {
        // Whatever panicked in here left a whole map.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(nth: usize) -> Place {
        Place::Http { uri: format!("http://a/{nth}"), reach: Default::default() }
    }

    #[test]
    fn for_a_while_or_until_it_is_reached() {
        let outages = Outages::default();
        outages.note(&place(1), Duration::from_secs(60));
        outages.note(&place(2), Duration::ZERO);
        assert!(outages.contains(&place(1)));
        assert!(!outages.contains(&place(2)) && !outages.contains(&place(3)));
        outages.clear(&place(1));
        assert!(!outages.contains(&place(1)));
    }

    #[test]
    fn no_server_fills_it() {
        let outages = Outages::default();
        for nth in 0..PLACES_MAX + 10 {
            outages.note(&place(nth), Duration::from_secs(60));
        }
        assert_eq!(outages.known().len(), PLACES_MAX);
        assert!(outages.contains(&place(5)));
    }
}
