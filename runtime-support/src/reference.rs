//! References that a host hands back: is this one of the instance's, and of that type?
//!
//! A host sees references as numbers. Before one is called or stored, it is looked up among the references that the
//! instance has, which are an array of its context: nothing else can be a function of an instance that shares nothing.
//!
//! # Safety
//!
//! Every function takes a live instance that [`crate::embed::create`] made.
#![allow(unsafe_code, reason = "reads the context of an instance")]

use crate::instance::Instance;
use crate::matching;
use aot_abi::context::FuncRef;
use aot_abi::types::{HeapKind, ValueKind, ValueType};

/// The function that a reference stands for, if it is one of this instance's. Null is none.
///
/// # Safety
/// See the module documentation.
#[must_use]
pub unsafe fn function(instance: &Instance, reference: u64) -> Option<*const FuncRef> {
    let first = instance.at::<FuncRef>(instance.layout().func_refs) as usize;
    let count = instance.image().counts.func_refs as usize;
    let offset = (reference as usize).checked_sub(first)?;
    let is_one = offset < count * size_of::<FuncRef>() && offset.is_multiple_of(size_of::<FuncRef>());
    is_one.then_some(reference as usize as *const FuncRef)
}

/// Whether the reference is a value of this type: null, a function of this instance, or something of the host's.
///
/// # Safety
/// See the module documentation; the type is one of the instance's module.
#[must_use]
pub unsafe fn is_of_type(instance: &Instance, reference: u64, ty: &ValueType) -> bool {
    if ty.kind != ValueKind::Reference {
        return false;
    }
    if reference == 0 {
        return ty.nullable != 0;
    }
    // SAFETY: the caller's promise.
    let function = unsafe { function(instance, reference) };
    match ty.heap {
        HeapKind::Func => function.is_some(),
        HeapKind::Concrete => function.is_some_and(|function| {
            // SAFETY: a reference that was found is alive, and so are descriptors.
            unsafe { matching::is_subtype((*function).type_descriptor, ty.concrete) }
        }),
        HeapKind::Extern => true,
        // Nothing but null, or the collected heap, which hosts cannot reach.
        _ => false,
    }
}
