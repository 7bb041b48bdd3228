//! Parameters of blocks to which only one value arrives become that value.
//!
//! An outer loop's counter that an inner loop hands on from round to round is a parameter of the inner one, to which the outer
//! one's and itself arrive. Cranelift's own pass removes parameters to which a constant or a result arrives, but takes a
//! parameter that stays for something new everywhere it is handed to. So this repeats, until nothing changes: what
//! arrives at a parameter, besides itself, is one value; the parameter is that value.
//!
//! ```text
//! block2(v1: i32):                             block2(v1: i32):
//!     jump block3(v1)                              jump block3
//! block3(v2: i32):                             block3:
//!     brif v9, block3(v2), block4          →       brif v9, block3, block4
//! block4:                                      block4:
//!     v3 = iadd_imm v2, 1                          v3 = iadd_imm v1, 1
//!     brif v8, block2(v3), block5                  brif v8, block2(v3), block5
//! ```
//!
//! The other passes then see that the value is the outer loop's counter; and no register has to hold it twice.

use super::flow::Flow;
use crate::clif::Env;
use crate::error::Result;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, Value};
use cranelift_codegen::packed_option::PackedOption;

/// Loops nested deeper than this may keep some.
const ROUNDS: usize = 12;

/// Rewrites blocks and the branches to them.
pub(super) fn run(_env: Env<'_>, function: &mut Function, _flow: &mut Flow) -> Result<()> {
    let branches = branches_with_arguments(function);
    let mut same = Same { known: SecondaryMap::new() };
    let mut sources: SecondaryMap<Value, Source> = SecondaryMap::new();
    let mut changed = false;
    for _ in 0..ROUNDS {
        sources.clear();
        for &inst in &branches {
            arrive(function, inst, &same, &mut sources);
        }
        let mut again = false;
        for block in function.layout.blocks() {
            for &parameter in function.dfg.block_params(block) {
                if same.known[parameter].is_none()
                    && let Source::One(value) = sources[parameter]
                {
                    // Of two parameters that are handed to each other, only one may become the other.
                    let value = same.of(value);
                    if value != parameter {
                        same.known[parameter] = value.into();
                        again = true;
                    }
                }
            }
        }
        if !again {
            break;
        }
        changed = true;
    }
    if changed {
        rewrite(function, &branches, &same);
    }
    Ok(())
}

/// What is known to be the same as another value.
struct Same {
    known: SecondaryMap<Value, PackedOption<Value>>,
}

impl Same {
    fn of(&self, mut value: Value) -> Value {
        while let Some(other) = self.known[value].expand() {
            value = other;
        }
        value
    }
}

/// What arrives at a parameter, besides itself.
#[derive(Clone, Copy, Default)]
enum Source {
    #[default]
    Nothing,
    One(Value),
    Several,
}

fn branches_with_arguments(function: &Function) -> Vec<Inst> {
    let dfg = &function.dfg;
    let has_arguments = |inst: &Inst| calls(function, *inst).iter().any(|call| call.len(&dfg.value_lists) > 0);
    function.layout.blocks().filter_map(|block| function.layout.last_inst(block)).filter(has_arguments).collect()
}

fn calls(function: &Function, inst: Inst) -> &[BlockCall] {
    let dfg = &function.dfg;
    dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables)
}

/// Adds what one branch hands on.
fn arrive(function: &Function, inst: Inst, same: &Same, sources: &mut SecondaryMap<Value, Source>) {
    let dfg = &function.dfg;
    for call in calls(function, inst) {
        let parameters = dfg.block_params(call.block(&dfg.value_lists));
        for (argument, &parameter) in call.args(&dfg.value_lists).zip(parameters) {
            let value = match argument {
                BlockArg::Value(value) => same.of(dfg.resolve_aliases(value)),
                // Results of calls that may throw.
                _ => {
                    sources[parameter] = Source::Several;
                    continue;
                }
            };
            if value == parameter {
                continue;
            }
            sources[parameter] = match sources[parameter] {
                Source::Nothing => Source::One(value),
                Source::One(before) if before == value => Source::One(value),
                _ => Source::Several,
            };
        }
    }
}

/// Takes the parameters away, and what branches hand to them.
fn rewrite(function: &mut Function, branches: &[Inst], same: &Same) {
    let is_kept = |parameter: &Value| same.known[*parameter].is_none();
    let dfg = &mut function.dfg;
    for &inst in branches {
        let destinations = dfg.insts[inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
        for call in destinations {
            let block = call.block(&dfg.value_lists);
            let parameters = dfg.blocks[block].params(&dfg.value_lists);
            if parameters.iter().all(is_kept) {
                continue;
            }
            let arguments = call.args(&dfg.value_lists).zip(parameters);
            let kept: Vec<BlockArg> =
                arguments.filter(|(_, parameter)| is_kept(parameter)).map(|(argument, _)| argument).collect();
            *call = BlockCall::new(block, kept, &mut dfg.value_lists);
        }
    }
    let blocks: Vec<Block> = function.layout.blocks().collect();
    for block in blocks {
        let gone: Vec<Value> =
            function.dfg.block_params(block).iter().copied().filter(|parameter| !is_kept(parameter)).collect();
        // From the right, so that none is moved only to be removed.
        for parameter in gone.into_iter().rev() {
            function.dfg.remove_block_param(parameter);
            function.dfg.change_to_alias(parameter, same.of(parameter));
        }
    }
    function.dfg.resolve_all_aliases();
}
