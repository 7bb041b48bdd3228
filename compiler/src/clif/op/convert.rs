//! Conversions between scalar types: a table of operator → instruction and result type.
//!
//! The trapping truncations are Cranelift's `fcvt_to_sint` and `fcvt_to_uint`, which test for NaN first
//! (`BAD_CONVERSION_TO_INTEGER`) and for the range second (`INTEGER_OVERFLOW`), as the specification's messages do.

use super::super::regions;
use super::super::translator::FuncTranslator;
use crate::error::Result;
use cranelift_codegen::ir::{InstBuilder, types};

macro_rules! convert {
    ($($visit:ident => $instruction:ident $result:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let operand = f.pop();
            let result = f.builder.ins().$instruction(types::$result, operand);
            f.push(result);
            Ok(())
        }
    )* };
}

macro_rules! reinterpret {
    ($($visit:ident => $result:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let operand = f.pop();
            let result = f.builder.ins().bitcast(types::$result, regions::bitcast(), operand);
            f.push(result);
            Ok(())
        }
    )* };
}

convert! {
    visit_i32_wrap_i64 => ireduce I32;
    visit_i64_extend_i32_s => sextend I64;
    visit_i64_extend_i32_u => uextend I64;

    visit_i32_trunc_f32_s => fcvt_to_sint I32;
    visit_i32_trunc_f32_u => fcvt_to_uint I32;
    visit_i32_trunc_f64_s => fcvt_to_sint I32;
    visit_i32_trunc_f64_u => fcvt_to_uint I32;
    visit_i64_trunc_f32_s => fcvt_to_sint I64;
    visit_i64_trunc_f32_u => fcvt_to_uint I64;
    visit_i64_trunc_f64_s => fcvt_to_sint I64;
    visit_i64_trunc_f64_u => fcvt_to_uint I64;

    visit_i32_trunc_sat_f32_s => fcvt_to_sint_sat I32;
    visit_i32_trunc_sat_f32_u => fcvt_to_uint_sat I32;
    visit_i32_trunc_sat_f64_s => fcvt_to_sint_sat I32;
    visit_i32_trunc_sat_f64_u => fcvt_to_uint_sat I32;
    visit_i64_trunc_sat_f32_s => fcvt_to_sint_sat I64;
    visit_i64_trunc_sat_f32_u => fcvt_to_uint_sat I64;
    visit_i64_trunc_sat_f64_s => fcvt_to_sint_sat I64;
    visit_i64_trunc_sat_f64_u => fcvt_to_uint_sat I64;

    visit_f32_convert_i32_s => fcvt_from_sint F32;
    visit_f32_convert_i32_u => fcvt_from_uint F32;
    visit_f32_convert_i64_s => fcvt_from_sint F32;
    visit_f32_convert_i64_u => fcvt_from_uint F32;
    visit_f64_convert_i32_s => fcvt_from_sint F64;
    visit_f64_convert_i32_u => fcvt_from_uint F64;
    visit_f64_convert_i64_s => fcvt_from_sint F64;
    visit_f64_convert_i64_u => fcvt_from_uint F64;

    visit_f32_demote_f64 => fdemote F32;
    visit_f64_promote_f32 => fpromote F64;
}

reinterpret! {
    visit_i32_reinterpret_f32 => I32;
    visit_i64_reinterpret_f64 => I64;
    visit_f32_reinterpret_i32 => F32;
    visit_f64_reinterpret_i64 => F64;
}
