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
use aot_runtime::control::Epoch;
use aot_runtime::embed::{self, Embedding, Limits, Provided};
use aot_runtime::hosted::prepare_thread;
use aot_runtime::instance::{InstantiateError, imports_with_slots};
use aot_runtime::{Extern, Instance, call, memory, os, pool};
use core::ptr::{null, null_mut};

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
#[derive(Debug, Clone, Copy)]
pub struct Options {
    size: usize,
    memory_bytes: u64,
    table_elements: u64,
    stack_bytes: u64,
    fuel: i64,
    epoch: *const Epoch,
    increments: u64,
    wasi: *mut Wasi,
}

/// How the part of the runtime that is only there for WASI is found: at the start of what it makes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Wasi {
    /// Gives it to an instance, and frees it.
    pub give: unsafe extern "C" fn(*mut Wasi, *mut InstanceContext, Option<&mut Report>) -> i32,
    /// Frees it.
    pub free: unsafe extern "C" fn(*mut Wasi),
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

impl Options {
    /// Those of a caller whose header may be older, with fewer members.
    unsafe fn read(options: *const Options) -> Options {
        let mut known = Options {
            size: 0,
            memory_bytes: 0,
            table_elements: 0,
            stack_bytes: 0,
            fuel: 0,
            epoch: null(),
            increments: 0,
            wasi: null_mut(),
        };
        if !options.is_null() {
            // SAFETY: the caller's structure is as long as it says; any part of its members is one of ours, or zeros.
            unsafe {
                let length = (*options).size.min(size_of::<Options>());
                core::ptr::copy_nonoverlapping(options.cast::<u8>(), (&raw mut known).cast(), length);
            }
        }
        known
    }

    fn limits(&self) -> Limits {
        let given = |value: u64| (value != 0).then_some(value);
        Limits {
            memory_bytes: given(self.memory_bytes),
            table_elements: given(self.table_elements),
            stack_bytes: given(self.stack_bytes).map(|bytes| bytes as usize),
            fuel: (self.fuel != 0).then_some(self.fuel),
        }
    }

    /// What is to be said to an instance before any of its code runs: a status.
    unsafe fn prepare(&mut self, instance: &Instance, mut report: Option<&mut Report>) -> i32 {
        let mut checked = Ok(());
        if self.fuel != 0 {
            // SAFETY: the instance does not run yet, here and below.
            checked = unsafe { instance.set_fuel(self.fuel) };
        }
        // SAFETY: the counter is null, or lives longer than the instance.
        if let (Some(epoch), Ok(())) = (unsafe { self.epoch.as_ref() }, checked) {
            // SAFETY: as above.
            checked = unsafe { instance.set_epoch(epoch, epoch.after(self.increments)) };
        }
        if checked.is_err() {
            let message = "the module was compiled without --interruptible or --fuel";
            return Report::write(report, report::NOT_COMPILED_IN, message);
        }
        match core::mem::replace(&mut self.wasi, null_mut()) {
            wasi if wasi.is_null() => 0,
            // SAFETY: it is one that was created, and is freed by this.
            wasi => unsafe { ((*wasi).give)(wasi, instance.context(), report.take()) },
        }
    }
}

/// Why there is no instance.
enum Failure {
    /// The runtime says so.
    Runtime(InstantiateError),
    /// The report has it.
    Reported(i32),
}

impl From<InstantiateError> for Failure {
    fn from(error: InstantiateError) -> Failure {
        Failure::Runtime(error)
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
    // SAFETY: the options are null or the caller's.
    let mut options = unsafe { Options::read(options) };
    // SAFETY: the caller's promise.
    let status =
        unsafe { create(image, functions, function_count, others, other_count, &mut options, host, instance, report) };
    if !options.wasi.is_null() {
        // SAFETY: nobody got it.
        unsafe { ((*options.wasi).free)(options.wasi) };
    }
    status
}

/// # Safety
/// As [`aot_instance_create`].
#[expect(clippy::too_many_arguments, reason = "those of the C function")]
unsafe fn create(
    image: &'static ModuleImage,
    functions: *const GivenFunction,
    function_count: usize,
    others: *const Given,
    other_count: usize,
    options: &mut Options,
    host: *mut u8,
    instance: &mut *mut InstanceContext,
    mut report: Option<&mut Report>,
) -> i32 {
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
    let embedding = Embedding { functions, others: &others, host, limits: options.limits() };
    let mut prepare = |instance: &Instance| {
        // SAFETY: see the module documentation.
        match unsafe { options.prepare(instance, report.as_deref_mut()) } {
            0 => Ok(()),
            status => Err(Failure::Reported(status)),
        }
    };
    // SAFETY: see the module documentation.
    match unsafe { embed::create_with(image, &embedding, &mut prepare) } {
        Ok(made) => {
            *instance = made.context();
            0
        }
        Err(Failure::Reported(status)) => status,
        Err(Failure::Runtime(error)) => Report::write_error(report, &error),
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
