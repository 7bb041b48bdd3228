//! Which loops go over bytes: what they read and write, and what ends them.

use super::super::ranges::{comparison, constant, sum_with_constant};
use crate::clif::regions;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, Opcode, Value, ValueDef, types};
use cranelift_codegen::loop_analysis::{Loop, LoopAnalysis};

/// Loops of more blocks are not of this form.
const BLOCKS_MAX: usize = 6;
/// Deeper expressions are not looked at.
const DEPTH: u32 = 8;

/// A loop that can be made wide.
pub(super) struct ByteLoop {
    pub(super) header: Block,
    /// Branches to the header from outside.
    pub(super) entries: Vec<Inst>,
    /// In the order in which rounds pass them.
    pub(super) blocks: Vec<Block>,
    /// What each round adds to the header's parameters.
    pub(super) steps: Vec<i64>,
    pub(super) load: Option<Inst>,
    pub(super) store: Option<Store>,
    pub(super) counter: Counter,
    pub(super) byte: Option<ByteTest>,
}

pub(super) struct Store {
    pub(super) inst: Inst,
    /// What is stored in every round, unless it is what was loaded.
    pub(super) same: Option<Value>,
}

/// The loop goes on while `tested` is related to `end`.
pub(super) struct Counter {
    pub(super) tested: Value,
    /// Nothing is zero.
    pub(super) end: Option<Value>,
    /// Whether it goes up by one, or down by one.
    pub(super) goes_up: bool,
    /// Strictly on the near side of the end, or not equal to it.
    pub(super) stays: IntCC,
}

/// The loop goes on while the byte is equal, or not, to a value.
pub(super) struct ByteTest {
    /// Nothing is zero.
    pub(super) value: Option<Value>,
    pub(super) stays_while_equal: bool,
}

/// The loop, if it is of this form.
pub(super) fn recognize(
    function: &Function,
    cfg: &ControlFlowGraph,
    loops: &LoopAnalysis,
    at: Loop,
) -> Option<ByteLoop> {
    let header = loops.loop_header(at);
    if function.layout.is_cold(header) || function.layout.entry_block() == Some(header) {
        return None;
    }
    let mut form = Form { function, loops, at, blocks: Vec::new(), steps: Vec::new() };
    let (tests, back) = form.chain(cfg, header)?;
    form.steps = form.steps(header, back)?;
    let (load, store) = form.accesses()?;
    let mut counter = None;
    let mut byte = None;
    for test in tests {
        if let Some(found) = load.and_then(|load| form.byte_test(&test, load)) {
            if byte.replace(found).is_some() {
                return None;
            }
        } else if counter.replace(form.counter(&test)?).is_some() {
            return None;
        }
    }
    if store.is_none() && byte.is_none() {
        return None;
    }
    let entries = cfg.pred_iter(header).filter(|way| !loops.is_in_loop(way.block, at)).map(|way| way.inst).collect();
    Some(ByteLoop { header, entries, blocks: form.blocks, steps: form.steps, load, store, counter: counter?, byte })
}

/// A condition under which a round goes on.
struct Test {
    code: IntCC,
    left: Value,
    /// Nothing is zero.
    right: Option<Value>,
}

struct Form<'a> {
    function: &'a Function,
    loops: &'a LoopAnalysis,
    at: Loop,
    blocks: Vec<Block>,
    steps: Vec<i64>,
}

impl Form<'_> {
    /// The blocks of the loop, if each leads to one other of them, with what they test and what leads back.
    fn chain(&mut self, cfg: &ControlFlowGraph, header: Block) -> Option<(Vec<Test>, Vec<Value>)> {
        let dfg = &self.function.dfg;
        let mut tests = Vec::new();
        let mut block = header;
        loop {
            self.blocks.push(block);
            let call = match &dfg.insts[self.function.layout.last_inst(block)?] {
                InstructionData::Jump { destination, .. } => destination,
                InstructionData::Brif { arg, blocks, .. } => {
                    let inside = blocks.map(|call| self.loops.is_in_loop(call.block(&dfg.value_lists), self.at));
                    if inside[0] == inside[1] {
                        return None;
                    }
                    tests.push(self.test(*arg, inside[0])?);
                    &blocks[usize::from(inside[1])]
                }
                _ => return None,
            };
            block = call.block(&dfg.value_lists);
            if block == header {
                let arguments = call.args(&dfg.value_lists);
                let back: Option<Vec<Value>> =
                    arguments.map(|argument| Some(dfg.resolve_aliases(argument.as_value()?))).collect();
                return Some((tests, back?));
            }
            let is_ours = self.loops.innermost_loop(block) == Some(self.at) && cfg.pred_iter(block).nth(1).is_none();
            if !is_ours || !dfg.block_params(block).is_empty() || self.blocks.len() == BLOCKS_MAX {
                return None;
            }
        }
    }

    fn test(&self, condition: Value, stays_if: bool) -> Option<Test> {
        let dfg = &self.function.dfg;
        let test = match comparison(self.function, condition) {
            Some(found) => Test { code: found.code, left: found.left, right: Some(found.right) },
            None if dfg.value_type(condition) == types::I32 => {
                Test { code: IntCC::NotEqual, left: dfg.resolve_aliases(condition), right: None }
            }
            None => return None,
        };
        Some(if stays_if { test } else { Test { code: test.code.complement(), ..test } })
    }

    /// What each round adds to each parameter, if that is a constant.
    fn steps(&self, header: Block, back: Vec<Value>) -> Option<Vec<i64>> {
        let parameters = self.function.dfg.block_params(header);
        let step = |(&parameter, next): (&Value, Value)| match sum_with_constant(self.function, next) {
            _ if next == parameter => Some(0),
            Some((base, step)) if base == parameter => Some(step),
            _ => None,
        };
        parameters.iter().zip(back).map(step).collect()
    }

    /// The byte that is loaded and the one that is stored, if nothing else has an effect and both go up byte by byte.
    fn accesses(&self) -> Option<(Option<Inst>, Option<Store>)> {
        let dfg = &self.function.dfg;
        let (mut load, mut store) = (None, None);
        for inst in self.blocks.iter().flat_map(|&block| self.function.layout.block_insts(block)) {
            let data = dfg.insts[inst];
            match data {
                InstructionData::Load { opcode: Opcode::Uload8, flags, arg, .. } => {
                    let is_first = load.is_none() && store.is_none();
                    if !is_first || !regions::is_guest(self.function, dfg.mem_flags[flags]) || !self.goes_up(arg) {
                        return None;
                    }
                    load = Some(inst);
                }
                InstructionData::Store { opcode: Opcode::Istore8, flags, args: [value, address], .. } => {
                    let is_guest = regions::is_guest(self.function, dfg.mem_flags[flags]);
                    if store.is_some() || !is_guest || !self.goes_up(address) {
                        return None;
                    }
                    let value = dfg.resolve_aliases(value);
                    let same = match load {
                        Some(load) if dfg.first_result(load) == value => None,
                        None if self.is_same(value) && dfg.value_type(value) == types::I32 => Some(value),
                        _ => return None,
                    };
                    store = Some(Store { inst, same });
                }
                _ if data.opcode().is_terminator() || self.is_pure(inst) => {}
                _ => return None,
            }
        }
        Some((load, store))
    }

    /// An address of a 32-bit memory that goes up by one each round: the memory's base and an index, or an index.
    fn goes_up(&self, address: Value) -> bool {
        let dfg = &self.function.dfg;
        let is_index = |value| {
            let index = match self.made_here(value).map(|inst| dfg.insts[inst]) {
                Some(InstructionData::Unary { opcode: Opcode::Uextend, arg }) => arg,
                _ => return false,
            };
            dfg.value_type(index) == types::I32 && self.step(index, DEPTH) == Some(1)
        };
        match self.made_here(address).map(|inst| dfg.insts[inst]) {
            Some(InstructionData::Binary { opcode: Opcode::Iadd, args: [left, right] }) => {
                self.is_same(left) && is_index(right) || self.is_same(right) && is_index(left)
            }
            _ => is_index(address),
        }
    }

    fn byte_test(&self, test: &Test, load: Inst) -> Option<ByteTest> {
        let stays_while_equal = match test.code {
            IntCC::Equal => true,
            IntCC::NotEqual => false,
            _ => return None,
        };
        let is_byte = |value| self.unmasked(value) == self.function.dfg.first_result(load);
        let value = match test.right {
            right if is_byte(test.left) => right,
            Some(right) if is_byte(right) => Some(test.left),
            _ => return None,
        };
        value.is_none_or(|value| self.is_same(value)).then_some(ByteTest { value, stays_while_equal })
    }

    /// A byte, without a mask that takes nothing away.
    fn unmasked(&self, value: Value) -> Value {
        let dfg = &self.function.dfg;
        match self.made_here(value).map(|inst| dfg.insts[inst]) {
            Some(InstructionData::Binary { opcode: Opcode::Band, args: [left, right] })
                if constant(self.function, right) == Some(0xff) =>
            {
                dfg.resolve_aliases(left)
            }
            _ => value,
        }
    }

    fn counter(&self, test: &Test) -> Option<Counter> {
        let (code, tested, end) = match test.right {
            Some(right) if self.is_same(test.left) => (test.code.swap_args(), right, Some(test.left)),
            right => (test.code, test.left, right),
        };
        if !end.is_none_or(|end| self.is_same(end)) {
            return None;
        }
        let goes_up = match self.step(tested, DEPTH)? {
            1 => true,
            -1 => false,
            _ => return None,
        };
        let is_near = match code {
            IntCC::NotEqual => true,
            IntCC::UnsignedLessThan | IntCC::SignedLessThan => goes_up,
            IntCC::UnsignedGreaterThan | IntCC::SignedGreaterThan => !goes_up,
            _ => false,
        };
        let is_narrow = self.function.dfg.value_type(tested) == types::I32;
        (is_near && is_narrow).then_some(Counter { tested, end, goes_up, stays: code })
    }

    /// What each round adds to a value, modulo its size.
    fn step(&self, value: Value, depth: u32) -> Option<i64> {
        let dfg = &self.function.dfg;
        let value = dfg.resolve_aliases(value);
        if self.is_same(value) {
            return Some(0);
        }
        let depth = depth.checked_sub(1)?;
        match dfg.value_def(value) {
            ValueDef::Param(block, position) if block == self.blocks[0] => Some(self.steps[position]),
            ValueDef::Result(inst, 0) => match dfg.insts[inst] {
                InstructionData::Binary { opcode: Opcode::Iadd, args: [left, right] } => {
                    self.step(left, depth)?.checked_add(self.step(right, depth)?)
                }
                InstructionData::Binary { opcode: Opcode::Isub, args: [left, right] } => {
                    self.step(left, depth)?.checked_sub(self.step(right, depth)?)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a value is the same in all rounds: from outside, a constant, a mask of those, or a memory's base, which
    /// nobody changes.
    fn is_same(&self, value: Value) -> bool {
        self.is_simply_same(value)
            || self.made_here(value).is_some_and(|inst| match self.function.dfg.insts[inst] {
                InstructionData::Binary { opcode: Opcode::Band, args } => {
                    args.iter().all(|&arg| self.is_simply_same(arg))
                }
                _ => false,
            })
    }

    fn is_simply_same(&self, value: Value) -> bool {
        let dfg = &self.function.dfg;
        let value = dfg.resolve_aliases(value);
        match dfg.value_def(value) {
            ValueDef::Param(block, position) if block == self.blocks[0] => self.steps.get(position) == Some(&0),
            ValueDef::Param(block, _) => !self.blocks.contains(&block),
            ValueDef::Result(inst, _) => match dfg.insts[inst] {
                _ if self.made_here(value).is_none() => true,
                InstructionData::UnaryImm { opcode: Opcode::Iconst, .. } => true,
                InstructionData::Load { arg, .. } => self.is_pure(inst) && self.made_here(arg).is_none(),
                _ => false,
            },
            ValueDef::Union(..) => false,
        }
    }

    /// The instruction of the loop that makes a value.
    fn made_here(&self, value: Value) -> Option<Inst> {
        let inst = self.function.dfg.value_def(self.function.dfg.resolve_aliases(value)).inst()?;
        self.blocks.contains(&self.function.layout.inst_block(inst)?).then_some(inst)
    }

    fn is_pure(&self, inst: Inst) -> bool {
        is_pure(self.function, inst)
    }
}

/// Whether a block has no effects but those that such a loop may have.
pub(super) fn may_be_part(function: &Function, block: Block) -> bool {
    let is_allowed = |inst| {
        let opcode = function.dfg.insts[inst].opcode();
        matches!(opcode, Opcode::Uload8 | Opcode::Istore8) || opcode.is_terminator() || is_pure(function, inst)
    };
    function.layout.block_insts(block).all(is_allowed)
}

/// Whether executing an instruction more or less often makes no difference.
fn is_pure(function: &Function, inst: Inst) -> bool {
    let data = &function.dfg.insts[inst];
    let opcode = data.opcode();
    let is_constant_load = match data {
        InstructionData::Load { opcode: Opcode::Load, flags, .. } => {
            let flags = function.dfg.mem_flags[*flags];
            flags.readonly() && flags.notrap()
        }
        _ => false,
    };
    let has_effect = opcode.can_load()
        || opcode.can_store()
        || opcode.can_trap()
        || opcode.is_call()
        || opcode.is_branch()
        || opcode.other_side_effects();
    is_constant_load || !has_effect
}
