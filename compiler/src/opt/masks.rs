//! Masks that take nothing away are left out.
//!
//! Compilers mask a byte that they have just loaded as one, because in Wasm a byte is a number of 32 bits. Cranelift knows that of
//! extensions, but not of loads, nor of counters:
//!
//! ```text
//! v1 = uload8.i32 v0
//! v2 = band_imm v1, 255                  →       v2 -> v1
//! ```

use super::flow::Flow;
use super::ranges::{Ranges, constant};
use crate::clif::Env;
use crate::error::Result;
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Value};

/// Removes every mask of whose value the range says that it has no other bits.
pub(super) fn run(_env: Env<'_>, function: &mut Function, flow: &mut Flow) -> Result<()> {
    let masks: Vec<(Inst, Value, u64)> = function
        .layout
        .blocks()
        .flat_map(|block| function.layout.block_insts(block))
        .filter_map(|inst| mask(function, inst))
        .collect();
    if masks.is_empty() {
        return Ok(());
    }
    let mut ranges = Ranges::new(flow);
    for (inst, masked, mask) in masks {
        let low_bits = mask.trailing_ones();
        if ranges.of(function, masked).high >> low_bits == 0 {
            let result = function.dfg.first_result(inst);
            function.layout.remove_inst(inst);
            function.dfg.clear_results(inst);
            function.dfg.change_to_alias(result, masked);
        }
    }
    Ok(())
}

/// The value and the constant that this instruction combines, if that is what it does.
fn mask(function: &Function, inst: Inst) -> Option<(Inst, Value, u64)> {
    let InstructionData::Binary { opcode: Opcode::Band, args: [left, right] } = function.dfg.insts[inst] else {
        return None;
    };
    let (left, right) = (function.dfg.resolve_aliases(left), function.dfg.resolve_aliases(right));
    match (constant(function, left), constant(function, right)) {
        (None, Some(mask)) => Some((inst, left, mask)),
        (Some(mask), None) => Some((inst, right, mask)),
        _ => None,
    }
}
