//! `f32` and `f64` arithmetic, comparisons and constants: a table of operator → instruction.
//!
//! Cranelift's `fmin` and `fmax` are Wasm's: a NaN operand gives a NaN, and -0 is less than +0. `fabs`, `fneg` and
//! `fcopysign` touch only the sign bit, also of NaNs. Constants travel as bits, so NaN payloads survive.

use super::super::translator::FuncTranslator;
use crate::error::Result;
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, types};

macro_rules! unary {
    ($($visit:ident => $instruction:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let operand = f.pop();
            let result = f.builder.ins().$instruction(operand);
            f.push(result);
            Ok(())
        }
    )* };
}

macro_rules! binary {
    ($($visit:ident => $instruction:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let (left, right) = f.pop2();
            let result = f.builder.ins().$instruction(left, right);
            f.push(result);
            Ok(())
        }
    )* };
}

macro_rules! compare {
    ($($visit:ident => $condition:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let (left, right) = f.pop2();
            let flag = f.builder.ins().fcmp(FloatCC::$condition, left, right);
            let result = f.builder.ins().uextend(types::I32, flag);
            f.push(result);
            Ok(())
        }
    )* };
}

pub(crate) fn visit_f32_const(f: &mut FuncTranslator<'_, '_>, value: wasmparser::Ieee32) -> Result<()> {
    let result = f.builder.ins().f32const(Ieee32::with_bits(value.bits()));
    f.push(result);
    Ok(())
}

pub(crate) fn visit_f64_const(f: &mut FuncTranslator<'_, '_>, value: wasmparser::Ieee64) -> Result<()> {
    let result = f.builder.ins().f64const(Ieee64::with_bits(value.bits()));
    f.push(result);
    Ok(())
}

unary! {
    visit_f32_abs => fabs;
    visit_f32_neg => fneg;
    visit_f32_ceil => ceil;
    visit_f32_floor => floor;
    visit_f32_trunc => trunc;
    visit_f32_nearest => nearest;
    visit_f32_sqrt => sqrt;
    visit_f64_abs => fabs;
    visit_f64_neg => fneg;
    visit_f64_ceil => ceil;
    visit_f64_floor => floor;
    visit_f64_trunc => trunc;
    visit_f64_nearest => nearest;
    visit_f64_sqrt => sqrt;
}

binary! {
    visit_f32_add => fadd;
    visit_f32_sub => fsub;
    visit_f32_mul => fmul;
    visit_f32_div => fdiv;
    visit_f32_min => fmin;
    visit_f32_max => fmax;
    visit_f32_copysign => fcopysign;
    visit_f64_add => fadd;
    visit_f64_sub => fsub;
    visit_f64_mul => fmul;
    visit_f64_div => fdiv;
    visit_f64_min => fmin;
    visit_f64_max => fmax;
    visit_f64_copysign => fcopysign;
}

compare! {
    visit_f32_eq => Equal;
    visit_f32_ne => NotEqual;
    visit_f32_lt => LessThan;
    visit_f32_gt => GreaterThan;
    visit_f32_le => LessThanOrEqual;
    visit_f32_ge => GreaterThanOrEqual;
    visit_f64_eq => Equal;
    visit_f64_ne => NotEqual;
    visit_f64_lt => LessThan;
    visit_f64_gt => GreaterThan;
    visit_f64_le => LessThanOrEqual;
    visit_f64_ge => GreaterThanOrEqual;
}
