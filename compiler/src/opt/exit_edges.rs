//! What a branch out of a loop hands on is moved out of the loop's way.
//!
//! Where a conditional branch leaves a loop for a block that others reach as well, the moves that this way needs stand in
//! a block of their own, which Cranelift puts right behind the branch: the loop jumps over it in each round. It also makes
//! constants and sums that only this way wants in front of the branch, where all rounds pass.
//!
//! ```text
//!     cmp    $0x1,%edx                            cmp    $0x1,%edx
//!     jne    next                                 je     out
//!     mov    %rcx,%rax                     →
//!     jmp    behind
//! next:                                       …
//!                                             out:
//!                                                 mov    %rcx,%rax
//!                                                 jmp    behind
//! ```
//!
//! So such ways become blocks that are marked cold, which are laid out behind the function. A loop's last branch is left
//! alone: its way out stands behind the loop already.

use super::flow::Flow;
use crate::clif::Env;
use crate::error::Result;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData};

/// Gives ways out of loops blocks of their own.
pub(super) fn run(_env: Env<'_>, function: &mut Function, _flow: &mut Flow) -> Result<()> {
    let loops = Loops::new(function);
    let mut edges: Vec<(Inst, usize)> = Vec::new();
    let mut around: Vec<Place> = Vec::new();
    for block in function.layout.blocks() {
        let place = loops.places[block];
        around.retain(|at| at.last >= place.position);
        if place.last > 0 {
            around.push(place);
        }
        let (Some(inside), Some(branch)) = (around.last(), function.layout.last_inst(block)) else { continue };
        let InstructionData::Brif { blocks, .. } = &function.dfg.insts[branch] else { continue };
        let targets = blocks.map(|call| call.block(&function.dfg.value_lists));
        let leaves = targets.map(|target| !inside.contains(loops.places[target]));
        if leaves[0] == leaves[1] {
            continue;
        }
        let way = usize::from(leaves[1]);
        let (target, stays) = (loops.places[targets[way]], loops.places[targets[1 - way]]);
        // A block that nobody else reaches needs none in front of it.
        if target.ways > 1 && stays.position != inside.position && !function.layout.is_cold(targets[way]) {
            edges.push((branch, way));
        }
    }
    for (branch, way) in edges {
        split(function, branch, way);
    }
    Ok(())
}

/// Where a block stands.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// From 1, in the order of the layout.
    position: u32,
    /// Of the last block that branches back here, if there is one.
    last: u32,
    /// How many branches come here.
    ways: u32,
}

impl Place {
    /// Whether another block is in the loop that begins here.
    fn contains(self, other: Place) -> bool {
        (self.position..=self.last).contains(&other.position)
    }
}

/// The loops as they are laid out: from a block to the last one that branches back to it. In what comes from Wasm, that
/// is what a loop is, and where it is not, nothing goes wrong. Dominators would take a hundredth of the compile time.
struct Loops {
    places: SecondaryMap<Block, Place>,
}

impl Loops {
    fn new(function: &Function) -> Self {
        let mut places: SecondaryMap<Block, Place> = SecondaryMap::new();
        let dfg = &function.dfg;
        for (block, position) in function.layout.blocks().zip(1..) {
            places[block].position = position;
            let Some(last) = function.layout.last_inst(block) else { continue };
            for call in dfg.insts[last].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
                let target = &mut places[call.block(&dfg.value_lists)];
                target.ways += 1;
                if (1..=position).contains(&target.position) {
                    target.last = position;
                }
            }
        }
        Loops { places }
    }
}

/// Puts a cold block between a branch and one of its targets.
fn split(function: &mut Function, branch: Inst, way: usize) {
    let dfg = &mut function.dfg;
    let InstructionData::Brif { blocks, .. } = dfg.insts[branch] else { return };
    let edge = dfg.make_block();
    let target = blocks[way].block(&dfg.value_lists);
    let arguments: Vec<BlockArg> = blocks[way].args(&dfg.value_lists).collect();
    let call = BlockCall::new(edge, [], &mut dfg.value_lists);
    if let InstructionData::Brif { blocks, .. } = &mut dfg.insts[branch] {
        blocks[way] = call;
    }
    function.layout.append_block(edge);
    function.layout.set_cold(edge);
    let mut cursor = FuncCursor::new(function).at_bottom(edge);
    cursor.ins().jump(target, &arguments);
}
