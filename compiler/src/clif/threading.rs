//! Dispatches: a branch to a loop that begins with a `br_table` goes where the table would send it.
//!
//! Wasm's control flow is structured, so compilers that do not structure their own make one loop around a function, whose
//! head jumps to the block that a local names, and every jump is "set the local, go to the head": Go does so for all jumps
//! of a function, LLVM where a loop has several entries, state machines by nature. Where the local is a constant at the
//! branch, the branch goes to the block itself.
//!
//! ```wat
//! (loop $head
//!   (block $b (block $a
//!     (br_table $a $b (local.get $state)))
//!   …                                      ;; $a
//!   (local.set $state (i32.const 1))
//!   (br $head))                            ;; goes to $b
//! …)
//! ```
//!
//! Blocks that the table names may thus be entered from anywhere in the loop, so they are sealed only at its end.

use super::address::constant_index;
use super::local::Locals;
use super::translator::FuncTranslator;
use crate::optimizations::Optimization;
use crate::options::Optimize;
use cranelift_codegen::ir::Block;
use cranelift_frontend::Variable;
use wasmparser::{BlockType, Operator, OperatorsReader};

/// The opcode of `loop`: most operators are none, and need not be read twice.
const LOOP: u8 = 0x03;

/// The dispatch at the head of a loop.
#[derive(Debug)]
pub(crate) struct Dispatch {
    /// The local that selects.
    local: u32,
    /// Where it sends each value, once the table has been seen.
    table: Option<Table>,
    /// Blocks that are sealed when the loop ends.
    unsealed: Vec<Block>,
    /// Blocks that are only run when the function is entered for something else than to begin.
    resuming: Vec<Block>,
    /// Whether the head is jumped to: what it does is nothing special then.
    is_repeated: bool,
}

#[derive(Debug)]
struct Table {
    targets: Vec<Block>,
    default: Block,
}

impl Dispatch {
    fn new(local: u32) -> Self {
        Dispatch { local, table: None, unsealed: Vec::new(), resuming: Vec::new(), is_repeated: false }
    }
}

/// Before a `loop`, whose operator is the next: what its head does, if that is nothing but to dispatch.
pub(crate) fn find(f: &FuncTranslator<'_, '_>, operators: &OperatorsReader<'_>) -> Option<Dispatch> {
    let options = f.env.options;
    // What is checked at the heads of loops must not be jumped over.
    let may_thread = options.optimizations.has(Optimization::ThreadedDispatch)
        && options.optimize != Optimize::None
        && !options.fuel
        && !options.interruptible
        && matches!(f.locals, Locals::Variables);
    let is_loop = f.env.module.wasm.get(f.offset as usize) == Some(&LOOP);
    if !is_loop || !may_thread || !f.is_reachable() {
        return None;
    }
    let mut operators = operators.clone();
    if !matches!(operators.read().ok()?, Operator::Loop { blockty: BlockType::Empty }) {
        return None;
    }
    let selector = loop {
        match operators.read().ok()? {
            Operator::Block { blockty: BlockType::Empty } => {}
            Operator::LocalGet { local_index } => break local_index,
            _ => return None,
        }
    };
    matches!(operators.read().ok()?, Operator::BrTable { .. }).then(|| Dispatch::new(selector))
}

/// At a `br_table`: when it is the dispatch of a loop, branches to the loop go by it from here on. Returns the local that
/// selects.
pub(crate) fn dispatches(f: &mut FuncTranslator<'_, '_>, targets: &[Block], default: Block) -> Option<u32> {
    let here = f.builder.current_block()?;
    let head = f.stack.control.iter().rposition(|frame| frame.branch_target == here && frame.dispatch.is_some())?;
    let (outside, inside) = f.stack.control.split_at_mut(head + 1);
    let dispatch = outside[head].dispatch.as_mut()?;
    if dispatch.table.is_some() {
        return None;
    }
    dispatch.table = Some(Table { targets: targets.to_vec(), default });
    for frame in inside {
        frame.sealed_by = Some(head);
    }
    Some(dispatch.local)
}

/// After [`dispatches`]: these blocks come between a head that is seldom run for anything but the first target, and the
/// others.
pub(crate) fn resumes(f: &mut FuncTranslator<'_, '_>, blocks: impl IntoIterator<Item = Block>) {
    let innermost = f.stack.control.iter_mut().rev().find_map(|frame| frame.dispatch.as_mut());
    innermost.expect("a dispatch was found").resuming.extend(blocks);
}

/// Where a branch to this frame's head goes, when what the head would do is known.
pub(crate) fn target(f: &mut FuncTranslator<'_, '_>, relative_depth: u32) -> Option<Block> {
    let local = {
        let dispatch = f.frame(relative_depth).dispatch.as_ref()?;
        dispatch.table.as_ref()?;
        dispatch.local
    };
    let value = f.builder.use_var(Variable::from_u32(local));
    let selected = constant_index(f, value);
    let dispatch = f.frame(relative_depth).dispatch.as_mut()?;
    dispatch.is_repeated |= selected.is_none();
    let (table, selected) = (dispatch.table.as_ref()?, selected? as usize);
    Some(table.targets.get(selected).copied().unwrap_or(table.default))
}

/// At the end of a construct: its last block is complete, or will be when the loop ends that dispatches to it.
pub(crate) fn seal(f: &mut FuncTranslator<'_, '_>, block: Block, sealed_by: Option<usize>) {
    match sealed_by.and_then(|head| f.stack.control[head].dispatch.as_mut()) {
        Some(dispatch) => dispatch.unsealed.push(block),
        None => f.builder.seal_block(block),
    }
}

/// At the end of a loop.
pub(crate) fn close(f: &mut FuncTranslator<'_, '_>, dispatch: Option<Dispatch>) {
    let Some(dispatch) = dispatch else { return };
    for block in dispatch.unsealed {
        f.builder.seal_block(block);
    }
    if !dispatch.is_repeated {
        for block in dispatch.resuming {
            f.builder.set_cold_block(block);
        }
    }
}
