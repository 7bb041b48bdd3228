//! Zero-extended sums that cannot wrap become sums of zero-extended values.
//!
//! A Wasm address is computed in 32 bits, and wraps there; an instruction adds base, index and offset in 64. So `a + 16`
//! can be a part of an access's address only if it cannot wrap, which [`ranges`](super::ranges) prove for counters of
//! loops over arrays at constant addresses. What is proved is an equality of 64-bit values: an access goes where it went.
//!
//! ```text
//! v3 = iadd v1, v2          ; at most 0x0108_0e60            v6 = uextend.i64 v1
//! v4 = iadd_imm v3, 16                                       v7 = uextend.i64 v2
//! v5 = uextend.i64 v4                                  →     v8 = iadd v6, v7
//! v9 = load.f64 v5                                           v5 = iadd_imm v8, 16
//!                                                            v9 = load.f64 v5        ; one instruction
//! ```
//!
//! A sum that always wraps is as good as one that never does: one half is negative, and is extended by its sign.
//!
//! Only sums that nothing but addresses is made of are rewritten, so that none is computed twice.

use super::flow::Flow;
use super::ranges::{Ranges, constant, sum_with_constant};
use crate::clif::Env;
use crate::error::Result;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};
use std::collections::HashMap;

/// Shifts that an x86-64 address has room for.
const LARGEST_SCALE: u64 = 3;
/// Unsigned, numbers from here on are negative when they are signed.
const FIRST_NEGATIVE: u64 = 1 << 31;
/// Deeper sums are left alone.
const DEPTH: u32 = 6;

/// Rewrites every zero extension that the ranges allow.
pub(super) fn run(_env: Env<'_>, function: &mut Function, flow: &mut Flow) -> Result<()> {
    let (extensions, users) = collect(function);
    if users.is_empty() {
        return Ok(());
    }
    let mut pass = Pass { ranges: Ranges::new(flow), users, address_only: HashMap::new() };
    for inst in extensions {
        let InstructionData::Unary { arg, .. } = function.dfg.insts[inst] else { continue };
        let arg = function.dfg.resolve_aliases(arg);
        if pass.splits(function, arg) {
            let mut cursor = FuncCursor::new(function).at_inst(inst);
            cursor.set_srcloc_of(inst);
            let wide = pass.widen(&mut cursor, arg, DEPTH);
            let result = function.dfg.first_result(inst);
            function.layout.remove_inst(inst);
            function.dfg.clear_results(inst);
            function.dfg.change_to_alias(result, wide);
        }
    }
    Ok(())
}

trait SourceLocation {
    fn set_srcloc_of(&mut self, inst: Inst);
}

impl SourceLocation for FuncCursor<'_> {
    fn set_srcloc_of(&mut self, inst: Inst) {
        let location = self.func.srcloc(inst);
        self.set_srcloc(location);
    }
}

/// The zero extensions of sums, and who uses each sum.
fn collect(function: &Function) -> (Vec<Inst>, HashMap<Value, Vec<Inst>>) {
    let dfg = &function.dfg;
    let mut extensions = Vec::new();
    let mut users: HashMap<Value, Vec<Inst>> = HashMap::new();
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            if let Some(sum) = extended_sum(function, inst) {
                extensions.push(inst);
                users.entry(sum).or_default();
            }
        }
    }
    if extensions.is_empty() {
        return (extensions, users);
    }
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            for value in dfg.inst_values(inst) {
                let value = dfg.resolve_aliases(value);
                if is_sum(function, value) {
                    users.entry(value).or_default().push(inst);
                }
            }
        }
    }
    (extensions, users)
}

fn extended_sum(function: &Function, inst: Inst) -> Option<Value> {
    let dfg = &function.dfg;
    match dfg.insts[inst] {
        InstructionData::Unary { opcode: Opcode::Uextend, arg }
            if dfg.value_type(dfg.first_result(inst)) == types::I64 =>
        {
            let arg = dfg.resolve_aliases(arg);
            is_sum(function, arg).then_some(arg)
        }
        _ => None,
    }
}

fn is_sum(function: &Function, value: Value) -> bool {
    let dfg = &function.dfg;
    dfg.value_type(value) == types::I32
        && dfg.value_def(value).inst().is_some_and(|inst| {
            matches!(
                dfg.insts[inst],
                InstructionData::Binary { opcode: Opcode::Iadd | Opcode::Isub | Opcode::Ishl, .. }
            )
        })
}

struct Pass<'a> {
    ranges: Ranges<'a>,
    users: HashMap<Value, Vec<Inst>>,
    address_only: HashMap<Value, bool>,
}

impl Pass<'_> {
    /// Whether a sum is nothing but addresses, and cannot wrap.
    fn splits(&mut self, function: &Function, value: Value) -> bool {
        self.exact(function, value) && self.is_address_only(function, value, DEPTH)
    }

    /// Whether the operands' values, as numbers without bound, have the sum as their sum.
    fn exact(&mut self, function: &Function, value: Value) -> bool {
        let dfg = &function.dfg;
        let Some(inst) = dfg.value_def(value).inst() else { return false };
        let InstructionData::Binary { opcode, args: [left, right] } = dfg.insts[inst] else { return false };
        if dfg.value_type(left) != types::I32 {
            return false;
        }
        if let Some((base, constant)) = sum_with_constant(function, value) {
            let base = self.ranges.of(function, base);
            return if constant < 0 {
                base.low >= constant.unsigned_abs()
            } else {
                base.high + constant.unsigned_abs() <= u64::from(u32::MAX)
            };
        }
        match opcode {
            Opcode::Iadd => self.wraps(function, left, right).is_some(),
            Opcode::Ishl => constant(function, right).is_some_and(|shift| {
                shift <= LARGEST_SCALE && self.ranges.of(function, left).high << shift <= u64::from(u32::MAX)
            }),
            _ => false,
        }
    }

    /// Whether a sum always wraps, as that of a pointer and a counter that goes up from a negative number to zero does, or
    /// never; `None` where it may do either.
    fn wraps(&mut self, function: &Function, left: Value, right: Value) -> Option<bool> {
        let (left, right) = (self.ranges.of(function, left), self.ranges.of(function, right));
        let has_negative = left.low >= FIRST_NEGATIVE || right.low >= FIRST_NEGATIVE;
        match (left.low + right.low > u64::from(u32::MAX), left.high + right.high > u64::from(u32::MAX)) {
            (false, false) => Some(false),
            (true, true) if has_negative => Some(true),
            _ => None,
        }
    }

    /// Whether all that uses the value are zero extensions, and sums of which the same is true.
    fn is_address_only(&mut self, function: &Function, value: Value, depth: u32) -> bool {
        if let Some(&known) = self.address_only.get(&value) {
            return known;
        }
        if depth == 0 {
            return false;
        }
        let users = self.users.get(&value).cloned().unwrap_or_default();
        let only = users.iter().all(|&user| {
            extended_sum(function, user) == Some(value)
                || function.dfg.inst_results(user).first().is_some_and(|&sum| {
                    is_sum(function, sum) && self.exact(function, sum) && self.is_address_only(function, sum, depth - 1)
                })
        });
        self.address_only.insert(value, only);
        only
    }

    /// The value in 64 bits.
    fn widen(&mut self, cursor: &mut FuncCursor<'_>, value: Value, depth: u32) -> Value {
        let value = cursor.func.dfg.resolve_aliases(value);
        if let Some(constant) = constant(cursor.func, value) {
            return cursor.ins().iconst(types::I64, constant as i64);
        }
        if depth == 0 || !is_sum(cursor.func, value) || !self.splits(cursor.func, value) {
            return cursor.ins().uextend(types::I64, value);
        }
        if let Some((base, constant)) = sum_with_constant(cursor.func, value) {
            let base = self.widen(cursor, base, depth - 1);
            return cursor.ins().iadd_imm_s(base, constant);
        }
        let inst = cursor.func.dfg.value_def(value).inst().expect("a sum is the result of an instruction");
        let InstructionData::Binary { opcode, args: [left, right] } = cursor.func.dfg.insts[inst] else {
            unreachable!("a sum has two operands");
        };
        // Extended by its sign, what is negative is less by exactly what wrapping takes away.
        let wraps = opcode == Opcode::Iadd && self.wraps(cursor.func, left, right) == Some(true);
        let left_is_negative = wraps && self.ranges.of(cursor.func, left).low >= FIRST_NEGATIVE;
        let mut half = |value, is_negative| {
            if is_negative { cursor.ins().sextend(types::I64, value) } else { self.widen(cursor, value, depth - 1) }
        };
        let (left, right) = (half(left, left_is_negative), half(right, wraps && !left_is_negative));
        if opcode == Opcode::Ishl { cursor.ins().ishl(left, right) } else { cursor.ins().iadd(left, right) }
    }
}
