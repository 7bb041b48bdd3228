//! Loads and stores of vectors and of their lanes.
//!
//! Vector accesses need no alignment in Wasm; the flags that `address` returns promise none, and the backends then use
//! unaligned moves.

use super::super::super::address;
use super::super::super::translator::FuncTranslator;
use crate::error::Result;
use cranelift_codegen::ir::{InstBuilder, types};
use wasmparser::MemArg;

pub(crate) fn visit_v128_load(f: &mut FuncTranslator<'_, '_>, memarg: MemArg) -> Result<()> {
    let Some(native) = address::access(f, &memarg, 16)? else { return Ok(()) };
    let result = f.builder.ins().load(types::I8X16, native.flags, native.base, native.offset);
    f.push(result);
    Ok(())
}

pub(crate) fn visit_v128_store(f: &mut FuncTranslator<'_, '_>, memarg: MemArg) -> Result<()> {
    let value = f.pop();
    let Some(native) = address::access(f, &memarg, 16)? else { return Ok(()) };
    f.builder.ins().store(native.flags, value, native.base, native.offset);
    Ok(())
}

/// Eight bytes, each of its lanes widened.
macro_rules! load_extend {
    ($($visit:ident => $instruction:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>, memarg: MemArg) -> Result<()> {
            let Some(native) = address::access(f, &memarg, 8)? else { return Ok(()) };
            let result = f.builder.ins().$instruction(native.flags, native.base, native.offset);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

/// One scalar in every lane.
macro_rules! load_splat {
    ($($visit:ident => $lanes:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>, memarg: MemArg) -> Result<()> {
            let lane = types::$lanes.lane_type();
            let Some(native) = address::access(f, &memarg, lane.bytes())? else { return Ok(()) };
            let scalar = f.builder.ins().load(lane, native.flags, native.base, native.offset);
            let result = f.builder.ins().splat(types::$lanes, scalar);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

/// One scalar in the first lane, zeros in the others.
macro_rules! load_zero {
    ($($visit:ident => $lanes:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>, memarg: MemArg) -> Result<()> {
            let lane = types::$lanes.lane_type();
            let Some(native) = address::access(f, &memarg, lane.bytes())? else { return Ok(()) };
            let scalar = f.builder.ins().load(lane, native.flags, native.base, native.offset);
            let result = f.builder.ins().scalar_to_vector(types::$lanes, scalar);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

/// One scalar in one lane of a vector.
macro_rules! load_lane {
    ($($visit:ident => $lanes:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>, memarg: MemArg, lane: u8) -> Result<()> {
            let vector = f.pop_vector(types::$lanes);
            let lane_type = types::$lanes.lane_type();
            let Some(native) = address::access(f, &memarg, lane_type.bytes())? else { return Ok(()) };
            let scalar = f.builder.ins().load(lane_type, native.flags, native.base, native.offset);
            let result = f.builder.ins().insertlane(vector, scalar, lane);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

/// One lane of a vector to memory.
macro_rules! store_lane {
    ($($visit:ident => $lanes:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>, memarg: MemArg, lane: u8) -> Result<()> {
            let vector = f.pop_vector(types::$lanes);
            let lane_type = types::$lanes.lane_type();
            let Some(native) = address::access(f, &memarg, lane_type.bytes())? else { return Ok(()) };
            let scalar = f.builder.ins().extractlane(vector, lane);
            f.builder.ins().store(native.flags, scalar, native.base, native.offset);
            Ok(())
        }
    )* };
}

load_extend! {
    visit_v128_load8x8_s => sload8x8;
    visit_v128_load8x8_u => uload8x8;
    visit_v128_load16x4_s => sload16x4;
    visit_v128_load16x4_u => uload16x4;
    visit_v128_load32x2_s => sload32x2;
    visit_v128_load32x2_u => uload32x2;
}

load_splat! {
    visit_v128_load8_splat => I8X16;
    visit_v128_load16_splat => I16X8;
    visit_v128_load32_splat => I32X4;
    visit_v128_load64_splat => I64X2;
}

load_zero! {
    visit_v128_load32_zero => I32X4;
    visit_v128_load64_zero => I64X2;
}

load_lane! {
    visit_v128_load8_lane => I8X16;
    visit_v128_load16_lane => I16X8;
    visit_v128_load32_lane => I32X4;
    visit_v128_load64_lane => I64X2;
}

store_lane! {
    visit_v128_store8_lane => I8X16;
    visit_v128_store16_lane => I16X8;
    visit_v128_store32_lane => I32X4;
    visit_v128_store64_lane => I64X2;
}
