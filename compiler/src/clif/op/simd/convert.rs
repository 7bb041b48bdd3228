//! Between integer and float lanes, and between float widths.

use super::super::super::translator::FuncTranslator;
use crate::error::Result;
use cranelift_codegen::ir::{self, InstBuilder, Value, types};

convert! {
    visit_i32x4_trunc_sat_f32x4_s => F32X4 fcvt_to_sint_sat I32X4;
    visit_i32x4_trunc_sat_f32x4_u => F32X4 fcvt_to_uint_sat I32X4;
    visit_f32x4_convert_i32x4_s => I32X4 fcvt_from_sint F32X4;
    visit_f32x4_convert_i32x4_u => I32X4 fcvt_from_uint F32X4;
}

unary! {
    // The upper two lanes of the result are zero.
    visit_f32x4_demote_f64x2_zero => F64X2 fvdemote;
    visit_f64x2_promote_low_f32x4 => F32X4 fvpromote_low;
}

/// A vector of zeros, spelled as the constant that the x86-64 backend looks for beside a narrowing.
pub(super) fn zero(f: &mut FuncTranslator<'_, '_>, lanes: ir::Type) -> Value {
    let constant = f.builder.func.dfg.constants.insert([0; 16].as_slice().into());
    f.builder.ins().vconst(lanes, constant)
}

// Two doubles become 64-bit integers, which are narrowed to the lower two lanes beside two zeros. Saturating twice is
// saturating once. x86-64 has no such conversion to 64 bits; its backend knows exactly these two trees.

pub(crate) fn visit_i32x4_trunc_sat_f64x2_s_zero(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let operand = f.pop_vector(types::F64X2);
    let wide = f.builder.ins().fcvt_to_sint_sat(types::I64X2, operand);
    let zero = zero(f, types::I64X2);
    let result = f.builder.ins().snarrow(wide, zero);
    f.push_vector(result);
    Ok(())
}

pub(crate) fn visit_i32x4_trunc_sat_f64x2_u_zero(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let operand = f.pop_vector(types::F64X2);
    let wide = f.builder.ins().fcvt_to_uint_sat(types::I64X2, operand);
    let zero = zero(f, types::I64X2);
    let result = f.builder.ins().uunarrow(wide, zero);
    f.push_vector(result);
    Ok(())
}

pub(crate) fn visit_f64x2_convert_low_i32x4_s(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let operand = f.pop_vector(types::I32X4);
    let wide = f.builder.ins().swiden_low(operand);
    let result = f.builder.ins().fcvt_from_sint(types::F64X2, wide);
    f.push_vector(result);
    Ok(())
}

pub(crate) fn visit_f64x2_convert_low_i32x4_u(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let operand = f.pop_vector(types::I32X4);
    let wide = f.builder.ins().uwiden_low(operand);
    let result = f.builder.ins().fcvt_from_uint(types::F64X2, wide);
    f.push_vector(result);
    Ok(())
}
