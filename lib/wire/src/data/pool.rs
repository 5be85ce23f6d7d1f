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
pub(super) const POOLED_LEN_MIN: usize = 32 << 10;

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
    /// body that it arrived in. Bodies shorter than 32 KiB are not counted, or than 16 KiB where
    /// they are used in the memory that they arrived in.
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

    /// A short body, copied: neither pooled nor counted as pinned.
    pub(super) fn copy(&self, bytes: &[u8]) -> Buffer {
        self.shared.allocated.fetch_add(1, Ordering::Relaxed);
        // Words of 16 bytes, so that it is aligned for any type. The allocator has those at hand,
        // unlike memory that is aligned to 64.
        let (whole, rest) = bytes.as_chunks::<SHARED_ALIGNMENT>();
        let mut words = Vec::with_capacity(bytes.len().div_ceil(SHARED_ALIGNMENT));
        Extend::extend(&mut words, whole.iter().map(|word| u128::from_ne_bytes(*word)));
        if rest.is_empty() {
            return Buffer::from_vec(words);
        }
        let mut last = [0; SHARED_ALIGNMENT];
        last.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
        words.push(u128::from_ne_bytes(last));
        Buffer::from_vec(words).slice_with_length(0, bytes.len())
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
mod tests;
