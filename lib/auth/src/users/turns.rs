//! [`Turns`]: who may do something expensive, a few at once, each address in its turn.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use wingbeat::PeerAddr;

/// Where somebody comes from, as far as it costs something to come from elsewhere: an address of
/// IPv4, a network of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Network {
    Here,
    Address(IpAddr),
}

/// How much of an address of IPv6 its owner may choose.
const HOST_BITS: u32 = 64;

impl Network {
    pub(super) fn of(peer: Option<&PeerAddr>) -> Self {
        let Some(PeerAddr::Tcp(address)) = peer else { return Self::Here };
        Self::Address(match address.ip().to_canonical() {
            IpAddr::V6(ip) => {
                IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> HOST_BITS << HOST_BITS))
            }
            ip => ip,
        })
    }
}

/// A few at once, and a few that wait. Those that wait have their turns by address, so that one
/// that sends many does not shut out the others; and when too many wait, those of the address that
/// has the most are sent away.
#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    waiting_max: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// How many more may begin.
    free: usize,
    /// How many wait.
    waiting: usize,
    /// Those that wait, by where they come from; no queue is empty.
    queues: HashMap<Network, VecDeque<oneshot::Sender<Turn>>>,
    /// Whose turn is next.
    order: VecDeque<Network>,
}

/// The right to begin. The next one has it when this is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Shared>);

/// Too many wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany;

impl Turns {
    pub(super) fn new(at_once: usize, waiting_max: usize) -> Self {
        let (waiting, queues, order) = (0, HashMap::new(), VecDeque::new());
        let state = State { free: at_once.max(1), waiting, queues, order };
        Self(Arc::new(Shared { waiting_max, state: Mutex::new(state) }))
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`TooMany`], at once or later, when others have to make room for those of other addresses.
    pub(super) async fn take(&self, from: Network) -> Result<Turn, TooMany> {
        let turn = {
            let mut state = self.0.state();
            if state.free > 0 {
                state.free -= 1;
                return Ok(Turn(self.0.clone()));
            }
            state.wait(from, self.0.waiting_max)?
        };
        turn.await.map_err(|_| TooMany)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A place among those that wait.
    fn wait(
        &mut self,
        from: Network,
        waiting_max: usize,
    ) -> Result<oneshot::Receiver<Turn>, TooMany> {
        self.forget_those_who_left();
        if self.waiting >= waiting_max {
            self.make_room(from)?;
        }
        let (give, turn) = oneshot::channel();
        let queue = self.queues.entry(from).or_default();
        if queue.is_empty() {
            self.order.push_back(from);
        }
        queue.push_back(give);
        self.waiting += 1;
        Ok(turn)
    }

    /// Sends away the last one of the address that has the most, unless that is the caller's.
    fn make_room(&mut self, from: Network) -> Result<(), TooMany> {
        let own = self.queues.get(&from).map_or(0, VecDeque::len);
        let most = self.queues.iter_mut().max_by_key(|(_, queue)| queue.len());
        let (&address, queue) = most.filter(|(_, queue)| queue.len() > own + 1).ok_or(TooMany)?;
        queue.pop_back();
        self.waiting -= 1;
        if queue.is_empty() {
            self.remove(address);
        }
        Ok(())
    }

    fn forget_those_who_left(&mut self) {
        self.queues.retain(|_, queue| {
            queue.retain(|give| !give.is_closed());
            !queue.is_empty()
        });
        self.order.retain(|from| self.queues.contains_key(from));
        self.waiting = self.queues.values().map(VecDeque::len).sum();
    }

    /// The one whose turn it is. Its address comes last from now on.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let from = self.order.pop_front()?;
        let queue = self.queues.get_mut(&from)?;
        let next = queue.pop_front();
        self.waiting -= 1;
        if queue.is_empty() {
            self.queues.remove(&from);
        } else {
            self.order.push_back(from);
        }
        next
    }

    fn remove(&mut self, from: Network) {
        self.queues.remove(&from);
        self.order.retain(|other| *other != from);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let next = {
            let mut state = self.0.state();
            let next = state.next();
            if next.is_none() {
                state.free += 1;
            }
            next
        };
        if let Some(next) = next {
            // To one that has left it is not handed, and so dropped, which hands it on.
            let _ = next.send(Self(self.0.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    const ONE: Network = Network::Address(IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)));
    const OTHER: Network = Network::Address(IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2)));

    fn poll<F: Future>(future: &mut Pin<&mut F>) -> Poll<F::Output> {
        future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    fn ready<T>(poll: Poll<T>) -> T {
        match poll {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("it waits"),
        }
    }

    #[test]
    fn addresses_take_turns() {
        let turns = Turns::new(1, 8);
        let first = ready(poll(&mut pin!(turns.take(ONE)))).unwrap();
        let (mut a, mut b, mut c) =
            (pin!(turns.take(ONE)), pin!(turns.take(ONE)), pin!(turns.take(OTHER)));
        assert!(poll(&mut a).is_pending() && poll(&mut b).is_pending());
        assert!(poll(&mut c).is_pending());
        drop(first);
        let a = ready(poll(&mut a)).unwrap();
        assert!(poll(&mut b).is_pending() && poll(&mut c).is_pending());
        drop(a);
        let c = ready(poll(&mut c)).unwrap();
        assert!(poll(&mut b).is_pending(), "the other address comes first");
        drop(c);
        drop(ready(poll(&mut b)).unwrap());
        assert_eq!(turns.0.state().free, 1);
    }

    #[test]
    fn those_of_the_address_with_the_most_make_room() {
        let turns = Turns::new(1, 3);
        let running = ready(poll(&mut pin!(turns.take(ONE)))).unwrap();
        let mut many: Vec<_> = (0..3).map(|_| Box::pin(turns.take(ONE))).collect();
        for one in &mut many {
            assert!(poll(&mut one.as_mut()).is_pending());
        }
        assert_eq!(ready(poll(&mut pin!(turns.take(ONE)))).unwrap_err(), TooMany);
        let mut other = pin!(turns.take(OTHER));
        assert!(poll(&mut other).is_pending());
        assert_eq!(ready(poll(&mut many[2].as_mut())).unwrap_err(), TooMany, "the last came last");
        // Two of one, one of the other: nobody has so many that another one is worth it.
        assert_eq!(ready(poll(&mut pin!(turns.take(OTHER)))).unwrap_err(), TooMany);
        drop(running);
        drop(ready(poll(&mut many[0].as_mut())).unwrap());
        assert!(ready(poll(&mut other)).is_ok());
    }

    #[test]
    fn one_that_leaves_holds_nobody_up() {
        let turns = Turns::new(1, 1);
        let running = ready(poll(&mut pin!(turns.take(ONE)))).unwrap();
        {
            let mut leaves = pin!(turns.take(ONE));
            assert!(poll(&mut leaves).is_pending());
        }
        let mut stays = pin!(turns.take(ONE));
        assert!(poll(&mut stays).is_pending(), "there is room again");
        drop(running);
        let mut given = Some(ready(poll(&mut stays)).unwrap());
        // A turn that was given and not taken goes on.
        let mut leaves = Box::pin(turns.take(ONE));
        assert!(poll(&mut leaves.as_mut()).is_pending());
        given.take();
        drop(leaves);
        assert!(ready(poll(&mut pin!(turns.take(OTHER)))).is_ok());
    }

    #[test]
    fn where_somebody_comes_from() {
        let of = |text: &str| Network::of(Some(&PeerAddr::Tcp(text.parse().unwrap())));
        assert_eq!(of("10.0.0.1:1"), ONE);
        assert_eq!(of("[::ffff:10.0.0.1]:2"), ONE);
        assert_ne!(of("10.0.0.1:1"), OTHER);
        assert_eq!(of("[2001:db8::1]:1"), of("[2001:db8::ffff:1:2]:9"));
        assert_ne!(of("[2001:db8::1]:1"), of("[2001:db8:0:1::1]:1"));
        assert_eq!(Network::of(Some(&PeerAddr::Unix)), Network::Here);
        assert_eq!(Network::of(None), Network::Here);
    }
}
