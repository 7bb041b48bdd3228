//! SIGSEGV, SIGBUS, SIGILL, SIGFPE → PC → trap.
//!
//! | Where the PC is | Address that faulted | Meaning |
//! |---|---|---|
//! | a site in the code map | – | the trap the compiler put there (`ud2`, `udf`, a division) |
//! | compiled code | reservation or guard of a memory | out of bounds memory access |
//! | compiled code | guard of the stack it runs on | stack overflow |
//! | elsewhere, on a guest stack | soft guard of that stack | the runtime runs late: it gets more stack and continues |
//! | just called by compiled code | hard guard of that stack | stack overflow, see [`crate::stack`] |
//! | anything else | | not ours: the previous handler, or a report and the default action |
//!
//! # Safety
//!
//! The handler runs on the alternate stack of the thread, interrupts only what is in the table, allocates nothing, and
//! takes no locks: it reads lists made for that ([`crate::ranges`]) and changes the interrupted registers.
#![allow(unsafe_code, reason = "signal handlers receive raw pointers")]

use crate::arch::MachineContext;
use crate::call::{current_activation, outcome_of};
use crate::frames::Position;
use crate::os::{self, NewAction, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SignalAction, SignalInformation};
use crate::stack::GuestStack;
use crate::{frames, memory};
use aot_abi::trap::Trap;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU8, Ordering};

const SIGNALS: [u32; 4] = [SIGSEGV, SIGBUS, SIGILL, SIGFPE];

/// What was installed before us, in the order of [`SIGNALS`].
struct Previous(UnsafeCell<[SignalAction; 4]>);

// SAFETY: written once, by the thread that wins `INSTALLED`; a handler that comes before that finds defaults.
unsafe impl Sync for Previous {}

static PREVIOUS: Previous = Previous(UnsafeCell::new([SignalAction::DEFAULT; 4]));
static INSTALLED: AtomicU8 = AtomicU8::new(0);
const BUSY: u8 = 1;
const DONE: u8 = 2;

/// Installs the handlers, once per process.
pub fn install() {
    if INSTALLED.load(Ordering::Acquire) == DONE {
        return;
    }
    if INSTALLED.compare_exchange(0, BUSY, Ordering::AcqRel, Ordering::Acquire).is_err() {
        // Another thread is at it. Code that relies on the handlers must not run before they are there.
        while INSTALLED.load(Ordering::Acquire) != DONE {
            core::hint::spin_loop();
        }
        return;
    }
    for (position, signal) in SIGNALS.into_iter().enumerate() {
        // SAFETY: `handle` is async-signal-safe, see the module documentation.
        let previous = unsafe { os::signal_action(signal, NewAction::Handle(handle)) };
        // SAFETY: only the winner of `INSTALLED` writes, each element once.
        unsafe { (*PREVIOUS.0.get())[position] = previous };
    }
    INSTALLED.store(DONE, Ordering::Release);
}

unsafe extern "C" fn handle(signal: u32, information: *const SignalInformation, machine: *mut MachineContext) {
    // SAFETY: the kernel passes both to a handler installed with SA_SIGINFO, and they live until it returns.
    let (details, registers) = unsafe { (&*information, &mut *machine) };
    // A signal that somebody sent with `kill` has no address and says nothing about the code it interrupted.
    // SAFETY: these are the registers of what this signal interrupted.
    if details.code > 0 && unsafe { recover(signal, details.address, registers) } {
        return;
    }
    let position = SIGNALS.iter().position(|known| *known == signal).unwrap_or(0);
    // SAFETY: written before or at the time the handler was installed; see `Previous`.
    let previous = unsafe { (*PREVIOUS.0.get())[position] };
    // SAFETY: these are the arguments of this very call.
    if !unsafe { previous.call(signal, information, machine) } {
        if details.code <= 0 {
            return os::raise_default(signal);
        }
        report_native_fault(signal, details.address, registers);
        // The instruction runs again and dies of it: a core dump or a debugger shows the place, not this handler.
        os::restore_default(signal);
    }
}

/// Turns the fault into a trap, or into more stack; false when it is neither.
///
/// # Safety
/// To be called from a signal handler with the registers of the code it interrupted.
unsafe fn recover(signal: u32, address: usize, machine: &mut MachineContext) -> bool {
    let (pc, sp) = (machine.pc(), machine.sp());
    // The stack pointer may stand in a guard already, which belongs to the same range.
    let Some((stack, entry_frame)) = current_activation(sp) else { return false };
    let memory_fault = signal == SIGSEGV || signal == SIGBUS;
    let position = Position { stack, sp, fp: machine.fp(), entry_frame };
    let in_compiled_code = frames::module_at(pc).is_some();
    let trap = if in_compiled_code {
        trap_of_compiled_code(memory_fault, pc, address, stack)
    } else if memory_fault && stack.open_soft_guard(address) {
        return true;
    } else {
        // SAFETY: these are the registers of the interrupted code.
        let came_from_compiled_code = memory_fault && stack.guards(address) && unsafe { called_by_module(position) };
        came_from_compiled_code.then_some(Trap::StackOverflow)
    };
    let Some(trap) = trap else { return false };
    // SAFETY: these are the registers of the interrupted code.
    unsafe { frames::capture(position, in_compiled_code.then_some(pc)) };
    machine.land(entry_frame, outcome_of(trap, stack));
    true
}

/// Whether the innermost frame returns to compiled code.
///
/// # Safety
/// As [`frames::walk`].
unsafe fn called_by_module(position: Position<'_>) -> bool {
    let mut innermost = None;
    // SAFETY: the caller's promise.
    unsafe {
        frames::walk(position, |address| {
            innermost.get_or_insert(address);
        })
    };
    innermost.is_some_and(|address| frames::module_at(address).is_some())
}

fn trap_of_compiled_code(memory_fault: bool, pc: usize, address: usize, stack: &GuestStack) -> Option<Trap> {
    if memory_fault {
        if stack.guards(address) {
            return Some(Trap::StackOverflow);
        }
        if memory::owns(address) {
            return Some(Trap::MemoryOutOfBounds);
        }
    }
    frames::locate(pc)?.1.trap
}

fn report_native_fault(signal: u32, address: usize, machine: &MachineContext) {
    let name = match signal {
        SIGSEGV => "SIGSEGV",
        SIGBUS => "SIGBUS",
        SIGILL => "SIGILL",
        _ => "SIGFPE",
    };
    let mut digits = [0u8; 18];
    let place = if frames::module_at(machine.pc()).is_some() { "compiled code" } else { "the runtime" };
    for part in ["fatal: native fault in ", place, ": ", name, " at address "] {
        os::write_stderr(part.as_bytes());
    }
    os::write_stderr(hexadecimal(address, &mut digits));
    os::write_stderr(b", pc ");
    os::write_stderr(hexadecimal(machine.pc(), &mut digits));
    os::write_stderr(b"\n");
}

/// Without `core::fmt`: a handler should not depend on more code than it must.
fn hexadecimal(mut value: usize, digits: &mut [u8; 18]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[value & 15];
        value >>= 4;
        if value == 0 {
            break;
        }
    }
    at -= 2;
    digits[at..at + 2].copy_from_slice(b"0x");
    &digits[at..]
}
