//! Loops compare what their counter will be, not what it was.
//!
//! Cranelift turns `next != end`, where `next` is `i + step`, into `i != end - step`. Then `i` lives until the end of the
//! round, `next` needs a register of its own, and the way back is a copy and a jump that would otherwise not be there.
//!
//! ```text
//! lea    0x20(%r8),%r9d                    add    $0x20,%r8d
//! cmp    $0x7e0,%r8d                       cmp    $0x800,%r8
//! je     out                        →      jne    head
//! mov    %r9,%r8
//! jmp    head
//! ```
//!
//! So the comparison is made with the next value, extended to 64 bits, which costs nothing on x86-64 and which Cranelift
//! looks behind no further. Both are equal exactly when both are equal.

use super::flow::Flow;
use super::ranges::{comparison, constant, sum_with_constant};
use crate::clif::Env;
use crate::error::Result;
use crate::target::Arch;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, InstructionData, Value, types};

/// Rewrites the tests at the ends of loops.
pub(super) fn run(env: Env<'_>, function: &mut Function, _flow: &mut Flow) -> Result<()> {
    if env.options.target.arch != Arch::X86_64 {
        return Ok(());
    }
    // What is laid out earlier is a way back, or does no harm.
    let mut seen = EntitySet::new();
    let mut tests = Vec::new();
    for block in function.layout.blocks() {
        seen.insert(block);
        if let Some(test) = function.layout.last_inst(block).and_then(|last| test(function, last, &seen)) {
            tests.push(test);
        }
    }
    for Test { branch, code, next, end } in tests {
        let mut cursor = FuncCursor::new(function).at_inst(branch);
        let wide = cursor.ins().uextend(types::I64, next);
        let end = cursor.ins().iconst(types::I64, end as i64);
        let condition = cursor.ins().icmp(code, wide, end);
        if let InstructionData::Brif { arg, .. } = &mut function.dfg.insts[branch] {
            *arg = condition;
        }
    }
    Ok(())
}

struct Test {
    branch: Inst,
    code: IntCC,
    next: Value,
    end: u64,
}

/// The test that a branch back makes, of a counter or its next value against a constant.
fn test(function: &Function, branch: Inst, seen: &EntitySet<Block>) -> Option<Test> {
    let dfg = &function.dfg;
    let InstructionData::Brif { arg, blocks, .. } = dfg.insts[branch] else { return None };
    let comparison = comparison(function, arg)?;
    if !matches!(comparison.code, IntCC::Equal | IntCC::NotEqual) {
        return None;
    }
    let (tested, end) = match (constant(function, comparison.left), constant(function, comparison.right)) {
        (None, Some(end)) => (comparison.left, end),
        (Some(end), None) => (comparison.right, end),
        _ => return None,
    };
    for call in blocks {
        let block = call.block(&dfg.value_lists);
        if !seen.contains(block) {
            continue;
        }
        for (argument, &parameter) in call.args(&dfg.value_lists).zip(dfg.block_params(block)) {
            let Some(next) = argument.as_value().map(|value| dfg.resolve_aliases(value)) else { continue };
            let Some((base, step)) = sum_with_constant(function, next) else { continue };
            if base != parameter {
                continue;
            }
            if tested == next {
                return Some(Test { branch, code: comparison.code, next, end });
            }
            if tested == parameter {
                let end = u64::from((end as u32).wrapping_add(step as u32));
                return Some(Test { branch, code: comparison.code, next, end });
            }
        }
    }
    None
}
