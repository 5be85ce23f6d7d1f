//! The decoders that all reads of a store share, and how those at leisure help with one batch.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::StoreError;

/// As many decoders as there are permits, on the blocking threads of a runtime.
///
/// A read takes a permit for as long as it decodes. Work that can be shared is offered to whoever
/// has none: only permits that nobody waits for are taken for help, and only for one batch.
#[derive(Clone, Debug)]
pub(crate) struct Decoders {
    permits: Arc<Semaphore>,
    runtime: Handle,
    width: usize,
}

impl Decoders {
    /// The decoders of these permits, `width` in all, on the runtime that this is called in.
    pub(crate) fn here(permits: Arc<Semaphore>, width: usize) -> Result<Self, StoreError> {
        let runtime = Handle::try_current().map_err(|_| StoreError::Internal {
            reason: "a read must be started within a tokio runtime".to_owned(),
        })?;
        Ok(Self { permits, runtime, width })
    }

    /// How many there are.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Where they run.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// The right to decode. Fair: first come, first served.
    pub(crate) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        self.permits.clone().acquire_owned().await.ok()
    }

    /// Does the same work on each item, in this thread and in those of decoders at leisure, and
    /// hands the items back with what came of them, in their order. The first ones are begun
    /// first. Blocks; the caller's own permit is its to hold.
    pub(crate) fn each<T: Send + 'static, R: Send + 'static>(
        &self,
        items: Vec<T>,
        work: fn(&mut T) -> R,
    ) -> Result<Vec<(T, R)>, StoreError> {
        let job = Arc::new(Job::new(items, work));
        for _ in 1..job.count {
            let Ok(permit) = self.permits.clone().try_acquire_owned() else { break };
            let shared = job.clone();
            self.runtime.spawn_blocking(move || {
                shared.run();
                drop(permit);
            });
        }
        job.run();
        job.outcome().ok_or_else(|| StoreError::Internal {
            reason: "a decoder was lost with its work".to_owned(),
        })
    }
}

/// Work on several items, done by whoever takes one.
struct Job<T, R> {
    work: fn(&mut T) -> R,
    count: usize,
    state: Mutex<State<T, R>>,
    progress: Condvar,
}

struct State<T, R> {
    todo: VecDeque<(usize, T)>,
    done: Vec<Option<(T, R)>>,
    /// Items that somebody has taken and not put back.
    taken: usize,
}

impl<T, R> Job<T, R> {
    fn new(items: Vec<T>, work: fn(&mut T) -> R) -> Self {
        let count = items.len();
        let todo = items.into_iter().enumerate().collect();
        let done = std::iter::repeat_with(|| None).take(count).collect();
        let state = Mutex::new(State { todo, done, taken: 0 });
        Self { work, count, state, progress: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until no item is left. One who comes late finds none, and nobody waits for it.
    fn run(&self) {
        while let Some((at, mut item)) = self.take() {
            let taken = Taken(self);
            let outcome = (self.work)(&mut item);
            if let Some(place) = self.state().done.get_mut(at) {
                *place = Some((item, outcome));
            }
            drop(taken);
        }
    }

    fn take(&self) -> Option<(usize, T)> {
        let mut state = self.state();
        let next = state.todo.pop_front()?;
        state.taken += 1;
        Some(next)
    }

    /// Waits for what others have taken; `None` if one of them was lost in a panic.
    fn outcome(&self) -> Option<Vec<(T, R)>> {
        let mut state = self.state();
        while state.taken > 0 {
            state = self.progress.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.done.drain(..).collect()
    }
}

/// An item in somebody's hands: given up when dropped, also in a panic.
struct Taken<'a, T, R>(&'a Job<T, R>);

impl<T, R> Drop for Taken<'_, T, R> {
    fn drop(&mut self) {
        self.0.state().taken -= 1;
        self.0.progress.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread::ThreadId;

    use super::*;

    fn decoders(runtime: &tokio::runtime::Runtime, permits: usize) -> Decoders {
        let _inside = runtime.enter();
        Decoders::here(Arc::new(Semaphore::new(permits)), permits).unwrap()
    }

    #[test]
    fn items_come_back_in_order_with_what_came_of_them() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let decoders = decoders(&runtime, 4);
        let items: Vec<u32> = (0..100).collect();
        let done = decoders.each(items, |item| {
            *item += 1;
            *item * 2
        });
        let expected: Vec<(u32, u32)> = (1..=100).map(|item| (item, item * 2)).collect();
        assert_eq!(done.unwrap(), expected);
    }

    #[test]
    fn those_at_leisure_help() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let decoders = decoders(&runtime, 1);
        // Ends only if two work at the same time: the caller and the one permit's owner.
        let meeting = Arc::new(Barrier::new(2));
        let items = vec![meeting.clone(), meeting];
        let done = decoders.each(items, |meeting| {
            meeting.wait();
            std::thread::current().id()
        });
        let threads: Vec<ThreadId> = done.unwrap().into_iter().map(|(_, id)| id).collect();
        assert_ne!(threads[0], threads[1]);
    }

    #[test]
    fn without_leisure_the_caller_does_all() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let decoders = decoders(&runtime, 1);
        let _busy = runtime.block_on(decoders.permit()).unwrap();
        let done = decoders.each(vec![(); 8], |()| std::thread::current().id()).unwrap();
        assert!(done.iter().all(|(_, id)| *id == std::thread::current().id()));
    }

    #[test]
    fn a_lost_helper_is_an_error_and_no_hang() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let decoders = decoders(&runtime, 1);
        let here = std::thread::current().id();
        let meeting = Arc::new(Barrier::new(2));
        let done = decoders.each(vec![(here, meeting.clone()), (here, meeting)], |(here, both)| {
            both.wait();
            assert_eq!(*here, std::thread::current().id(), "the helper is lost");
        });
        assert!(matches!(done, Err(StoreError::Internal { .. })));
    }
}
