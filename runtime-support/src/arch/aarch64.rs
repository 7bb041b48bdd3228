//! aarch64: entering compiled code, landing from it, registers of an interrupted thread, raw system calls.
//!
//! # Safety
//!
//! `enter` (and `aot_enter`, likewise) builds the only frame that `land` and the signal handler unwind to. The frame
//! pointer that it stores in the stack's record stays there until it returns, and whoever lands must be running above that
//! frame (deeper in the same call), with no frame in between that owns anything.
#![allow(unsafe_code, reason = "registers, stacks and system calls have no safe interface")]

use crate::stack::{ACTIVATION_OFFSET, GuestStack};
#[cfg(feature = "hosted")]
use aot_abi::context::FuncRef;
use aot_abi::context::{InstanceContext, ValueSlot};
use core::arch::{asm, naked_asm};

/// What the ABI asks of the stack pointer, always.
pub const STACK_ALIGNMENT: usize = 16;

/// Calls `target(code, context, values)`, on the stack below `stack_top`, or on the current one when that is null.
/// Its own frame is the innermost activation of `stack` meanwhile. Returns 0, or the outcome given to [`land`].
///
/// # Safety
/// `stack_top` is null, and `stack` is what the caller runs on; or it is a 16-aligned place in `stack`, of which nobody
/// else uses anything below. The rest is as `target` demands.
#[unsafe(naked)]
pub unsafe extern "C" fn enter(
    stack: *const GuestStack,
    stack_top: *mut u8,
    target: *const u8,
    code: *const u8,
    context: *mut InstanceContext,
    values: *mut ValueSlot,
) -> u64 {
    naked_asm!(
        "stp x29, x30, [sp, #-176]!", // A normal frame: walks up the frame pointers come to it.
        "mov x29, sp",
        "stp x19, x20, [sp, #16]",    // Everything that the convention lets a callee rely on.
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "ldr x9, [x0, {activation}]", // The stack, and the entry that this one is nested in: for `leave`.
        "stp x0, x9, [sp, #160]",
        "str x29, [x0, {activation}]", // `land` and the signal handler start from here.
        "cbz x1, 2f",
        "mov sp, x1",                 // Another stack, if one was given.
        "2:",
        "mov x9, x2",                 // The target, and its three arguments.
        "mov x0, x3",
        "mov x1, x4",
        "mov x2, x5",
        "blr x9",
        "mov x0, #0",                 // It returned: no trap.
        "b {leave}",
        activation = const ACTIVATION_OFFSET,
        leave = sym leave,
    )
}

/// Calls a function by its reference, as [`crate::call::enter_on_a_stack`] does, which it leaves everything to but the
/// usual case: the thread has a stack, nothing runs on it, no soft guard is open, and the instance has no wish of its own.
///
/// # Safety
/// As [`crate::call::call`].
#[cfg(feature = "hosted")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_enter(function: *const FuncRef, values: *mut ValueSlot) -> u64 {
    naked_asm!(
        crate::hosted::load_stack!("x9", "x10"),
        "cbz x9, 2f",
        "ldr x10, [x9, {activation}]",
        "ldr x11, [x0, {context}]",
        "cbnz x10, 2f",
        "ldr x10, [x11, {stack_bytes}]",
        "cbnz x10, 2f",
        "adrp x10, {open}",
        "ldr w10, [x10, :lo12:{open}]",
        "cbnz w10, 2f",
        "stp x29, x30, [sp, #-176]!", // A normal frame: walks up the frame pointers come to it.
        "mov x29, sp",
        "stp x19, x20, [sp, #16]",    // Everything that the convention lets a callee rely on.
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "stp x9, xzr, [sp, #160]",
        "str x29, [x9, {activation}]",
        "mov sp, x9",
        "mov x2, x1",
        "mov x1, x11",
        "ldr x9, [x0, {entry}]",
        "ldr x0, [x0]",
        "blr x9",
        "mov x0, #0",
        "b {leave}",
        "2:",
        "b {slow}",
        slow = sym crate::call::enter_on_a_stack,
        open = sym crate::stack::OPEN,
        leave = sym leave,
        activation = const ACTIVATION_OFFSET,
        stack_bytes = const core::mem::offset_of!(InstanceContext, stack_bytes),
        context = const core::mem::offset_of!(FuncRef, context),
        entry = const core::mem::offset_of!(FuncRef, entry),
    )
}

/// The end of [`enter`]: `x29` is its frame, `x0` its result.
#[unsafe(naked)]
unsafe extern "C" fn leave() {
    naked_asm!(
        "mov sp, x29",
        "ldp x9, x10, [sp, #160]", // The stack goes back to the entry that this one is nested in.
        "str x10, [x9, {activation}]",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "ldp x29, x30, [sp], #176",
        "ret",
        activation = const ACTIVATION_OFFSET,
    )
}

/// Makes the `enter` whose frame this is return `outcome`.
///
/// # Safety
/// See the module documentation.
#[unsafe(naked)]
pub unsafe extern "C" fn land(frame: usize, outcome: u64) -> ! {
    naked_asm!(
        "mov x29, x0", // The frame of `enter`.
        "mov x0, x1",  // Its result.
        "b {leave}",
        leave = sym leave,
    )
}

/// Where [`MachineContext::land`] resumes.
#[must_use]
pub fn landing_address() -> usize {
    leave as *const () as usize
}

/// Whether this is a processor of `aot_abi::version`: there is only one kind so far.
#[must_use]
pub fn processor_has(_: u64) -> bool {
    false
}

/// The frame pointer of the function this is inlined into.
#[inline(always)]
#[must_use]
pub fn frame_pointer() -> usize {
    let value: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, x29", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// The stack pointer of the function this is inlined into.
#[inline(always)]
#[must_use]
pub fn stack_pointer() -> usize {
    let value: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// The registers of an interrupted thread: a view of the kernel's `struct ucontext`.
#[repr(C)]
pub struct MachineContext {
    flags: u64,
    link: u64,
    stack: [u64; 3],
    /// The signal mask, and the space the kernel keeps for a longer one, up to the 16-aligned `struct sigcontext`.
    mask: [u64; 17],
    fault_address: u64,
    registers: [u64; 31],
    sp: u64,
    pc: u64,
}

const _: () = assert!(core::mem::offset_of!(MachineContext, fault_address) == 176);

impl MachineContext {
    /// Where it was interrupted.
    #[must_use]
    pub fn pc(&self) -> usize {
        self.pc as usize
    }

    /// Its stack pointer.
    #[must_use]
    pub fn sp(&self) -> usize {
        self.sp as usize
    }

    /// Its frame pointer.
    #[must_use]
    pub fn fp(&self) -> usize {
        self.registers[29] as usize
    }

    /// Makes it continue by returning `outcome` from the [`enter`] whose frame this is.
    pub fn land(&mut self, frame: usize, outcome: u64) {
        debug_assert!(frame != 0, "landing needs a frame");
        self.pc = landing_address() as u64;
        self.registers[29] = frame as u64;
        self.registers[0] = outcome;
        self.sp = frame as u64;
    }
}

/// Address of the function that signal handlers return to, if the kernel asks for one: here the kernel has its own.
#[must_use]
pub fn restorer() -> Option<usize> {
    None
}

/// The `clone` system call: returns the new thread's number, or a negative error number; the new thread calls
/// `function(argument)` on the stack that ends at `stack_top`.
///
/// # Safety
/// `flags` ask for a thread of this process, the stack is 16-aligned and nobody else's, `child_tid` outlives the thread.
#[unsafe(naked)]
pub unsafe extern "C" fn clone_thread(
    flags: usize,
    stack_top: *mut u8,
    child_tid: *const u32,
    function: extern "C" fn(*mut u8) -> !,
    argument: *mut u8,
) -> isize {
    naked_asm!(
        "mov x9, x3", // The system call keeps everything but x0.
        "mov x10, x4",
        "mov x4, x2",   // Where the kernel clears and wakes when the thread is gone.
        "mov x2, #0",   // Nobody wants the number in memory.
        "mov x3, #0",   // No thread-local storage.
        "mov x8, #220", // clone; x0 and x1 are in place.
        "svc #0",
        "cbnz x0, 2f", // The parent, or nobody.
        "mov x29, #0", // The outermost frame of the thread.
        "mov x30, #0",
        "mov x0, x10",
        "blr x9", // Does not return.
        "udf #0",
        "2:",
        "ret",
    )
}

/// A system call with up to six arguments; negative results are error numbers.
///
/// # Safety
/// As the kernel's documentation of call `number` says.
#[inline]
pub unsafe fn syscall(number: usize, arguments: [usize; 6]) -> isize {
    let result: isize;
    // SAFETY: the kernel preserves everything but x0; the rest is the caller's promise.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") arguments[0] as isize => result,
            in("x1") arguments[1],
            in("x2") arguments[2],
            in("x3") arguments[3],
            in("x4") arguments[4],
            in("x5") arguments[5],
            options(nostack),
        );
    }
    result
}
