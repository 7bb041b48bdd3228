//! Loads of bytes that are known are left out.
//!
//! What is at a place is known from a store to it or a load from it, until a store may change it. Cranelift knows that as
//! well, but for it any store changes all of a memory, and what two ways bring it forgets. Here, stores to places at
//! another constant distance from the same value change nothing ([`places`]), and where ways meet with different values, a
//! load becomes a block parameter ([`merges`]).
//!
//! ```text
//! store v1, v0+8              store v1, v0+8
//! store v2, v0+16             store v2, v0+16
//! v3 = load.i32 v0+8     →    ; v3 is v1
//! store v3, v0+16             store v1, v0+16
//! ```
//!
//! What was known long ago is loaded again, since the register that would hold it is worth more ([`FAR`]).
//!
//! A store of what is already there is left out too. No trap is lost: memories never shrink, so where an access
//! succeeded, another to the same bytes does. Calls may change anything; so may atomic accesses, whatever thread they
//! are for. Memories that other threads see are left alone.
//!
//! Blocks are visited once, in an order in which all ways to a block come before it, except those back to the header of
//! a loop. There, what no round of the loop may change stays known ([`loops`]).

mod form;
mod loops;
mod merges;
mod places;
mod state;

use super::flow::Flow;
use crate::clif::Env;
use crate::error::Result;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, Function, Inst, InstructionData};
use form::Form;
use loops::Loops;
use merges::{Content, Merges};
use places::Places;
use state::{Known, State};

/// Functions with more blocks are left alone: they are generated, and all that matters is that they compile.
const BLOCKS_MAX: usize = 100_000;
/// What was known or wanted more instructions ago is loaded again: in a register it would get in the way of others, and be
/// spilled to where it is loaded from just the same.
const FAR: u32 = 128;

/// Leaves out loads and stores.
pub(super) fn run(env: Env<'_>, function: &mut Function, flow: &mut Flow) -> Result<()> {
    if function.dfg.num_blocks() > BLOCKS_MAX {
        return Ok(());
    }
    let mut places = Places::new(env);
    let loops = Loops::new(function, &flow.loops, &mut places);
    let mut pass =
        Pass { cfg: &flow.graph, loops: &loops, places, merges: Merges::default(), ends: SecondaryMap::new() };
    for &block in flow.tree.cfg_rpo() {
        let mut state = pass.beginning(block);
        pass.visit(function, block, &mut state);
        let ways = pass.cfg.succ_iter(block).count() as u32;
        pass.ends[block] = Some(End { state, ways });
    }
    Ok(())
}

/// What an instruction does to memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    None,
    Load,
    Store,
    /// Anything.
    Unknown,
}

fn effect(function: &Function, inst: Inst) -> Effect {
    let data = &function.dfg.insts[inst];
    let opcode = data.opcode();
    match data {
        InstructionData::Load { .. } => Effect::Load,
        // A store that says nothing of where it goes may go anywhere.
        InstructionData::Store { flags, .. } if function.dfg.mem_flags[*flags].alias_region().is_some() => {
            Effect::Store
        }
        _ if opcode.can_load()
            || opcode.can_store()
            || opcode.is_call()
            || opcode.other_side_effects() && !opcode.is_branch() =>
        {
            Effect::Unknown
        }
        _ => Effect::None,
    }
}

/// What is known at the end of a block, and how many ways lead from there to blocks that have not been visited.
#[derive(Clone)]
struct End {
    state: State,
    ways: u32,
}

struct Pass<'a, 'e> {
    cfg: &'a ControlFlowGraph,
    loops: &'a Loops<'a>,
    places: Places<'e>,
    merges: Merges,
    ends: SecondaryMap<Block, Option<End>>,
}

impl Pass<'_, '_> {
    /// What is known where a block begins.
    fn beginning(&mut self, block: Block) -> State {
        let header = self.loops.of_header(block);
        let mut ways = Vec::new();
        for predecessor in self.cfg.pred_iter(block).map(|predecessor| predecessor.block) {
            let comes_back = header.is_some_and(|header| self.loops.contains(header, predecessor));
            if comes_back {
                continue;
            }
            // None where a loop has several headers.
            if self.ends[predecessor].is_none() {
                return State::default();
            }
            ways.push(predecessor);
        }
        let mut state = match ways[..] {
            [] => State::default(),
            [only] => self.state_from(only),
            _ => {
                let ends: Vec<&State> =
                    ways.iter().filter_map(|&way| self.ends[way].as_ref().map(|end| &end.state)).collect();
                // Parameters of a header would have to be known at the ends of the rounds as well.
                let merges = header.is_none().then_some(&mut self.merges);
                State::meet(&ends, block, merges)
            }
        };
        if ways.len() > 1 {
            ways.iter().for_each(|&way| self.leave(way));
        }
        if let Some(header) = header {
            self.loops.forget_changes(header, &mut state);
        }
        state
    }

    /// What is known at the end of a block's only predecessor.
    fn state_from(&mut self, way: Block) -> State {
        let end = self.ends[way].as_mut().expect("it was visited");
        end.ways -= 1;
        if end.ways == 0 { std::mem::take(&mut end.state) } else { end.state.clone() }
    }

    /// Frees what nobody asks for again.
    fn leave(&mut self, way: Block) {
        let end = self.ends[way].as_mut().expect("it was visited");
        end.ways -= 1;
        if end.ways == 0 {
            end.state = State::default();
        }
    }

    fn visit(&mut self, function: &mut Function, block: Block, state: &mut State) {
        let mut next = function.layout.first_inst(block);
        while let Some(inst) = next {
            next = function.layout.next_inst(inst);
            state.clock += 1;
            match effect(function, inst) {
                Effect::None => {}
                Effect::Load => self.load(function, inst, state),
                Effect::Store => self.store(function, inst, state),
                Effect::Unknown => state.forget_all(),
            }
        }
    }

    fn load(&mut self, function: &mut Function, inst: Inst, state: &mut State) {
        let Some(place) = self.places.of_access(function, inst) else { return };
        let Some(form) = Form::of_load(function, inst) else { return };
        let result = function.dfg.first_result(inst);
        if let Some((known, ahead)) = state.find(&self.places, &place, form, is_checked(function, inst))
            && state.clock - known.touched <= FAR
            && let Some(value) = self.merges.value(function, self.cfg, known.content)
        {
            state.touch(&known.place, known.form);
            let mut cursor = FuncCursor::new(function).at_inst(inst);
            let location = cursor.func.srcloc(inst);
            cursor.set_srcloc(location);
            let value = form.read(&mut cursor, value, known.form, ahead);
            function.layout.remove_inst(inst);
            function.dfg.clear_results(inst);
            function.dfg.change_to_alias(result, value);
            return;
        }
        state.add(&self.places, Known::new(place, form, result));
    }

    fn store(&mut self, function: &mut Function, inst: Inst, state: &mut State) {
        let Some(place) = self.places.of_access(function, inst) else { return };
        let Some((value, form)) = Form::of_store(function, inst) else {
            state.forget_all();
            return;
        };
        let found = state.find(&self.places, &place, form, is_checked(function, inst));
        let is_there = found.is_some_and(|(known, ahead)| {
            let content = match known.content {
                Content::Value(known) => Content::Value(function.dfg.resolve_aliases(known)),
                merge => merge,
            };
            ahead == 0 && content == Content::Value(value) && known.form.ty == form.ty
        });
        if is_there {
            function.layout.remove_inst(inst);
            return;
        }
        state.forget(&place, form.bytes);
        state.add(&self.places, Known::new(place, form, value));
    }
}

/// Whether an access cannot fail, because of what comes before it.
fn is_checked(function: &Function, inst: Inst) -> bool {
    let flags = function.dfg.insts[inst].memflags().map(|flags| function.dfg.mem_flags[flags]);
    flags.is_some_and(|flags| flags.trap_code().is_none())
}
