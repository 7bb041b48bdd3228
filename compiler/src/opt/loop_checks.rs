//! Bounds checks of indices that walk upwards through a loop, or stay, are made once, before it.
//!
//! An access that every round makes proves its own index: if it did not fault, `y` was below the length. In the next
//! round the index is `y + step`, which for a small step is behind `y` by less than the guard, so that its access faults
//! or proves it again. Only the first round's index has to be compared, and that can be done before the loop when the
//! check is the first thing in it that anybody could see: then it traps where it would have trapped.
//!
//! ```text
//!     jump block1(v0)                                        v9 = uextend.i64 v0
//! block1(v1):                                                trapnz (v9 >= length)
//!     v2 = uextend.i64 v1                                    jump block1(v0)
//!     trapnz (v2 >= length)                          →   block1(v1):
//!     v3 = load.i64 v2                                       v2 = uextend.i64 v1
//!     …                                                      v3 = load.i64 v2
//!     v4 = iadd v1, 8                                        …
//!     brif v5, block1(v4), block2
//! ```
//!
//! Nothing needs to be known of how often the loop runs. What must be known is that each round adds the same small
//! constant to the index, or one of several: [`linear`](super::linear) sums of the parameters of the loop's header. An
//! index that walks downwards would wrap below 0, far from any guard, and keeps its check.

use super::check_shapes::{self, Check};
use super::flow::Flow;
use super::linear::{Sum, Sums, Term};
use crate::clif::Env;
use crate::clif::address;
use crate::optimizations::Optimization;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, Function, Inst, InstBuilder, InstInserterBase, InstructionData, Opcode, Value, ValueDef, types,
};
use cranelift_codegen::loop_analysis::Loop;
use std::collections::{HashMap, HashSet};

/// Checks that a loop has no need of, since their index is below the length plus this.
pub(super) type Walking = HashMap<Inst, u64>;

/// A check to be made before a loop.
struct Hoisted {
    check: Inst,
    header: Block,
    /// The branches on which to make it: those that enter the loop, and ways back after which the index may be anything.
    entries: Vec<Inst>,
    index: Sum,
}

/// Deeper merges of what goes around the loop are not looked at.
const DEPTH: u32 = 6;

/// Makes checks before loops; those in them are left for whoever knows what else is checked.
pub(super) fn hoist(env: Env<'_>, function: &mut Function, flow: &Flow) -> Walking {
    let mut walking = Walking::new();
    let guarded = env.module.memories.keys().any(|memory| address::small_guard(env, memory).is_some());
    if !guarded || !env.options.optimizations.has(Optimization::LoopChecks) {
        return walking;
    }
    if flow.loops.loops().len() == 0 {
        return walking;
    }
    let mut sums = Sums::default();
    let users = check_shapes::users(function);
    let checks = check_shapes::find(env, function, &users, &mut sums);
    let mut search = Search { function, flow, sums, ahead: HashMap::new(), steps: HashMap::new() };
    let found: Vec<Hoisted> = search.all_loops().flat_map(|this| search.in_loop(this, &checks)).collect();
    for hoisted in found {
        let check = &checks[&hoisted.check];
        let Some((guard, _)) = &check.faults else { continue };
        walking.insert(hoisted.check, guard.slack / 2);
        for &entry in &hoisted.entries {
            insert(function, entry, &hoisted, check);
        }
    }
    walking
}

struct Search<'a> {
    function: &'a Function,
    flow: &'a Flow,
    sums: Sums,
    /// What [`Search::ahead`] has found out.
    ahead: HashMap<(Value, Value), Option<i64>>,
    /// What [`Search::step_of_merge`] has found out.
    steps: HashMap<(Value, Value), Option<Step>>,
}

/// What a round adds to a value: at least and at most this.
#[derive(Clone, Copy)]
struct Step {
    low: i64,
    high: i64,
}

impl Search<'_> {
    fn all_loops(&self) -> impl Iterator<Item = Loop> + use<> {
        self.flow.loops.loops().collect::<Vec<_>>().into_iter()
    }

    fn in_loop(&mut self, this: Loop, checks: &HashMap<Inst, Check>) -> Vec<Hoisted> {
        let header = self.flow.loops.loop_header(this);
        let (mut entries, mut latches) = (Vec::new(), Vec::new());
        for predecessor in self.flow.graph.pred_iter(header) {
            let inside = self.flow.loops.is_in_loop(predecessor.block, this);
            let side = if inside { &mut latches } else { &mut entries };
            if !side.contains(&predecessor.inst) {
                side.push(predecessor.inst);
            }
        }
        if entries.is_empty() || !entries.iter().all(|&inst| self.can_hold_a_check(inst)) {
            return Vec::new();
        }
        let mut hoisted = Vec::new();
        let mut roots = HashSet::new();
        for inst in self.first_instructions(header) {
            let Some(check) = checks.get(&inst) else { continue };
            let Some((guard, accesses)) = &check.faults else { continue };
            let block = self.function.layout.inst_block(inst);
            // The access belongs to the round in which its check is.
            let accessed = accesses.iter().any(|access| self.function.layout.inst_block(access.inst) == block);
            if !accessed || !roots.insert((check.memory, check.root)) {
                continue;
            }
            let index = self.sums.of(self.function, check.index);
            if !index.terms.iter().all(|term| self.is_known_before(this, term.value))
                || !self.can_be_copied(this, check.length)
            {
                continue;
            }
            // A jump of an interpreter sets its counter to anything: such a way back makes the check.
            let walks = |step: Step| step.low >= 0 && step.high.unsigned_abs() <= guard.slack / 2;
            let (walking, jumping): (Vec<Inst>, Vec<Inst>) =
                latches.iter().partition(|&&latch| self.step_of_sum(this, latch, &index).is_some_and(walks));
            if jumping.len() <= walking.len() && jumping.iter().all(|&latch| self.can_hold_a_check(latch)) {
                let entries = entries.iter().copied().chain(jumping).collect();
                hoisted.push(Hoisted { check: inst, header, entries, index });
            }
        }
        hoisted
    }

    fn can_hold_a_check(&self, branch: Inst) -> bool {
        matches!(self.function.dfg.insts[branch].opcode(), Opcode::Jump | Opcode::Brif | Opcode::BrTable)
    }

    /// What every round begins with, up to where somebody could see that it did.
    fn first_instructions(&self, header: Block) -> Vec<Inst> {
        let mut instructions = Vec::new();
        let mut block = header;
        loop {
            for inst in self.function.layout.block_insts(block) {
                let next = match self.function.dfg.insts[inst] {
                    InstructionData::Jump { destination, .. } => destination.block(&self.function.dfg.value_lists),
                    _ if self.is_unseen(inst) => {
                        instructions.push(inst);
                        continue;
                    }
                    _ => return instructions,
                };
                if next == header || self.flow.graph.pred_iter(next).count() != 1 {
                    return instructions;
                }
                block = next;
                break;
            }
        }
    }

    /// Whether a trap that is out of bounds could as well come before this instruction.
    fn is_unseen(&self, inst: Inst) -> bool {
        let dfg = &self.function.dfg;
        let opcode = dfg.insts[inst].opcode();
        if let Some(code) = dfg.insts[inst].trap_code() {
            return code == address::out_of_bounds();
        }
        if let InstructionData::Load { flags, .. } = dfg.insts[inst] {
            return dfg.mem_flags[flags].trap_code().is_none_or(|code| code == address::out_of_bounds());
        }
        !opcode.is_terminator()
            && !opcode.can_trap()
            && !opcode.can_load()
            && !opcode.other_side_effects()
            && !opcode.can_store()
            && !opcode.is_call()
    }

    fn is_known_before(&self, this: Loop, value: Value) -> bool {
        match self.function.dfg.value_def(value) {
            ValueDef::Param(block, _) if block == self.flow.loops.loop_header(this) => true,
            _ => self.is_outside(this, value),
        }
    }

    fn is_outside(&self, this: Loop, value: Value) -> bool {
        let block = match self.function.dfg.value_def(value) {
            ValueDef::Result(inst, _) => self.function.layout.inst_block(inst),
            ValueDef::Param(block, _) => Some(block),
            ValueDef::Union(..) => None,
        };
        block.is_some_and(|block| self.flow.tree.is_reachable(block) && !self.flow.loops.is_in_loop(block, this))
    }

    /// Whether [`copied`] finds all that it needs before the loop.
    fn can_be_copied(&self, this: Loop, length: Value) -> bool {
        let dfg = &self.function.dfg;
        let length = dfg.resolve_aliases(length);
        match dfg.value_def(length).inst().map(|inst| dfg.insts[inst]) {
            Some(InstructionData::Load { opcode: Opcode::Load, arg, .. }) => self.can_be_copied(this, arg),
            Some(InstructionData::UnaryImm { .. } | InstructionData::UnaryGlobalValue { .. }) => true,
            _ => self.is_outside(this, length),
        }
    }

    /// What a round that ends with this branch adds to a sum of the header's parameters.
    fn step_of_sum(&mut self, this: Loop, latch: Inst, sum: &Sum) -> Option<Step> {
        let header = self.flow.loops.loop_header(this);
        let mut total = Step { low: 0, high: 0 };
        for term in &sum.terms {
            let ValueDef::Param(block, position) = self.function.dfg.value_def(term.value) else { continue };
            if block != header {
                continue;
            }
            let mut step: Option<Step> = None;
            for source in arguments(self.function, latch, header, position) {
                step = Some(union(step, self.step(this, term.value, source?, DEPTH)?));
            }
            let step = step?;
            let factor = i64::from(term.factor as i32);
            let (one, other) = (step.low.checked_mul(factor)?, step.high.checked_mul(factor)?);
            let (low, high) = (total.low.checked_add(one.min(other))?, total.high.checked_add(one.max(other))?);
            total = Step { low, high };
        }
        Some(total)
    }

    /// How far a value of the loop is from a parameter of its header.
    fn step(&mut self, this: Loop, parameter: Value, value: Value, depth: u32) -> Option<Step> {
        let value = self.function.dfg.resolve_aliases(value);
        let sum = self.sums.of(self.function, value);
        let constant = i64::from(sum.constant as i32);
        let &[Term { value: base, factor: 1 }] = sum.terms.as_slice() else { return None };
        if base == parameter {
            return Some(Step { low: constant, high: constant });
        }
        if let Some(ahead) = self.ahead(this, parameter, base) {
            return Some(Step { low: ahead + constant, high: ahead + constant });
        }
        let step = match self.steps.get(&(parameter, base)) {
            Some(&known) => known,
            None => {
                // Cut cycles, and look at what many ways bring only once.
                self.steps.insert((parameter, base), None);
                let step = self.step_of_merge(this, parameter, base, depth);
                self.steps.insert((parameter, base), step);
                step
            }
        };
        step.map(|step| Step { low: step.low + constant, high: step.high + constant })
    }

    /// [`Search::step`] of what several ways or a selection bring.
    fn step_of_merge(&mut self, this: Loop, parameter: Value, base: Value, depth: u32) -> Option<Step> {
        let depth = depth.checked_sub(1)?;
        let mut step: Option<Step> = None;
        match self.function.dfg.value_def(base) {
            ValueDef::Param(block, position)
                if self.flow.loops.innermost_loop(block) == Some(this)
                    && self.flow.loops.is_loop_header(block).is_none() =>
            {
                let branches: Vec<Inst> =
                    self.flow.graph.pred_iter(block).map(|predecessor| predecessor.inst).collect();
                for branch in branches {
                    for source in arguments(self.function, branch, block, position) {
                        step = Some(union(step, self.step(this, parameter, source?, depth)?));
                    }
                }
            }
            ValueDef::Result(inst, _) => {
                let InstructionData::Ternary { opcode: Opcode::Select, args: [_, yes, no] } =
                    self.function.dfg.insts[inst]
                else {
                    return None;
                };
                let yes = self.step(this, parameter, yes, depth)?;
                step = Some(union(Some(yes), self.step(this, parameter, no, depth)?));
            }
            _ => return None,
        }
        step
    }

    /// How far a parameter of the loop's header always is ahead of another one: as far as on every way there. Compilers
    /// keep an interpreter's counter and the next one as two variables.
    fn ahead(&mut self, this: Loop, parameter: Value, other: Value) -> Option<i64> {
        if let Some(&known) = self.ahead.get(&(parameter, other)) {
            return known;
        }
        let ahead = self.ahead_on_all_ways(this, parameter, other);
        self.ahead.insert((parameter, other), ahead);
        ahead
    }

    fn ahead_on_all_ways(&mut self, this: Loop, parameter: Value, other: Value) -> Option<i64> {
        let header = self.flow.loops.loop_header(this);
        let position = |value| match self.function.dfg.value_def(value) {
            ValueDef::Param(block, position) if block == header => Some(position),
            _ => None,
        };
        let (from, to) = (position(parameter)?, position(other)?);
        let mut distance: Option<u32> = None;
        let branches: Vec<Inst> = self.flow.graph.pred_iter(header).map(|predecessor| predecessor.inst).collect();
        for branch in branches {
            let starts = arguments(self.function, branch, header, from);
            for (start, end) in starts.into_iter().zip(arguments(self.function, branch, header, to)) {
                let start = self.sums.of(self.function, start?);
                let end = self.sums.of(self.function, end?);
                let difference = end.plus(&start, u32::MAX);
                let same = distance.is_none_or(|before| before == difference.constant);
                if !difference.terms.is_empty() || !same {
                    return None;
                }
                distance = Some(difference.constant);
            }
        }
        distance.map(|distance| i64::from(distance as i32))
    }
}

fn union(one: Option<Step>, other: Step) -> Step {
    one.map_or(other, |one| Step { low: one.low.min(other.low), high: one.high.max(other.high) })
}

/// What a branch passes to a parameter of a block, once for each way there; `None` for what is not a value.
fn arguments(function: &Function, branch: Inst, block: Block, position: usize) -> Vec<Option<Value>> {
    let dfg = &function.dfg;
    let calls = dfg.insts[branch].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
    calls
        .iter()
        .filter(|call| call.block(&dfg.value_lists) == block)
        .map(|call| call.args(&dfg.value_lists).nth(position).and_then(|argument| argument.as_value()))
        .collect()
}

/// Makes the check on every way on which this branch enters the loop.
fn insert(function: &mut Function, entry: Inst, hoisted: &Hoisted, check: &Check) {
    if function.dfg.insts[entry].opcode() == Opcode::Jump {
        insert_before(function, entry, hoisted, check);
        return;
    }
    let dfg = &function.dfg;
    let ways = dfg.insts[entry].branch_destination(&dfg.jump_tables, &dfg.exception_tables).len();
    for way in 0..ways {
        let dfg = &mut function.dfg;
        let calls = dfg.insts[entry].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
        let call = calls[way];
        if call.block(&dfg.value_lists) != hoisted.header {
            continue;
        }
        let arguments: Vec<BlockArg> = call.args(&dfg.value_lists).collect();
        let edge = dfg.make_block();
        let to_edge = dfg.block_call(edge, &[]);
        dfg.insts[entry].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables)[way] = to_edge;
        function.layout.insert_block(edge, hoisted.header);
        let location = function.srcloc(entry);
        let mut cursor = FuncCursor::new(function).at_bottom(edge);
        cursor.set_srcloc(location);
        let jump = cursor.ins().jump(hoisted.header, &arguments);
        insert_before(function, jump, hoisted, check);
    }
}

/// Makes the check before a jump to the loop's header.
fn insert_before(function: &mut Function, jump: Inst, hoisted: &Hoisted, check: &Check) {
    let mut passed = HashMap::new();
    for (position, &parameter) in function.dfg.block_params(hoisted.header).iter().enumerate() {
        let argument = arguments(function, jump, hoisted.header, position)[0];
        passed.insert(parameter, argument.expect("a jump passes values"));
    }
    let location = function.srcloc(hoisted.check);
    let mut cursor = FuncCursor::new(function).at_inst(jump);
    cursor.set_srcloc(location);
    let length = copied(&mut cursor, check.length);
    let mut index: Option<Value> = None;
    for term in &hoisted.index.terms {
        let value = passed.get(&term.value).copied().unwrap_or(term.value);
        let is_wide = cursor.func.dfg.value_type(value) == types::I64;
        let value = if is_wide { cursor.ins().ireduce(types::I32, value) } else { value };
        let multiple = match term.factor {
            1 => value,
            factor if factor.is_power_of_two() => cursor.ins().ishl_imm_u(value, i64::from(factor.trailing_zeros())),
            factor => cursor.ins().imul_imm_s(value, i64::from(factor as i32)),
        };
        index = Some(match index {
            Some(sum) => cursor.ins().iadd(sum, multiple),
            None => multiple,
        });
    }
    let constant = i64::from(hoisted.index.constant as i32);
    let index = match index {
        Some(sum) if constant == 0 => sum,
        Some(sum) => cursor.ins().iadd_imm_s(sum, constant),
        None => cursor.ins().iconst(types::I32, i64::from(hoisted.index.constant)),
    };
    debug_assert_eq!(check.reach, 1, "only checks of the index alone are made before loops");
    let wide = cursor.ins().uextend(types::I64, index);
    let outside = cursor.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, wide, length);
    cursor.ins().trapnz(outside, address::out_of_bounds());
}

/// The length of a memory, computed again here: a constant, or loads from the context, which is an argument or a symbol.
fn copied(cursor: &mut FuncCursor<'_>, value: Value) -> Value {
    let value = cursor.func.dfg.resolve_aliases(value);
    let Some(inst) = cursor.func.dfg.value_def(value).inst() else { return value };
    match cursor.func.dfg.insts[inst] {
        InstructionData::Load { opcode: Opcode::Load, arg, flags, offset } => {
            let base = copied(cursor, arg);
            let ty = cursor.func.dfg.value_type(value);
            let flags = cursor.func.dfg.mem_flags[flags];
            cursor.ins().load(ty, flags, base, offset)
        }
        InstructionData::UnaryImm { .. } | InstructionData::UnaryGlobalValue { .. } => {
            let copy = cursor.func.dfg.clone_inst(inst);
            cursor.insert_built_inst(copy);
            cursor.func.dfg.first_result(copy)
        }
        _ => value,
    }
}
