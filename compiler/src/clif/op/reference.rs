//! References: null, functions, and the branches on null of typed function references.

use super::control;
use crate::clif::instance;
use crate::clif::translator::FuncTranslator;
use crate::clif::trap;
use crate::error::Result;
use crate::index::FuncIndex;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};
use wasmparser::{HeapType, ValType};

pub(crate) fn visit_ref_null(f: &mut FuncTranslator<'_, '_>, _hty: HeapType) -> Result<()> {
    let null = f.builder.ins().iconst(types::I64, 0);
    f.push(null);
    Ok(())
}

pub(crate) fn visit_ref_is_null(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let reference = f.pop();
    let is_null = f.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0);
    let value = f.builder.ins().uextend(types::I32, is_null);
    f.push(value);
    Ok(())
}

pub(crate) fn visit_ref_func(f: &mut FuncTranslator<'_, '_>, function_index: u32) -> Result<()> {
    let reference = instance::func_ref(f, FuncIndex::from_u32(function_index));
    f.push(reference);
    Ok(())
}

pub(crate) fn visit_ref_as_non_null(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let reference = f.peek();
    trap::trap_unless(f, reference, Trap::NullReference);
    Ok(())
}

pub(crate) fn visit_br_on_null(f: &mut FuncTranslator<'_, '_>, relative_depth: u32) -> Result<()> {
    let reference = f.pop();
    let is_null = f.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0);
    control::branch_if(f, is_null, relative_depth);
    f.push(reference);
    Ok(())
}

pub(crate) fn visit_br_on_non_null(f: &mut FuncTranslator<'_, '_>, relative_depth: u32) -> Result<()> {
    let reference = f.peek();
    let is_set = f.builder.ins().icmp_imm_u(IntCC::NotEqual, reference, 0);
    control::branch_if(f, is_set, relative_depth);
    f.pop();
    Ok(())
}

pub(crate) fn visit_typed_select(f: &mut FuncTranslator<'_, '_>, _ty: ValType) -> Result<()> {
    super::visit_select(f)
}

pub(crate) fn visit_typed_select_multi(f: &mut FuncTranslator<'_, '_>, _tys: Vec<ValType>) -> Result<()> {
    super::visit_select(f)
}
