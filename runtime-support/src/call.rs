//! Entering compiled code, and coming back by return or by trap.
//!
//! An *activation* is one entry: the frame that `arch::enter` made on the stack of whoever calls. The record of the guest
//! stack points to the innermost one, and each remembers the one it is nested in, so that a trap (a libcall that raises, or
//! a signal handler) finds where to land by nothing but its stack pointer. Entries nest: a host function that compiled code
//! called may enter again, and then continues on the same guest stack.
//!
//! How a call ended travels as one number, an *outcome*: 0 when it returned, and otherwise what [`trapped`] turns into a
//! [`Trapped`]. Hosts in C get the number as well, so that a call which returns costs them nothing more.
//!
//! # Safety
//!
//! Landing abandons every frame between the trap and `enter`. Those are frames of compiled code, which own nothing, and
//! of libcalls that raise, which drop everything they own first. A host function in between must come back through its
//! own `call`, which returns an `Err`, so no host frame is ever skipped.
#![allow(unsafe_code, reason = "calls machine code by address")]

use crate::arch;
use crate::embed::UNUSABLE;
use crate::frames::{self, Backtrace, Position};
use crate::stack::GuestStack;
use crate::trap::report::{broken, fatal};
use aot_abi::context::{FuncRef, InstanceContext, ValueSlot};
use aot_abi::trap::Trap;
use core::fmt;
use core::ptr::{null, null_mut};
use core::sync::atomic::Ordering;

/// A trap that reached the caller of compiled code.
#[derive(Debug, Clone)]
pub struct Trapped {
    /// Why.
    pub trap: Trap,
    /// Where.
    pub backtrace: Backtrace,
    /// What the host's function returned, for [`Trap::HostError`]; the exit code, for [`Trap::Exited`].
    pub host_error: i32,
}

impl fmt::Display for Trapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.trap.message())
    }
}

impl core::error::Error for Trapped {}

/// Calls the function that `func_ref` points to. `values` holds the arguments and receives the results; it has room for
/// the larger of the two counts.
///
/// # Safety
/// `func_ref` belongs to a live instance, and `values` matches its type.
#[inline]
pub unsafe fn call(func_ref: *const FuncRef, values: &mut [ValueSlot]) -> Result<(), Trapped> {
    // SAFETY: the caller's promise.
    match unsafe { enter(func_ref, values.as_mut_ptr()) } {
        0 => Ok(()),
        // SAFETY: it was just returned.
        outcome => Err(unsafe { trapped(outcome) }),
    }
}

/// As [`call`], for those who count instructions: returns an outcome, 0 or what [`trapped`] takes.
///
/// # Safety
/// As [`call`], `values` pointing to as many slots.
#[inline(always)]
pub unsafe fn enter(func_ref: *const FuncRef, values: *mut ValueSlot) -> u64 {
    #[cfg(feature = "hosted")]
    // SAFETY: the caller's promise.
    return unsafe { arch::aot_enter(func_ref, values) };
    #[cfg(not(feature = "hosted"))]
    // SAFETY: the caller's promise.
    return unsafe { enter_on_a_stack(func_ref, values) };
}

/// What an outcome other than 0 says.
///
/// # Safety
/// The outcome was returned by [`enter`], to this thread, which has not entered compiled code since.
#[cold]
#[must_use]
pub unsafe fn trapped(outcome: u64) -> Trapped {
    let trap = u8::try_from(outcome & CODE).ok().and_then(Trap::from_code);
    let trap = trap.unwrap_or_else(|| broken("only codes of traps are ever landed with"));
    let record = (outcome >> RECORD_SHIFT) as *const GuestStack;
    // SAFETY: `outcome_of` put the address of a record there, or none, and records live as long as the process.
    let Some(stack) = (unsafe { record.as_ref() }) else {
        return Trapped { trap, backtrace: Backtrace::default(), host_error: 0 };
    };
    let backtrace = frames::read(stack);
    let host_error = stack.host_error.swap(0, Ordering::Relaxed);
    if outcome & BORROWED != 0 {
        stack.release();
    }
    Trapped { trap, backtrace, host_error }
}

/// Bits of an outcome: the trap's code.
const CODE: u64 = 0xff;
/// The stack was acquired for this entry alone, and is given back when the record has been read.
const BORROWED: u64 = 0x100;
/// Above this the address of the stack's record, which is below 2^47.
const RECORD_SHIFT: u32 = 16;

/// The outcome of a trap on this stack.
pub(crate) fn outcome_of(trap: Trap, stack: &GuestStack) -> u64 {
    (stack.top() as u64) << RECORD_SHIFT | u64::from(trap.code())
}

/// Calls a module's `initialize`.
///
/// # Safety
/// `initialize` and `context` belong together, and the context is ready for it; see [`aot_abi::image`].
pub unsafe fn initialize(initialize: *const u8, context: *mut InstanceContext) -> Result<(), Trapped> {
    let function = FuncRef { code: null(), context, type_descriptor: null(), entry: initialize };
    // SAFETY: the caller's promise; an initialize is entered like any function, and looks at no values.
    match unsafe { enter(&raw const function, null_mut()) } {
        0 => Ok(()),
        // SAFETY: it was just returned.
        outcome => Err(unsafe { trapped(outcome) }),
    }
}

/// Enters compiled code, whatever the state of this thread: on the guest stack that we are running on, on the thread's
/// own, or on one acquired for this entry.
///
/// # Safety
/// As [`enter`].
pub(crate) unsafe extern "C" fn enter_on_a_stack(func_ref: *const FuncRef, values: *mut ValueSlot) -> u64 {
    // SAFETY: the caller's promise.
    let (function, wanted) = unsafe { (&*func_ref, (*(*func_ref).context).stack_bytes as usize) };
    if wanted == UNUSABLE as usize {
        return u64::from(Trap::AllocationFailed.code());
    }
    let go = |stack: &GuestStack, top: *mut u8| {
        // SAFETY: the stack is the one we are running on, where we go on; or nothing runs on it, and it is ours. Its
        // record and what is taken off it are 16-aligned. The rest is the caller's promise: every reference holds an entry
        // for its type.
        unsafe { arch::enter(stack, top, function.entry, function.code, function.context, values) }
    };
    if let Some(current) = GuestStack::current() {
        return go(current, null_mut());
    }
    if let Some(own) = GuestStack::for_this_thread()
        && own.is_idle()
        && own.usable_bytes() >= wanted
    {
        own.close_soft_guard();
        return go(own, own.top_for(wanted));
    }
    let Ok(stack) = GuestStack::acquire_at_least(wanted) else { return u64::from(Trap::StackOverflow.code()) };
    match go(stack, stack.top_for(wanted)) {
        0 => {
            stack.release();
            0
        }
        outcome => outcome | BORROWED,
    }
}

/// The innermost entry that the code at `sp` runs under: the stack and the entry's frame.
pub(crate) fn current_activation(sp: usize) -> Option<(&'static GuestStack, usize)> {
    let stack = GuestStack::containing(sp)?;
    let frame = stack.activation.load(Ordering::Relaxed);
    (frame != 0).then_some((stack, frame))
}

/// Raises a trap from a libcall: the entry into compiled code returns it.
///
/// The caller must own nothing: its frames are abandoned.
pub fn raise(trap: Trap) -> ! {
    let (sp, fp) = (arch::stack_pointer(), arch::frame_pointer());
    match current_activation(sp) {
        Some((stack, frame)) => {
            // SAFETY: these are our own registers.
            unsafe { frames::capture(Position { stack, sp, fp, entry_frame: frame }, None) };
            // SAFETY: we run above that frame, and the frames between own nothing.
            unsafe { arch::land(frame, outcome_of(trap, stack)) }
        }
        // Compiled code is only ever entered by `arch::enter`, so this is a broken invariant of ours.
        None => fatal("a trap outside compiled code", trap.message()),
    }
}

/// Ends the guest because it asked for it. The caller must own nothing.
pub fn raise_exit(code: u32) -> ! {
    raise_with(Trap::Exited, code as i32)
}

/// Ends the guest because a function of the host returned this error. The caller must own nothing.
pub fn raise_host_error(error: i32) -> ! {
    raise_with(Trap::HostError, error)
}

fn raise_with(trap: Trap, number: i32) -> ! {
    if let Some(stack) = GuestStack::containing(arch::stack_pointer()) {
        stack.host_error.store(number, Ordering::Relaxed);
    }
    raise(trap)
}
