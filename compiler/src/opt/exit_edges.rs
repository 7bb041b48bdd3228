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

use crate::clif::Env;
use crate::error::Result;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData};
use cranelift_codegen::loop_analysis::LoopAnalysis;

/// Gives ways out of loops blocks of their own.
pub(super) fn run(_env: Env<'_>, function: &mut Function) -> Result<()> {
    let cfg = ControlFlowGraph::with_function(function);
    let tree = DominatorTree::with_function(function, &cfg);
    let mut loops = LoopAnalysis::new();
    loops.compute(function, &cfg, &tree);
    if loops.loops().len() == 0 {
        return Ok(());
    }
    let mut edges: Vec<(Inst, usize)> = Vec::new();
    for block in function.layout.blocks() {
        let Some(inside) = loops.innermost_loop(block) else { continue };
        let Some(branch) = function.layout.last_inst(block) else { continue };
        let InstructionData::Brif { blocks, .. } = &function.dfg.insts[branch] else { continue };
        let leaves = blocks.map(|call| !loops.is_in_loop(call.block(&function.dfg.value_lists), inside));
        if leaves[0] == leaves[1] {
            continue;
        }
        let way = usize::from(leaves[1]);
        let [target, stays] = [way, 1 - way].map(|way| blocks[way].block(&function.dfg.value_lists));
        // A block that nobody else reaches needs none in front of it.
        let is_shared = cfg.pred_iter(target).nth(1).is_some();
        if is_shared && stays != loops.loop_header(inside) && !function.layout.is_cold(target) {
            edges.push((branch, way));
        }
    }
    for (branch, way) in edges {
        split(function, branch, way);
    }
    Ok(())
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
