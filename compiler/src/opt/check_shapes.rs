//! Bounds checks as `clif/address.rs` makes them, read back: which index, which memory, and what is accessed there.

use super::linear::{Root, Sums};
use crate::clif::Env;
use crate::clif::address::{self, SmallGuard};
use crate::clif::instance;
use crate::index::MemoryIndex;
use crate::plan::MemoryCheck;
use crate::target::Arch;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Value, types};
use std::collections::HashMap;

/// `trapnz` unless `index + reach` is at most the length of the memory.
#[derive(Debug, Clone)]
pub(super) struct Check {
    pub(super) memory: MemoryIndex,
    /// The 32-bit index, also as a sum.
    pub(super) index: Value,
    pub(super) root: Root,
    pub(super) constant: i64,
    /// The index in 64 bits, and the extension that it is the result of.
    pub(super) wide: Value,
    pub(super) extension: Inst,
    pub(super) reach: u64,
    /// What it is compared with: the length, perhaps less what is to be accessed.
    pub(super) length: Value,
    /// The check leaves to this guard how far accesses reach beyond the index, and all that the index is used for are
    /// these accesses: the instructions, and how far behind the index each begins.
    pub(super) faults: Option<(SmallGuard, Vec<Access>)>,
}

/// A load or store that faults where it ends outside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    pub(super) inst: Inst,
    pub(super) offset: u64,
    /// Where a part of it faults, none of it happens. A store of aarch64 may write the part that is inside.
    pub(super) is_whole: bool,
}

/// Who uses each value.
pub(super) type Users = SecondaryMap<Value, Vec<Inst>>;

/// Whether any memory's accesses are compared with its length.
pub(super) fn are_made(env: Env<'_>) -> bool {
    env.module.memories.keys().any(|memory| env.plan.memories[memory].check == MemoryCheck::Length)
}

/// Who uses each value of the function.
pub(super) fn users(function: &Function) -> Users {
    let mut users = Users::new();
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            for value in function.dfg.inst_values(inst) {
                users[function.dfg.resolve_aliases(value)].push(inst);
            }
        }
    }
    users
}

/// All checks of the function whose index has 32 bits.
pub(super) fn find(env: Env<'_>, function: &Function, users: &Users, sums: &mut Sums) -> HashMap<Inst, Check> {
    let mut checks = HashMap::new();
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            if let Some(check) = check(env, function, users, sums, inst) {
                checks.insert(inst, check);
            }
        }
    }
    checks
}

fn check(env: Env<'_>, function: &Function, users: &Users, sums: &mut Sums, inst: Inst) -> Option<Check> {
    let dfg = &function.dfg;
    let InstructionData::CondTrap { opcode: Opcode::Trapnz, arg, code } = dfg.insts[inst] else { return None };
    if code != address::out_of_bounds() {
        return None;
    }
    let condition = dfg.value_def(dfg.resolve_aliases(arg)).inst()?;
    let InstructionData::IntCompare { opcode: Opcode::Icmp, cond, args: [left, right] } = dfg.insts[condition] else {
        return None;
    };
    let (wide, end_more) = sum(function, left);
    let (length, length_more) = sum(function, right);
    // `end + end_more > length + length_more`, where nothing wraps: the sums are of a zero-extended index, and of a
    // length that covers what is subtracted.
    let strict = match cond {
        IntCC::UnsignedGreaterThan => 0,
        IntCC::UnsignedGreaterThanOrEqual => 1,
        _ => return None,
    };
    let reach = end_more.checked_sub(length_more)?.checked_add(strict)?;
    let extension = dfg.value_def(wide).inst()?;
    let InstructionData::Unary { opcode: Opcode::Uextend, arg: index } = dfg.insts[extension] else { return None };
    let index = dfg.resolve_aliases(index);
    if dfg.value_type(index) != types::I32 || end_more < 0 || length_more > 0 {
        return None;
    }
    let memory = instance::memory_of_length(env, function, length)?;
    let reach = u64::try_from(reach).ok()?;
    let guard = address::small_guard(env, memory).filter(|_| reach == 1);
    let faults = guard.and_then(|guard| {
        let accesses = accesses(env, function, users, wide, condition, memory)?;
        Some((guard, accesses))
    });
    let (root, constant) = sums.rooted(function, index);
    Some(Check { memory, index, root, constant, wide, extension, reach, length: right, faults })
}

/// A value as another plus a constant.
fn sum(function: &Function, value: Value) -> (Value, i64) {
    let dfg = &function.dfg;
    let value = dfg.resolve_aliases(value);
    let parts = dfg.value_def(value).inst().and_then(|inst| match dfg.insts[inst] {
        InstructionData::Binary { opcode: Opcode::Iadd, args: [left, right] } => {
            Some((dfg.resolve_aliases(left), wide_constant(function, right)?))
        }
        _ => None,
    });
    parts.unwrap_or((value, 0))
}

/// The value of a 64-bit constant.
fn wide_constant(function: &Function, value: Value) -> Option<i64> {
    let dfg = &function.dfg;
    let inst = dfg.value_def(dfg.resolve_aliases(value)).inst()?;
    match dfg.insts[inst] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } if dfg.ctrl_typevar(inst) == types::I64 => {
            Some(imm.bits())
        }
        _ => None,
    }
}

/// What the index is used for beside its check, when that is accesses only, and at least one.
fn accesses(
    env: Env<'_>,
    function: &Function,
    users: &Users,
    wide: Value,
    condition: Inst,
    memory: MemoryIndex,
) -> Option<Vec<Access>> {
    let fixed = env.plan.memories[memory].fixed_base.map_or(0, |base| base as i64);
    let mut accesses = Vec::new();
    // Values that the index went into, and what was added to it by then, the base included where it is known.
    let mut found = vec![(wide, 0, false)];
    while let Some((value, more, based)) = found.pop() {
        for &user in &users[value] {
            if user == condition && value == wide {
                continue;
            }
            if let Some(offset) = accessed_at(function, user, value) {
                // Without a base in a register, it is a part of the displacement.
                if !based && fixed == 0 {
                    return None;
                }
                let offset = more + i64::from(offset) - if based { 0 } else { fixed };
                let is_load = !function.dfg.insts[user].opcode().can_store();
                let is_whole = is_load || env.options.target.arch == Arch::X86_64;
                accesses.push(Access { inst: user, offset: u64::try_from(offset).ok()?, is_whole });
                continue;
            }
            let InstructionData::Binary { opcode: Opcode::Iadd, args } = function.dfg.insts[user] else { return None };
            let [left, right] = args.map(|arg| function.dfg.resolve_aliases(arg));
            let other = if left == value { right } else { left };
            let result = function.dfg.first_result(user);
            match wide_constant(function, other) {
                Some(base) if !based && base == fixed && fixed != 0 => found.push((result, more, true)),
                Some(constant) if based && (0..1 << 32).contains(&constant) => {
                    found.push((result, more + constant, true));
                }
                None if !based && fixed == 0 && is_base(function, other) => found.push((result, more, true)),
                _ => return None,
            }
        }
    }
    (!accesses.is_empty()).then_some(accesses)
}

/// Only a memory's base is loaded from a memory's header or from what never changes.
fn is_base(function: &Function, value: Value) -> bool {
    let dfg = &function.dfg;
    dfg.value_def(value)
        .inst()
        .is_some_and(|inst| matches!(dfg.insts[inst], InstructionData::Load { opcode: Opcode::Load, .. }))
}

/// Where behind an address this instruction begins to access memory.
fn accessed_at(function: &Function, inst: Inst, address: Value) -> Option<i32> {
    let dfg = &function.dfg;
    let is = |value: Value| dfg.resolve_aliases(value) == address;
    match dfg.insts[inst] {
        InstructionData::Load { arg, offset, .. } if is(arg) => Some(offset.into()),
        InstructionData::Store { args: [value, at], offset, .. } if is(at) && !is(value) => Some(offset.into()),
        InstructionData::LoadNoOffset { opcode: Opcode::AtomicLoad, arg, .. } if is(arg) => Some(0),
        InstructionData::StoreNoOffset { opcode: Opcode::AtomicStore, args: [value, at], .. }
            if is(at) && !is(value) =>
        {
            Some(0)
        }
        InstructionData::AtomicRmw { args: [at, value], .. } if is(at) && !is(value) => Some(0),
        InstructionData::AtomicCas { args: [at, expected, new], .. } if is(at) && !is(expected) && !is(new) => Some(0),
        _ => None,
    }
}
