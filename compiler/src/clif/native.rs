//! Calls of imports that are native functions: those bound at compile time, and those of an embedder.
//!
//! The C ABI of such a function: the context first, then the Wasm arguments. No result, or one, is returned as C does;
//! several are written to an array of 16-byte slots whose address comes right after the context. References are 64-bit
//! integers and vectors are what the target's C calls a 128-bit vector.

use super::instance;
use super::libcall::{self, import};
use super::op::constant;
use super::regions;
use super::signature::value_type;
use super::translator::FuncTranslator;
use crate::code_name::CodeName;
use crate::index::{FuncIndex, TypeIndex};
use crate::module::{ConstValue, FunctionType, ValType};
use aot_abi::context::ImportedFunction;
use aot_abi::libcall::Libcall;
use cranelift_codegen::ir::{AbiParam, InstBuilder, Signature, StackSlotData, StackSlotKind, Value, types};

/// Bytes of one slot of an array of results.
const SLOT_BYTES: u32 = 16;

/// Calls the native function that an import is bound to.
pub(crate) fn call_symbol(f: &mut FuncTranslator<'_, '_>, function: FuncIndex, arguments: &[Value]) -> Vec<Value> {
    let ty = f.env.module.function_type(function);
    let callee = match f.caches.functions.get(&CodeName::ImportSymbol(function)) {
        Some(known) => *known,
        None => {
            let signature = native_signature(f, ty);
            let declared = import(f, CodeName::ImportSymbol(function), signature);
            f.caches.functions.insert(CodeName::ImportSymbol(function), declared);
            declared
        }
    };
    let mut all = vec![instance::context(f)];
    if ty.results.len() < 2 {
        all.extend_from_slice(arguments);
        let call = f.builder.ins().call(callee, &all);
        return f.builder.inst_results(call).to_vec();
    }
    let bytes = SLOT_BYTES * ty.results.len() as u32;
    let slot = f.builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 4));
    let area = f.builder.ins().stack_addr(types::I64, slot, 0);
    all.push(area);
    all.extend_from_slice(arguments);
    f.builder.ins().call(callee, &all);
    let flags = regions::values(f);
    let results = ty.results.iter().enumerate();
    results
        .map(|(index, &ty)| f.builder.ins().load(value_type(ty), flags, area, (index as u32 * SLOT_BYTES) as i32))
        .collect()
}

/// Calls the function that the embedder gave for an import, by way of the runtime: arguments and results travel in an
/// array of slots, like those of `aot_abi::context::NativeEntry`.
pub(crate) fn call_host(f: &mut FuncTranslator<'_, '_>, function: FuncIndex, arguments: &[Value]) -> Vec<Value> {
    let ty = f.env.module.function_type(function);
    let host_slot = f.env.plan.host_slots[function].expect("the plan gives a slot to every import bound to one");
    let count = ty.params.len().max(ty.results.len()).max(1) as u32;
    let slot =
        f.builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, SLOT_BYTES * count, 4));
    let area = f.builder.ins().stack_addr(types::I64, slot, 0);
    let flags = regions::values(f);
    for (index, &argument) in arguments.iter().enumerate() {
        f.builder.ins().store(flags, argument, area, (index as u32 * SLOT_BYTES) as i32);
    }
    let offset = f.env.plan.layout.imported_functions + u64::from(host_slot) * size_of::<ImportedFunction>() as u64;
    let offset = f.builder.ins().iconst(types::I64, offset as i64);
    libcall::call(f, Libcall::HostCall, &[offset, area]);
    let results = ty.results.iter().enumerate();
    results
        .map(|(index, &ty)| f.builder.ins().load(value_type(ty), flags, area, (index as u32 * SLOT_BYTES) as i32))
        .collect()
}

/// Zeros of the results of a type.
pub(crate) fn zeros(f: &mut FuncTranslator<'_, '_>, ty: TypeIndex) -> Vec<Value> {
    f.env.module.signature(ty).results.iter().map(|&ty| zero(f, ty)).collect()
}

/// The zero of a type: what locals start with.
pub(crate) fn zero(f: &mut FuncTranslator<'_, '_>, ty: ValType) -> Value {
    let value = match ty {
        ValType::I32 => ConstValue::I32(0),
        ValType::I64 => ConstValue::I64(0),
        ValType::F32 => ConstValue::F32(0),
        ValType::F64 => ConstValue::F64(0),
        ValType::V128 => ConstValue::V128(0),
        ValType::Ref(_) => ConstValue::RefNull,
    };
    constant(f, value)
}

fn native_signature(f: &FuncTranslator<'_, '_>, ty: &FunctionType) -> Signature {
    let mut signature = Signature::new(f.env.options.target.native_call_conv());
    signature.params.push(AbiParam::new(types::I64));
    if ty.results.len() >= 2 {
        signature.params.push(AbiParam::new(types::I64));
    } else {
        signature.returns.extend(ty.results.iter().map(|&ty| AbiParam::new(value_type(ty))));
    }
    signature.params.extend(ty.params.iter().map(|&ty| AbiParam::new(value_type(ty))));
    signature
}
