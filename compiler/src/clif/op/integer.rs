//! `i32` and `i64` arithmetic, comparisons and constants: a table of operator → instruction.
//!
//! Cranelift's integer instructions have Wasm's semantics on both architectures: shift and rotate counts are taken
//! modulo the width, `clz` and `ctz` of zero are the width, and divisions trap by themselves with codes that
//! `clif/trap.rs` translates. On x86-64 the division instruction itself faults where it can, so no check is spent on a
//! zero divisor of an unsigned division or on the overflow of a signed one; `srem` of the smallest integer by -1 is 0.

use super::super::translator::FuncTranslator;
use crate::error::Result;
use cranelift_codegen::ir::condcodes::IntCC;
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
            let flag = f.builder.ins().icmp(IntCC::$condition, left, right);
            // Branches and selects see through the extension, so it costs nothing where the result is a condition.
            let result = f.builder.ins().uextend(types::I32, flag);
            f.push(result);
            Ok(())
        }
    )* };
}

/// Sign extension of the low bits: narrow to `$narrow`, then widen again to `$wide`.
macro_rules! extend_in_place {
    ($($visit:ident => $narrow:ident, $wide:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let operand = f.pop();
            let narrow = f.builder.ins().ireduce(types::$narrow, operand);
            let result = f.builder.ins().sextend(types::$wide, narrow);
            f.push(result);
            Ok(())
        }
    )* };
}

pub(crate) fn visit_i32_const(f: &mut FuncTranslator<'_, '_>, value: i32) -> Result<()> {
    // CLIF constants hold the bits, zero-extended to 64.
    let result = f.builder.ins().iconst(types::I32, i64::from(value.cast_unsigned()));
    f.push(result);
    Ok(())
}

pub(crate) fn visit_i64_const(f: &mut FuncTranslator<'_, '_>, value: i64) -> Result<()> {
    let result = f.builder.ins().iconst(types::I64, value);
    f.push(result);
    Ok(())
}

fn is_zero(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let operand = f.pop();
    let flag = f.builder.ins().icmp_imm_u(IntCC::Equal, operand, 0);
    let result = f.builder.ins().uextend(types::I32, flag);
    f.push(result);
    Ok(())
}

pub(crate) fn visit_i32_eqz(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    is_zero(f)
}

pub(crate) fn visit_i64_eqz(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    is_zero(f)
}

unary! {
    visit_i32_clz => clz;
    visit_i32_ctz => ctz;
    visit_i32_popcnt => popcnt;
    visit_i64_clz => clz;
    visit_i64_ctz => ctz;
    visit_i64_popcnt => popcnt;
}

binary! {
    visit_i32_add => iadd;
    visit_i32_sub => isub;
    visit_i32_mul => imul;
    visit_i32_div_s => sdiv;
    visit_i32_div_u => udiv;
    visit_i32_rem_s => srem;
    visit_i32_rem_u => urem;
    visit_i32_and => band;
    visit_i32_or => bor;
    visit_i32_xor => bxor;
    visit_i32_shl => ishl;
    visit_i32_shr_s => sshr;
    visit_i32_shr_u => ushr;
    visit_i32_rotl => rotl;
    visit_i32_rotr => rotr;
    visit_i64_add => iadd;
    visit_i64_sub => isub;
    visit_i64_mul => imul;
    visit_i64_div_s => sdiv;
    visit_i64_div_u => udiv;
    visit_i64_rem_s => srem;
    visit_i64_rem_u => urem;
    visit_i64_and => band;
    visit_i64_or => bor;
    visit_i64_xor => bxor;
    visit_i64_shl => ishl;
    visit_i64_shr_s => sshr;
    visit_i64_shr_u => ushr;
    visit_i64_rotl => rotl;
    visit_i64_rotr => rotr;
}

compare! {
    visit_i32_eq => Equal;
    visit_i32_ne => NotEqual;
    visit_i32_lt_s => SignedLessThan;
    visit_i32_lt_u => UnsignedLessThan;
    visit_i32_gt_s => SignedGreaterThan;
    visit_i32_gt_u => UnsignedGreaterThan;
    visit_i32_le_s => SignedLessThanOrEqual;
    visit_i32_le_u => UnsignedLessThanOrEqual;
    visit_i32_ge_s => SignedGreaterThanOrEqual;
    visit_i32_ge_u => UnsignedGreaterThanOrEqual;
    visit_i64_eq => Equal;
    visit_i64_ne => NotEqual;
    visit_i64_lt_s => SignedLessThan;
    visit_i64_lt_u => UnsignedLessThan;
    visit_i64_gt_s => SignedGreaterThan;
    visit_i64_gt_u => UnsignedGreaterThan;
    visit_i64_le_s => SignedLessThanOrEqual;
    visit_i64_le_u => UnsignedLessThanOrEqual;
    visit_i64_ge_s => SignedGreaterThanOrEqual;
    visit_i64_ge_u => UnsignedGreaterThanOrEqual;
}

extend_in_place! {
    visit_i32_extend8_s => I8, I32;
    visit_i32_extend16_s => I16, I32;
    visit_i64_extend8_s => I8, I64;
    visit_i64_extend16_s => I16, I64;
    visit_i64_extend32_s => I32, I64;
}
