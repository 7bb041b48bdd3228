//! Threads of a script: each executes its directives with a state of its own.
//!
//! # Safety
//!
//! A thread runs on a stack that is never freed, with a `Start` that it owns. What it shares with others are instances,
//! which live until the process ends.
#![allow(unsafe_code, reason = "starts threads on stacks of raw memory")]

use crate::interpreter::State;
use alloc::alloc::alloc;
use alloc::boxed::Box;
use alloc::vec::Vec;
use aot_runtime::os;
use aot_spec_script::Directive;
use core::alloc::Layout;
use core::sync::atomic::{AtomicU32, Ordering};

/// For the driver's own frames; compiled code runs on a stack of the runtime.
const STACK_BYTES: usize = 256 << 10;

/// For signal handlers: a script may use up its stack on any thread.
const SIGNAL_STACK_BYTES: usize = 64 << 10;

/// A thread that was started.
pub struct Thread {
    done: &'static AtomicU32,
}

struct Start {
    state: State,
    steps: Vec<(u64, Directive)>,
    done: &'static AtomicU32,
    signal_stack: *mut u8,
}

impl Thread {
    /// Starts a thread; `None` when there is no memory or the kernel refuses.
    pub fn start(state: State, steps: Vec<(u64, Directive)>) -> Option<Thread> {
        let done: &'static AtomicU32 = Box::leak(Box::new(AtomicU32::new(0)));
        // The kernel clears this when the thread is gone; nobody asks, as its stack is never used again.
        let alive: &'static AtomicU32 = Box::leak(Box::new(AtomicU32::new(1)));
        let layout = Layout::from_size_align(STACK_BYTES + SIGNAL_STACK_BYTES, 16).ok()?;
        // SAFETY: the layout is not empty.
        let stack = unsafe { alloc(layout) };
        if stack.is_null() {
            return None;
        }
        let start = Box::into_raw(Box::new(Start { state, steps, done, signal_stack: stack }));
        // SAFETY: the stack was just made for this and is never freed; `start` is what `run` wants.
        unsafe {
            let top = stack.add(STACK_BYTES + SIGNAL_STACK_BYTES);
            os::start_thread(top, alive, run, start.cast()).then_some(Thread { done })
        }
    }

    /// Waits until it has executed all of its directives.
    pub fn wait(&self) {
        while self.done.load(Ordering::Acquire) == 0 {
            os::futex_wait(self.done, 0, None);
        }
    }
}

extern "C" fn run(start: *mut u8) -> ! {
    // SAFETY: `start` made it for this thread.
    let mut start = unsafe { Box::from_raw(start.cast::<Start>()) };
    // SAFETY: that end of the thread's stack is for nothing else.
    unsafe { os::use_alternate_stack(start.signal_stack, SIGNAL_STACK_BYTES) };
    // The directive at hand is the main thread's to tell.
    start.state.steps(&start.steps, |_| {});
    start.done.store(1, Ordering::Release);
    os::futex_wake(start.done, u32::MAX);
    os::exit_thread()
}
