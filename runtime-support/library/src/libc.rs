//! What the host's libc provides: memory, and what the kernel told the process.
//!
//! # Safety
//!
//! The functions are declared as C, POSIX and every libc of Linux have them.
#![allow(unsafe_code, reason = "calls libc")]

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_int, c_ulong, c_void};
use core::ptr::null_mut;

unsafe extern "C" {
    fn malloc(bytes: usize) -> *mut c_void;
    fn calloc(count: usize, bytes: usize) -> *mut c_void;
    fn realloc(memory: *mut c_void, bytes: usize) -> *mut c_void;
    fn posix_memalign(memory: *mut *mut c_void, alignment: usize, bytes: usize) -> c_int;
    fn free(memory: *mut c_void);
    fn getauxval(key: c_ulong) -> c_ulong;
}

/// What `malloc` aligns to.
const ALIGNMENT: usize = 16;

struct LibcAllocator;

// SAFETY: libc's allocator keeps these promises; larger alignments go through the function made for them.
unsafe impl GlobalAlloc for LibcAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: any size will do; the address is one of ours.
        unsafe {
            if layout.align() <= ALIGNMENT {
                return malloc(layout.size()).cast();
            }
            let mut memory = null_mut();
            match posix_memalign(&raw mut memory, layout.align(), layout.size()) {
                0 => memory.cast(),
                _ => null_mut(),
            }
        }
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        // SAFETY: it came from one of these functions.
        unsafe { free(memory.cast()) };
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`; what was allocated may be written.
        unsafe {
            if layout.align() <= ALIGNMENT {
                return calloc(1, layout.size()).cast();
            }
            let memory = self.alloc(layout);
            if !memory.is_null() {
                memory.write_bytes(0, layout.size());
            }
            memory
        }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: it came from one of these functions; both ranges are at least as long as what is copied.
        unsafe {
            if layout.align() <= ALIGNMENT {
                return realloc(memory.cast(), bytes).cast();
            }
            let new = self.alloc(Layout::from_size_align_unchecked(bytes, layout.align()));
            if !new.is_null() {
                new.copy_from_nonoverlapping(memory, layout.size().min(bytes));
                self.dealloc(memory, layout);
            }
            new
        }
    }
}

#[global_allocator]
static ALLOCATOR: LibcAllocator = LibcAllocator;

/// An entry of the auxiliary vector; 0 when there is none.
#[must_use]
pub fn auxiliary(key: usize) -> usize {
    // SAFETY: any key will do.
    unsafe { getauxval(key as c_ulong) as usize }
}
