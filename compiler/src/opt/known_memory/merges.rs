//! Values that are known where ways meet, though each way brings another: block parameters, made when a load wants one.

use super::form::Form;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, Type, Value};
use std::ops::Range;

/// What is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Value(Value),
    Merge(Merge),
}

/// A block parameter that may come to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merge(u32);

struct Data {
    block: Block,
    ty: Type,
    /// What each predecessor brings, in their order.
    sources: Range<u32>,
    parameter: Option<Value>,
}

/// One load is not worth more parameters than this.
const PARAMETERS_MAX: usize = 3;

/// All merges of a function.
#[derive(Default)]
pub(super) struct Merges {
    merges: Vec<Data>,
    sources: Vec<Content>,
}

impl Merges {
    pub(super) fn add(&mut self, block: Block, form: Form, sources: impl Iterator<Item = Content>) -> Merge {
        let first = self.sources.len() as u32;
        self.sources.extend(sources);
        let sources = first..self.sources.len() as u32;
        self.merges.push(Data { block, ty: form.ty, sources, parameter: None });
        Merge(self.merges.len() as u32 - 1)
    }

    /// The value of a content, unless it takes too many parameters to have one.
    pub(super) fn value(&mut self, function: &mut Function, cfg: &ControlFlowGraph, content: Content) -> Option<Value> {
        let merge = match content {
            Content::Value(value) => return Some(function.dfg.resolve_aliases(value)),
            Content::Merge(merge) => merge,
        };
        let wanted = self.missing(merge)?;
        for &merge in &wanted {
            let data = &mut self.merges[merge.0 as usize];
            data.parameter = Some(function.dfg.append_block_param(data.block, data.ty));
        }
        for &merge in &wanted {
            let data = &self.merges[merge.0 as usize];
            let sources = data.sources.start as usize..data.sources.end as usize;
            for (predecessor, source) in cfg.pred_iter(data.block).zip(&self.sources[sources]) {
                let argument = match *source {
                    Content::Value(value) => value,
                    Content::Merge(merge) => {
                        self.merges[merge.0 as usize].parameter.expect("every merge that is wanted has one")
                    }
                };
                append_argument(function, predecessor.inst, data.block, argument);
            }
        }
        self.merges[merge.0 as usize].parameter
    }

    /// The merges without a parameter that this one needs, itself first.
    fn missing(&self, merge: Merge) -> Option<Vec<Merge>> {
        let mut missing = Vec::new();
        let mut next = vec![merge];
        while let Some(merge) = next.pop() {
            let data = &self.merges[merge.0 as usize];
            if data.parameter.is_some() || missing.contains(&merge) {
                continue;
            }
            missing.push(merge);
            if missing.len() > PARAMETERS_MAX {
                return None;
            }
            let sources = &self.sources[data.sources.start as usize..data.sources.end as usize];
            next.extend(sources.iter().filter_map(|source| match *source {
                Content::Merge(merge) => Some(merge),
                Content::Value(_) => None,
            }));
        }
        Some(missing)
    }
}

/// Passes one more argument wherever an instruction branches to this block. Lists of arguments may be shared: new ones
/// are made.
fn append_argument(function: &mut Function, inst: Inst, block: Block, argument: Value) {
    let dfg = &mut function.dfg;
    for call in dfg.insts[inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables) {
        if call.block(&dfg.value_lists) == block {
            let mut arguments: Vec<BlockArg> = call.args(&dfg.value_lists).collect();
            arguments.push(BlockArg::Value(argument));
            *call = BlockCall::new(block, arguments, &mut dfg.value_lists);
        }
    }
}
