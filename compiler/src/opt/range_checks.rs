//! Bounds checks that cannot fail are removed.
//!
//! A check says that `index + reach` is at most the memory's length. Memories never shrink, so what held once holds from
//! there on: a check that is dominated by one of the same index with at least its reach is superfluous, whatever runs in
//! between. So is one whose index has a known range, which with its reach ends within the memory's minimum.
//!
//! ```text
//! v3 = uextend.i64 v1
//! trapnz (v3 > length - 16)      ; i64.load offset=8 of v1
//! …
//! trapnz (v3 > length - 4)       ; i32.load of v1: gone
//! ```

use super::ranges::{Ranges, sum_with_constant};
use crate::clif::Env;
use crate::clif::{address, instance};
use crate::error::Result;
use crate::index::MemoryIndex;
use crate::plan::MemoryCheck;
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, Opcode, Value, types};
use std::collections::HashMap;

/// Removes checks. Where an access also depends on its check's outcome, against misspeculation, all stay.
pub(super) fn run(env: Env<'_>, function: &mut Function) -> Result<()> {
    let checked = |memory: &MemoryIndex| env.plan.memories[*memory].check == MemoryCheck::Length;
    if env.options.spectre || !env.module.memories.keys().any(|memory| checked(&memory)) {
        return Ok(());
    }
    let checks = find(env, function);
    if checks.is_empty() {
        return Ok(());
    }
    let superfluous = superfluous(env, function, &checks);
    remove(function, superfluous);
    Ok(())
}

/// Removes checks and what only they used: Cranelift would keep the loads of the length.
fn remove(function: &mut Function, mut superfluous: Vec<Inst>) {
    let mut uses: SecondaryMap<Value, u32> = SecondaryMap::new();
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            for value in function.dfg.inst_values(inst) {
                uses[function.dfg.resolve_aliases(value)] += 1;
            }
        }
    }
    while let Some(inst) = superfluous.pop() {
        let operands: Vec<Value> = function.dfg.inst_values(inst).collect();
        function.layout.remove_inst(inst);
        for value in operands {
            let value = function.dfg.resolve_aliases(value);
            uses[value] -= 1;
            let of_check =
                |inst: &Inst| matches!(function.dfg.insts[*inst].opcode(), Opcode::Icmp | Opcode::Iadd | Opcode::Load);
            if uses[value] == 0 {
                superfluous.extend(function.dfg.value_def(value).inst().filter(of_check));
            }
        }
    }
}

/// `trapnz` unless `index + reach` is at most the length of the memory.
#[derive(Clone, Copy)]
struct Check {
    memory: MemoryIndex,
    index: Value,
    reach: u64,
}

fn find(env: Env<'_>, function: &Function) -> HashMap<Inst, Check> {
    let mut checks = HashMap::new();
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            if let Some(check) = check(env, function, inst) {
                checks.insert(inst, check);
            }
        }
    }
    checks
}

/// Reads the shapes that `clif/address.rs` makes.
fn check(env: Env<'_>, function: &Function, inst: Inst) -> Option<Check> {
    let dfg = &function.dfg;
    let InstructionData::CondTrap { opcode: Opcode::Trapnz, arg, code } = dfg.insts[inst] else { return None };
    if code != address::out_of_bounds() {
        return None;
    }
    let condition = dfg.value_def(dfg.resolve_aliases(arg)).inst()?;
    let InstructionData::IntCompare { opcode: Opcode::Icmp, cond, args: [left, right] } = dfg.insts[condition] else {
        return None;
    };
    let (end, end_more) = sum(function, left);
    let (length, length_more) = sum(function, right);
    // `end + end_more > length + length_more`, where nothing wraps: the sums are of a zero-extended index, and of a
    // length that covers what is subtracted.
    let strict = match cond {
        IntCC::UnsignedGreaterThan => 0,
        IntCC::UnsignedGreaterThanOrEqual => 1,
        _ => return None,
    };
    let reach = end_more.checked_sub(length_more)?.checked_add(strict)?;
    let InstructionData::Unary { opcode: Opcode::Uextend, arg: index } = dfg.insts[dfg.value_def(end).inst()?] else {
        return None;
    };
    let index = dfg.resolve_aliases(index);
    if dfg.value_type(index) != types::I32 || end_more < 0 || length_more > 0 {
        return None;
    }
    let memory = instance::memory_of_length(env, function, length)?;
    Some(Check { memory, index, reach: u64::try_from(reach).ok()? })
}

/// A value as another plus a constant.
fn sum(function: &Function, value: Value) -> (Value, i64) {
    let dfg = &function.dfg;
    let value = dfg.resolve_aliases(value);
    let parts = dfg.value_def(value).inst().and_then(|inst| match dfg.insts[inst] {
        InstructionData::Binary { opcode: Opcode::Iadd, args: [left, right] } => {
            let right = dfg.value_def(dfg.resolve_aliases(right)).inst()?;
            match dfg.insts[right] {
                InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
                    Some((dfg.resolve_aliases(left), imm.bits()))
                }
                _ => None,
            }
        }
        _ => None,
    });
    parts.unwrap_or((value, 0))
}

/// A memory, and an index into it as a value and what is added to that in 32 bits.
type Key = (MemoryIndex, Value, i64);

/// Walks the dominator tree with what has been checked on the way.
fn superfluous(env: Env<'_>, function: &Function, checks: &HashMap<Inst, Check>) -> Vec<Inst> {
    enum Step {
        Enter(Block),
        Leave(usize),
    }
    let cfg = ControlFlowGraph::with_function(function);
    let domtree = DominatorTree::with_function(function, &cfg);
    let mut ranges = Ranges::new(function);
    let mut reached: HashMap<Key, u64> = HashMap::new();
    let mut undo: Vec<(Key, Option<u64>)> = Vec::new();
    let mut superfluous = Vec::new();
    let mut steps: Vec<Step> = function.layout.entry_block().map(Step::Enter).into_iter().collect();
    while let Some(step) = steps.pop() {
        let block = match step {
            Step::Enter(block) => block,
            Step::Leave(depth) => {
                for (key, before) in undo.drain(depth..).rev() {
                    match before {
                        Some(before) => reached.insert(key, before),
                        None => reached.remove(&key),
                    };
                }
                continue;
            }
        };
        steps.push(Step::Leave(undo.len()));
        steps.extend(domtree.children(block).map(Step::Enter));
        for inst in function.layout.block_insts(block) {
            let Some(&Check { memory, index, reach }) = checks.get(&inst) else { continue };
            // The same sum is often computed again.
            let (base, constant) = sum_with_constant(function, index).unwrap_or((index, 0));
            let key = (memory, base, constant);
            let before = reached.get(&key).copied();
            let covered = before.is_some_and(|before| reach <= before) || {
                let highest = ranges.of(function, index).high;
                highest.checked_add(reach).is_some_and(|end| end <= env.plan.memories[memory].minimum_bytes)
            };
            if covered {
                superfluous.push(inst);
            } else {
                undo.push((key, before));
                reached.insert(key, reach);
            }
        }
    }
    superfluous
}
