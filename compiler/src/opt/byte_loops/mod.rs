//! Loops that copy, fill or search byte by byte take sixteen bytes at a time.
//!
//! Toolchains turn loops over bytes into `memory.copy` where they may, but not in the C library itself, and not for targets without
//! bulk memory; and nobody does so with `memchr`. Such a loop stays as it is, for whatever is left; in front of it comes
//! another that goes on by sixteen bytes while it can be shown that sixteen rounds would do the same:
//!
//! - the counter ends none of them;
//! - no byte ends one of them: a vector of bytes is compared with the byte that is looked for;
//! - they copy forwards to a place that is not 1 to 15 bytes behind what they read;
//! - no access goes across the border of a page, so either all sixteen trap, at the first, or none.
//!
//! ```text
//! loop(i):                                    wide(i):
//!     v1 = uload8 p+i                             brif (end - i > 15), pages, loop(i)
//!     istore8 v1, q+i                         pages:
//!     brif (i + 1 < end), loop(i + 1), out        brif (p+i and q+i are no border), sixteen, byte
//!                                             sixteen:
//!                                      →          v2 = load.i8x16 p+i
//!                                                 store v2, q+i
//!                                                 jump wide(i + 16)
//!                                             byte:
//!                                                 … one round …
//!                                                 jump wide(i + 1)
//!                                             loop(i): as before
//! ```
//!
//! The last rounds, and those in which a byte is found, are the loop's own, so whatever is used behind it is what it was. A
//! sum of 32 bits that wraps does so at a border of pages, wherever the memory is.

mod form;
mod rewrite;

use super::flow::Flow;
use super::ranges::sum_with_constant;
use crate::clif::Env;
use crate::error::Result;
use crate::options::Optimize;
use cranelift_codegen::ir::Function;

/// A border between accesses of which one may trap and the other not: the smallest page of any processor we compile for.
const PAGE_BYTES: i64 = 4096;
/// The size of the pages that a memory has to consist of, so that it ends where a page does.
const PAGE_LOG2: u8 = 16;

/// Puts wide loops in front of narrow ones.
pub(super) fn run(env: Env<'_>, function: &mut Function, flow: &mut Flow) -> Result<()> {
    let is_paged = env.module.memories.values().all(|memory| memory.page_log2 == PAGE_LOG2);
    if !is_paged || env.options.optimize == Optimize::SpeedAndSize || !may_have_one(function) {
        return Ok(());
    }
    let found: Vec<form::ByteLoop> =
        flow.loops.loops().filter_map(|at| form::recognize(function, &flow.graph, &flow.loops, at)).collect();
    for found in &found {
        rewrite::widen(function, found);
    }
    flow.is_untidy = !found.is_empty();
    Ok(())
}

/// Whether a block that could begin such a loop counts by one, which few functions' do: those without need no analysis.
fn may_have_one(function: &Function) -> bool {
    let dfg = &function.dfg;
    let calls = |inst| dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
    let last = function.layout.blocks().filter_map(|block| function.layout.last_inst(block));
    last.flat_map(calls).any(|call| {
        let header = call.block(&dfg.value_lists);
        let arguments = call.args(&dfg.value_lists).zip(dfg.block_params(header));
        let mut steps = arguments.filter_map(|(argument, &parameter)| {
            let (base, step) = sum_with_constant(function, argument.as_value()?)?;
            (base == parameter).then_some(step)
        });
        steps.any(|step| step.abs() == 1) && form::may_be_part(function, header)
    })
}
