//! Vectors are loaded as the type that they are used as.
//!
//! Wasm has one type of vectors, which the translator keeps as bytes, and casts for each operator. The casts are no
//! instructions, but they hide from the code generator that an operand is in memory, where AVX can take it from. So the load
//! itself makes what is computed with:
//!
//! ```text
//! v1 = load.i8x16 v0                        v3 = load.f64x2 v0
//! v2 = bitcast.f64x2 v1            →
//! v5 = fadd v4, v2                          v5 = fadd v4, v3     ; one instruction
//! ```
//!
//! A load that is used as several types gets the first; the others still cast it.

use super::flow::Flow;
use crate::clif::{Env, regions};
use crate::error::Result;
use crate::target::Arch;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, types};

/// Rewrites the loads whose results are cast.
pub(super) fn run(env: Env<'_>, function: &mut Function, _flow: &mut Flow) -> Result<()> {
    // On aarch64, no instruction but loads reads memory.
    if env.options.target.arch != Arch::X86_64 {
        return Ok(());
    }
    let casts: Vec<Inst> = function
        .layout
        .blocks()
        .flat_map(|block| function.layout.block_insts(block))
        .filter(|&inst| function.dfg.insts[inst].opcode() == Opcode::Bitcast)
        .collect();
    for cast in casts {
        let used = function.dfg.first_result(cast);
        let ty = function.dfg.value_type(used);
        let bytes = function.dfg.resolve_aliases(function.dfg.inst_args(cast)[0]);
        let Some(source) = function.dfg.value_def(bytes).inst() else { continue };
        if !ty.is_vector() || function.dfg.value_type(bytes) != types::I8X16 {
            continue;
        }
        let typed = match function.dfg.insts[source].opcode() {
            Opcode::Load => {
                let typed = function.dfg.replace_result(bytes, ty);
                fold_constant(function, source);
                let location = function.srcloc(source);
                let mut cursor = FuncCursor::new(function).after_inst(source).with_srcloc(location);
                cursor.ins().with_result(bytes).bitcast(types::I8X16, regions::bitcast(), typed);
                typed
            }
            // Perhaps of a load that has another type by now.
            Opcode::Bitcast => function.dfg.inst_args(source)[0],
            _ => continue,
        };
        if function.dfg.value_type(typed) == ty {
            function.layout.remove_inst(cast);
            function.dfg.clear_results(cast);
            function.dfg.change_to_alias(used, typed);
        }
    }
    Ok(())
}

/// Makes a constant that is added to the address a part of the offset: the code generator looks into one sum only.
fn fold_constant(function: &mut Function, load: Inst) {
    let InstructionData::Load { arg, offset, .. } = function.dfg.insts[load] else { return };
    let Some(sum) = function.dfg.value_def(function.dfg.resolve_aliases(arg)).inst() else { return };
    let InstructionData::Binary { opcode: Opcode::Iadd, args } = function.dfg.insts[sum] else { return };
    for (rest, other) in [(args[0], args[1]), (args[1], args[0])] {
        let Some(made) = function.dfg.value_def(function.dfg.resolve_aliases(other)).inst() else { continue };
        let InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } = function.dfg.insts[made] else { continue };
        let Some(folded) = offset.try_add_i64(imm.bits()) else { continue };
        if let InstructionData::Load { arg, offset, .. } = &mut function.dfg.insts[load] {
            *arg = rest;
            *offset = folded;
        }
        return;
    }
}
