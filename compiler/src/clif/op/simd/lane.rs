//! Constants, lanes in and out of vectors, splats, shuffles, and operations on all 128 bits.

use super::super::super::translator::FuncTranslator;
use crate::error::Result;
use cranelift_codegen::ir::{self, InstBuilder, Opcode, Value, ValueDef, types};
use wasmparser::V128;

pub(crate) fn visit_v128_const(f: &mut FuncTranslator<'_, '_>, value: V128) -> Result<()> {
    let constant = f.builder.func.dfg.constants.insert(value.bytes().as_slice().into());
    let result = f.builder.ins().vconst(types::I8X16, constant);
    f.push(result);
    Ok(())
}

/// A lane into a scalar of its own type.
macro_rules! extract {
    ($($visit:ident => $lanes:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>, lane: u8) -> Result<()> {
            let vector = f.pop_vector(types::$lanes);
            let result = f.builder.ins().extractlane(vector, lane);
            f.push(result);
            Ok(())
        }
    )* };
}

/// A lane narrower than any scalar, extended to `i32`.
macro_rules! extract_narrow {
    ($($visit:ident => $lanes:ident $extend:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>, lane: u8) -> Result<()> {
            let vector = f.pop_vector(types::$lanes);
            let narrow = f.builder.ins().extractlane(vector, lane);
            let result = f.builder.ins().$extend(types::I32, narrow);
            f.push(result);
            Ok(())
        }
    )* };
}

/// A scalar as a lane of this vector type: narrow lanes take the low bits of an `i32`.
fn pop_lane(f: &mut FuncTranslator<'_, '_>, lanes: ir::Type) -> Value {
    let scalar = f.pop();
    match lanes.lane_type() {
        narrow @ (types::I8 | types::I16) => f.builder.ins().ireduce(narrow, scalar),
        _ => scalar,
    }
}

macro_rules! replace {
    ($($visit:ident => $lanes:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>, lane: u8) -> Result<()> {
            let scalar = pop_lane(f, types::$lanes);
            let vector = f.pop_vector(types::$lanes);
            let result = f.builder.ins().insertlane(vector, scalar, lane);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

macro_rules! splat {
    ($($visit:ident => $lanes:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let scalar = pop_lane(f, types::$lanes);
            let result = f.builder.ins().splat(types::$lanes, scalar);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

extract! {
    visit_i32x4_extract_lane => I32X4;
    visit_i64x2_extract_lane => I64X2;
    visit_f32x4_extract_lane => F32X4;
    visit_f64x2_extract_lane => F64X2;
}

extract_narrow! {
    visit_i8x16_extract_lane_s => I8X16 sextend;
    visit_i8x16_extract_lane_u => I8X16 uextend;
    visit_i16x8_extract_lane_s => I16X8 sextend;
    visit_i16x8_extract_lane_u => I16X8 uextend;
}

replace! {
    visit_i8x16_replace_lane => I8X16;
    visit_i16x8_replace_lane => I16X8;
    visit_i32x4_replace_lane => I32X4;
    visit_i64x2_replace_lane => I64X2;
    visit_f32x4_replace_lane => F32X4;
    visit_f64x2_replace_lane => F64X2;
}

splat! {
    visit_i8x16_splat => I8X16;
    visit_i16x8_splat => I16X8;
    visit_i32x4_splat => I32X4;
    visit_i64x2_splat => I64X2;
    visit_f32x4_splat => F32X4;
    visit_f64x2_splat => F64X2;
}

pub(crate) fn visit_i8x16_shuffle(f: &mut FuncTranslator<'_, '_>, lanes: [u8; 16]) -> Result<()> {
    let (left, right) = f.pop2_vectors(types::I8X16);
    let mask = f.builder.func.dfg.immediates.push(lanes.as_slice().into());
    let result = f.builder.ins().shuffle(left, right, mask);
    f.push(result);
    Ok(())
}

binary! {
    // An index past the last lane selects 0, in Wasm as in CLIF.
    visit_i8x16_swizzle => I8X16 swizzle;
    visit_v128_and => I8X16 band;
    visit_v128_andnot => I8X16 band_not;
    visit_v128_or => I8X16 bor;
    visit_v128_xor => I8X16 bxor;
}

unary! {
    visit_v128_not => I8X16 bnot;
}

pub(crate) fn visit_v128_bitselect(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let mask = f.pop();
    let lanes = mask_lanes(f, mask);
    let mask = f.cast_vector(mask, lanes);
    let (if_set, if_clear) = f.pop2_vectors(lanes);
    let result = f.builder.ins().bitselect(mask, if_set, if_clear);
    f.push_vector(result);
    Ok(())
}

/// The lanes to select in: those of the comparison when the mask is one, because the x86-64 backend then knows that the
/// mask is uniform in each byte and blends in one instruction.
fn mask_lanes(f: &FuncTranslator<'_, '_>, mask: Value) -> ir::Type {
    let mask = f.uncast_vector(mask);
    let dfg = &f.builder.func.dfg;
    match dfg.value_def(mask) {
        ValueDef::Result(compare, _) if matches!(dfg.insts[compare].opcode(), Opcode::Icmp | Opcode::Fcmp) => {
            dfg.value_type(mask)
        }
        _ => types::I8X16,
    }
}

pub(crate) fn visit_v128_any_true(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let operand = f.pop_vector(types::I8X16);
    let flag = f.builder.ins().vany_true(operand);
    let result = f.builder.ins().uextend(types::I32, flag);
    f.push(result);
    Ok(())
}
