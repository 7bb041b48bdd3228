//! What compiled code asks before it first enters a function that exists in two versions.
//!
//! It asks then and not at start, because most programs never do: on a virtual machine the host answers every `cpuid`,
//! which takes microseconds.
#![allow(unsafe_code, reason = "defines what compiled code refers to by name, in a convention of its own")]

use aot_runtime::abi::version::{NOT_ASKED, WITH_AVX2, WITHOUT_AVX2};
use core::arch::naked_asm;
use core::sync::atomic::AtomicU8;

// Named by `aot_abi::symbol::PROCESSOR`. Threads that ask at the same time write the same.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
static aot_processor: AtomicU8 = AtomicU8::new(NOT_ASKED);

/// Named by `aot_abi::symbol::ASK_PROCESSOR`. Arguments of the function that is about to be entered are in all kinds of
/// registers, so that all keep their values. `xgetbv` says whether the system saves what AVX adds to them.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
#[unsafe(naked)]
extern "C" fn aot_ask_processor() {
    const OSXSAVE_AND_AVX: u32 = 1 << 27 | 1 << 28;
    const AVX2: u32 = 1 << 5;
    const SSE_AND_AVX_STATES: u32 = 0b110;
    naked_asm!(
        "push rax",
        "push rbx",
        "push rcx",
        "push rdx",
        "xor eax, eax",
        "cpuid",
        "cmp eax, 7",
        "jb 2f",
        "mov eax, 1",
        "cpuid",
        "and ecx, {osxsave_and_avx}",
        "cmp ecx, {osxsave_and_avx}",
        "jne 2f",
        "xor ecx, ecx",
        "xgetbv",
        "and eax, {states}",
        "cmp eax, {states}",
        "jne 2f",
        "mov eax, 7",
        "xor ecx, ecx",
        "cpuid",
        "test ebx, {avx2}",
        "jz 2f",
        "mov byte ptr [rip + {processor}], {with}",
        "jmp 3f",
        "2:",
        "mov byte ptr [rip + {processor}], {without}",
        "3:",
        "pop rdx",
        "pop rcx",
        "pop rbx",
        "pop rax",
        "ret",
        osxsave_and_avx = const OSXSAVE_AND_AVX,
        states = const SSE_AND_AVX_STATES,
        avx2 = const AVX2,
        with = const WITH_AVX2,
        without = const WITHOUT_AVX2,
        processor = sym aot_processor,
    )
}
