//! The C functions that headers and bindings declare; the header documents them.
//!
//! # Safety
//!
//! As the header says: handles are live, positions and slots are those of the module, and an instance is used by one thread
//! at a time. What C cannot be trusted with because it may be null or out of range is checked.
#![allow(unsafe_code, reason = "a C interface deals in raw pointers")]

use crate::libc;
use crate::report::{self, Report};
use alloc::vec::Vec;
use aot_runtime::abi::context::{GlobalCell, HostFunction, InstanceContext, LinearMemory, ValueSlot};
use aot_runtime::abi::image::{ExternKind, ModuleImage};
use aot_runtime::abi::trap::Trap;
use aot_runtime::embed::{self, Embedding, Limits, Provided};
use aot_runtime::hosted::prepare_thread;
use aot_runtime::instance::imports_with_slots;
use aot_runtime::{Extern, Instance, call, memory, os, pool};
use core::ptr::null_mut;

/// Key of the page size in the auxiliary vector.
const AT_PAGESZ: usize = 6;

/// [`HostFunction`] as C has it, where a function may be missing.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct GivenFunction {
    call: *const u8,
    function: *const u8,
}

const _: () = assert!(size_of::<GivenFunction>() == size_of::<HostFunction>());

/// `aot_options` of the header.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    size: usize,
    memory_bytes: u64,
    table_elements: u64,
    stack_bytes: u64,
}

/// `aot_provided` of the header.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Given {
    minimum: u64,
    maximum: u64,
    value: GlobalCell,
}

const _: () = assert!(size_of::<Given>() == 32 && align_of::<Given>() == 16);

/// The options of a caller whose header may be older, with fewer members.
unsafe fn read_options(options: *const Options) -> Limits {
    let mut known = Options::default();
    if !options.is_null() {
        // SAFETY: the caller's structure is as long as it says; ours consists of integers.
        unsafe {
            let length = (*options).size.min(size_of::<Options>());
            core::ptr::copy_nonoverlapping(options.cast::<u8>(), (&raw mut known).cast(), length);
        }
    }
    let given = |value: u64| (value != 0).then_some(value);
    Limits {
        memory_bytes: given(known.memory_bytes),
        table_elements: given(known.table_elements),
        stack_bytes: given(known.stack_bytes).map(|bytes| bytes as usize),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_instance_create(
    image: &'static ModuleImage,
    functions: *const GivenFunction,
    function_count: usize,
    others: *const Given,
    other_count: usize,
    options: *const Options,
    host: *mut u8,
    instance: &mut *mut InstanceContext,
    report: Option<&mut Report>,
) -> i32 {
    *instance = null_mut();
    if prepare_thread().is_none() {
        return Report::write(report, report::OUT_OF_MEMORY, "no memory for a stack");
    }
    match libc::auxiliary(AT_PAGESZ) {
        0 => {}
        bytes => os::set_page_size(bytes),
    }
    // SAFETY: the caller gives this many.
    let (given, others) = unsafe { (list(functions, function_count), list(others, other_count)) };
    if given.iter().any(|function| function.call.is_null() || function.function.is_null()) {
        return Report::write(report, report::IMPORTS, "a function that the module imports is missing");
    }
    // SAFETY: both are two pointers, and those of functions are not null.
    let functions: &[HostFunction] = unsafe { list(functions.cast(), function_count) };
    let kinds = imports_with_slots(image).map(|import| import.ty.kind);
    let others: Vec<Provided> = others.iter().zip(kinds).map(|(given, kind)| provided(given, kind)).collect();
    // SAFETY: the options are null or the caller's.
    let embedding = Embedding { functions, others: &others, host, limits: unsafe { read_options(options) } };
    // SAFETY: see the module documentation.
    match unsafe { embed::create(image, &embedding) } {
        Ok(made) => {
            *instance = made.context();
            0
        }
        Err(error) => Report::write_error(report, &error),
    }
}

fn provided(given: &Given, kind: ExternKind) -> Provided {
    let size = |value: u64| (value != 0).then_some(value);
    let (minimum, maximum) = (size(given.minimum), size(given.maximum));
    match kind {
        ExternKind::Memory => Provided::Memory { minimum, maximum },
        ExternKind::Table => Provided::Table { minimum, maximum },
        ExternKind::Tag => Provided::Tag,
        ExternKind::Global | ExternKind::Function => Provided::Global(given.value),
    }
}

/// A C array, which may be null when it is empty.
unsafe fn list<'a, T>(first: *const T, count: usize) -> &'a [T] {
    if count == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts(first, count) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_instance_reset(instance: *mut InstanceContext, report: Option<&mut Report>) -> i32 {
    // SAFETY: see the module documentation.
    match unsafe { embed::reset(&Instance::from_context(instance)) } {
        Ok(()) => 0,
        Err(error) => Report::write_error(report, &error),
    }
}

#[unsafe(no_mangle)]
extern "C" fn aot_trim() {
    pool::trim();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_instance_destroy(instance: *mut InstanceContext) {
    if !instance.is_null() {
        // SAFETY: see the module documentation.
        unsafe { Instance::from_context(instance).destroy() };
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_instance_host(instance: *const InstanceContext) -> *mut u8 {
    // SAFETY: see the module documentation.
    unsafe { (*instance).host }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_call(
    instance: *mut InstanceContext,
    exported: u32,
    values: *mut ValueSlot,
    report: Option<&mut Report>,
) -> i32 {
    // SAFETY: see the module documentation.
    let function = match unsafe { export(instance, exported) } {
        Some(Extern::Function(function)) => function,
        _ => return Report::write(report, report::EXPORT, "there is no such exported function"),
    };
    // SAFETY: there is room for the arguments and the results, and nobody looks at the length.
    match unsafe { aot_runtime::call(function, core::slice::from_raw_parts_mut(values, 1)) } {
        Ok(()) => 0,
        Err(trapped) => Report::write_trap(report, &trapped),
    }
}

/// What the `aot_enter` of this thread returned, which was not 0, for C.
#[unsafe(no_mangle)]
unsafe extern "C" fn aot_take_trap(outcome: u64, report: Option<&mut Report>) -> i32 {
    // SAFETY: see the module documentation.
    Report::write_trap(report, &unsafe { call::trapped(outcome) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_exported_memory(instance: *mut InstanceContext, exported: u32) -> *mut LinearMemory {
    // SAFETY: see the module documentation.
    match unsafe { export(instance, exported) } {
        Some(Extern::Memory(memory)) => memory,
        _ => null_mut(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_exported_global(instance: *mut InstanceContext, exported: u32) -> *mut GlobalCell {
    // SAFETY: see the module documentation.
    match unsafe { export(instance, exported) } {
        Some(Extern::Global { cell, .. }) => cell,
        _ => null_mut(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_memory_size(memory: *mut LinearMemory) -> u64 {
    // SAFETY: see the module documentation.
    unsafe { memory::byte_length(memory) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_memory_data(memory: *mut LinearMemory) -> *mut u8 {
    // SAFETY: see the module documentation.
    unsafe { (*memory).base }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_memory_read(memory: *mut LinearMemory, address: u64, to: *mut u8, length: usize) -> i32 {
    // SAFETY: the range is checked, and the host's buffer is as long as it says.
    match unsafe { memory::address(memory, address, length as u64) } {
        Ok(from) => {
            // SAFETY: as above; the host's buffer may be in the guest's memory.
            unsafe { core::ptr::copy(from, to, length) };
            0
        }
        Err(trap) => i32::from(trap.code()),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_memory_write(memory: *mut LinearMemory, address: u64, from: *const u8, length: usize) -> i32 {
    // SAFETY: as in `aot_memory_read`.
    match unsafe { memory::address(memory, address, length as u64) } {
        Ok(to) => {
            // SAFETY: as above.
            unsafe { core::ptr::copy(from, to, length) };
            0
        }
        Err(trap) => i32::from(trap.code()),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_memory_add_pages(memory: *mut LinearMemory, pages: u64) -> i64 {
    // SAFETY: see the module documentation.
    unsafe { memory::grow(memory, pages) }
}

unsafe fn export(instance: *mut InstanceContext, exported: u32) -> Option<Extern> {
    // SAFETY: see the module documentation.
    let instance = unsafe { Instance::from_context(instance) };
    instance.export_at(exported as usize)
}

const _: () = assert!(Trap::HostError.code() == 21 && Trap::UnresolvedImport.code() == 22);
