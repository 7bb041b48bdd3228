//! Integer lanes: arithmetic, comparisons, shifts, reductions, narrowing, widening and dot products.

use super::super::super::translator::FuncTranslator;
use crate::error::Result;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};

/// All ones in the lanes where the condition holds, zeros elsewhere.
macro_rules! compare {
    ($($visit:ident => $lanes:ident $condition:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let (left, right) = f.pop2_vectors(types::$lanes);
            let result = f.builder.ins().icmp(IntCC::$condition, left, right);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

/// All lanes by one count, which both Wasm and CLIF take modulo the width of a lane.
macro_rules! shift {
    ($($visit:ident => $lanes:ident $instruction:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let count = f.pop();
            let operand = f.pop_vector(types::$lanes);
            let result = f.builder.ins().$instruction(operand, count);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

macro_rules! all_true {
    ($($visit:ident => $lanes:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let operand = f.pop_vector(types::$lanes);
            let flag = f.builder.ins().vall_true(operand);
            let result = f.builder.ins().uextend(types::I32, flag);
            f.push(result);
            Ok(())
        }
    )* };
}

macro_rules! bitmask {
    ($($visit:ident => $lanes:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let operand = f.pop_vector(types::$lanes);
            let result = f.builder.ins().vhigh_bits(types::I32, operand);
            f.push(result);
            Ok(())
        }
    )* };
}

/// Products of widened halves: the backends turn each of these three instructions into one where the machine can.
macro_rules! extend_multiply {
    ($($visit:ident => $lanes:ident $widen:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let (left, right) = f.pop2_vectors(types::$lanes);
            let left = f.builder.ins().$widen(left);
            let right = f.builder.ins().$widen(right);
            let result = f.builder.ins().imul(left, right);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

/// Sums of neighbouring lanes, widened first.
macro_rules! extend_add_pairwise {
    ($($visit:ident => $lanes:ident $widen_low:ident $widen_high:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let operand = f.pop_vector(types::$lanes);
            let low = f.builder.ins().$widen_low(operand);
            let high = f.builder.ins().$widen_high(operand);
            let result = f.builder.ins().iadd_pairwise(low, high);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

compare! {
    visit_i8x16_eq => I8X16 Equal;
    visit_i8x16_ne => I8X16 NotEqual;
    visit_i8x16_lt_s => I8X16 SignedLessThan;
    visit_i8x16_lt_u => I8X16 UnsignedLessThan;
    visit_i8x16_gt_s => I8X16 SignedGreaterThan;
    visit_i8x16_gt_u => I8X16 UnsignedGreaterThan;
    visit_i8x16_le_s => I8X16 SignedLessThanOrEqual;
    visit_i8x16_le_u => I8X16 UnsignedLessThanOrEqual;
    visit_i8x16_ge_s => I8X16 SignedGreaterThanOrEqual;
    visit_i8x16_ge_u => I8X16 UnsignedGreaterThanOrEqual;
    visit_i16x8_eq => I16X8 Equal;
    visit_i16x8_ne => I16X8 NotEqual;
    visit_i16x8_lt_s => I16X8 SignedLessThan;
    visit_i16x8_lt_u => I16X8 UnsignedLessThan;
    visit_i16x8_gt_s => I16X8 SignedGreaterThan;
    visit_i16x8_gt_u => I16X8 UnsignedGreaterThan;
    visit_i16x8_le_s => I16X8 SignedLessThanOrEqual;
    visit_i16x8_le_u => I16X8 UnsignedLessThanOrEqual;
    visit_i16x8_ge_s => I16X8 SignedGreaterThanOrEqual;
    visit_i16x8_ge_u => I16X8 UnsignedGreaterThanOrEqual;
    visit_i32x4_eq => I32X4 Equal;
    visit_i32x4_ne => I32X4 NotEqual;
    visit_i32x4_lt_s => I32X4 SignedLessThan;
    visit_i32x4_lt_u => I32X4 UnsignedLessThan;
    visit_i32x4_gt_s => I32X4 SignedGreaterThan;
    visit_i32x4_gt_u => I32X4 UnsignedGreaterThan;
    visit_i32x4_le_s => I32X4 SignedLessThanOrEqual;
    visit_i32x4_le_u => I32X4 UnsignedLessThanOrEqual;
    visit_i32x4_ge_s => I32X4 SignedGreaterThanOrEqual;
    visit_i32x4_ge_u => I32X4 UnsignedGreaterThanOrEqual;
    visit_i64x2_eq => I64X2 Equal;
    visit_i64x2_ne => I64X2 NotEqual;
    visit_i64x2_lt_s => I64X2 SignedLessThan;
    visit_i64x2_gt_s => I64X2 SignedGreaterThan;
    visit_i64x2_le_s => I64X2 SignedLessThanOrEqual;
    visit_i64x2_ge_s => I64X2 SignedGreaterThanOrEqual;
}

unary! {
    visit_i8x16_abs => I8X16 iabs;
    visit_i8x16_neg => I8X16 ineg;
    visit_i16x8_abs => I16X8 iabs;
    visit_i16x8_neg => I16X8 ineg;
    visit_i32x4_abs => I32X4 iabs;
    visit_i32x4_neg => I32X4 ineg;
    visit_i64x2_abs => I64X2 iabs;
    visit_i64x2_neg => I64X2 ineg;
    visit_i8x16_popcnt => I8X16 popcnt;
    visit_i16x8_extend_low_i8x16_s => I8X16 swiden_low;
    visit_i16x8_extend_low_i8x16_u => I8X16 uwiden_low;
    visit_i16x8_extend_high_i8x16_s => I8X16 swiden_high;
    visit_i16x8_extend_high_i8x16_u => I8X16 uwiden_high;
    visit_i32x4_extend_low_i16x8_s => I16X8 swiden_low;
    visit_i32x4_extend_low_i16x8_u => I16X8 uwiden_low;
    visit_i32x4_extend_high_i16x8_s => I16X8 swiden_high;
    visit_i32x4_extend_high_i16x8_u => I16X8 uwiden_high;
    visit_i64x2_extend_low_i32x4_s => I32X4 swiden_low;
    visit_i64x2_extend_low_i32x4_u => I32X4 uwiden_low;
    visit_i64x2_extend_high_i32x4_s => I32X4 swiden_high;
    visit_i64x2_extend_high_i32x4_u => I32X4 uwiden_high;
}

binary! {
    visit_i8x16_add => I8X16 iadd;
    visit_i8x16_sub => I8X16 isub;
    visit_i8x16_add_sat_s => I8X16 sadd_sat;
    visit_i8x16_add_sat_u => I8X16 uadd_sat;
    visit_i8x16_sub_sat_s => I8X16 ssub_sat;
    visit_i8x16_sub_sat_u => I8X16 usub_sat;
    visit_i8x16_avgr_u => I8X16 avg_round;
    visit_i8x16_min_s => I8X16 smin;
    visit_i8x16_min_u => I8X16 umin;
    visit_i8x16_max_s => I8X16 smax;
    visit_i8x16_max_u => I8X16 umax;
    visit_i16x8_add => I16X8 iadd;
    visit_i16x8_sub => I16X8 isub;
    visit_i16x8_mul => I16X8 imul;
    visit_i16x8_add_sat_s => I16X8 sadd_sat;
    visit_i16x8_add_sat_u => I16X8 uadd_sat;
    visit_i16x8_sub_sat_s => I16X8 ssub_sat;
    visit_i16x8_sub_sat_u => I16X8 usub_sat;
    visit_i16x8_avgr_u => I16X8 avg_round;
    visit_i16x8_min_s => I16X8 smin;
    visit_i16x8_min_u => I16X8 umin;
    visit_i16x8_max_s => I16X8 smax;
    visit_i16x8_max_u => I16X8 umax;
    visit_i32x4_add => I32X4 iadd;
    visit_i32x4_sub => I32X4 isub;
    visit_i32x4_mul => I32X4 imul;
    visit_i32x4_min_s => I32X4 smin;
    visit_i32x4_min_u => I32X4 umin;
    visit_i32x4_max_s => I32X4 smax;
    visit_i32x4_max_u => I32X4 umax;
    visit_i64x2_add => I64X2 iadd;
    visit_i64x2_sub => I64X2 isub;
    visit_i64x2_mul => I64X2 imul;
    visit_i16x8_q15mulr_sat_s => I16X8 sqmul_round_sat;
    // Both read signed lanes; the suffix is about what they saturate to.
    visit_i8x16_narrow_i16x8_s => I16X8 snarrow;
    visit_i8x16_narrow_i16x8_u => I16X8 unarrow;
    visit_i16x8_narrow_i32x4_s => I32X4 snarrow;
    visit_i16x8_narrow_i32x4_u => I32X4 unarrow;
}

shift! {
    visit_i8x16_shl => I8X16 ishl;
    visit_i8x16_shr_s => I8X16 sshr;
    visit_i8x16_shr_u => I8X16 ushr;
    visit_i16x8_shl => I16X8 ishl;
    visit_i16x8_shr_s => I16X8 sshr;
    visit_i16x8_shr_u => I16X8 ushr;
    visit_i32x4_shl => I32X4 ishl;
    visit_i32x4_shr_s => I32X4 sshr;
    visit_i32x4_shr_u => I32X4 ushr;
    visit_i64x2_shl => I64X2 ishl;
    visit_i64x2_shr_s => I64X2 sshr;
    visit_i64x2_shr_u => I64X2 ushr;
}

all_true! {
    visit_i8x16_all_true => I8X16;
    visit_i16x8_all_true => I16X8;
    visit_i32x4_all_true => I32X4;
    visit_i64x2_all_true => I64X2;
}

bitmask! {
    visit_i8x16_bitmask => I8X16;
    visit_i16x8_bitmask => I16X8;
    visit_i32x4_bitmask => I32X4;
    visit_i64x2_bitmask => I64X2;
}

extend_multiply! {
    visit_i16x8_extmul_low_i8x16_s => I8X16 swiden_low;
    visit_i16x8_extmul_low_i8x16_u => I8X16 uwiden_low;
    visit_i16x8_extmul_high_i8x16_s => I8X16 swiden_high;
    visit_i16x8_extmul_high_i8x16_u => I8X16 uwiden_high;
    visit_i32x4_extmul_low_i16x8_s => I16X8 swiden_low;
    visit_i32x4_extmul_low_i16x8_u => I16X8 uwiden_low;
    visit_i32x4_extmul_high_i16x8_s => I16X8 swiden_high;
    visit_i32x4_extmul_high_i16x8_u => I16X8 uwiden_high;
    visit_i64x2_extmul_low_i32x4_s => I32X4 swiden_low;
    visit_i64x2_extmul_low_i32x4_u => I32X4 uwiden_low;
    visit_i64x2_extmul_high_i32x4_s => I32X4 swiden_high;
    visit_i64x2_extmul_high_i32x4_u => I32X4 uwiden_high;
}

extend_add_pairwise! {
    visit_i16x8_extadd_pairwise_i8x16_s => I8X16 swiden_low swiden_high;
    visit_i16x8_extadd_pairwise_i8x16_u => I8X16 uwiden_low uwiden_high;
    visit_i32x4_extadd_pairwise_i16x8_s => I16X8 swiden_low swiden_high;
    visit_i32x4_extadd_pairwise_i16x8_u => I16X8 uwiden_low uwiden_high;
}

pub(crate) fn visit_i32x4_dot_i16x8_s(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let (left, right) = f.pop2_vectors(types::I16X8);
    // The x86-64 backend recognises this tree as `pmaddwd`.
    let left_low = f.builder.ins().swiden_low(left);
    let right_low = f.builder.ins().swiden_low(right);
    let low = f.builder.ins().imul(left_low, right_low);
    let left_high = f.builder.ins().swiden_high(left);
    let right_high = f.builder.ins().swiden_high(right);
    let high = f.builder.ins().imul(left_high, right_high);
    let result = f.builder.ins().iadd_pairwise(low, high);
    f.push_vector(result);
    Ok(())
}
