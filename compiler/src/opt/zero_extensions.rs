//! 32-bit values that are used as addresses, kept zero-extended from where they are made.
//!
//! An index is extended to 64 bits at each access. x86-64's 32-bit instructions clear the upper half, so Cranelift drops
//! the extension of a sum or a product; of a block's parameter it cannot, because it does not know what arrives there,
//! and every use in a loop pays a `mov`. Here such parameters become 64 bits wide: what arrives is extended before the
//! branch, where it is nearly always free, and uses of 32 bits take the lower half, which is always free.
//!
//! ```text
//! block1(v1: i32):                    block1(v9: i64):
//!     v2 = uextend.i64 v1                 v1 = ireduce.i32 v9
//!     v3 = load.i32 v2            →       v3 = load.i32 v9
//!     v4 = iadd_imm v1, 4                 v4 = iadd_imm v1, 4
//!     jump block1(v4)                     v5 = uextend.i64 v4    ; no instruction: `add` has done it
//!                                         jump block1(v5)
//! ```
//!
//! Loads become 64 bits wide too, when something else uses them besides one extension.

use super::flow::Flow;
use crate::clif::Env;
use crate::error::Result;
use crate::target::Arch;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use cranelift_codegen::ir::{
    Block, BlockArg, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types,
};
use cranelift_codegen::packed_option::PackedOption;

/// Widens what is used as an address. On aarch64 the extension is a part of the address, so nothing is gained there.
pub(super) fn run(env: Env<'_>, function: &mut Function, _flow: &mut Flow) -> Result<()> {
    if env.options.target.arch == Arch::X86_64 {
        let mut pass = Pass::new(function);
        pass.find();
        pass.rewrite();
    }
    Ok(())
}

struct Pass<'f> {
    function: &'f mut Function,
    /// Branches to each block.
    predecessors: SecondaryMap<Block, Vec<Inst>>,
    /// Values to be made wide, and their wide form once they have one.
    wanted: EntitySet<Value>,
    worklist: Vec<Value>,
    wide: SecondaryMap<Value, PackedOption<Value>>,
}

impl<'f> Pass<'f> {
    fn new(function: &'f mut Function) -> Self {
        Pass {
            function,
            predecessors: SecondaryMap::new(),
            wanted: EntitySet::new(),
            worklist: Vec::new(),
            wide: SecondaryMap::new(),
        }
    }

    /// Which values are extended, directly or by way of block parameters.
    fn find(&mut self) {
        let function = &*self.function;
        let mut extended = Vec::new();
        for block in function.layout.blocks() {
            for inst in function.layout.block_insts(block) {
                if let Some(value) = extension(function, inst) {
                    extended.push(value);
                } else if function.dfg.insts[inst].opcode().is_branch() {
                    for call in branches(function, inst) {
                        self.predecessors[call.block(&function.dfg.value_lists)].push(inst);
                    }
                }
            }
        }
        for value in extended {
            self.want(value);
        }
        while let Some(value) = self.worklist.pop() {
            for source in self.sources(value) {
                self.want(source);
            }
        }
    }

    fn want(&mut self, value: Value) {
        let widens = match self.function.dfg.value_def(value) {
            ValueDef::Param(block, _) => self.can_widen(block),
            ValueDef::Result(inst, _) => wide_load(self.function.dfg.insts[inst].opcode()),
            ValueDef::Union(..) => false,
        };
        if widens && self.wanted.insert(value) {
            self.worklist.push(value);
        }
    }

    /// Parameters of the function are as the caller leaves them, and what a call returns has its own type.
    fn can_widen(&self, block: Block) -> bool {
        let function = &*self.function;
        function.layout.entry_block() != Some(block)
            && self.predecessors[block].iter().all(|&inst| !function.dfg.insts[inst].opcode().is_call())
    }

    /// What arrives at a block's parameter.
    fn sources(&self, value: Value) -> Vec<Value> {
        let dfg = &self.function.dfg;
        let ValueDef::Param(block, position) = dfg.value_def(value) else { return Vec::new() };
        let calls = self.predecessors[block].iter().flat_map(|&inst| branches(self.function, inst));
        calls
            .filter(|call| call.block(&dfg.value_lists) == block)
            .filter_map(|call| call.args(&dfg.value_lists).nth(position)?.as_value())
            .map(|source| dfg.resolve_aliases(source))
            .collect()
    }

    fn rewrite(&mut self) {
        if self.wanted.is_empty() {
            return;
        }
        let blocks: Vec<Block> = self.function.layout.blocks().collect();
        for &block in &blocks {
            self.widen_parameters(block);
        }
        for &block in &blocks {
            self.widen_instructions(block);
        }
    }

    fn widen_parameters(&mut self, block: Block) {
        let parameters = self.function.dfg.block_params(block).to_vec();
        for narrow in parameters.into_iter().filter(|&parameter| self.wanted.contains(parameter)) {
            let wide = self.function.dfg.replace_block_param(narrow, types::I64);
            let mut cursor = FuncCursor::new(self.function).at_first_insertion_point(block);
            let low = cursor.ins().ireduce(types::I32, wide);
            self.function.dfg.change_to_alias(narrow, low);
            // The parameter's old name now stands for the lower half.
            self.wide[low] = wide.into();
        }
    }

    fn widen_instructions(&mut self, block: Block) {
        let mut next = self.function.layout.first_inst(block);
        while let Some(inst) = next {
            next = self.function.layout.next_inst(inst);
            if let Some(value) = extension(self.function, inst) {
                if let Some(wide) = self.wide[value].expand() {
                    let result = self.function.dfg.first_result(inst);
                    self.function.layout.remove_inst(inst);
                    self.function.dfg.clear_results(inst);
                    self.function.dfg.change_to_alias(result, wide);
                }
            } else if self.function.dfg.insts[inst].opcode().is_branch() {
                self.widen_arguments(inst);
            } else if wide_load(self.function.dfg.insts[inst].opcode()) {
                self.widen_load(inst);
            }
        }
    }

    /// Loads dominate their uses, so blocks that come earlier in the layout than their dominators miss the wide form; they
    /// extend the narrow one, which is right as well.
    fn widen_load(&mut self, inst: Inst) {
        let narrow = self.function.dfg.first_result(inst);
        if !self.wanted.contains(narrow) || self.function.dfg.value_type(narrow) != types::I32 {
            return;
        }
        let InstructionData::Load { opcode, flags, arg, offset } = self.function.dfg.insts[inst] else { return };
        let opcode = match opcode {
            Opcode::Load => Opcode::Uload32,
            same => same,
        };
        self.function.dfg.clear_results(inst);
        self.function.dfg.insts[inst] = InstructionData::Load { opcode, flags, arg, offset };
        self.function.dfg.make_inst_results(inst, types::I64);
        let wide = self.function.dfg.first_result(inst);
        let mut cursor = FuncCursor::new(self.function).after_inst(inst);
        let low = cursor.ins().ireduce(types::I32, wide);
        self.function.dfg.change_to_alias(narrow, low);
        self.wide[low] = wide.into();
    }

    fn widen_arguments(&mut self, inst: Inst) {
        let calls = branches(self.function, inst).to_vec();
        let mut changed = calls.clone();
        let mut any = false;
        for (call, new) in calls.iter().zip(&mut changed) {
            let block = call.block(&self.function.dfg.value_lists);
            let arguments: Vec<BlockArg> = call.args(&self.function.dfg.value_lists).collect();
            let parameters = self.function.dfg.block_params(block).to_vec();
            let mut wide_arguments = Vec::with_capacity(arguments.len());
            for (&argument, parameter) in arguments.iter().zip(parameters) {
                wide_arguments.push(match argument {
                    BlockArg::Value(value)
                        if self.function.dfg.value_type(parameter) != self.function.dfg.value_type(value) =>
                    {
                        any = true;
                        BlockArg::Value(self.extended(value, inst))
                    }
                    same => same,
                });
            }
            *new = cranelift_codegen::ir::BlockCall::new(block, wide_arguments, &mut self.function.dfg.value_lists);
        }
        if any {
            let dfg = &mut self.function.dfg;
            dfg.insts[inst]
                .branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables)
                .copy_from_slice(&changed);
        }
    }

    /// The wide form of a value, made before `inst` if there is none.
    fn extended(&mut self, value: Value, inst: Inst) -> Value {
        let value = self.function.dfg.resolve_aliases(value);
        match self.wide[value].expand() {
            Some(wide) => wide,
            None => FuncCursor::new(self.function).at_inst(inst).ins().uextend(types::I64, value),
        }
    }
}

fn branches(function: &Function, inst: Inst) -> &[cranelift_codegen::ir::BlockCall] {
    function.dfg.insts[inst].branch_destination(&function.dfg.jump_tables, &function.dfg.exception_tables)
}

/// The value that this instruction zero-extends from 32 to 64 bits.
fn extension(function: &Function, inst: Inst) -> Option<Value> {
    match function.dfg.insts[inst] {
        InstructionData::Unary { opcode: Opcode::Uextend, arg } => {
            let arg = function.dfg.resolve_aliases(arg);
            let widens = function.dfg.value_type(arg) == types::I32
                && function.dfg.value_type(function.dfg.first_result(inst)) == types::I64;
            widens.then_some(arg)
        }
        _ => None,
    }
}

/// Loads that have a form with a zero-extended 64-bit result.
fn wide_load(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Load | Opcode::Uload8 | Opcode::Uload16)
}
