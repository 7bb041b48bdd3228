//! x86_64: entering compiled code, landing from it, registers of an interrupted thread, raw system calls.
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
use aot_abi::version::X86_64_V3;
use core::arch::{asm, naked_asm};

/// What the ABI asks of the stack pointer before a call.
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
        "push rbp",           // A normal frame: walks up the frame pointers come to it.
        "mov rbp, rsp",
        "push rbx",           // Everything that the convention lets a callee rely on.
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push rdi",           // The stack, and the entry that this one is nested in: for `leave`.
        "push [rdi + {activation}]",
        "mov [rdi + {activation}], rbp", // `land` and the signal handler start from here.
        "test rsi, rsi",
        "cmovnz rsp, rsi",    // Another stack, if one was given.
        "and rsp, -16",       // Aligned in either case.
        "mov rax, rdx",       // The target, and its three arguments.
        "mov rdi, rcx",
        "mov rsi, r8",
        "mov rdx, r9",
        "call rax",
        "xor eax, eax",       // It returned: no trap.
        "jmp {leave}",
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
        crate::hosted::load_stack!("rax", "rcx"),
        "test rax, rax",
        "jz {slow}",
        "mov rcx, [rdi + {context}]",
        "cmp qword ptr [rax + {activation}], 0",
        "jne {slow}",
        "cmp qword ptr [rcx + {stack_bytes}], 0",
        "jne {slow}",
        "cmp dword ptr [rip + {open}], 0",
        "jne {slow}",
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push rax",
        "push 0",
        "mov [rax + {activation}], rbp",
        "mov rsp, rax",
        "mov rdx, rsi",
        "mov rsi, rcx",
        "mov rax, [rdi + {entry}]",
        "mov rdi, [rdi]",
        "call rax",
        "mov rcx, [rbp - 48]", // As `leave`, in place.
        "xor eax, eax",
        "mov [rcx + {activation}], rax",
        "lea rsp, [rbp - 40]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        slow = sym crate::call::enter_on_a_stack,
        open = sym crate::stack::OPEN,
        activation = const ACTIVATION_OFFSET,
        stack_bytes = const core::mem::offset_of!(InstanceContext, stack_bytes),
        context = const core::mem::offset_of!(FuncRef, context),
        entry = const core::mem::offset_of!(FuncRef, entry),
    )
}

/// The end of [`enter`]: `rbp` is its frame, `rax` its result.
#[unsafe(naked)]
unsafe extern "C" fn leave() {
    naked_asm!(
        "mov rcx, [rbp - 48]", // The stack goes back to the entry that this one is nested in.
        "mov rdx, [rbp - 56]",
        "mov [rcx + {activation}], rdx",
        "lea rsp, [rbp - 40]", // Below the frame pointer lie the five registers pushed after it.
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
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
        "mov rbp, rdi", // The frame of `enter`.
        "mov rax, rsi", // Its result.
        "jmp {leave}",
        leave = sym leave,
    )
}

/// Where [`MachineContext::land`] resumes.
#[must_use]
pub fn landing_address() -> usize {
    leave as *const () as usize
}

/// Whether this is a processor of [`aot_abi::version`]. Asking takes long on a virtual machine, where every `cpuid` is
/// answered by the host.
#[must_use]
pub fn processor_has(processor: u64) -> bool {
    use core::arch::x86_64::{__cpuid, __cpuid_count};
    // FMA, MOVBE, OSXSAVE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT. Then, in XCR0, that the system saves SSE and AVX state.
    const LEAF_1_ECX: u32 = 1 << 12 | 1 << 22 | 1 << 27 | 1 << 28 | 1 << 29;
    const LEAF_7_EBX: u32 = 1 << 3 | 1 << 5 | 1 << 8;
    const EXTENDED_1_ECX: u32 = 1 << 5;
    const STATES: u32 = 0b110;
    if processor != X86_64_V3 || __cpuid(0).eax < 7 || __cpuid(1).ecx & LEAF_1_ECX != LEAF_1_ECX {
        return false;
    }
    let states: u32;
    // SAFETY: reads a register of the processor, which OSXSAVE says that programs may.
    unsafe { asm!("xgetbv", in("ecx") 0, out("eax") states, out("edx") _, options(nomem, nostack)) };
    states & STATES == STATES
        && __cpuid_count(7, 0).ebx & LEAF_7_EBX == LEAF_7_EBX
        && __cpuid(0x8000_0001).ecx & EXTENDED_1_ECX == EXTENDED_1_ECX
}

/// The frame pointer of the function this is inlined into.
#[inline(always)]
#[must_use]
pub fn frame_pointer() -> usize {
    let value: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, rbp", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// The stack pointer of the function this is inlined into.
#[inline(always)]
#[must_use]
pub fn stack_pointer() -> usize {
    let value: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, rsp", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// The registers of an interrupted thread: a view of the kernel's `struct ucontext`.
#[repr(C)]
pub struct MachineContext {
    flags: u64,
    link: u64,
    stack: [u64; 3],
    /// r8…r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, as `struct sigcontext` orders them.
    registers: [u64; 17],
}

const RBP: usize = 10;
const RAX: usize = 13;
const RSP: usize = 15;
const RIP: usize = 16;

impl MachineContext {
    /// Where it was interrupted.
    #[must_use]
    pub fn pc(&self) -> usize {
        self.registers[RIP] as usize
    }

    /// Its stack pointer.
    #[must_use]
    pub fn sp(&self) -> usize {
        self.registers[RSP] as usize
    }

    /// Its frame pointer.
    #[must_use]
    pub fn fp(&self) -> usize {
        self.registers[RBP] as usize
    }

    /// Makes it continue by returning `outcome` from the [`enter`] whose frame this is.
    pub fn land(&mut self, frame: usize, outcome: u64) {
        debug_assert!(frame > self.sp() || frame != 0, "landing needs a frame");
        self.registers[RIP] = landing_address() as u64;
        self.registers[RBP] = frame as u64;
        self.registers[RAX] = outcome;
        // `leave` recomputes the stack pointer; until then nothing may be pushed over what the frame has saved.
        self.registers[RSP] = frame as u64 - 56;
    }
}

/// What a signal handler returns to: the kernel wants this function on x86_64.
#[unsafe(naked)]
unsafe extern "C" fn return_from_signal() {
    naked_asm!(
        "mov eax, 15", // rt_sigreturn; the kernel finds everything else on the stack.
        "syscall",
    )
}

/// Address of the function that signal handlers return to, if the kernel asks for one.
#[must_use]
pub fn restorer() -> Option<usize> {
    Some(return_from_signal as *const () as usize)
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
        "mov r10, rdx", // Where the kernel clears and wakes when the thread is gone.
        "mov r9, rcx",  // The system call destroys rcx.
        "xor edx, edx", // Nobody wants the number in memory.
        "mov eax, 56",  // clone; rdi and rsi are in place, r8 is ignored and kept.
        "syscall",
        "test rax, rax",
        "jnz 2f",       // The parent, or nobody.
        "xor ebp, ebp", // The outermost frame of the thread.
        "mov rdi, r8",
        "call r9", // Does not return.
        "ud2",
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
    // SAFETY: the kernel clobbers rcx and r11 and nothing else; the rest is the caller's promise.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_what_others_take_them_for() {
        let features = [
            std::is_x86_feature_detected!("avx2"),
            std::is_x86_feature_detected!("bmi1"),
            std::is_x86_feature_detected!("bmi2"),
            std::is_x86_feature_detected!("f16c"),
            std::is_x86_feature_detected!("fma"),
            std::is_x86_feature_detected!("lzcnt"),
            std::is_x86_feature_detected!("movbe"),
        ];
        assert_eq!(processor_has(X86_64_V3), features.into_iter().all(|has| has));
        assert!(!processor_has(u64::MAX));
    }
}
