//! Traps of hand-written machine code, by call and by signal: what compiled code will rely on.
//!
//! The "module" below is a section of assembly with a hand-written image around it. Its entry points have the type of
//! a native entry, so no compiler is needed.
#![allow(unsafe_code, reason = "builds an image by hand and calls machine code")]

use aot_runtime::abi::code_map::{self, FunctionSites, Site};
use aot_runtime::abi::context::{ContextCounts, FuncRef, InstanceContext, ValueSlot};
use aot_runtime::abi::image::{MODEL_LIBRARY, MemoryDescriptor, ModuleImage, NONE, Slice};
use aot_runtime::abi::trap::Trap;
use aot_runtime::arch;
use aot_runtime::stack::GuestStack;
use aot_runtime::{Instance, Trapped, call, instantiate};
use core::ptr::{null, null_mut};
use std::arch::global_asm;
use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
global_asm!(
    ".section .text.aot_test, \"ax\", @progbits",
    ".globl aot_test_start, aot_test_unreachable, aot_test_unreachable_site, aot_test_divide, aot_test_divide_site",
    ".globl aot_test_load, aot_test_recurse, aot_test_callback, aot_test_end",
    "aot_test_start:",
    "aot_test_unreachable:",
    "push rbp",
    "mov rbp, rsp",
    "aot_test_unreachable_site: ud2",
    "aot_test_divide:", // values[0] / values[1]
    "push rbp",
    "mov rbp, rsp",
    "mov rcx, rdx",
    "mov rax, [rcx]",
    "xor edx, edx",
    "aot_test_divide_site: div qword ptr [rcx + 16]",
    "mov [rcx], rax",
    "pop rbp",
    "ret",
    "aot_test_load:", // values[0] = byte at values[0]
    "push rbp",
    "mov rbp, rsp",
    "mov rcx, [rdx]",
    "movzx eax, byte ptr [rcx]",
    "mov [rdx], rax",
    "pop rbp",
    "ret",
    "aot_test_recurse:", // for ever, in frames of a kilobyte
    "push rbp",
    "mov rbp, rsp",
    "sub rsp, 1024",
    "call aot_test_recurse",
    "aot_test_callback:", // calls the native function at values[0] with values
    "push rbp",
    "mov rbp, rsp",
    "mov rdi, rdx",
    "call qword ptr [rdx]",
    "pop rbp",
    "ret",
    "aot_test_end:",
    ".text",
);

#[cfg(target_arch = "aarch64")]
global_asm!(
    ".section .text.aot_test, \"ax\", @progbits",
    ".globl aot_test_start, aot_test_unreachable, aot_test_unreachable_site, aot_test_divide, aot_test_divide_site",
    ".globl aot_test_load, aot_test_recurse, aot_test_callback, aot_test_end",
    "aot_test_start:",
    "aot_test_unreachable:",
    "stp x29, x30, [sp, #-16]!",
    "mov x29, sp",
    "aot_test_unreachable_site: udf #0xc11f",
    "aot_test_divide:",
    "stp x29, x30, [sp, #-16]!",
    "mov x29, sp",
    "ldr x3, [x2]",
    "ldr x4, [x2, #16]",
    "cbnz x4, 2f",
    "aot_test_divide_site: udf #0xc11f",
    "2:",
    "udiv x3, x3, x4",
    "str x3, [x2]",
    "ldp x29, x30, [sp], #16",
    "ret",
    "aot_test_load:",
    "stp x29, x30, [sp, #-16]!",
    "mov x29, sp",
    "ldr x3, [x2]",
    "ldrb w3, [x3]",
    "str x3, [x2]",
    "ldp x29, x30, [sp], #16",
    "ret",
    "aot_test_recurse:",
    "stp x29, x30, [sp, #-16]!",
    "mov x29, sp",
    "sub sp, sp, #1024",
    "bl aot_test_recurse",
    "aot_test_callback:",
    "stp x29, x30, [sp, #-16]!",
    "mov x29, sp",
    "ldr x3, [x2]",
    "mov x0, x2",
    "blr x3",
    "ldp x29, x30, [sp], #16",
    "ret",
    "aot_test_end:",
    ".text",
);

unsafe extern "C" {
    static aot_test_start: u8;
    static aot_test_unreachable: u8;
    static aot_test_unreachable_site: u8;
    static aot_test_divide: u8;
    static aot_test_divide_site: u8;
    static aot_test_load: u8;
    static aot_test_recurse: u8;
    static aot_test_callback: u8;
    static aot_test_end: u8;
}

macro_rules! address {
    ($symbol:ident) => {
        (&raw const $symbol)
    };
}

fn offset_of(symbol: *const u8) -> u32 {
    (symbol as usize - address!(aot_test_start) as usize) as u32
}

fn write_code_map() -> Vec<u8> {
    let functions = [
        ("unreachable", address!(aot_test_unreachable), address!(aot_test_unreachable_site), Some(Trap::Unreachable)),
        ("divide", address!(aot_test_divide), address!(aot_test_divide_site), Some(Trap::IntegerDivideByZero)),
        ("load", address!(aot_test_load), null(), None),
        ("recurse", address!(aot_test_recurse), null(), None),
        ("callback", address!(aot_test_callback), null(), None),
    ];
    let ends = functions.iter().skip(1).map(|function| function.1).chain([address!(aot_test_end)]);
    let sites: Vec<Vec<Site>> = functions
        .iter()
        .enumerate()
        .map(|(index, function)| match function.3 {
            Some(_) => vec![Site {
                code_offset: offset_of(function.2) - offset_of(function.1),
                wasm_offset: 0x100 * (index as u32 + 1) + 5,
                trap: function.3,
            }],
            None => vec![],
        })
        .collect();
    let rows: Vec<FunctionSites<'_>> = functions
        .iter()
        .zip(ends)
        .zip(&sites)
        .enumerate()
        .map(|(index, ((function, end), sites))| FunctionSites {
            code_start: offset_of(function.1),
            code_end: offset_of(end),
            function_index: index as u32,
            wasm_offset: 0x100 * (index as u32 + 1),
            name: function.0,
            sites,
            inlined: &[],
            inlined_ranges: &[],
        })
        .collect();
    code_map::write(&rows)
}

fn none<T>() -> Slice<T> {
    Slice { data: null(), length: 0 }
}

fn leak<T: 'static>(items: Vec<T>) -> Slice<T> {
    let items: &'static [T] = items.leak();
    Slice { data: items.as_ptr(), length: items.len() as u64 }
}

extern "C" fn nothing(_: *mut InstanceContext) {}

/// The one instance of the test module: one guarded memory of a page.
fn instance() -> Instance {
    struct Shared(ModuleImage);
    // SAFETY: an image is never written.
    unsafe impl Sync for Shared {}
    // SAFETY: as above.
    unsafe impl Send for Shared {}
    static IMAGE: OnceLock<Shared> = OnceLock::new();
    let image = IMAGE.get_or_init(|| {
        Shared(ModuleImage {
            abi_version: aot_runtime::abi::ABI_VERSION,
            model: MODEL_LIBRARY,
            name: leak(b"test.wasm".to_vec()),
            static_context: null_mut(),
            counts: ContextCounts { memories: 1, ..ContextCounts::default() },
            start: NONE,
            initialize: nothing as *const u8,
            imports: none(),
            exports: none(),
            func_refs: none(),
            memories: leak(vec![MemoryDescriptor {
                minimum: 1,
                maximum: 1,
                reserve_bytes: 4 << 30,
                guard_bytes: 2 << 30,
                guard_before_bytes: 1 << 16,
                fixed_base: 0,
                contents: none(),
                contents_offset: 0,
                page_log2: 16,
                flags: 0,
                placement: 0,
                reserved: [0; 5],
            }]),
            tables: none(),
            globals: none(),
            tags: none(),
            data_segments: none(),
            element_segments: none(),
            text_start: address!(aot_test_start),
            text_end: address!(aot_test_end),
            code_map: leak(write_code_map()),
            handlers: none(),
            stack_maps: none(),
            checks: 0,
            counters: none(),
        })
    });
    static CONTEXT: OnceLock<usize> = OnceLock::new();
    let context = CONTEXT.get_or_init(|| {
        // SAFETY: the image above is true.
        unsafe { instantiate(&image.0, &[]) }.expect("nothing can fail").context() as usize
    });
    // SAFETY: made by `instantiate`.
    unsafe { Instance::from_context(*context as *mut InstanceContext) }
}

fn run(entry: *const u8, values: &mut [ValueSlot]) -> Result<(), Trapped> {
    let function = FuncRef { code: null(), context: instance().context(), type_descriptor: null(), entry };
    // SAFETY: the functions above have the type of a native entry.
    unsafe { call(&raw const function, values) }
}

fn slot(value: u64) -> ValueSlot {
    ValueSlot { bytes: u128::from(value).to_le_bytes() }
}

fn value(slot: &ValueSlot) -> u64 {
    u128::from_le_bytes(slot.bytes) as u64
}

fn names(trapped: &Trapped) -> Vec<&str> {
    trapped.backtrace.frames.iter().map(|frame| frame.location.name).collect()
}

#[test]
fn a_call_without_a_trap_returns_its_results() {
    let mut values = [slot(84), slot(2)];
    run(address!(aot_test_divide), &mut values).expect("no trap");
    assert_eq!(value(&values[0]), 42);
}

#[test]
fn trap_instructions_are_looked_up() {
    let trapped = run(address!(aot_test_unreachable), &mut []).expect_err("traps");
    assert_eq!(trapped.trap, Trap::Unreachable);
    let frame = &trapped.backtrace.frames[0];
    assert_eq!((frame.location.name, frame.location.wasm_offset), ("unreachable", 0x105));
    assert_eq!(
        aot_runtime::trap::report::text(&trapped, true),
        "trap: unreachable\n  at `unreachable` (test.wasm+0x0105)\n"
    );
    let trapped = run(address!(aot_test_divide), &mut [slot(1), slot(0)]).expect_err("traps");
    assert_eq!(trapped.trap, Trap::IntegerDivideByZero);
}

#[test]
fn faults_in_a_reservation_or_its_guard_are_out_of_bounds() {
    // SAFETY: the module defines memory 0, and instances of this file are never destroyed.
    let base = unsafe { (*aot_runtime::instance::memory_at(instance().context(), 0)).base } as u64;
    let mut values = [slot(base + 0xffff)];
    run(address!(aot_test_load), &mut values).expect("the last byte");
    assert_eq!(value(&values[0]), 0);
    for offset in [0x10000, (4 << 30) - 1, 4 << 30, (6 << 30) - 1] {
        let trapped = run(address!(aot_test_load), &mut [slot(base + offset)]).expect_err("traps");
        assert_eq!(trapped.trap, Trap::MemoryOutOfBounds, "at {offset:#x}");
        assert_eq!(names(&trapped), ["load"]);
    }
}

#[test]
fn endless_recursion_is_a_trap_again_and_again() {
    for _ in 0..3 {
        let trapped = run(address!(aot_test_recurse), &mut []).expect_err("traps");
        assert_eq!(trapped.trap, Trap::StackOverflow);
        assert!(trapped.backtrace.omitted > 500 && names(&trapped).iter().all(|name| *name == "recurse"));
    }
}

extern "C" fn trap_again(values: *mut ValueSlot) {
    let trapped = run(address!(aot_test_unreachable), &mut []).expect_err("traps");
    assert_eq!(names(&trapped), ["unreachable"]);
    // SAFETY: the test below passes one slot.
    unsafe { *values = slot(7) };
}

extern "C" fn raise(_: *mut ValueSlot) {
    aot_runtime::trap::raise(Trap::HostError)
}

#[test]
fn entries_nest_and_libcalls_raise() {
    let mut values = [slot(trap_again as *const () as u64)];
    run(address!(aot_test_callback), &mut values).expect("the inner trap stays inside");
    assert_eq!(value(&values[0]), 7);
    let trapped = run(address!(aot_test_callback), &mut [slot(raise as *const () as u64)]).expect_err("traps");
    assert_eq!(trapped.trap, Trap::HostError);
    // Frames of raised traps need frame pointers in the runtime, which tests on the host are not compiled with.
    assert!(names(&trapped).iter().all(|name| *name == "callback"));
}

/// Goes a hundred kilobytes beyond the guest's stack, which only the soft guard can serve.
extern "C" fn overflow_in_the_host(values: *mut ValueSlot) {
    fn deep(end: usize) -> u64 {
        let frame = std::hint::black_box([1u64; 128]);
        if arch::stack_pointer() < end { frame[0] } else { deep(end) + std::hint::black_box(frame[3]) }
    }
    let stack = GuestStack::containing(arch::stack_pointer()).expect("on a guest stack");
    let frames = deep(stack.usable() - (100 << 10));
    // SAFETY: the test below passes one slot.
    unsafe { *values = slot(frames) };
}

#[test]
fn the_runtime_finishes_what_it_does_when_the_guest_stack_ends() {
    let mut values = [slot(overflow_in_the_host as *const () as u64)];
    run(address!(aot_test_callback), &mut values).expect("the runtime gets more stack");
    assert!(value(&values[0]) > 100);
    assert_eq!(run(address!(aot_test_recurse), &mut []).expect_err("traps").trap, Trap::StackOverflow);
}

#[test]
fn threads_trap_independently() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let trapped = run(address!(aot_test_divide), &mut [slot(1), slot(0)]).expect_err("traps");
                    assert_eq!(trapped.trap, Trap::IntegerDivideByZero);
                }
            });
        }
    });
}
