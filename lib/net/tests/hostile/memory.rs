//! What the process holds, counted by its allocator.
#![expect(unsafe_code, reason = "an allocator that counts has to be one")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, MutexGuard};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// All tests of the process count together, so they run one by one.
static TURN: Mutex<()> = Mutex::const_new(());

fn took(bytes: usize) {
    let held = HELD.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(held, Ordering::Relaxed);
}

fn gave(bytes: usize) {
    HELD.fetch_sub(bytes, Ordering::Relaxed);
}

// SAFETY: everything is handed on to the system's allocator; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        gave(layout.size());
        // SAFETY: the caller keeps `dealloc`'s contract, and `ptr` came from the system.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        took(new_size);
        gave(layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A test's turn to count.
pub(crate) struct Memory {
    before: usize,
    _turn: MutexGuard<'static, ()>,
}

impl Memory {
    pub(crate) async fn count() -> Self {
        let turn = TURN.lock().await;
        let before = HELD.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        Self { before, _turn: turn }
    }

    /// The most that was held at a time since then, both peers together.
    #[track_caller]
    pub(crate) fn assert_peak_below(&self, mib: usize) {
        let peak = PEAK.load(Ordering::Relaxed).saturating_sub(self.before);
        assert!(peak < mib << 20, "{peak} bytes were held, expected less than {mib} MiB");
    }
}
