//! Does this thing satisfy that import: the specification's matching rules ("External Types", "Matching").
//!
//! What is given is described by its *actual* state (a memory's current size, a table's current length), what is wanted
//! by the import's declared type.
//!
//! # Safety
//!
//! Type descriptors and the things given are alive; images and instances guarantee that.
#![allow(unsafe_code, reason = "follows pointers to type descriptors and to things of other instances")]

use crate::instance::Extern;
use crate::memory;
use aot_abi::context::{LinearMemory, MEMORY_64, MEMORY_MAY_MOVE, MEMORY_SHARED};
use aot_abi::context::{MEMORY_NEEDS_GUARD, MEMORY_NEEDS_GUARD_BEFORE, MEMORY_NEEDS_SMALL_GUARD};
use aot_abi::image::{ExternKind, ExternType};
use aot_abi::types::{HeapKind, KIND_ARRAY, KIND_FUNCTION, KIND_STRUCT, TypeDescriptor, ValueKind, ValueType};

/// Does `given` satisfy an import of type `wanted`?
///
/// # Safety
/// See the module documentation.
#[must_use]
pub unsafe fn satisfies(given: &Extern, wanted: &ExternType) -> bool {
    // SAFETY: the caller's promise, for every pointer below.
    unsafe {
        match (given, wanted.kind) {
            (Extern::Function(function), ExternKind::Function) => {
                is_subtype((**function).type_descriptor, wanted.type_descriptor)
            }
            (Extern::Table(table), ExternKind::Table) => {
                let table = &**table;
                u64::from(wanted.flags) & u64::from(MEMORY_64) == table.flags & u64::from(MEMORY_64)
                    && limits_match(table.length, table.declared_maximum, wanted)
                    && values_equal(&table.element_type, &wanted.value_type)
            }
            (Extern::Memory(memory), ExternKind::Memory) => {
                const KIND: u8 = MEMORY_64 | MEMORY_SHARED;
                let (flags, page_log2) = ((**memory).flags, (**memory).page_log2);
                let pages = memory::byte_length(*memory) >> page_log2;
                wanted.flags & u32::from(KIND) == u32::from(flags & KIND)
                    && wanted.page_log2 == u64::from(page_log2)
                    && limits_match(pages, (**memory).declared_maximum, wanted)
                    && is_guarded(&**memory, wanted.flags)
            }
            (Extern::Global { ty, mutable, .. }, ExternKind::Global) => {
                // A mutable global is read and written, so its type must be the very same.
                match (*mutable, wanted.flags & 1 == 1) {
                    (true, true) => values_equal(ty, &wanted.value_type),
                    (false, false) => value_matches(ty, &wanted.value_type),
                    _ => false,
                }
            }
            (Extern::Tag(tag), ExternKind::Tag) => core::ptr::eq((**tag).type_descriptor, wanted.type_descriptor),
            _ => false,
        }
    }
}

/// Whether the memory has the guards that the importing code leaves checks to.
fn is_guarded(memory: &LinearMemory, wanted: u32) -> bool {
    let wants = |flag: u8| wanted & u32::from(flag) != 0;
    let never_moves_and_guarded = memory.flags & MEMORY_MAY_MOVE == 0
        && memory.reserved_bytes >= aot_abi::GUARD_RESERVATION_BYTES
        && memory.guard_bytes >= aot_abi::GUARD_BYTES;
    (!wants(MEMORY_NEEDS_GUARD) || never_moves_and_guarded)
        && (!wants(MEMORY_NEEDS_GUARD_BEFORE) || memory.guard_before_bytes >= aot_abi::GUARD_BEFORE_BYTES)
        && (!wants(MEMORY_NEEDS_SMALL_GUARD) || memory.guard_bytes >= aot_abi::BOUNDS_GUARD_BYTES)
}

fn limits_match(actual: u64, declared_maximum: u64, wanted: &ExternType) -> bool {
    // `u64::MAX` stands for "none", which satisfies only a wanted "none".
    actual >= wanted.minimum && declared_maximum <= wanted.maximum
}

/// Is `sub` the type `super_type`, or declared below it?
///
/// # Safety
/// See the module documentation.
#[must_use]
pub unsafe fn is_subtype(sub: *const TypeDescriptor, super_type: *const TypeDescriptor) -> bool {
    if core::ptr::eq(sub, super_type) {
        return true;
    }
    if sub.is_null() || super_type.is_null() {
        return false;
    }
    // SAFETY: descriptors are alive, and `supers` points to `depth` of them.
    unsafe {
        let position = (*super_type).depth;
        position < (*sub).depth && core::ptr::eq(*(*sub).supers.add(position as usize), super_type)
    }
}

fn values_equal(left: &ValueType, right: &ValueType) -> bool {
    left.kind == right.kind
        && left.nullable == right.nullable
        && left.heap == right.heap
        && core::ptr::eq(left.concrete, right.concrete)
}

/// Is every value of `sub` a value of `super_type`?
unsafe fn value_matches(sub: &ValueType, super_type: &ValueType) -> bool {
    if sub.kind != ValueKind::Reference || super_type.kind != ValueKind::Reference {
        return sub.kind == super_type.kind;
    }
    // SAFETY: the caller's promise.
    sub.nullable <= super_type.nullable && unsafe { heap_matches(sub, super_type) }
}

unsafe fn heap_matches(sub: &ValueType, super_type: &ValueType) -> bool {
    use HeapKind::{Any, Array, Concrete, Eq, Exn, Extern, Func, I31, NoExn, NoExtern, NoFunc, None, Struct};
    let kind_of = |ty: &ValueType| {
        // SAFETY: a concrete reference type points to its descriptor.
        unsafe { (*ty.concrete).kind }
    };
    match (sub.heap, super_type.heap) {
        // SAFETY: both are concrete, so both have descriptors.
        (Concrete, Concrete) => unsafe { is_subtype(sub.concrete, super_type.concrete) },
        (left, right) if left == right => true,
        (Concrete, Func) => kind_of(sub) == KIND_FUNCTION,
        (Concrete, Struct) => kind_of(sub) == KIND_STRUCT,
        (Concrete, Array) => kind_of(sub) == KIND_ARRAY,
        (Concrete, Eq | Any) => kind_of(sub) != KIND_FUNCTION,
        (NoFunc, Concrete) => kind_of(super_type) == KIND_FUNCTION,
        (None, Concrete) => kind_of(super_type) != KIND_FUNCTION,
        (None, I31 | Struct | Array | Eq | Any) | (I31 | Struct | Array, Eq | Any) | (Eq, Any) => true,
        (NoFunc, Func) | (NoExtern, Extern) | (NoExn, Exn) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aot_abi::context::{FuncRef, GlobalCell, Table};

    fn function_type(depth: u32, supers: *const *const TypeDescriptor) -> TypeDescriptor {
        TypeDescriptor {
            kind: KIND_FUNCTION,
            depth,
            supers,
            values: core::ptr::null(),
            parameter_count: 0,
            result_count: 0,
        }
    }

    fn reference(heap: HeapKind, nullable: u8, concrete: *const TypeDescriptor) -> ValueType {
        ValueType { kind: ValueKind::Reference, nullable, heap, reserved: [0; 5], concrete }
    }

    fn wanted(kind: ExternKind) -> ExternType {
        ExternType {
            kind,
            flags: 0,
            minimum: 0,
            maximum: u64::MAX,
            page_log2: 0,
            type_descriptor: core::ptr::null(),
            value_type: reference(HeapKind::Func, 1, core::ptr::null()),
        }
    }

    #[test]
    fn functions_match_by_declared_subtyping() {
        let top = function_type(0, core::ptr::null());
        let supers = [&raw const top];
        let below = function_type(1, supers.as_ptr());
        let given = |descriptor: &TypeDescriptor| {
            let function = std::boxed::Box::leak(std::boxed::Box::new(FuncRef {
                code: core::ptr::null(),
                context: core::ptr::null_mut(),
                type_descriptor: descriptor,
                entry: core::ptr::null(),
            }));
            Extern::Function(function)
        };
        let import =
            |descriptor: &TypeDescriptor| ExternType { type_descriptor: descriptor, ..wanted(ExternKind::Function) };
        // SAFETY: everything lives to the end of the test.
        unsafe {
            assert!(satisfies(&given(&top), &import(&top)));
            assert!(satisfies(&given(&below), &import(&top)));
            assert!(!satisfies(&given(&top), &import(&below)));
            assert!(!satisfies(&given(&top), &wanted(ExternKind::Memory)));
        }
    }

    #[test]
    fn tables_match_by_current_length_and_exact_type() {
        let mut table = Table {
            elements: core::ptr::dangling_mut(),
            length: 5,
            capacity: 0,
            maximum: 10,
            declared_maximum: 10,
            flags: 0,
            element_type: reference(HeapKind::Func, 1, core::ptr::null()),
        };
        let given = Extern::Table(&raw mut table);
        let import = |minimum, maximum| ExternType { minimum, maximum, ..wanted(ExternKind::Table) };
        // SAFETY: everything lives to the end of the test.
        unsafe {
            assert!(satisfies(&given, &import(5, 10)));
            assert!(satisfies(&given, &import(0, u64::MAX)));
            assert!(!satisfies(&given, &import(6, 10)));
            assert!(!satisfies(&given, &import(0, 9)));
            let other =
                ExternType { value_type: reference(HeapKind::Func, 0, core::ptr::null()), ..import(0, u64::MAX) };
            assert!(!satisfies(&given, &other));
        }
    }

    #[test]
    fn immutable_globals_are_covariant_and_mutable_ones_invariant() {
        let mut cell = GlobalCell::default();
        let mut given = |heap, nullable, mutable| Extern::Global {
            cell: &raw mut cell,
            ty: reference(heap, nullable, core::ptr::null()),
            mutable,
        };
        let import = |mutable| ExternType { flags: u32::from(mutable), ..wanted(ExternKind::Global) };
        // SAFETY: everything lives to the end of the test.
        unsafe {
            assert!(satisfies(&given(HeapKind::NoFunc, 0, false), &import(false)));
            assert!(!satisfies(&given(HeapKind::NoFunc, 0, true), &import(true)));
            assert!(satisfies(&given(HeapKind::Func, 1, true), &import(true)));
            assert!(!satisfies(&given(HeapKind::Func, 1, true), &import(false)));
            assert!(!satisfies(&given(HeapKind::Extern, 1, false), &import(false)));
        }
    }
}
