//! Aligned memory for the bodies of received messages, used again when its reader is done.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_buffer::{Buffer, MutableBuffer};
use bytes::Bytes;

use crate::collect::Sink;

/// What a body starts at a multiple of: what the Arrow specification recommends for buffers.
#[cfg(test)]
const BODY_ALIGNMENT: usize = 64;

/// What received memory has to start at a multiple of to be a body as it is. No type needs more,
/// and allocators give no more for certain.
pub(super) const SHARED_ALIGNMENT: usize = 16;

/// Bodies shorter than this come from the allocator, which is as fast for them.
const POOLED_LEN_MIN: usize = 32 << 10;

/// Idle memory kept at most, in bytes: some bodies of a message's usual size for each of a
/// machine's connections, and no more than a process can leave lying about.
const IDLE_BYTES_MAX: usize = 64 << 20;

/// Idle buffers kept at most, so that the search for one that fits stays short.
const IDLE_COUNT_MAX: usize = 64;

/// Gives out bodies and takes them back when the last array that uses one is dropped. Clones are
/// the same pool; one for each process or server is right.
///
/// A body that outlives its stream stays with whoever holds it: the pool only ever holds what
/// came back, and at most so many bytes of it.
#[derive(Clone)]
pub struct BodyPool {
    shared: Arc<Shared>,
}

struct Shared {
    idle_bytes_max: usize,
    idle: Mutex<Idle>,
    pinned_bytes: AtomicUsize,
    allocated: AtomicU64,
    reused: AtomicU64,
    adopted: AtomicU64,
}

/// Buffers that came back, the one that came last at the end.
#[derive(Default)]
struct Idle {
    buffers: VecDeque<MutableBuffer>,
    bytes: usize,
}

/// Where the memory of a [`BodyPool`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct BodyPoolStatistics {
    /// Bytes that wait to be used again.
    pub pooled_bytes: usize,
    /// Bytes of bodies still in use: an array that is kept, or any slice of one, keeps the whole
    /// body that it arrived in.
    pub pinned_bytes: usize,
    /// How many bodies got new memory.
    pub allocated: u64,
    /// How many bodies got memory that was used before.
    pub reused: u64,
    /// How many bodies were not copied, but are used in the memory that they arrived in.
    pub adopted: u64,
}

impl Default for BodyPool {
    fn default() -> Self {
        Self::new(IDLE_BYTES_MAX)
    }
}

impl fmt::Debug for BodyPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BodyPool").field(&self.statistics()).finish()
    }
}

impl BodyPool {
    /// A pool that keeps at most so many idle bytes.
    pub fn new(idle_bytes_max: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                idle_bytes_max,
                idle: Mutex::default(),
                pinned_bytes: AtomicUsize::new(0),
                allocated: AtomicU64::new(0),
                reused: AtomicU64::new(0),
                adopted: AtomicU64::new(0),
            }),
        }
    }

    /// Where its memory is now.
    pub fn statistics(&self) -> BodyPoolStatistics {
        BodyPoolStatistics {
            pooled_bytes: self.shared.idle().bytes,
            pinned_bytes: self.shared.pinned_bytes.load(Ordering::Relaxed),
            allocated: self.shared.allocated.load(Ordering::Relaxed),
            reused: self.shared.reused.load(Ordering::Relaxed),
            adopted: self.shared.adopted.load(Ordering::Relaxed),
        }
    }

    /// A body in the memory that it arrived in. It is counted, and never comes to the pool.
    pub(super) fn adopt(&self, bytes: Bytes) -> Buffer {
        self.shared.adopted.fetch_add(1, Ordering::Relaxed);
        self.shared.pinned_bytes.fetch_add(bytes.len(), Ordering::Relaxed);
        Buffer::from(Bytes::from_owner(Adopted { bytes, shared: Arc::clone(&self.shared) }))
    }

    /// An empty body with room for `len` bytes.
    fn take(&self, len: usize) -> Body {
        let reused = if len < POOLED_LEN_MIN { None } else { self.shared.idle().take(len) };
        let count = if reused.is_some() { &self.shared.reused } else { &self.shared.allocated };
        count.fetch_add(1, Ordering::Relaxed);
        let memory = reused.unwrap_or_else(|| MutableBuffer::with_capacity(len));
        self.shared.pinned_bytes.fetch_add(memory.capacity(), Ordering::Relaxed);
        Body { memory, shared: Arc::clone(&self.shared) }
    }
}

impl Shared {
    /// The idle buffers. They are whole after every statement, so that a panic elsewhere while
    /// they were locked does not matter.
    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    /// A buffer with room for `len` bytes, and not much more, since it stays away for as long as
    /// the body is used. The one that came back last is tried first: it is the warmest.
    fn take(&mut self, len: usize) -> Option<MutableBuffer> {
        let fits = |buffer: &MutableBuffer| (len..=2 * len).contains(&buffer.capacity());
        let at = self.buffers.iter().rposition(fits)?;
        let buffer = self.buffers.remove(at)?;
        self.bytes -= buffer.capacity();
        Some(buffer)
    }

    /// Keeps a buffer; those that have waited longest make room for it. Gives back what is to be
    /// freed, which is done after the lock is.
    fn put(&mut self, mut buffer: MutableBuffer, bytes_max: usize) -> Vec<MutableBuffer> {
        buffer.clear();
        self.bytes += buffer.capacity();
        self.buffers.push_back(buffer);
        let mut dropped = Vec::new();
        while self.bytes > bytes_max || self.buffers.len() > IDLE_COUNT_MAX {
            let Some(oldest) = self.buffers.pop_front() else { break };
            self.bytes -= oldest.capacity();
            dropped.push(oldest);
        }
        dropped
    }
}

/// Memory of a pool in use: first while it is filled, then under a [`Buffer`].
pub(super) struct Body {
    memory: MutableBuffer,
    shared: Arc<Shared>,
}

impl Body {
    /// The body as an Arrow buffer; when the last slice of it is dropped, the memory goes back.
    pub(super) fn freeze(self) -> Buffer {
        Buffer::from(Bytes::from_owner(self))
    }
}

impl Sink for Body {
    type Source = BodyPool;

    fn allocate(pool: &BodyPool, len: usize) -> Self {
        pool.take(len)
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.memory.extend_from_slice(bytes);
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.memory
    }
}

/// Memory that came from the transport, under a [`Buffer`].
struct Adopted {
    bytes: Bytes,
    shared: Arc<Shared>,
}

impl AsRef<[u8]> for Adopted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Adopted {
    fn drop(&mut self) {
        self.shared.pinned_bytes.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} of {} bytes)", self.memory.len(), self.memory.capacity())
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        let capacity = memory.capacity();
        self.shared.pinned_bytes.fetch_sub(capacity, Ordering::Relaxed);
        if (POOLED_LEN_MIN..=self.shared.idle_bytes_max).contains(&capacity) {
            let dropped = self.shared.idle().put(memory, self.shared.idle_bytes_max);
            drop(dropped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEN: usize = 100_000;

    fn body(pool: &BodyPool, len: usize) -> Buffer {
        let mut body = Body::allocate(pool, len);
        body.extend(&vec![7; len]);
        body.freeze()
    }

    #[test]
    fn memory_is_used_again_when_the_last_slice_is_gone() {
        let pool = BodyPool::default();
        let first = body(&pool, LEN);
        let address = first.as_ptr();
        assert!(address.addr().is_multiple_of(BODY_ALIGNMENT));
        let slice = first.slice_with_length(10, 20);
        drop(first);
        let second = body(&pool, LEN);
        assert_ne!(second.as_ptr(), address, "still in use by a slice");
        assert_eq!(slice.as_slice(), [7; 20]);
        drop(slice);
        let third = body(&pool, LEN - 1000);
        assert_eq!((third.as_ptr(), third.len()), (address, LEN - 1000));
        assert_eq!((pool.statistics().allocated, pool.statistics().reused), (2, 1));
    }

    #[test]
    fn statistics_say_where_the_memory_is() {
        let pool = BodyPool::default();
        let bodies = [body(&pool, LEN), body(&pool.clone(), 2 * LEN)];
        let pinned = pool.statistics().pinned_bytes;
        assert!((3 * LEN..3 * LEN + 256).contains(&pinned), "{pinned}");
        assert_eq!(pool.statistics().pooled_bytes, 0);
        drop(bodies);
        let BodyPoolStatistics { pooled_bytes, pinned_bytes, .. } = pool.statistics();
        assert_eq!((pooled_bytes, pinned_bytes), (pinned, 0));
    }

    #[test]
    fn adopted_memory_is_counted_while_it_is_used() {
        let pool = BodyPool::default();
        let bytes = Bytes::from(vec![7; LEN]);
        let body = pool.adopt(bytes.clone());
        assert_eq!((body.as_ptr(), body.len()), (bytes.as_ptr(), LEN));
        let slice = body.slice_with_length(5, 1);
        drop(body);
        assert_eq!((pool.statistics().pinned_bytes, pool.statistics().adopted), (LEN, 1));
        drop(slice);
        assert_eq!((pool.statistics().pinned_bytes, pool.statistics().pooled_bytes), (0, 0));
    }

    #[test]
    fn only_so_much_is_kept() {
        let pool = BodyPool::new(3 * LEN);
        let bodies: Vec<_> = (0..4).map(|_| body(&pool, LEN)).collect();
        let newest = bodies[3].as_ptr();
        bodies.into_iter().for_each(drop);
        assert!(pool.statistics().pooled_bytes <= 3 * LEN);
        assert_eq!(body(&pool, LEN).as_ptr(), newest, "the oldest made room");
        drop(body(&pool, 3 * LEN + 64));
        assert!(pool.statistics().pooled_bytes <= 3 * LEN, "larger than all that is kept");
        drop((0..=IDLE_COUNT_MAX).map(|_| body(&pool, POOLED_LEN_MIN)).collect::<Vec<_>>());
        assert!(pool.shared.idle().buffers.len() <= IDLE_COUNT_MAX);
    }

    #[test]
    fn a_small_body_does_not_get_a_large_buffer() {
        let pool = BodyPool::default();
        drop(body(&pool, 10 * LEN));
        drop(body(&pool, LEN));
        assert_eq!(pool.statistics().reused, 0);
        drop(body(&pool, 10));
        let idle = pool.statistics().pooled_bytes;
        assert!((11 * LEN..11 * LEN + 256).contains(&idle), "short bodies are not kept: {idle}");
    }

    #[test]
    fn an_empty_body() {
        let empty = body(&BodyPool::default(), 0);
        assert!(empty.is_empty() && empty.as_ptr().addr().is_multiple_of(BODY_ALIGNMENT));
    }

    #[test]
    fn a_body_may_outlive_its_pool() {
        let body = body(&BodyPool::default(), LEN);
        assert_eq!(body.as_slice(), vec![7; LEN]);
    }
}
