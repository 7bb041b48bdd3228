//! Wide arithmetic: 128-bit addition, subtraction and multiplication on pairs of `i64`, low half first.
//!
//! Both backends match these shapes: `iadd` and `isub` on `i128` become add-with-carry pairs, and an `i128` multiply of
//! two extended halves is the machine's one widening multiply.

use super::super::translator::FuncTranslator;
use crate::error::Result;
use cranelift_codegen::ir::{InstBuilder, types};

macro_rules! on_pairs {
    ($($visit:ident => $instruction:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let (right_low, right_high) = f.pop2();
            let (left_low, left_high) = f.pop2();
            let left = f.builder.ins().iconcat(left_low, left_high);
            let right = f.builder.ins().iconcat(right_low, right_high);
            let result = f.builder.ins().$instruction(left, right);
            let (low, high) = f.builder.ins().isplit(result);
            f.push(low);
            f.push(high);
            Ok(())
        }
    )* };
}

macro_rules! widening_multiply {
    ($($visit:ident => $extend:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let (left, right) = f.pop2();
            let left = f.builder.ins().$extend(types::I128, left);
            let right = f.builder.ins().$extend(types::I128, right);
            let product = f.builder.ins().imul(left, right);
            let (low, high) = f.builder.ins().isplit(product);
            f.push(low);
            f.push(high);
            Ok(())
        }
    )* };
}

on_pairs! {
    visit_i64_add128 => iadd;
    visit_i64_sub128 => isub;
}

widening_multiply! {
    visit_i64_mul_wide_s => sextend;
    visit_i64_mul_wide_u => uextend;
}
