//! A sum of 64 bits that is compared with a part of itself, to add what it carries to another, is one sum of 128 bits.
//!
//! Wasm has no carry, so whoever computes with numbers of several words asks whether a sum is less than what went into it:
//! a comparison, its outcome as a number, and one more addition. The machine's addition with carry is one instruction, and
//! that is what a sum of 128 bits becomes:
//!
//! ```text
//! v1 = iadd a, b                              v6 = iconcat a, x
//! v2 = icmp ult v1, a                         v7 = iconcat b, y
//! v3 = uextend.i64 v2                         v8 = iadd v6, v7
//! v4 = iadd x, y                    →         v1, v5 = isplit v8
//! v5 = iadd v4, v3
//! ```
//!
//! Differences and what they borrow likewise. The low half is there only where the high one is. What uses it before is moved
//! behind, as long as that is arithmetic; otherwise the low half is computed twice.

use super::check_shapes::{Users, users};
use super::flow::Flow;
use crate::clif::Env;
use crate::error::Result;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};
use std::collections::HashSet;

/// So many instructions are moved behind a sum, and no more.
const MOVED_MAX: usize = 64;
/// They are looked for among so many.
const DISTANCE_MAX: usize = 1000;

/// Looks at each sum and difference, in the order of the code.
pub(super) fn run(_env: Env<'_>, function: &mut Function, _flow: &mut Flow) -> Result<()> {
    let found =
        |&inst: &Inst| operands(function, inst).is_some_and(|found| candidates(function, found).next().is_some());
    let insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    let with_carry: Vec<Inst> = insts.filter(found).collect();
    if with_carry.is_empty() {
        return Ok(());
    }
    let mut pass = Pass { users: users(function), function };
    for inst in with_carry {
        pass.replace(inst);
    }
    Ok(())
}

/// `iadd` or `isub`, and what it adds or subtracts, of 64 bits.
type Operands = (Opcode, [Value; 2]);

fn operands(function: &Function, inst: Inst) -> Option<Operands> {
    let dfg = &function.dfg;
    let InstructionData::Binary { opcode: opcode @ (Opcode::Iadd | Opcode::Isub), args } = dfg.insts[inst] else {
        return None;
    };
    let is_wide = dfg.value_type(dfg.first_result(inst)) == types::I64;
    is_wide.then(|| (opcode, args.map(|value| dfg.resolve_aliases(value))))
}

/// What a low half carries, or borrows.
struct Carry {
    /// The low half's operands.
    low: [Value; 2],
    /// The low half, where it is known by now.
    sum: Option<Inst>,
    /// The comparison, and what makes a number of its outcome.
    made_by: Vec<Inst>,
}

/// The carries that a high half may take in, each with its other operand.
fn candidates(function: &Function, (opcode, [left, right]): Operands) -> impl Iterator<Item = (Carry, Value)> {
    let first = if opcode == Opcode::Iadd { carry(function, left).map(|carry| (carry, right)) } else { None };
    let second = match opcode {
        Opcode::Iadd => carry(function, right),
        _ => borrow(function, right),
    };
    first.into_iter().chain(second.map(|carry| (carry, left)))
}

/// A number that tells whether a sum is less than something that went into it.
fn carry(function: &Function, number: Value) -> Option<Carry> {
    let (made_by, [less, than]) = comparison(function, number)?;
    let sum = function.dfg.value_def(less).inst()?;
    let (Opcode::Iadd, low) = operands(function, sum)? else { return None };
    low.contains(&than).then_some(Carry { low, sum: Some(sum), made_by })
}

/// A number that tells whether something is less than what is subtracted from it.
fn borrow(function: &Function, number: Value) -> Option<Carry> {
    let (made_by, low) = comparison(function, number)?;
    Some(Carry { low, sum: None, made_by })
}

/// A number that is 1 if the first of two is less than the second, and what makes it.
fn comparison(function: &Function, number: Value) -> Option<(Vec<Inst>, [Value; 2])> {
    let dfg = &function.dfg;
    let mut made_by = Vec::new();
    let mut number = number;
    loop {
        let inst = dfg.value_def(dfg.resolve_aliases(number)).inst()?;
        made_by.push(inst);
        let [less, than] = match dfg.insts[inst] {
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => {
                number = arg;
                continue;
            }
            InstructionData::IntCompare { cond: IntCC::UnsignedLessThan, args, .. } => args,
            InstructionData::IntCompare { cond: IntCC::UnsignedGreaterThan, args: [than, less], .. } => [less, than],
            _ => return None,
        };
        let is_wide = dfg.value_type(less) == types::I64;
        return is_wide.then(|| (made_by, [less, than].map(|value| dfg.resolve_aliases(value))));
    }
}

struct Pass<'f> {
    function: &'f mut Function,
    /// Of values as they were.
    users: Users,
}

impl Pass<'_> {
    fn replace(&mut self, inst: Inst) {
        let Some(high) = operands(self.function, inst) else { return };
        let found = candidates(self.function, high).find(|(carry, _)| self.is_only_for(carry, inst));
        let Some((carry, other)) = found else { return };
        let sum = carry.sum.or_else(|| self.difference(carry.low));
        let moved = sum.and_then(|sum| self.users_between(sum, &carry, inst, other));
        let (low, high) = self.both_halves(inst, high.0, &carry, other);
        self.become_alias(inst, high);
        if let (Some(sum), Some(moved)) = (sum, moved) {
            let mut behind = high;
            for user in moved {
                behind = self.move_behind(user, behind);
            }
            self.become_alias(sum, low);
        }
        for part in carry.made_by {
            self.function.layout.remove_inst(part);
        }
    }

    fn difference(&self, low: [Value; 2]) -> Option<Inst> {
        let is_there = |inst| self.function.layout.inst_block(inst).is_some();
        let is_it = |&&inst: &&Inst| is_there(inst) && operands(self.function, inst) == Some((Opcode::Isub, low));
        self.users[low[0]].iter().find(is_it).copied()
    }

    /// Whether nobody wants the carry but this instruction, in whose block it is made.
    fn is_only_for(&self, carry: &Carry, inst: Inst) -> bool {
        let layout = &self.function.layout;
        carry.made_by.iter().all(|&part| {
            let is_near = layout.inst_block(part).is_some() && layout.inst_block(part) == layout.inst_block(inst);
            is_near && self.has_one_user(self.function.dfg.first_result(part))
        })
    }

    fn has_one_user(&self, value: Value) -> bool {
        self.users[value].len() == 1
    }

    /// Both halves, made where the high one was.
    fn both_halves(&mut self, inst: Inst, opcode: Opcode, carry: &Carry, other: Value) -> (Value, Value) {
        // What goes into the high half: a sum that nobody else wants, or one number.
        let definition = self.function.dfg.value_def(other).inst().filter(|_| self.has_one_user(other));
        let high = definition.and_then(|sum| operands(self.function, sum)).filter(|&(same, _)| same == opcode);
        let mut cursor = FuncCursor::new(self.function).at_inst(inst);
        let location = cursor.func.srcloc(inst);
        cursor.set_srcloc(location);
        let [a, b] = carry.low;
        let (left, right) = match high {
            Some((_, [x, y])) => (cursor.ins().iconcat(a, x), cursor.ins().iconcat(b, y)),
            None => (cursor.ins().iconcat(a, other), cursor.ins().uextend(types::I128, b)),
        };
        let both = match opcode {
            Opcode::Iadd => cursor.ins().iadd(left, right),
            _ => cursor.ins().isub(left, right),
        };
        cursor.ins().isplit(both)
    }

    /// Gives the result of an instruction another definition.
    fn become_alias(&mut self, inst: Inst, new: Value) {
        let old = self.function.dfg.first_result(inst);
        self.function.layout.remove_inst(inst);
        self.function.dfg.clear_results(inst);
        self.function.dfg.change_to_alias(old, new);
        self.users[new] = std::mem::take(&mut self.users[old]);
    }

    /// Moves an instruction behind the one that defines this value; its own result is what the next one goes behind.
    fn move_behind(&mut self, inst: Inst, value: Value) -> Value {
        let definition = self.function.dfg.value_def(value).inst();
        let layout = &mut self.function.layout;
        let before = definition.and_then(|definition| layout.next_inst(definition));
        if let Some(before) = before.filter(|&before| before != inst) {
            layout.remove_inst(inst);
            layout.insert_inst(inst, before);
        }
        self.function.dfg.first_result(inst)
    }

    /// What uses the low half before the high one is computed, directly or not, in order; `None` where it cannot wait, or the
    /// high half waits for it.
    fn users_between(&self, sum: Inst, carry: &Carry, end: Inst, other: Value) -> Option<Vec<Inst>> {
        let mut late = HashSet::from([self.function.dfg.first_result(sum)]);
        let mut moved = Vec::new();
        let mut next = self.function.layout.next_inst(sum);
        for _ in 0..DISTANCE_MAX {
            let inst = next?;
            if inst == end {
                return (!late.contains(&other)).then_some(moved);
            }
            next = self.function.layout.next_inst(inst);
            let dfg = &self.function.dfg;
            let is_late = dfg.inst_values(inst).any(|value| late.contains(&dfg.resolve_aliases(value)));
            if !is_late || carry.made_by.contains(&inst) {
                continue;
            }
            let [result] = *dfg.inst_results(inst) else { return None };
            if !can_wait(dfg.insts[inst].opcode()) || moved.len() == MOVED_MAX {
                return None;
            }
            moved.push(inst);
            late.insert(result);
        }
        None
    }
}

fn can_wait(opcode: Opcode) -> bool {
    let acts = opcode.other_side_effects() || opcode.can_load() || opcode.can_store() || opcode.can_trap();
    !acts && !opcode.is_branch() && !opcode.is_call()
}
