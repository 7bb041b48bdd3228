//! The C functions about tables and references to functions.
//!
//! # Safety
//!
//! As the header says: handles are live, a table is one of the instance's, and an instance is used by one thread at a time.
//! References are checked.
#![allow(unsafe_code, reason = "a C interface deals in raw pointers")]

use crate::report::{self, Report};
use aot_runtime::abi::context::{InstanceContext, Table, ValueSlot};
use aot_runtime::abi::trap::Trap;
use aot_runtime::abi::types::{TypeDescriptor, ValueKind};
use aot_runtime::{Extern, Instance, reference, table};
use core::ffi::{CStr, c_char};
use core::ptr::null_mut;

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_exported_table(instance: *mut InstanceContext, exported: u32) -> *mut Table {
    // SAFETY: see the module documentation.
    match unsafe { Instance::from_context(instance) }.export_at(exported as usize) {
        Some(Extern::Table(table)) => table,
        _ => null_mut(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_table_size(table: &Table) -> u64 {
    table.length
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_table_get(table: &mut Table, index: u64, element: &mut u64) -> i32 {
    // SAFETY: see the module documentation.
    match unsafe { table::elements(table) }.get(index as usize) {
        Some(found) => {
            *element = *found;
            0
        }
        None => i32::from(Trap::TableOutOfBounds.code()),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_table_set(instance: *mut InstanceContext, table: &mut Table, index: u64, element: u64) -> i32 {
    // SAFETY: see the module documentation, here and below.
    let fits = unsafe { reference::is_of_type(&Instance::from_context(instance), element, &table.element_type) };
    if !fits {
        return report::REFERENCE;
    }
    // SAFETY: see above.
    match unsafe { table::elements(table) }.get_mut(index as usize) {
        Some(place) => {
            *place = element;
            0
        }
        None => i32::from(Trap::TableOutOfBounds.code()),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_table_add_elements(
    instance: *mut InstanceContext,
    table: &mut Table,
    count: u64,
    element: u64,
) -> i64 {
    // SAFETY: see the module documentation, here and below.
    let fits = unsafe { reference::is_of_type(&Instance::from_context(instance), element, &table.element_type) };
    // SAFETY: see above.
    if fits { unsafe { table::grow(table, element, count) } } else { -1 }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_call_reference(
    instance: *mut InstanceContext,
    function: u64,
    signature: *const c_char,
    values: *mut ValueSlot,
    report: Option<&mut Report>,
) -> i32 {
    // SAFETY: see the module documentation.
    let found = unsafe { reference::function(&Instance::from_context(instance), function) };
    let Some(found) = found else {
        return Report::write(report, report::REFERENCE, "the reference is not to a function of this instance");
    };
    // SAFETY: the reference was just found to be one, and its type's descriptor lives as long as the process; the caller
    // gives a string.
    if !unsafe { says(CStr::from_ptr(signature).to_bytes(), &*(*found).type_descriptor) } {
        return Report::write(report, report::REFERENCE, "the function is of another type");
    }
    // SAFETY: there is room for the arguments and the results, and nobody looks at the length.
    match unsafe { aot_runtime::call(found, core::slice::from_raw_parts_mut(values, 1)) } {
        Ok(()) => 0,
        Err(trapped) => Report::write_trap(report, &trapped),
    }
}

/// Is this, in the letters of the header, what the descriptor says?
///
/// # Safety
/// The descriptor is true.
unsafe fn says(signature: &[u8], ty: &TypeDescriptor) -> bool {
    let count = (ty.parameter_count + ty.result_count) as usize;
    // SAFETY: a function's type has as many values.
    let values = if count == 0 { &[] } else { unsafe { core::slice::from_raw_parts(ty.values, count) } };
    let (parameters, results) = values.split_at(ty.parameter_count as usize);
    let letters = |values: &[aot_runtime::abi::types::ValueType], text: &[u8]| {
        values.len() == text.len() && values.iter().zip(text).all(|(value, given)| letter(value.kind) == *given)
    };
    let mut parts = signature.split(|byte| *byte == b':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(first), Some(second), None) => letters(parameters, first) && letters(results, second),
        _ => false,
    }
}

fn letter(kind: ValueKind) -> u8 {
    match kind {
        ValueKind::I32 => b'i',
        ValueKind::I64 => b'l',
        ValueKind::F32 => b'f',
        ValueKind::F64 => b'd',
        ValueKind::V128 => b'v',
        ValueKind::Reference => b'r',
        // Of fields only.
        ValueKind::I8 | ValueKind::I16 => b'?',
    }
}
