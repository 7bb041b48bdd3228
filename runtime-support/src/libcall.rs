//! One small `extern "C"` function per row of the ABI table, calling the rest of the runtime.
//!
//! The table's types are checked against the functions at compile time, at the end of this file.
//!
//! # Safety
//!
//! Compiled code calls these with its own live context and with indices that validation put in range. A libcall that
//! traps owns nothing at that point: its frame is abandoned. Each begins with [`check_late`], which may trap, except for
//! those that have no context: they are leaves that neither trap nor hold anything.
#![allow(unsafe_code, reason = "compiled code calls these with raw contexts")]

use crate::call::{raise, raise_host_error};
use crate::instance::{
    data_segment, element_segment, element_value, function_reference, host_function, memory_at, slice, table_at,
};
use crate::stack::check_late;
use crate::{atomics, control, memory, table};
use aot_abi::context::{HostFunction, InstanceContext, ValueSlot};
use aot_abi::for_each_libcall;
use aot_abi::image::NONE;
use aot_abi::trap::Trap;

type Context = *mut InstanceContext;

fn or_trap<T>(result: Result<T, Trap>) -> T {
    match result {
        Ok(value) => value,
        Err(trap) => raise(trap),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_memory_grow(context: Context, memory: u32, delta_pages: u64) -> u64 {
    check_late();
    // SAFETY: see the module documentation, here and below.
    unsafe { memory::grow(memory_at(context, memory), delta_pages) as u64 }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_memory_fill(context: Context, memory: u32, start: u64, value: u32, length: u64) {
    check_late();
    // SAFETY: see above.
    or_trap(unsafe { memory::fill(memory_at(context, memory), start, value as u8, length) });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_memory_copy(
    context: Context,
    to_memory: u32,
    from_memory: u32,
    to: u64,
    from: u64,
    length: u64,
) {
    check_late();
    // SAFETY: see above.
    or_trap(unsafe { memory::copy(memory_at(context, to_memory), memory_at(context, from_memory), to, from, length) });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_move_bytes(to: u64, from: u64, length: u64) {
    // SAFETY: compiled code has checked both ranges, and memories never shrink.
    unsafe { core::ptr::copy(from as *const u8, to as *mut u8, length as usize) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_fill_bytes(start: u64, value: u32, length: u64) {
    // SAFETY: compiled code has checked the range, and memories never shrink.
    unsafe { core::ptr::write_bytes(start as *mut u8, value as u8, length as usize) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_memory_init(context: Context, memory: u32, segment: u32, to: u64, from: u64, length: u64) {
    check_late();
    // SAFETY: see above. A segment is as long as its state says, which starts with its length in the image.
    or_trap(unsafe {
        let bytes = slice(&slice(&(*(*context).image).data_segments)[segment as usize]);
        let left = (*data_segment(context, segment)).length as usize;
        memory::initialize(memory_at(context, memory), &bytes[..left], to, from, length)
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_data_drop(context: Context, segment: u32) {
    check_late();
    // SAFETY: see above.
    unsafe { (*data_segment(context, segment)).length = 0 };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_table_grow(context: Context, table: u32, value: u64, delta: u64) -> u64 {
    check_late();
    // SAFETY: see above.
    unsafe { table::grow(&mut *table_at(context, table), value, delta) as u64 }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_table_fill(context: Context, table: u32, start: u64, value: u64, length: u64) {
    check_late();
    // SAFETY: see above.
    or_trap(unsafe { table::fill(&mut *table_at(context, table), start, value, length) });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_table_copy(context: Context, to_table: u32, from_table: u32, to: u64, from: u64, length: u64) {
    check_late();
    // SAFETY: see above.
    or_trap(unsafe { table::copy(table_at(context, to_table), table_at(context, from_table), to, from, length) });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_table_init(context: Context, table: u32, segment: u32, to: u64, from: u64, length: u64) {
    check_late();
    // SAFETY: see above.
    or_trap(unsafe {
        let image = &slice(&(*(*context).image).element_segments)[segment as usize];
        let left = (*element_segment(context, segment)).length;
        let functions = slice(&image.functions);
        table::initialize(&mut *table_at(context, table), left, to, from, length, |position| {
            if image.first_value == NONE {
                function_reference(context, functions[position as usize])
            } else {
                element_value(context, u64::from(image.first_value) + position)
            }
        })
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_element_drop(context: Context, segment: u32) {
    check_late();
    // SAFETY: see above.
    unsafe { (*element_segment(context, segment)).length = 0 };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_atomic_notify(context: Context, memory: u32, address: u64, count: u32) -> u32 {
    check_late();
    // SAFETY: see above.
    or_trap(unsafe { atomics::notify(memory_at(context, memory), address, count) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_atomic_wait32(
    context: Context,
    memory: u32,
    address: u64,
    expected: u32,
    timeout: u64,
) -> u32 {
    check_late();
    // SAFETY: see above.
    or_trap(unsafe {
        let is_over = || control::is_over(context);
        let stop: Option<&dyn Fn() -> bool> = if control::has_deadline(context) { Some(&is_over) } else { None };
        atomics::wait32(memory_at(context, memory), address, expected, timeout as i64, stop)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_atomic_wait64(
    context: Context,
    memory: u32,
    address: u64,
    expected: u64,
    timeout: u64,
) -> u32 {
    check_late();
    // SAFETY: see above.
    or_trap(unsafe {
        let is_over = || control::is_over(context);
        let stop: Option<&dyn Fn() -> bool> = if control::has_deadline(context) { Some(&is_over) } else { None };
        atomics::wait64(memory_at(context, memory), address, expected, timeout as i64, stop)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_raise_trap(_context: Context, code: u32) {
    // A code from nowhere would be a bug of the compiler; the guest stops in either case.
    raise(u8::try_from(code).ok().and_then(Trap::from_code).unwrap_or(Trap::HostError))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_host_call(context: Context, offset: u64, values: u64) {
    check_late();
    // SAFETY: see above; slots of host functions were filled before any code of the instance ran, and `values` is the
    // address of the calling frame's slots.
    let error = unsafe {
        let HostFunction { call, function } = host_function(context, offset);
        call(context, (*context).host, function, values as *mut ValueSlot)
    };
    if error != 0 {
        raise_host_error(error);
    }
}

/// Fails to compile when a function above differs from its row.
macro_rules! check {
    (@ Context) => { Context };
    (@ I32) => { u32 };
    (@ I64) => { u64 };
    (@ Unit) => { () };
    ($($(#[$doc:meta])* $name:ident = $symbol:ident($($parameter:ident: $ty:ident),*) -> $result:ident;)*) => {
        $(const _: unsafe extern "C" fn($(check!(@ $ty)),*) -> check!(@ $result) = $symbol;)*
    };
}
for_each_libcall!(check);
