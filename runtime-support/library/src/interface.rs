//! The C functions that headers and bindings declare; the header documents them.
//!
//! # Safety
//!
//! As the header says: handles are live, positions and slots are those of the module, and an instance is used by one thread
//! at a time. What C cannot be trusted with because it may be null or out of range is checked.
#![allow(unsafe_code, reason = "a C interface deals in raw pointers")]

use crate::report::{self, Report};
use crate::libc;
use aot_runtime::abi::context::{GlobalCell, HostFunction, InstanceContext, LinearMemory, ValueSlot};
use aot_runtime::abi::image::{ExternKind, ModuleImage};
use aot_runtime::abi::trap::Trap;
use aot_runtime::instance::{instantiate_embedded, slice};
use aot_runtime::hosted::prepare_thread;
use aot_runtime::{Extern, Instance, call, memory, os};
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

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_instance_create(
    image: &'static ModuleImage,
    functions: *const GivenFunction,
    function_count: usize,
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
    let functions: &[HostFunction] = if function_count == 0 {
        &[]
    } else {
        // SAFETY: the caller gives this many.
        let given = unsafe { core::slice::from_raw_parts(functions, function_count) };
        if given.iter().any(|function| function.call.is_null() || function.function.is_null()) {
            return Report::write(report, report::IMPORTS, "a function that the module imports is missing");
        }
        // SAFETY: both are two pointers, and those of functions are not null.
        unsafe { core::slice::from_raw_parts(functions.cast(), function_count) }
    };
    // SAFETY: see the module documentation.
    match unsafe { instantiate_embedded(image, functions, host) } {
        Ok(made) => {
            *instance = made.context();
            0
        }
        Err(error) => Report::write_error(report, &error),
    }
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
    // The kind is asked first, because a tag or a table has nothing to give.
    // SAFETY: part of an image.
    let kind = unsafe { slice(&instance.image().exports) }.get(exported as usize)?.ty.kind;
    match kind {
        ExternKind::Function | ExternKind::Memory | ExternKind::Global => instance.export_at(exported as usize),
        ExternKind::Table | ExternKind::Tag => None,
    }
}

const _: () = assert!(Trap::HostError.code() == 21 && Trap::UnresolvedImport.code() == 22);
