//! wasi-threads: a new thread with an instance of its own on the same memory.
//!
//! The thread runs on a guest stack from its first instruction to its last; the kernel clears the stack's `busy` word
//! when the thread is gone, and the stack can be used again. There is no thread-local storage to set up: see `stack.rs`.
//!
//! # Safety
//!
//! Only executables start threads this way. A host with a libc must let its libc do it.
#![allow(unsafe_code, reason = "starts threads by system call and passes them a raw pointer")]

use crate::instance::Extern;
use crate::os;
use crate::stack::GuestStack;
use crate::start::{Program, fail};
use alloc::boxed::Box;
use aot_abi::context::{MEMORY_SHARED, ValueSlot};
use aot_abi::image::MODEL_EXECUTABLE;
use core::sync::atomic::{AtomicU32, Ordering};

/// wasi-threads: identifiers are from 1 to this.
const IDENTIFIER_MAX: u32 = (1 << 29) - 1;

/// Any negative number says that there is no thread; wasi-libc turns it into EAGAIN.
const REFUSED: i32 = -1;

static NEXT_IDENTIFIER: AtomicU32 = AtomicU32::new(1);

/// What a new thread is told.
struct Start {
    program: &'static Program,
    stack: &'static GuestStack,
    identifier: u32,
    argument: u32,
}

/// `wasi:thread-spawn`: the new thread's identifier, or a negative number.
pub(crate) fn spawn(program: &'static Program, argument: u32) -> i32 {
    let shares_memory = program.imports.iter().any(|import| match import {
        // SAFETY: the program's imports live as long as the process, and flags never change.
        Extern::Memory(memory) => unsafe { (**memory).flags & MEMORY_SHARED != 0 },
        _ => false,
    });
    if !shares_memory || program.image.model == MODEL_EXECUTABLE {
        // Such a thread would run on a memory of its own, or on the main thread's globals.
        return REFUSED;
    }
    let taken = NEXT_IDENTIFIER.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
        // Identifiers of finished threads are not used again; half a billion are enough.
        (next <= IDENTIFIER_MAX).then_some(next + 1)
    });
    let (Ok(identifier), Ok(stack)) = (taken, GuestStack::acquire()) else { return REFUSED };
    let start = Box::into_raw(Box::new(Start { program, stack, identifier, argument }));
    // SAFETY: the stack was just acquired; `busy` keeps it ours until the kernel clears it. `start` is what `run` wants.
    if unsafe { os::start_thread(stack.top() as *mut u8, stack.busy(), run, start.cast()) } {
        return identifier as i32;
    }
    stack.release();
    // SAFETY: no thread took it.
    drop(unsafe { Box::from_raw(start) });
    REFUSED
}

/// The thread.
extern "C" fn run(start: *mut u8) -> ! {
    // SAFETY: `spawn` made it for this thread.
    let start = unsafe { Box::from_raw(start.cast::<Start>()) };
    start.stack.use_signal_stack();
    let instance = start.program.instantiate();
    let Some(Extern::Function(function)) = instance.export(b"wasi_thread_start") else {
        fail("a thread cannot start: the program does not export `wasi_thread_start`")
    };
    let mut values =
        [start.identifier, start.argument].map(|value| ValueSlot { bytes: u128::from(value).to_le_bytes() });
    // SAFETY: the function belongs to the live instance; wasi-threads says that it takes two i32.
    if let Err(trapped) = unsafe { crate::call(function, &mut values) } {
        start.program.die_of(&trapped)
    }
    // SAFETY: the thread is over; other instances cannot refer to this one, because tables are not shared.
    unsafe { instance.destroy() };
    drop(start);
    os::exit_thread()
}
