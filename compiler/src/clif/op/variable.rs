//! Locals and globals.

use crate::clif::instance;
use crate::clif::local;
use crate::clif::regions;
use crate::clif::signature::value_type;
use crate::clif::translator::FuncTranslator;
use crate::error::Result;
use crate::index::GlobalIndex;
use crate::module::ConstValue;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, Value, types};

pub(crate) fn visit_local_get(f: &mut FuncTranslator<'_, '_>, local_index: u32) -> Result<()> {
    let value = local::get(f, local_index);
    f.push(value);
    Ok(())
}

pub(crate) fn visit_local_set(f: &mut FuncTranslator<'_, '_>, local_index: u32) -> Result<()> {
    let value = f.pop();
    local::set(f, local_index, value);
    Ok(())
}

pub(crate) fn visit_local_tee(f: &mut FuncTranslator<'_, '_>, local_index: u32) -> Result<()> {
    let value = f.peek();
    local::set(f, local_index, value);
    Ok(())
}

pub(crate) fn visit_global_get(f: &mut FuncTranslator<'_, '_>, global_index: u32) -> Result<()> {
    let index = GlobalIndex::from_u32(global_index);
    if let Some(value) = f.env.facts.constant_globals[index] {
        let value = constant(f, value);
        f.push(value);
        return Ok(());
    }
    let ty = value_type(f.env.module.globals[index].ty);
    let flags = regions::global(f, index);
    let value = instance::global(f, index).load(f, ty, flags);
    f.push(value);
    Ok(())
}

pub(crate) fn visit_global_set(f: &mut FuncTranslator<'_, '_>, global_index: u32) -> Result<()> {
    let index = GlobalIndex::from_u32(global_index);
    let value = f.pop();
    let flags = regions::global(f, index);
    instance::global(f, index).store(f, value, flags);
    Ok(())
}

/// A folded constant as a value.
pub(crate) fn constant(f: &mut FuncTranslator<'_, '_>, value: ConstValue) -> Value {
    match value {
        ConstValue::I32(value) => f.builder.ins().iconst(types::I32, i64::from(value as u32)),
        ConstValue::I64(value) => f.builder.ins().iconst(types::I64, value),
        ConstValue::F32(bits) => f.builder.ins().f32const(Ieee32::with_bits(bits)),
        ConstValue::F64(bits) => f.builder.ins().f64const(Ieee64::with_bits(bits)),
        ConstValue::V128(bits) => {
            let handle = f.builder.func.dfg.constants.insert(bits.to_le_bytes().to_vec().into());
            f.builder.ins().vconst(types::I8X16, handle)
        }
        ConstValue::RefNull => f.builder.ins().iconst(types::I64, 0),
        ConstValue::RefFunc(function) => instance::func_ref(f, function),
    }
}
