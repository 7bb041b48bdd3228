//! Float lanes: arithmetic and comparisons.

use super::super::super::translator::FuncTranslator;
use crate::error::Result;
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{self, InstBuilder, Value, types};

/// All ones in the lanes where the condition holds, zeros elsewhere.
macro_rules! compare {
    ($($visit:ident => $lanes:ident $condition:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let (left, right) = f.pop2_vectors(types::$lanes);
            let result = f.builder.ins().fcmp(FloatCC::$condition, left, right);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

unary! {
    visit_f32x4_abs => F32X4 fabs;
    visit_f32x4_neg => F32X4 fneg;
    visit_f32x4_sqrt => F32X4 sqrt;
    visit_f32x4_ceil => F32X4 ceil;
    visit_f32x4_floor => F32X4 floor;
    visit_f32x4_trunc => F32X4 trunc;
    visit_f32x4_nearest => F32X4 nearest;
    visit_f64x2_abs => F64X2 fabs;
    visit_f64x2_neg => F64X2 fneg;
    visit_f64x2_sqrt => F64X2 sqrt;
    visit_f64x2_ceil => F64X2 ceil;
    visit_f64x2_floor => F64X2 floor;
    visit_f64x2_trunc => F64X2 trunc;
    visit_f64x2_nearest => F64X2 nearest;
}

binary! {
    visit_f32x4_add => F32X4 fadd;
    visit_f32x4_sub => F32X4 fsub;
    visit_f32x4_mul => F32X4 fmul;
    visit_f32x4_div => F32X4 fdiv;
    visit_f32x4_min => F32X4 fmin;
    visit_f32x4_max => F32X4 fmax;
    visit_f64x2_add => F64X2 fadd;
    visit_f64x2_sub => F64X2 fsub;
    visit_f64x2_mul => F64X2 fmul;
    visit_f64x2_div => F64X2 fdiv;
    visit_f64x2_min => F64X2 fmin;
    visit_f64x2_max => F64X2 fmax;
}

compare! {
    visit_f32x4_eq => F32X4 Equal;
    visit_f32x4_ne => F32X4 NotEqual;
    visit_f32x4_lt => F32X4 LessThan;
    visit_f32x4_gt => F32X4 GreaterThan;
    visit_f32x4_le => F32X4 LessThanOrEqual;
    visit_f32x4_ge => F32X4 GreaterThanOrEqual;
    visit_f64x2_eq => F64X2 Equal;
    visit_f64x2_ne => F64X2 NotEqual;
    visit_f64x2_lt => F64X2 LessThan;
    visit_f64x2_gt => F64X2 GreaterThan;
    visit_f64x2_le => F64X2 LessThanOrEqual;
    visit_f64x2_ge => F64X2 GreaterThanOrEqual;
}

/// `right < left ? right : left`: the left operand where either is a NaN or both are zeros.
///
/// The condition and the order of the operands are the ones that the x86-64 backend recognises as `minps` or `minpd`.
pub(super) fn pseudo_minimum(f: &mut FuncTranslator<'_, '_>, left: Value, right: Value) -> Value {
    let right_is_less = f.builder.ins().fcmp(FloatCC::LessThan, right, left);
    select(f, right_is_less, right, left)
}

/// `left < right ? right : left`: the left operand where either is a NaN or both are zeros.
pub(super) fn pseudo_maximum(f: &mut FuncTranslator<'_, '_>, left: Value, right: Value) -> Value {
    let left_is_less = f.builder.ins().fcmp(FloatCC::LessThan, left, right);
    select(f, left_is_less, right, left)
}

fn select(f: &mut FuncTranslator<'_, '_>, mask: Value, if_set: Value, if_clear: Value) -> Value {
    let lanes = f.type_of(if_set);
    let mask = f.cast_vector(mask, lanes);
    f.builder.ins().bitselect(mask, if_set, if_clear)
}

fn pseudo(
    f: &mut FuncTranslator<'_, '_>,
    lanes: ir::Type,
    operation: fn(&mut FuncTranslator<'_, '_>, Value, Value) -> Value,
) -> Result<()> {
    let (left, right) = f.pop2_vectors(lanes);
    let result = operation(f, left, right);
    f.push_vector(result);
    Ok(())
}

pub(crate) fn visit_f32x4_pmin(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    pseudo(f, types::F32X4, pseudo_minimum)
}

pub(crate) fn visit_f32x4_pmax(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    pseudo(f, types::F32X4, pseudo_maximum)
}

pub(crate) fn visit_f64x2_pmin(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    pseudo(f, types::F64X2, pseudo_minimum)
}

pub(crate) fn visit_f64x2_pmax(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    pseudo(f, types::F64X2, pseudo_maximum)
}
