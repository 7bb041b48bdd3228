//! What WASI needs from the rest of the runtime: three functions, given once before any guest code runs.
#![allow(unsafe_code, reason = "a static reference kept in an atomic pointer")]

use super::{GuestMemory, WasiState};
use crate::trap::report::broken;
#[cfg(not(feature = "hosted"))]
use crate::{start::Program, thread};
use aot_abi::context::InstanceContext;
use core::sync::atomic::{AtomicPtr, Ordering};

/// The three functions.
#[derive(Debug)]
pub struct Hooks {
    /// The state and the memory that belong to a calling instance. The memory is the one exported as `memory`; an instance
    /// without one gives a memory of length 0, so that every address is a fault.
    pub current: fn(*mut InstanceContext) -> (&'static WasiState, GuestMemory),
    /// `proc_exit`: an executable ends its process with this code, a host program's instance traps.
    pub exit: fn(*mut InstanceContext, u32) -> !,
    /// `wasi:thread-spawn`.
    pub spawn: Spawn,
}

/// Who starts threads. They answer with the new thread's id, from 1 to 2^29 - 1, or with a negative number.
#[derive(Debug)]
pub enum Spawn {
    /// The process is the program's. Not a function here, so that only programs that import it are linked with what it
    /// takes.
    Process,
    /// A host does, in its own way.
    Host(fn(*mut InstanceContext, u32) -> i32),
}

#[cfg(not(feature = "hosted"))]
static HOOKS: AtomicPtr<Hooks> = AtomicPtr::new(core::ptr::null_mut());

#[cfg(feature = "hosted")]
static HOOKS: AtomicPtr<Hooks> = AtomicPtr::new((&raw const super::embedded::HOOKS).cast_mut());

/// Gives WASI its hooks.
pub fn install(hooks: &'static Hooks) {
    HOOKS.store(core::ptr::from_ref(hooks).cast_mut(), Ordering::Release);
}

/// The caller's state and memory.
pub(crate) fn current(context: *mut InstanceContext) -> (&'static WasiState, GuestMemory) {
    (hooks().current)(context)
}

/// Ends the caller's program.
pub(crate) fn exit(context: *mut InstanceContext, code: u32) -> ! {
    (hooks().exit)(context, code)
}

/// Starts a thread beside the caller.
pub(crate) fn spawn(context: *mut InstanceContext, argument: u32) -> i32 {
    match hooks().spawn {
        #[cfg(not(feature = "hosted"))]
        Spawn::Process => thread::spawn(Program::of(context), argument),
        // Nobody links a program's entry into a host.
        #[cfg(feature = "hosted")]
        Spawn::Process => -1,
        Spawn::Host(spawn) => spawn(context, argument),
    }
}

fn hooks() -> &'static Hooks {
    let hooks = HOOKS.load(Ordering::Acquire);
    // SAFETY: `install` stored a `&'static`, or nothing was stored and the pointer is null.
    unsafe { hooks.as_ref() }.unwrap_or_else(|| broken("start-up installs the hooks before any guest code runs"))
}
