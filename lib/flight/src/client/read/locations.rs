//! In which order the locations of an endpoint are tried.

use std::hash::{BuildHasher as _, RandomState};

use wingbeat_wire::message::{FlightEndpoint, Location};

/// How the locations of a flight's endpoints are tried: as the server lists them, since it knows
/// which of them has the data at hand. Where it does not say, because all endpoints of the flight
/// have the same list, they begin at different ones, from a random one on, so that one server does
/// not carry all. Its own connection keeps its place at the end, if it stands there.
#[derive(Debug)]
pub(super) struct Spread {
    /// Where the first endpoint begins; `None` keeps every list.
    start: Option<usize>,
}

impl Spread {
    pub(super) fn of(endpoints: &[FlightEndpoint]) -> Self {
        let is_same = match endpoints {
            [first, rest @ ..] if !rest.is_empty() => {
                rest.iter().all(|endpoint| endpoint.locations == first.locations)
            }
            _ => false,
        };
        Self { start: is_same.then(random) }
    }

    /// The locations of an endpoint, the first to be tried first. At least one.
    pub(super) fn order(&self, index: usize, endpoint: &FlightEndpoint) -> Vec<Location> {
        let mut locations = endpoint.locations.clone();
        if locations.is_empty() {
            return vec![Location::reuse_connection()];
        }
        let has_fallback = locations.last().is_some_and(Location::is_reuse_connection);
        let equals = locations.len() - usize::from(has_fallback);
        if let (Some(start), Some(equal)) = (self.start, locations.get_mut(..equals))
            && !equal.is_empty()
        {
            equal.rotate_left(start.wrapping_add(index) % equals);
        }
        locations
    }
}

fn random() -> usize {
    let hash = RandomState::new().hash_one(0_u8);
    usize::try_from(hash >> 40).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use wingbeat_wire::message::Ticket;

    use super::*;

    fn endpoint(uris: &[&str]) -> FlightEndpoint {
        let endpoint = FlightEndpoint::new(Ticket::new("x"));
        uris.iter().fold(endpoint, |endpoint, uri| endpoint.with_location(Location::new(*uri)))
    }

    fn order(spread: &Spread, index: usize, endpoint: &FlightEndpoint) -> Vec<String> {
        spread.order(index, endpoint).into_iter().map(|location| location.uri).collect()
    }

    #[test]
    fn lists_that_differ_are_kept() {
        let endpoints = [endpoint(&["a", "b"]), endpoint(&["b", "a"]), endpoint(&[])];
        let spread = Spread::of(&endpoints);
        assert_eq!(order(&spread, 0, &endpoints[0]), ["a", "b"]);
        assert_eq!(order(&spread, 1, &endpoints[1]), ["b", "a"]);
        assert_eq!(order(&spread, 2, &endpoints[2]), [Location::REUSE_CONNECTION]);
        let one = [endpoint(&["a", "b"])];
        assert_eq!(order(&Spread::of(&one), 0, &one[0]), ["a", "b"]);
    }

    #[test]
    fn one_list_for_all_is_begun_at_each_of_its_locations() {
        let all = ["a", "b", "c", Location::REUSE_CONNECTION];
        let endpoints = [endpoint(&all), endpoint(&all), endpoint(&all)];
        let spread = Spread::of(&endpoints);
        let orders: Vec<_> = (0..3).map(|at| order(&spread, at, &endpoints[at])).collect();
        let mut firsts: Vec<_> = orders.iter().map(|order| order[0].as_str()).collect();
        firsts.sort_unstable();
        assert_eq!(firsts, ["a", "b", "c"]);
        assert!(orders.iter().all(|order| order[3] == Location::REUSE_CONNECTION));
    }
}
