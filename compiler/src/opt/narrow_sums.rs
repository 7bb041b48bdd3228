//! 64-bit sums of which only the lower half is used are computed in 32 bits.
//!
//! Go's pointers have 64 bits, and are wrapped to 32 where they are an address: the sum is computed, then cut, then extended
//! again. An addition of 32 bits leaves the upper half of the register zero, and needs no extension:
//!
//! ```text
//! v3 = ishl_imm v1, 4                         v6 = ireduce.i32 v1
//! v4 = iadd v3, v2                            v7 = ishl_imm v6, 4
//! v5 = ireduce.i32 v4                         v8 = ireduce.i32 v2
//!                                    →        v5 = iadd v7, v8
//! ```
//!
//! The lower half of a sum, difference, product or bitwise combination depends on the lower halves of its operands alone.
//! The other passes find sums of 32 bits where they look for them, too.
//!
//! A 64-bit load of which only the lower half is used is one of 32 bits where it cannot trap: a global's. One of guest memory
//! stays as it is, because at the memory's end it traps where the other does not.

use super::flow::Flow;
use crate::clif::Env;
use crate::error::Result;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};
use std::collections::HashMap;

/// Of deeper sums, a part stays wide.
const DEPTH: u32 = 16;

/// Rewrites what is cut to 32 bits.
pub(super) fn run(_env: Env<'_>, function: &mut Function, _flow: &mut Flow) -> Result<()> {
    let mut cuts = Vec::new();
    let mut extended = EntitySet::new();
    for inst in function.layout.blocks().flat_map(|block| function.layout.block_insts(block)) {
        if let InstructionData::Unary { opcode: Opcode::Uextend, arg } = function.dfg.insts[inst] {
            extended.insert(function.dfg.resolve_aliases(arg));
        } else if cut(function, inst).is_some_and(|value| narrows(function, value)) {
            cuts.push(inst);
        }
    }
    // What is cut for something else costs nothing, and the wide operation may take its operand from memory.
    cuts.retain(|&cut| extended.contains(function.dfg.first_result(cut)));
    if cuts.is_empty() {
        return Ok(());
    }
    let wide = wide_values(function);
    let mut pass = Pass { function, wide, narrow: HashMap::new() };
    for inst in cuts {
        pass.replace(inst);
    }
    Ok(())
}

/// The 64-bit value whose lower half this instruction is.
fn cut(function: &Function, inst: Inst) -> Option<Value> {
    let dfg = &function.dfg;
    let InstructionData::Unary { opcode: Opcode::Ireduce, arg } = dfg.insts[inst] else { return None };
    let is_half = dfg.value_type(dfg.first_result(inst)) == types::I32 && dfg.value_type(arg) == types::I64;
    is_half.then(|| dfg.resolve_aliases(arg))
}

/// Whether a 64-bit value has a form of 32 bits that gives its lower half.
fn narrows(function: &Function, value: Value) -> bool {
    let dfg = &function.dfg;
    dfg.value_type(value) == types::I64 && dfg.value_def(value).inst().is_some_and(|inst| narrow_form(function, inst))
}

fn narrow_form(function: &Function, inst: Inst) -> bool {
    let dfg = &function.dfg;
    match dfg.insts[inst] {
        InstructionData::Binary { opcode, args: [_, right] } => match opcode {
            Opcode::Iadd | Opcode::Isub | Opcode::Imul | Opcode::Band | Opcode::Bor | Opcode::Bxor => true,
            Opcode::Ishl => constant(function, right).is_some_and(|shift| (0..32).contains(&shift)),
            _ => false,
        },
        InstructionData::Load { opcode: Opcode::Load, flags, .. } => {
            let flags = dfg.mem_flags[flags];
            flags.trap_code().is_none() && !flags.readonly()
        }
        _ => false,
    }
}

fn constant(function: &Function, value: Value) -> Option<i64> {
    let dfg = &function.dfg;
    match dfg.insts[dfg.value_def(dfg.resolve_aliases(value)).inst()?] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits()),
        _ => None,
    }
}

/// The values whose upper half somebody uses.
fn wide_values(function: &Function) -> EntitySet<Value> {
    let dfg = &function.dfg;
    let mut wide = EntitySet::new();
    let mut next = Vec::new();
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            let passes_half = match dfg.inst_results(inst) {
                [result] => dfg.value_type(*result) == types::I64 && narrows(function, *result),
                _ => false,
            };
            if passes_half && !matches!(dfg.insts[inst], InstructionData::Load { .. }) || cut(function, inst).is_some()
            {
                continue;
            }
            next.extend(dfg.inst_values(inst).filter(|&value| dfg.value_type(value) == types::I64));
            while let Some(value) = next.pop() {
                let value = dfg.resolve_aliases(value);
                if wide.insert(value)
                    && let Some(definition) = dfg.value_def(value).inst().filter(|_| narrows(function, value))
                    && let InstructionData::Binary { args, .. } = dfg.insts[definition]
                {
                    next.extend(args);
                }
            }
        }
    }
    wide
}

struct Pass<'f> {
    function: &'f mut Function,
    wide: EntitySet<Value>,
    /// The lower halves that have been made, where the wide value is made.
    narrow: HashMap<Value, Value>,
}

impl Pass<'_> {
    /// Makes a cut value of 32 bits from the start.
    fn replace(&mut self, inst: Inst) {
        let Some(value) = cut(self.function, inst) else { return };
        let Some(half) = self.half(value, DEPTH) else { return };
        let result = self.function.dfg.first_result(inst);
        self.function.layout.remove_inst(inst);
        self.function.dfg.clear_results(inst);
        self.function.dfg.change_to_alias(result, half);
    }

    /// The lower half of a value of which nobody wants the upper one.
    fn half(&mut self, value: Value, depth: u32) -> Option<Value> {
        if let Some(&known) = self.narrow.get(&value) {
            return Some(known);
        }
        if depth == 0 || self.wide.contains(value) || !narrows(self.function, value) {
            return None;
        }
        let inst = self.function.dfg.value_def(value).inst()?;
        let half = match self.function.dfg.insts[inst] {
            InstructionData::Binary { opcode, args: [left, right] } => {
                let left = self.operand(inst, left, depth - 1);
                // How far to shift is not a matter of width.
                let right = if opcode == Opcode::Ishl { right } else { self.operand(inst, right, depth - 1) };
                let mut cursor = self.cursor(inst);
                let (half, dfg) = cursor.ins().Binary(opcode, types::I32, left, right);
                dfg.first_result(half)
            }
            InstructionData::Load { flags, arg, offset, .. } => {
                let flags = self.function.dfg.mem_flags[flags];
                let half = self.cursor(inst).ins().load(types::I32, flags, arg, offset);
                // Sums that are superfluous now still name the wide value. It must not be loaded for them.
                self.function.dfg.insts[inst] = InstructionData::Unary { opcode: Opcode::Uextend, arg: half };
                half
            }
            _ => return None,
        };
        self.narrow.insert(value, half);
        Some(half)
    }

    /// The lower half of an operand, whatever it is.
    fn operand(&mut self, user: Inst, value: Value, depth: u32) -> Value {
        let value = self.function.dfg.resolve_aliases(value);
        if let Some(half) = self.half(value, depth) {
            return half;
        }
        let definition = self.function.dfg.value_def(value).inst().map(|inst| self.function.dfg.insts[inst]);
        match definition {
            Some(InstructionData::Unary { opcode: Opcode::Uextend | Opcode::Sextend, arg })
                if self.function.dfg.value_type(arg) == types::I32 =>
            {
                self.function.dfg.resolve_aliases(arg)
            }
            Some(InstructionData::UnaryImm { opcode: Opcode::Iconst, imm }) => {
                self.cursor(user).ins().iconst(types::I32, imm.bits() & i64::from(u32::MAX))
            }
            _ => self.cursor(user).ins().ireduce(types::I32, value),
        }
    }

    fn cursor(&mut self, inst: Inst) -> FuncCursor<'_> {
        let mut cursor = FuncCursor::new(self.function).at_inst(inst);
        let location = cursor.func.srcloc(inst);
        cursor.set_srcloc(location);
        cursor
    }
}
