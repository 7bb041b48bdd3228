//! Entering compiled code, and coming back by return or by trap.
//!
//! An *activation* is one entry. It stands on the native stack of whoever calls, remembers the frame that `enter` made,
//! and is linked from the record of the guest stack, so that a trap (a libcall that raises, or a signal handler) finds
//! where to land by nothing but its stack pointer. Entries nest: a host function that compiled code called may enter
//! again, and then continues on the same guest stack.
//!
//! # Safety
//!
//! Landing abandons every frame between the trap and `enter`. Those are frames of compiled code, which own nothing, and
//! of libcalls that raise, which drop everything they own first. A host function in between must come back through its
//! own `call`, which returns an `Err`, so no host frame is ever skipped.
#![allow(unsafe_code, reason = "calls machine code by address")]

use crate::arch;
use crate::frames::{self, Backtrace, Position};
use crate::stack::GuestStack;
use crate::trap::report::{broken, fatal};
use aot_abi::context::{FuncRef, InstanceContext, NativeEntry, ValueSlot};
use aot_abi::trap::Trap;
use core::fmt;
use core::ptr::null_mut;
use core::sync::atomic::Ordering;

/// One entry into compiled code.
#[derive(Debug)]
pub struct Activation {
    /// The frame that `enter` made; 0 until it runs.
    pub(crate) frame: usize,
    /// The entry that this one is nested in.
    previous: *mut Activation,
}

/// A trap that reached the caller of compiled code.
#[derive(Debug, Clone)]
pub struct Trapped {
    /// Why.
    pub trap: Trap,
    /// Where.
    pub backtrace: Backtrace,
    /// What the host's function returned, for [`Trap::HostError`].
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
pub unsafe fn call(func_ref: *const FuncRef, values: &mut [ValueSlot]) -> Result<(), Trapped> {
    // SAFETY: the caller's promise.
    let function = unsafe { &*func_ref };
    // SAFETY: every func ref holds a native entry for its type, whose signature is `NativeEntry`.
    let entry: NativeEntry = unsafe { core::mem::transmute(function.entry) };
    // SAFETY: the entry takes exactly these.
    unsafe { run(entry, function.code, function.context, values.as_mut_ptr()) }
}

/// Calls a module's `initialize`.
///
/// # Safety
/// `initialize` and `context` belong together, and the context is ready for it; see [`aot_abi::image`].
pub unsafe fn initialize(initialize: *const u8, context: *mut InstanceContext) -> Result<(), Trapped> {
    extern "C" fn pass_context(code: *const u8, context: *mut InstanceContext, _: *mut ValueSlot) {
        // SAFETY: `code` is the `initialize` of an image, and this is its type.
        let initialize: extern "C" fn(*mut InstanceContext) = unsafe { core::mem::transmute(code) };
        initialize(context);
    }
    // SAFETY: the caller's promise.
    unsafe { run(pass_context, initialize, context, null_mut()) }
}

/// Enters compiled code on a guest stack.
unsafe fn run(
    target: arch::Target,
    code: *const u8,
    context: *mut InstanceContext,
    values: *mut ValueSlot,
) -> Result<(), Trapped> {
    let current = GuestStack::containing(arch::stack_pointer());
    let stack = match current {
        Some(stack) => stack,
        None => GuestStack::acquire().map_err(|_| Trapped {
            trap: Trap::StackOverflow,
            backtrace: Backtrace::default(),
            host_error: 0,
        })?,
    };
    let stack_top = if current.is_some() { null_mut() } else { stack.top() as *mut u8 };
    let previous = stack.activation.load(Ordering::Relaxed);
    let mut activation = Activation { frame: 0, previous };
    stack.activation.store(&raw mut activation, Ordering::Relaxed);
    // SAFETY: the stack is ours (acquired, or the one we are running on and continue), its record is 16-aligned, and the
    // rest is the caller's promise.
    let status = unsafe { arch::enter(&raw mut activation.frame, stack_top, target, code, context, values) };
    stack.activation.store(activation.previous, Ordering::Relaxed);
    let result = match u8::try_from(status).ok().filter(|code| *code != 0) {
        None => Ok(()),
        Some(code) => Err(Trapped {
            trap: Trap::from_code(code).unwrap_or_else(|| broken("only codes of traps are ever landed with")),
            backtrace: frames::read(stack),
            host_error: stack.host_error.swap(0, Ordering::Relaxed),
        }),
    };
    if current.is_none() {
        stack.release();
    }
    result
}

/// The innermost entry that the code at `sp` runs under, with its stack.
///
/// # Safety
/// `sp` is the stack pointer of the calling thread, or of the code that the running signal handler interrupted.
pub(crate) unsafe fn current_activation(sp: usize) -> Option<(&'static GuestStack, &'static Activation)> {
    let stack = GuestStack::containing(sp)?;
    // SAFETY: a linked activation stands in the frame of `run`, which is still waiting for `enter` to return.
    let activation = unsafe { stack.activation.load(Ordering::Relaxed).as_ref() }?;
    (activation.frame != 0).then_some((stack, activation))
}

/// Raises a trap from a libcall: the entry into compiled code returns it.
///
/// The caller must own nothing: its frames are abandoned.
pub fn raise(trap: Trap) -> ! {
    let (sp, fp) = (arch::stack_pointer(), arch::frame_pointer());
    // SAFETY: this is our own stack pointer.
    match unsafe { current_activation(sp) } {
        Some((stack, activation)) => {
            // SAFETY: these are our own registers.
            unsafe { frames::capture(Position { stack, sp, fp, entry_frame: activation.frame }, None) };
            // SAFETY: we run above that frame, and the frames between own nothing.
            unsafe { arch::land(activation.frame, u64::from(trap.code())) }
        }
        // Compiled code is only ever entered through `run`, so this is a broken invariant of ours.
        None => fatal("a trap outside compiled code", trap.message()),
    }
}

/// Ends the guest because a function of the host returned this error. The caller must own nothing.
pub fn raise_host_error(error: i32) -> ! {
    if let Some(stack) = GuestStack::containing(arch::stack_pointer()) {
        stack.host_error.store(error, Ordering::Relaxed);
    }
    raise(Trap::HostError)
}
