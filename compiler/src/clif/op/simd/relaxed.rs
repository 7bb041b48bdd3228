//! Relaxed SIMD: operators whose result at the edges may be what the machine finds cheapest.
//!
//! The specification gives each family a parameter `R` that is constant in an execution and picks one of the listed
//! results; the deterministic profile fixes all of them at 0. With `deterministic` on we take 0 everywhere. Otherwise:
//!
//! | family | x86-64 | aarch64 |
//! |---|---|---|
//! | `R_swizzle` | 1: `pshufb`, indices 16..128 wrap | 0: they select 0 |
//! | `R_trunc_s` | 1: `cvttps2dq`, out of range is the smallest integer | 0: saturates |
//! | `R_trunc_u` | 0: saturates; x86-64 before AVX-512 has no unsigned conversion | 0 |
//! | `R_fmadd` | 1 (fused) with FMA, else 0 (two roundings) | 1 |
//! | `R_fmin`, `R_fmax` | 1: `minps`, the first operand where either is a NaN or both are zeros | 0: Wasm's own |
//! | `R_iq15mulr` | 1: `pmulhrsw`, the one overflow wraps | 0: it saturates |
//! | `R_idot` | 1: `pmaddubsw`, the second operand is unsigned | 0: it is signed |
//! | `R_laneselect` | 1: `pblendvb`, the top bit of each lane | 0: each bit |

use super::super::super::translator::FuncTranslator;
use super::convert::{visit_i32x4_trunc_sat_f64x2_u_zero, zero};
use super::float::{pseudo_maximum, pseudo_minimum};
use crate::error::Result;
use crate::options::{CpuLevel, Options};
use crate::target::Arch;
use cranelift_codegen::ir::{self, InstBuilder, Value, types};

/// Whether to take what x86-64 does with one instruction.
fn as_x86_64(f: &FuncTranslator<'_, '_>) -> bool {
    !f.env.options.deterministic && f.env.options.target.arch == Arch::X86_64
}

pub(crate) fn visit_i8x16_relaxed_swizzle(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let (operand, indices) = f.pop2_vectors(types::I8X16);
    let result = if as_x86_64(f) {
        f.builder.ins().x86_pshufb(operand, indices)
    } else {
        f.builder.ins().swizzle(operand, indices)
    };
    f.push(result);
    Ok(())
}

pub(crate) fn visit_i32x4_relaxed_trunc_f32x4_s(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let operand = f.pop_vector(types::F32X4);
    let result = if as_x86_64(f) {
        f.builder.ins().x86_cvtt2dq(types::I32X4, operand)
    } else {
        f.builder.ins().fcvt_to_sint_sat(types::I32X4, operand)
    };
    f.push_vector(result);
    Ok(())
}

pub(crate) fn visit_i32x4_relaxed_trunc_f32x4_u(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    super::convert::visit_i32x4_trunc_sat_f32x4_u(f)
}

pub(crate) fn visit_i32x4_relaxed_trunc_f64x2_s_zero(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let operand = f.pop_vector(types::F64X2);
    let wide = if as_x86_64(f) {
        f.builder.ins().x86_cvtt2dq(types::I64X2, operand)
    } else {
        f.builder.ins().fcvt_to_sint_sat(types::I64X2, operand)
    };
    let zero = zero(f, types::I64X2);
    let result = f.builder.ins().snarrow(wide, zero);
    f.push_vector(result);
    Ok(())
}

pub(crate) fn visit_i32x4_relaxed_trunc_f64x2_u_zero(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    visit_i32x4_trunc_sat_f64x2_u_zero(f)
}

/// Whether the machine multiplies and adds in one instruction. Cranelift would call a function per lane otherwise.
fn has_fused_multiply_add(options: &Options) -> bool {
    match (options.target.arch, options.cpu.level) {
        (Arch::Aarch64, _) | (Arch::X86_64, CpuLevel::X86_64V3) => true,
        (Arch::X86_64, CpuLevel::Native) if host_has_fused_multiply_add() => true,
        // Features bring what they build upon; see `code/isa.rs`.
        (Arch::X86_64, _) => options.cpu.features.iter().any(|name| name == "fma" || name.starts_with("avx512")),
    }
}

#[cfg(target_arch = "x86_64")]
fn host_has_fused_multiply_add() -> bool {
    std::arch::is_x86_feature_detected!("avx") && std::arch::is_x86_feature_detected!("fma")
}

#[cfg(not(target_arch = "x86_64"))]
fn host_has_fused_multiply_add() -> bool {
    false
}

/// `left * right + addend`, or `-(left * right) + addend`. The negation goes to the first factor, as the specification
/// has it, so that an unfused result has the sign of zero and the NaN that it asks for.
fn multiply_add(f: &mut FuncTranslator<'_, '_>, lanes: ir::Type, negate: bool) -> Result<()> {
    let addend = f.pop_vector(lanes);
    let (left, right) = f.pop2_vectors(lanes);
    let left = if negate { f.builder.ins().fneg(left) } else { left };
    let result = if !f.env.options.deterministic && has_fused_multiply_add(f.env.options) {
        f.builder.ins().fma(left, right, addend)
    } else {
        let product = f.builder.ins().fmul(left, right);
        f.builder.ins().fadd(product, addend)
    };
    f.push_vector(result);
    Ok(())
}

pub(crate) fn visit_f32x4_relaxed_madd(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    multiply_add(f, types::F32X4, false)
}

pub(crate) fn visit_f32x4_relaxed_nmadd(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    multiply_add(f, types::F32X4, true)
}

pub(crate) fn visit_f64x2_relaxed_madd(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    multiply_add(f, types::F64X2, false)
}

pub(crate) fn visit_f64x2_relaxed_nmadd(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    multiply_add(f, types::F64X2, true)
}

fn lane_select(f: &mut FuncTranslator<'_, '_>, lanes: ir::Type) -> Result<()> {
    let mask = f.pop_vector(lanes);
    let (if_set, if_clear) = f.pop2_vectors(lanes);
    let result = if !as_x86_64(f) {
        f.builder.ins().bitselect(mask, if_set, if_clear)
    } else if lanes == types::I16X8 {
        // There is no blend of 16-bit lanes: spread the top bit over both bytes and blend those.
        let fifteen = f.builder.ins().iconst(types::I32, 15);
        let mask = f.builder.ins().sshr(mask, fifteen);
        let mask = f.cast_vector(mask, types::I8X16);
        let if_set = f.cast_vector(if_set, types::I8X16);
        let if_clear = f.cast_vector(if_clear, types::I8X16);
        f.builder.ins().blendv(mask, if_set, if_clear)
    } else {
        f.builder.ins().blendv(mask, if_set, if_clear)
    };
    f.push_vector(result);
    Ok(())
}

pub(crate) fn visit_i8x16_relaxed_laneselect(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    lane_select(f, types::I8X16)
}

pub(crate) fn visit_i16x8_relaxed_laneselect(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    lane_select(f, types::I16X8)
}

pub(crate) fn visit_i32x4_relaxed_laneselect(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    lane_select(f, types::I32X4)
}

pub(crate) fn visit_i64x2_relaxed_laneselect(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    lane_select(f, types::I64X2)
}

fn minimum(f: &mut FuncTranslator<'_, '_>, lanes: ir::Type) -> Result<()> {
    let (left, right) = f.pop2_vectors(lanes);
    let result = if as_x86_64(f) { pseudo_minimum(f, left, right) } else { f.builder.ins().fmin(left, right) };
    f.push_vector(result);
    Ok(())
}

fn maximum(f: &mut FuncTranslator<'_, '_>, lanes: ir::Type) -> Result<()> {
    let (left, right) = f.pop2_vectors(lanes);
    let result = if as_x86_64(f) { pseudo_maximum(f, left, right) } else { f.builder.ins().fmax(left, right) };
    f.push_vector(result);
    Ok(())
}

pub(crate) fn visit_f32x4_relaxed_min(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    minimum(f, types::F32X4)
}

pub(crate) fn visit_f32x4_relaxed_max(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    maximum(f, types::F32X4)
}

pub(crate) fn visit_f64x2_relaxed_min(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    minimum(f, types::F64X2)
}

pub(crate) fn visit_f64x2_relaxed_max(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    maximum(f, types::F64X2)
}

pub(crate) fn visit_i16x8_relaxed_q15mulr_s(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let (left, right) = f.pop2_vectors(types::I16X8);
    let result = if as_x86_64(f) {
        f.builder.ins().x86_pmulhrsw(left, right)
    } else {
        f.builder.ins().sqmul_round_sat(left, right)
    };
    f.push_vector(result);
    Ok(())
}

/// Products of neighbouring bytes, summed in pairs with saturation, as `i16x8`.
fn dot_product(f: &mut FuncTranslator<'_, '_>, left: Value, right: Value) -> Value {
    if as_x86_64(f) {
        return f.builder.ins().x86_pmaddubsw(left, right);
    }
    let left_low = f.builder.ins().swiden_low(left);
    let right_low = f.builder.ins().swiden_low(right);
    let low = f.builder.ins().imul(left_low, right_low);
    let left_high = f.builder.ins().swiden_high(left);
    let right_high = f.builder.ins().swiden_high(right);
    let high = f.builder.ins().imul(left_high, right_high);
    // A pairwise addition would wrap where all four factors are -128, so take the even and the odd products apart
    // (`uzp1` and `uzp2` on aarch64) and add those with saturation.
    let low = f.cast_vector(low, types::I8X16);
    let high = f.cast_vector(high, types::I8X16);
    let even = [0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29];
    let even = f.builder.func.dfg.immediates.push(even.as_slice().into());
    let even = f.builder.ins().shuffle(low, high, even);
    let odd = [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31];
    let odd = f.builder.func.dfg.immediates.push(odd.as_slice().into());
    let odd = f.builder.ins().shuffle(low, high, odd);
    let even = f.cast_vector(even, types::I16X8);
    let odd = f.cast_vector(odd, types::I16X8);
    f.builder.ins().sadd_sat(even, odd)
}

pub(crate) fn visit_i16x8_relaxed_dot_i8x16_i7x16_s(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let (left, right) = f.pop2_vectors(types::I8X16);
    let result = dot_product(f, left, right);
    f.push_vector(result);
    Ok(())
}

pub(crate) fn visit_i32x4_relaxed_dot_i8x16_i7x16_add_s(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let addend = f.pop_vector(types::I32X4);
    let (left, right) = f.pop2_vectors(types::I8X16);
    let pairs = dot_product(f, left, right);
    let low = f.builder.ins().swiden_low(pairs);
    let high = f.builder.ins().swiden_high(pairs);
    let quads = f.builder.ins().iadd_pairwise(low, high);
    let result = f.builder.ins().iadd(quads, addend);
    f.push_vector(result);
    Ok(())
}
