//! Which values a 32-bit integer can have: constants, masks, narrow loads, and counters of loops whose number of rounds
//! is known.
//!
//! A counter is a parameter of a loop's header that every way back increases by the same constant. How often the header
//! runs follows from a comparison that every round makes: when a counter starts at a constant and the loop ends as soon
//! as it, or its next value, equals another constant, the division says after how many rounds; when the loop goes on only
//! while the next value is below a bound, the bound's range does. Any other counter of the same loop then has a range as
//! well, which is how an address that walks along an array gets one.
//!
//! All ranges are of the unsigned value, exact over all integers: an addition that could wrap has the full range.

use super::flow::Flow;
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, Opcode, Type, Value, ValueDef, types};
use cranelift_codegen::loop_analysis::Loop;
use std::collections::HashMap;

/// All values from `low` to `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) low: u64,
    pub(super) high: u64,
}

const MAX_32: u64 = u32::MAX as u64;

impl Range {
    const FULL: Range = Range { low: 0, high: MAX_32 };

    fn exactly(value: u64) -> Self {
        Range { low: value, high: value }
    }

    fn up_to(high: u64) -> Self {
        Range { low: 0, high }
    }

    fn union(self, other: Range) -> Self {
        Range { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// The range, or the full one when it would leave 32 bits.
    fn within_32_bits(low: Option<u64>, high: Option<u64>) -> Self {
        match (low, high) {
            (Some(low), Some(high)) if high <= MAX_32 => Range { low, high },
            _ => Range::FULL,
        }
    }
}

/// Deeper expressions are not looked at.
const DEPTH: u32 = 12;

/// Ranges of one function's values, found when asked for.
pub(super) struct Ranges<'a> {
    flow: &'a Flow,
    known: HashMap<Value, Range>,
    rounds: HashMap<Loop, Option<u64>>,
}

impl<'a> Ranges<'a> {
    pub(super) fn new(flow: &'a Flow) -> Self {
        Ranges { flow, known: HashMap::new(), rounds: HashMap::new() }
    }

    /// The range of a 32-bit value.
    pub(super) fn of(&mut self, function: &Function, value: Value) -> Range {
        self.at_depth(function, value, DEPTH)
    }

    fn at_depth(&mut self, function: &Function, value: Value, depth: u32) -> Range {
        let value = function.dfg.resolve_aliases(value);
        if let Some(&known) = self.known.get(&value) {
            return known;
        }
        if depth == 0 {
            return Range::FULL;
        }
        // Cut cycles: while a value is being looked at, nothing is known about it. What was found out on the way with
        // less than the full depth is not better than it could be, but true, and worth remembering.
        self.known.insert(value, Range::FULL);
        let range = match function.dfg.value_def(value) {
            ValueDef::Result(inst, 0) => self.of_result(function, inst, depth - 1),
            ValueDef::Param(block, position) => self.of_parameter(function, block, position, depth - 1),
            _ => Range::FULL,
        };
        self.known.insert(value, range);
        range
    }

    fn of_result(&mut self, function: &Function, inst: Inst, depth: u32) -> Range {
        let dfg = &function.dfg;
        let ty = dfg.value_type(dfg.first_result(inst));
        if ty != types::I32 {
            return narrow(ty);
        }
        match dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Range::exactly(u64::from(imm.bits() as u32)),
            InstructionData::Load { opcode: Opcode::Uload8, .. } => Range::up_to(0xff),
            InstructionData::Load { opcode: Opcode::Uload16, .. } => Range::up_to(0xffff),
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => narrow(dfg.value_type(arg)),
            InstructionData::Unary { opcode: Opcode::Clz | Opcode::Ctz | Opcode::Popcnt, .. } => Range::up_to(32),
            InstructionData::Ternary { opcode: Opcode::Select, args: [_, yes, no] } => {
                self.at_depth(function, yes, depth).union(self.at_depth(function, no, depth))
            }
            InstructionData::Binary { opcode, args: [left, right] } => {
                let (left, right) = (self.at_depth(function, left, depth), self.at_depth(function, right, depth));
                binary(opcode, left, right)
            }
            _ => Range::FULL,
        }
    }

    fn of_parameter(&mut self, function: &Function, block: Block, position: usize, depth: u32) -> Range {
        if function.dfg.value_type(function.dfg.block_params(block)[position]) != types::I32 {
            return Range::FULL;
        }
        if let Some(this) = self.flow.loops.is_loop_header(block) {
            return self.of_counter(function, this, position, depth);
        }
        let mut union: Option<Range> = None;
        for source in self.sources(function, block, position, None) {
            let Some(source) = source else { return Range::FULL };
            let range = self.at_depth(function, source, depth);
            union = Some(union.map_or(range, |before| before.union(range)));
        }
        union.unwrap_or(Range::FULL)
    }

    /// A parameter of a loop's header: what it starts with, plus its step for each round but the first.
    fn of_counter(&mut self, function: &Function, this: Loop, position: usize, depth: u32) -> Range {
        let header = self.flow.loops.loop_header(this);
        let Some(step) = self.step(function, this, position) else { return Range::FULL };
        let Some(start) = self.start(function, this, position, depth) else { return Range::FULL };
        let Some(rounds) = self.rounds(function, this, depth) else { return Range::FULL };
        debug_assert!(self.flow.tree.is_reachable(header));
        let way = step.unsigned_abs().checked_mul(rounds - 1);
        if step >= 0 {
            Range::within_32_bits(Some(start.low), way.and_then(|way| start.high.checked_add(way)))
        } else {
            Range::within_32_bits(way.and_then(|way| start.low.checked_sub(way)), Some(start.high))
        }
    }

    /// What every way back adds to this parameter.
    fn step(&self, function: &Function, this: Loop, position: usize) -> Option<i64> {
        let header = self.flow.loops.loop_header(this);
        let parameter = function.dfg.block_params(header)[position];
        let mut step = None;
        for source in self.sources(function, header, position, Some((this, true))) {
            let (base, constant) = sum_with_constant(function, source?)?;
            if base != parameter || step.is_some_and(|step| step != constant) {
                return None;
            }
            step = Some(constant);
        }
        step
    }

    /// What this parameter has in the first round.
    fn start(&mut self, function: &Function, this: Loop, position: usize, depth: u32) -> Option<Range> {
        let header = self.flow.loops.loop_header(this);
        let mut union: Option<Range> = None;
        for source in self.sources(function, header, position, Some((this, false))) {
            let range = self.at_depth(function, source?, depth);
            union = Some(union.map_or(range, |before| before.union(range)));
        }
        union
    }

    /// What arrives at a parameter; with a loop, only from inside or only from outside of it. `None` for what is not a value.
    fn sources(
        &self,
        function: &Function,
        block: Block,
        position: usize,
        side: Option<(Loop, bool)>,
    ) -> Vec<Option<Value>> {
        let dfg = &function.dfg;
        let mut sources = Vec::new();
        for predecessor in self.flow.graph.pred_iter(block) {
            if !self.flow.tree.is_reachable(predecessor.block)
                || side.is_some_and(|(this, inside)| self.flow.loops.is_in_loop(predecessor.block, this) != inside)
            {
                continue;
            }
            for call in dfg.insts[predecessor.inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
                if call.block(&dfg.value_lists) == block {
                    let argument = call.args(&dfg.value_lists).nth(position).and_then(|argument| argument.as_value());
                    sources.push(argument.map(|value| dfg.resolve_aliases(value)));
                }
            }
        }
        sources
    }

    /// At most how often the header runs each time the loop is entered; at least 1.
    fn rounds(&mut self, function: &Function, this: Loop, depth: u32) -> Option<u64> {
        if let Some(&known) = self.rounds.get(&this) {
            return known;
        }
        self.rounds.insert(this, None);
        let rounds = self.count_rounds(function, this, depth);
        self.rounds.insert(this, rounds);
        rounds
    }

    fn count_rounds(&mut self, function: &Function, this: Loop, depth: u32) -> Option<u64> {
        let header = self.flow.loops.loop_header(this);
        let latches: Vec<Block> = self
            .flow
            .graph
            .pred_iter(header)
            .map(|predecessor| predecessor.block)
            .filter(|&block| self.flow.tree.is_reachable(block) && self.flow.loops.is_in_loop(block, this))
            .collect();
        // A test bounds the rounds when each makes it: on the way to every latch, and in no inner loop, where it would
        // be left by another way.
        let mut block = *latches.first()?;
        let mut fewest: Option<u64> = None;
        loop {
            let every_round = latches.iter().all(|&latch| self.flow.tree.block_dominates(block, latch))
                && self.flow.loops.innermost_loop(block) == Some(this);
            if every_round && let Some(rounds) = self.rounds_by_test(function, this, block, depth) {
                fewest = Some(fewest.map_or(rounds, |before| before.min(rounds)));
            }
            if block == header {
                return fewest;
            }
            block = self.flow.tree.idom(block)?;
        }
    }

    fn rounds_by_test(&mut self, function: &Function, this: Loop, block: Block, depth: u32) -> Option<u64> {
        let dfg = &function.dfg;
        let inst = function.layout.last_inst(block)?;
        let InstructionData::Brif { arg, blocks, .. } = dfg.insts[inst] else { return None };
        let [stays_if, stays_else] = blocks.map(|call| self.flow.loops.is_in_loop(call.block(&dfg.value_lists), this));
        if stays_if == stays_else {
            return None;
        }
        let (code, left, right) = match comparison(function, arg) {
            Some(Comparison { code, left, right }) => match constant(function, left) {
                Some(_) => (code.swap_args(), right, Some(left)),
                None => (code, left, Some(right)),
            },
            // Of a number, a branch asks whether it is zero.
            None => (IntCC::NotEqual, arg, None),
        };
        let goes_on = if stays_if { code } else { code.complement() };
        // The counter, and how far ahead of the header's value the compared one is.
        let (base, ahead) = match self.parameter_of(function, this, left) {
            Some(position) => (position, 0),
            None => {
                let (base, constant) = sum_with_constant(function, left)?;
                (self.parameter_of(function, this, base)?, constant)
            }
        };
        let step = self.step(function, this, base)?;
        if step == 0 || ahead != 0 && ahead != step {
            return None;
        }
        match goes_on {
            IntCC::NotEqual => {
                let start = self.start(function, this, base, depth)?;
                let end = right.map_or(Some(0), |right| constant(function, right))?;
                if start.low != start.high {
                    return None;
                }
                let first = (start.low as i64 + ahead) as u32;
                let distance = if step > 0 { (end as u32).wrapping_sub(first) } else { first.wrapping_sub(end as u32) };
                let (distance, step) = (u64::from(distance), step.unsigned_abs());
                distance.is_multiple_of(step).then(|| distance / step + 1)
            }
            IntCC::UnsignedLessThan | IntCC::SignedLessThan if step > 0 && ahead == step => {
                let start = self.start(function, this, base, depth)?;
                let signed = goes_on == IntCC::SignedLessThan;
                // As signed numbers, bounds from 2^31 on are negative, and then the loop ends at once.
                let limit = if signed { 1 << 31 } else { 1 << 32 };
                let bound = self.at_depth(function, right?, depth).high.min(limit - 1);
                let step = step.unsigned_abs();
                // The next value must not wrap before it is compared: it is at most `bound - 1 + step` when the round
                // before it passed, and `start + step` in the first round.
                let last = (bound.saturating_sub(1)).max(start.high) + step;
                (last < limit).then(|| bound.saturating_sub(start.low).div_ceil(step).max(1))
            }
            _ => None,
        }
    }

    /// The position of a value among the parameters of the loop's header.
    fn parameter_of(&self, function: &Function, this: Loop, value: Value) -> Option<usize> {
        let header = self.flow.loops.loop_header(this);
        match function.dfg.value_def(function.dfg.resolve_aliases(value)) {
            ValueDef::Param(block, position) if block == header => Some(position),
            _ => None,
        }
    }
}

fn narrow(ty: Type) -> Range {
    match ty {
        types::I8 => Range::up_to(0xff),
        types::I16 => Range::up_to(0xffff),
        _ => Range::FULL,
    }
}

fn binary(opcode: Opcode, left: Range, right: Range) -> Range {
    match opcode {
        Opcode::Iadd => add(left, right),
        Opcode::Isub if left.low >= right.high => Range { low: left.low - right.high, high: left.high - right.low },
        Opcode::Imul => Range::within_32_bits(Some(left.low * right.low), left.high.checked_mul(right.high)),
        Opcode::Ishl if right.low == right.high => {
            let shift = right.low & 31;
            Range::within_32_bits(Some(left.low << shift), Some(left.high << shift))
        }
        Opcode::Ushr if right.low == right.high => {
            let shift = right.low & 31;
            Range { low: left.low >> shift, high: left.high >> shift }
        }
        Opcode::Ushr => Range::up_to(left.high),
        Opcode::Band => Range::up_to(left.high.min(right.high)),
        Opcode::Bor | Opcode::Bxor => {
            Range::up_to((left.high | right.high | 1).next_power_of_two().saturating_mul(2) - 1).min_with(MAX_32)
        }
        Opcode::Umin => Range { low: left.low.min(right.low), high: left.high.min(right.high) },
        Opcode::Umax => Range { low: left.low.max(right.low), high: left.high.max(right.high) },
        Opcode::Urem if right.high > 0 => Range::up_to((right.high - 1).min(left.high)),
        Opcode::Udiv => Range::up_to(left.high / right.low.max(1)),
        _ => Range::FULL,
    }
}

impl Range {
    fn min_with(self, limit: u64) -> Self {
        Range { low: self.low, high: self.high.min(limit) }
    }
}

/// Exact when the sum never wraps or always does, as when a negative constant is added to something larger.
fn add(left: Range, right: Range) -> Range {
    let (low, high) = (left.low + right.low, left.high + right.high);
    if low > MAX_32 {
        return Range { low: low - MAX_32 - 1, high: high - MAX_32 - 1 };
    }
    Range::within_32_bits(Some(low), Some(high))
}

/// A comparison of 32-bit values.
pub(super) struct Comparison {
    pub(super) code: IntCC,
    pub(super) left: Value,
    pub(super) right: Value,
}

/// The comparison that a condition is, behind extensions and tests against zero.
pub(super) fn comparison(function: &Function, condition: Value) -> Option<Comparison> {
    let dfg = &function.dfg;
    let mut value = dfg.resolve_aliases(condition);
    let mut negated = false;
    loop {
        match dfg.insts[dfg.value_def(value).inst()?] {
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => value = dfg.resolve_aliases(arg),
            InstructionData::IntCompare { opcode: Opcode::Icmp, cond, args: [left, right] } => {
                let (left, right) = (dfg.resolve_aliases(left), dfg.resolve_aliases(right));
                let of_condition = constant(function, right) == Some(0) && is_condition(function, left);
                match cond {
                    IntCC::Equal if of_condition => (negated, value) = (!negated, left),
                    IntCC::NotEqual if of_condition => value = left,
                    _ if dfg.value_type(left) != types::I32 => return None,
                    _ => {
                        let code = if negated { cond.complement() } else { cond };
                        return Some(Comparison { code, left, right });
                    }
                }
            }
            _ => return None,
        }
    }
}

fn is_condition(function: &Function, value: Value) -> bool {
    let dfg = &function.dfg;
    let mut value = dfg.resolve_aliases(value);
    while let Some(inst) = dfg.value_def(value).inst() {
        match dfg.insts[inst] {
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => value = dfg.resolve_aliases(arg),
            InstructionData::IntCompare { opcode: Opcode::Icmp, .. } => return true,
            _ => return false,
        }
    }
    false
}

/// The value of a 32-bit constant.
pub(super) fn constant(function: &Function, value: Value) -> Option<u64> {
    let dfg = &function.dfg;
    let inst = dfg.value_def(dfg.resolve_aliases(value)).inst()?;
    match dfg.insts[inst] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } if dfg.ctrl_typevar(inst) == types::I32 => {
            Some(u64::from(imm.bits() as u32))
        }
        _ => None,
    }
}

/// The parts of `value + constant`, in 32 bits; the constant is signed.
pub(super) fn sum_with_constant(function: &Function, value: Value) -> Option<(Value, i64)> {
    let dfg = &function.dfg;
    let InstructionData::Binary { opcode, args: [left, right] } =
        dfg.insts[dfg.value_def(dfg.resolve_aliases(value)).inst()?]
    else {
        return None;
    };
    let (left, right) = (dfg.resolve_aliases(left), dfg.resolve_aliases(right));
    if dfg.value_type(left) != types::I32 {
        return None;
    }
    let signed = |constant: u64| i64::from(constant as u32 as i32);
    match (opcode, constant(function, left), constant(function, right)) {
        (Opcode::Iadd, _, Some(right)) => Some((left, signed(right))),
        (Opcode::Iadd, Some(left), None) => Some((right, signed(left))),
        (Opcode::Isub, _, Some(right)) => Some((left, -signed(right))),
        _ => None,
    }
}
