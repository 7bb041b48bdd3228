//! In the process of a host, which has a libc: every thread that calls guests keeps one guest stack until it ends.
//!
//! The stack's address is in a thread-local variable, so that a call finds it by two instructions; see `arch::aot_enter`.
//! Rust has no thread-local variables without `std`, so the variable is written in assembly, in the *initial-exec* model,
//! which linkers make a constant offset in a program, and which needs a few bytes of the static surplus in a shared library.
//!
//! A thread that has no alternate signal stack gets that of its guest stack: without one, the signal handler could not
//! run when the guest's stack is used up. Both end with the thread, by the destructor of a `pthread` key, which is asked
//! for nothing else.
//!
//! # Safety
//!
//! The variable is null or the address of a stack whose `busy` flag this thread holds, and only this thread writes it.
#![allow(unsafe_code, reason = "a thread-local variable in assembly, and functions of libc")]

use crate::os;
use crate::stack::GuestStack;
use core::arch::{asm, global_asm};
use core::ffi::{c_int, c_uint, c_void};
use core::sync::atomic::{AtomicU64, Ordering};

/// The variable's name: one per version, should a program have two.
macro_rules! variable {
    () => {
        concat!("stack_of_thread_in_aot_", env!("CARGO_PKG_VERSION"))
    };
}

global_asm!(
    ".section .tbss,\"awT\",@nobits",
    ".p2align 3",
    concat!(".hidden ", variable!()),
    concat!(".globl ", variable!()),
    concat!(".type ", variable!(), ", @object"),
    concat!(".size ", variable!(), ", 8"),
    concat!(variable!(), ":"),
    ".zero 8",
    ".text",
);

/// Assembly that loads the variable into the first register; the second one is lost.
#[cfg(target_arch = "x86_64")]
macro_rules! load_stack {
    ($into:literal, $other:literal) => {
        concat!(
            "mov ",
            $into,
            ", qword ptr [rip + ",
            crate::hosted::variable!(),
            "@GOTTPOFF]\n",
            "mov ",
            $into,
            ", qword ptr fs:[",
            $into,
            "]",
        )
    };
}

/// Assembly that loads the variable into the first register; the second one is lost.
#[cfg(target_arch = "aarch64")]
macro_rules! load_stack {
    ($into:literal, $other:literal) => {
        concat!(
            "adrp ",
            $into,
            ", :gottprel:",
            crate::hosted::variable!(),
            "\n",
            "ldr ",
            $into,
            ", [",
            $into,
            ", :gottprel_lo12:",
            crate::hosted::variable!(),
            "]\n",
            "mrs ",
            $other,
            ", tpidr_el0\n",
            "ldr ",
            $into,
            ", [",
            $other,
            ", ",
            $into,
            "]",
        )
    };
}

pub(crate) use {load_stack, variable};

/// Where this thread's variable is.
#[inline(always)]
fn place() -> *mut *const GuestStack {
    let address: usize;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: reads the offset that the linker computed and the thread's own address.
    unsafe {
        asm!(
            concat!("mov {0}, qword ptr [rip + ", variable!(), "@GOTTPOFF]"),
            "add {0}, qword ptr fs:[0]",
            out(reg) address,
            options(nostack, pure, readonly),
        );
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        asm!(
            concat!("adrp {0}, :gottprel:", variable!()),
            concat!("ldr {0}, [{0}, :gottprel_lo12:", variable!(), "]"),
            "mrs {1}, tpidr_el0",
            "add {0}, {0}, {1}",
            out(reg) address,
            out(reg) _,
            options(nostack, pure, readonly),
        );
    }
    address as *mut *const GuestStack
}

/// This thread's stack, if it has one already. Good for signal handlers.
#[inline]
pub(crate) fn stack() -> Option<&'static GuestStack> {
    // SAFETY: see the module documentation; records live as long as the process.
    unsafe { (*place()).as_ref() }
}

/// Makes sure that this thread has a guest stack and an alternate signal stack; `None` when there is no memory.
pub fn prepare_thread() -> Option<&'static GuestStack> {
    stack().or_else(attach)
}

#[cold]
fn attach() -> Option<&'static GuestStack> {
    let key = key()?;
    let stack = GuestStack::acquire().ok()?;
    // SAFETY: the key is a live one; nobody but the destructor looks behind the value.
    if unsafe { pthread_setspecific(key, core::ptr::from_ref(stack).cast()) } != 0 {
        stack.release();
        return None;
    }
    // SAFETY: it is this thread's variable.
    unsafe { *place() = stack };
    if os::alternate_stack().is_none() {
        stack.use_signal_stack();
    }
    Some(stack)
}

/// The thread ends. It may still call guests, from destructors that run later: then it gets a stack once more.
unsafe extern "C" fn end_of_thread(_: *mut c_void) {
    let Some(stack) = stack() else { return };
    // SAFETY: it is this thread's variable.
    unsafe { *place() = core::ptr::null() };
    // The host may have set another one since.
    if os::alternate_stack().is_some_and(|(start, _)| start == stack.signal_stack()) {
        os::disable_alternate_stack();
    }
    // A host that switches stacks of its own may end a thread while a guest of it waits for a host function. That stack
    // is lost.
    if stack.is_idle() {
        stack.give_pages_back();
        stack.release();
    }
}

/// `pthread_key_t`, in every libc of Linux.
type ThreadKey = c_uint;

unsafe extern "C" {
    fn pthread_key_create(key: *mut ThreadKey, destructor: Option<unsafe extern "C" fn(*mut c_void)>) -> c_int;
    fn pthread_setspecific(key: ThreadKey, value: *const c_void) -> c_int;
    fn pthread_key_delete(key: ThreadKey) -> c_int;
}

/// The key plus one; 0 while there is none.
static KEY: AtomicU64 = AtomicU64::new(0);

fn key() -> Option<ThreadKey> {
    let known = |value: u64| (value != 0).then(|| (value - 1) as ThreadKey);
    if let Some(key) = known(KEY.load(Ordering::Acquire)) {
        return Some(key);
    }
    let mut key = 0;
    // SAFETY: the address is one of ours.
    if unsafe { pthread_key_create(&raw mut key, Some(end_of_thread)) } != 0 {
        return None;
    }
    match KEY.compare_exchange(0, u64::from(key) + 1, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => Some(key),
        Err(winner) => {
            // SAFETY: the key was just made, and nobody used it.
            unsafe { pthread_key_delete(key) };
            known(winner)
        }
    }
}
