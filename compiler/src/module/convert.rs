//! wasmparser's types → ours. Only for what validation has accepted.

use super::types::{Composite, Field, FunctionType, HeapType, RefType, Storage, ValType};
use crate::index::TypeIndex;
use wasmparser::{AbstractHeapType, CompositeInnerType, UnpackedIndex};

impl From<wasmparser::ValType> for ValType {
    fn from(ty: wasmparser::ValType) -> Self {
        match ty {
            wasmparser::ValType::I32 => ValType::I32,
            wasmparser::ValType::I64 => ValType::I64,
            wasmparser::ValType::F32 => ValType::F32,
            wasmparser::ValType::F64 => ValType::F64,
            wasmparser::ValType::V128 => ValType::V128,
            wasmparser::ValType::Ref(ty) => ValType::Ref(ty.into()),
        }
    }
}

impl From<wasmparser::RefType> for RefType {
    fn from(ty: wasmparser::RefType) -> Self {
        RefType { nullable: ty.is_nullable(), heap: ty.heap_type().into() }
    }
}

impl From<wasmparser::HeapType> for HeapType {
    fn from(ty: wasmparser::HeapType) -> Self {
        use AbstractHeapType as Abstract;
        match ty {
            wasmparser::HeapType::Abstract { ty, .. } => match ty {
                Abstract::Func => HeapType::Func,
                Abstract::Extern => HeapType::Extern,
                Abstract::Any => HeapType::Any,
                Abstract::None => HeapType::None,
                Abstract::NoExtern => HeapType::NoExtern,
                Abstract::NoFunc => HeapType::NoFunc,
                Abstract::Eq => HeapType::Eq,
                Abstract::Struct => HeapType::Struct,
                Abstract::Array => HeapType::Array,
                Abstract::I31 => HeapType::I31,
                Abstract::Exn => HeapType::Exn,
                Abstract::NoExn => HeapType::NoExn,
                Abstract::Cont | Abstract::NoCont => unreachable!("stack switching is never enabled"),
            },
            wasmparser::HeapType::Concrete(index) => HeapType::Concrete(module_index(index)),
            wasmparser::HeapType::Exact(_) => unreachable!("custom descriptors are never enabled"),
        }
    }
}

impl From<&wasmparser::FuncType> for FunctionType {
    fn from(ty: &wasmparser::FuncType) -> Self {
        FunctionType {
            params: ty.params().iter().map(|&ty| ty.into()).collect(),
            results: ty.results().iter().map(|&ty| ty.into()).collect(),
        }
    }
}

impl From<wasmparser::FieldType> for Field {
    fn from(field: wasmparser::FieldType) -> Self {
        let storage = match field.element_type {
            wasmparser::StorageType::I8 => Storage::I8,
            wasmparser::StorageType::I16 => Storage::I16,
            wasmparser::StorageType::Val(ty) => Storage::Value(ty.into()),
        };
        Field { storage, mutable: field.mutable }
    }
}

impl From<&wasmparser::CompositeType> for Composite {
    fn from(ty: &wasmparser::CompositeType) -> Self {
        match &ty.inner {
            CompositeInnerType::Func(function) => Composite::Function(function.into()),
            CompositeInnerType::Struct(ty) => Composite::Struct(ty.fields.iter().map(|&field| field.into()).collect()),
            CompositeInnerType::Array(ty) => Composite::Array(ty.0.into()),
            CompositeInnerType::Cont(_) => unreachable!("stack switching is never enabled"),
        }
    }
}

/// The type's index in the module. Readers always give those; only the validator's own types have others.
pub(super) fn module_index(index: UnpackedIndex) -> TypeIndex {
    let index = index.as_module_index().expect("readers give indices as the module spells them");
    TypeIndex::from_u32(index)
}
