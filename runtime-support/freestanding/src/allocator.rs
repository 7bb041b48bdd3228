//! The heap of the runtime itself: size classes over mapped chunks, large blocks by the kernel.
//!
//! The runtime allocates little and rarely (contexts, tables, descriptors, paths), so simple and small wins: powers of
//! two from 16 bytes to 32 KiB with a free list each, cut from chunks; anything larger is a mapping of its own, which
//! `realloc` grows without copying. A lock makes it fit for threads.
//!
//! # Safety
//!
//! A block on a free list is memory of ours that nobody uses; its first word links to the next.
#![allow(unsafe_code, reason = "implements GlobalAlloc")]

use aot_runtime::os;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, Ordering};
use rustix::mm::{MapFlags, MremapFlags, ProtFlags, mmap_anonymous, mremap, munmap};

const SMALLEST_LOG2: u32 = 4;
const LARGEST_LOG2: u32 = 15;
const CLASSES: usize = (LARGEST_LOG2 - SMALLEST_LOG2 + 1) as usize;
const CHUNK_BYTES: usize = 256 << 10;

#[global_allocator]
static HEAP: Heap = Heap {
    lock: AtomicBool::new(false),
    state: UnsafeCell::new(State {
        free: [null_mut(); CLASSES],
        chunk: FIRST_CHUNK.0.get().cast(),
        left: FIRST_CHUNK_BYTES,
    }),
};

/// The first chunk is part of the program: most need no other, and save a system call and a page fault at start.
const FIRST_CHUNK_BYTES: usize = 16 << 10;

#[repr(align(16))]
struct FirstChunk(UnsafeCell<[u8; FIRST_CHUNK_BYTES]>);

// SAFETY: only the heap hands parts of it out, each once.
unsafe impl Sync for FirstChunk {}

static FIRST_CHUNK: FirstChunk = FirstChunk(UnsafeCell::new([0; FIRST_CHUNK_BYTES]));

struct Heap {
    lock: AtomicBool,
    state: UnsafeCell<State>,
}

// SAFETY: `state` is only touched under `lock`.
unsafe impl Sync for Heap {}

struct State {
    free: [*mut FreeBlock; CLASSES],
    /// Unused end of the current chunk.
    chunk: *mut u8,
    left: usize,
}

struct FreeBlock {
    next: *mut FreeBlock,
}

/// The class of a size and alignment; `None` for what the kernel serves.
fn class_of(layout: Layout) -> Option<usize> {
    let bytes = layout.size().max(layout.align()).max(1 << SMALLEST_LOG2).next_power_of_two();
    let class = bytes.trailing_zeros() - SMALLEST_LOG2;
    (class < CLASSES as u32).then_some(class as usize)
}

fn mapped_bytes(bytes: usize) -> Option<usize> {
    bytes.checked_next_multiple_of(os::page_size())
}

fn map(bytes: usize) -> *mut u8 {
    let Some(bytes) = mapped_bytes(bytes) else { return null_mut() };
    // SAFETY: a new mapping at an address of the kernel's choice.
    unsafe { mmap_anonymous(null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE) }
        .map_or(null_mut(), |start| start.cast())
}

impl Heap {
    /// Never inlined: the standard library's precompiled functions are built with outlined atomics on aarch64, and code
    /// inlined into them would call the C library that we do without.
    #[inline(never)]
    fn acquire(&self) {
        while self.lock.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            rustix::thread::sched_yield();
        }
    }

    fn locked<T>(&self, action: impl FnOnce(&mut State) -> T) -> T {
        self.acquire();
        // SAFETY: we hold the lock.
        let result = action(unsafe { &mut *self.state.get() });
        self.lock.store(false, Ordering::Release);
        result
    }
}

impl State {
    fn take(&mut self, class: usize) -> *mut u8 {
        let block = self.free[class];
        if !block.is_null() {
            // SAFETY: blocks on a free list are ours and hold a link.
            self.free[class] = unsafe { (*block).next };
            return block.cast();
        }
        let bytes = 1usize << (class as u32 + SMALLEST_LOG2);
        // Blocks are aligned to their size, as callers with large alignments expect.
        let padding = (self.chunk as usize).wrapping_neg() & (bytes - 1);
        if self.left < padding + bytes {
            // What is left of the old chunk is lost: at most a block of the largest class.
            let chunk = map(CHUNK_BYTES);
            if chunk.is_null() {
                return null_mut();
            }
            (self.chunk, self.left) = (chunk, CHUNK_BYTES);
            return self.take(class);
        }
        let block = self.chunk.wrapping_add(padding);
        self.chunk = block.wrapping_add(bytes);
        self.left -= padding + bytes;
        block
    }
}

// SAFETY: blocks are disjoint, at least as large and as aligned as asked for, and stay put until they are freed. The
// chunk's start is only page-aligned, which covers 4 KiB; `padding` covers the larger classes.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match class_of(layout) {
            Some(class) => self.locked(|state| state.take(class)),
            // Nothing in the runtime asks for more alignment than a page.
            None if layout.align() > 4096 => null_mut(),
            None => map(layout.size()),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about the layout; the block is as large as it says.
        unsafe {
            let block = self.alloc(layout);
            // A fresh mapping is zero already.
            if !block.is_null() && class_of(layout).is_some() {
                block.write_bytes(0, layout.size());
            }
            block
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match class_of(layout) {
            Some(class) => self.locked(|state| {
                let block = block.cast::<FreeBlock>();
                // SAFETY: the block is ours again, and large and aligned enough for a link.
                unsafe { (*block).next = state.free[class] };
                state.free[class] = block;
            }),
            None => {
                if let Some(bytes) = mapped_bytes(layout.size()) {
                    // SAFETY: exactly what `map` mapped. A failure leaks it.
                    let _ = unsafe { munmap(block.cast(), bytes) };
                }
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_bytes: usize) -> *mut u8 {
        // SAFETY: the caller's promise: a valid layout results.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_bytes, layout.align()) };
        match (class_of(layout), class_of(new_layout)) {
            (Some(old), Some(new)) if old == new => block,
            (None, None) => {
                let (Some(old), Some(new)) = (mapped_bytes(layout.size()), mapped_bytes(new_bytes)) else {
                    return null_mut();
                };
                // SAFETY: exactly what `map` mapped; the caller forgets the old address.
                unsafe { mremap(block.cast(), old, new, MremapFlags::MAYMOVE) }.map_or(null_mut(), |start| start.cast())
            }
            // SAFETY: both blocks are valid for the smaller of the two sizes, and distinct.
            _ => unsafe {
                let new = self.alloc(new_layout);
                if !new.is_null() {
                    core::ptr::copy_nonoverlapping(block, new, layout.size().min(new_bytes));
                    self.dealloc(block, layout);
                }
                new
            },
        }
    }
}
