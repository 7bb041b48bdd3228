//! An alternate signal stack for every thread that runs a guest: without one, the signal handler could not run when the
//! guest's stack is used up.
//!
//! A thread that has one keeps it. Another gets ours, once, and loses it when it ends. What a thread has is remembered in
//! a value of the thread, because asking the kernel on every call would cost more than the call.
//!
//! # Safety
//!
//! The stack belongs to its thread alone, and is freed by that thread's destructor after the kernel was told.
#![allow(unsafe_code, reason = "gives a stack to the kernel and takes it back")]

use crate::libc::{self, ThreadKey};
use alloc::alloc::{alloc, dealloc};
use aot_runtime::os;
use core::alloc::Layout;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU64, Ordering};

/// For the kernel's frame with the largest vector state of today, about 11 KiB, and the handlers, ours and the host's.
const STACK: Layout = match Layout::from_size_align(64 << 10, 16) {
    Ok(layout) => layout,
    Err(_) => panic!("the size is a multiple of the alignment"),
};

/// The value of a thread that had a stack of its own.
const HAS_OWN: usize = 1;

/// The key plus one; 0 while there is none.
static KEY: AtomicU64 = AtomicU64::new(0);

/// Makes sure that the calling thread has an alternate signal stack; false when there is no memory for one.
#[must_use]
pub fn prepare() -> bool {
    let Some(key) = key() else { return false };
    libc::thread_value(key) as usize != 0 || prepare_first_time(key)
}

#[cold]
fn prepare_first_time(key: ThreadKey) -> bool {
    if os::alternate_stack().is_some() {
        return libc::set_thread_value(key, HAS_OWN);
    }
    // SAFETY: the size is not zero.
    let stack = unsafe { alloc(STACK) };
    if stack.is_null() {
        return false;
    }
    if !libc::set_thread_value(key, stack.expose_provenance()) {
        // SAFETY: just allocated.
        unsafe { dealloc(stack, STACK) };
        return false;
    }
    // SAFETY: see the module documentation.
    unsafe { os::use_alternate_stack(stack, STACK.size()) };
    true
}

unsafe extern "C" fn end_of_thread(value: *mut c_void) {
    if value as usize == HAS_OWN {
        return;
    }
    // The host may have set another one since.
    if os::alternate_stack().is_some_and(|(start, _)| start.cast() == value) {
        os::disable_alternate_stack();
    }
    // SAFETY: it was allocated by `prepare_first_time` of this very thread.
    unsafe { dealloc(value.cast(), STACK) };
}

fn key() -> Option<ThreadKey> {
    let known = |value: u64| (value != 0).then(|| (value - 1) as ThreadKey);
    if let Some(key) = known(KEY.load(Ordering::Acquire)) {
        return Some(key);
    }
    let key = libc::create_key(end_of_thread)?;
    match KEY.compare_exchange(0, u64::from(key) + 1, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => Some(key),
        Err(winner) => {
            libc::delete_key(key);
            known(winner)
        }
    }
}
