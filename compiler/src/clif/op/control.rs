//! Structured control: blocks, loops, branches.
//!
//! A construct's parameters stay on the operand stack; only branches need block parameters: those of a loop header and
//! of what follows any other construct. A loop has nothing that jumps behind it, so falling out of it just goes on.

use crate::clif::signature::value_type;
use crate::clif::sites;
use crate::clif::stack::{ControlFrame, FrameKind};
use crate::clif::threading;
use crate::clif::translator::FuncTranslator;
use crate::clif::trap;
use crate::error::{Error, ErrorKind, Result};
use crate::index::TypeIndex;
use crate::module::ValType;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, JumpTableData, Value};
use rustc_hash::FxHashMap;
use wasmparser::{BlockType, BrTable};

pub(crate) fn visit_unreachable(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    trap::raise(f, Trap::Unreachable);
    Ok(())
}

pub(crate) fn visit_nop(_f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    Ok(())
}

pub(crate) fn visit_drop(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    f.pop();
    Ok(())
}

pub(crate) fn visit_select(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let (if_true, if_false, condition) = f.pop3();
    let value = f.builder.ins().select(condition, if_true, if_false);
    f.push(value);
    Ok(())
}

pub(crate) fn visit_block(f: &mut FuncTranslator<'_, '_>, blockty: BlockType) -> Result<()> {
    let (params, results) = block_types(f, blockty);
    let following = if f.is_reachable() { block_with(f, &results) } else { Block::from_u32(0) };
    push_frame(f, FrameKind::Block, following, following, results.len(), results.len(), params.len());
    Ok(())
}

pub(crate) fn visit_loop(f: &mut FuncTranslator<'_, '_>, blockty: BlockType) -> Result<()> {
    let (params, results) = block_types(f, blockty);
    let nowhere = Block::from_u32(0);
    if !f.is_reachable() {
        push_frame(f, FrameKind::Loop, nowhere, nowhere, params.len(), results.len(), params.len());
        return Ok(());
    }
    let header = block_with(f, &params);
    let arguments = f.pop_many(params.len());
    jump(f, header, &arguments);
    f.builder.switch_to_block(header);
    let parameters = f.builder.block_params(header).to_vec();
    for parameter in parameters {
        f.push(parameter);
    }
    push_frame(f, FrameKind::Loop, header, nowhere, params.len(), results.len(), params.len());
    let dispatch = f.next_dispatch.take();
    f.frame(0).dispatch = dispatch;
    Ok(())
}

pub(crate) fn visit_if(f: &mut FuncTranslator<'_, '_>, blockty: BlockType) -> Result<()> {
    let (params, results) = block_types(f, blockty);
    if !f.is_reachable() {
        let nowhere = Block::from_u32(0);
        let kind = FrameKind::If { else_block: None, parameters: Vec::new() };
        push_frame(f, kind, nowhere, nowhere, results.len(), results.len(), params.len());
        return Ok(());
    }
    let condition = f.pop();
    let likely = likely(f, condition);
    let then_block = f.builder.create_block();
    let else_block = f.builder.create_block();
    match likely {
        Some(true) => f.builder.set_cold_block(else_block),
        Some(false) => f.builder.set_cold_block(then_block),
        None => {}
    }
    f.builder.ins().brif(condition, then_block, &[], else_block, &[]);
    f.builder.seal_block(then_block);
    f.builder.seal_block(else_block);
    let following = block_with(f, &results);
    let height = f.stack.values.len() - params.len();
    let parameters = f.stack.values[height..].to_vec();
    let kind = FrameKind::If { else_block: Some(else_block), parameters };
    push_frame(f, kind, following, following, results.len(), results.len(), params.len());
    f.builder.switch_to_block(then_block);
    Ok(())
}

pub(crate) fn visit_else(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let reachable = f.is_reachable();
    let frame = f.frame(0);
    if !frame.entered {
        return Ok(());
    }
    let FrameKind::If { else_block, parameters } = &mut frame.kind else {
        unreachable!("validation guarantees that `else` closes an `if`");
    };
    let else_block = else_block.take().expect("validation guarantees one `else` per `if`");
    let parameters = std::mem::take(parameters);
    let (following, result_count, height) = (frame.following, frame.result_count, frame.height);
    if reachable {
        frame.following_used = true;
        let results = f.pop_many(result_count);
        jump(f, following, &results);
    }
    f.stack.values.truncate(height);
    f.stack.values.extend(parameters);
    f.builder.switch_to_block(else_block);
    f.stack.reachable = true;
    Ok(())
}

pub(crate) fn visit_end(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let frame = f.stack.control.pop().expect("validation guarantees a construct to end");
    if !frame.entered {
        return Ok(());
    }
    if matches!(frame.kind, FrameKind::Loop) {
        f.builder.seal_block(frame.branch_target);
        threading::close(f, frame.dispatch);
        if !f.is_reachable() {
            f.stack.values.truncate(frame.height);
        }
        return Ok(());
    }
    let mut following_used = frame.following_used;
    if f.is_reachable() {
        let results = f.pop_many(frame.result_count);
        jump(f, frame.following, &results);
        following_used = true;
    }
    if let FrameKind::If { else_block: Some(else_block), parameters, .. } = frame.kind {
        // Without an `else`, parameters and results have the same types.
        f.builder.switch_to_block(else_block);
        jump(f, frame.following, &parameters);
        following_used = true;
    }
    f.stack.values.truncate(frame.height);
    f.stack.reachable = following_used;
    if following_used {
        f.builder.switch_to_block(frame.following);
        threading::seal(f, frame.following, frame.sealed_by);
        f.stack.values.extend_from_slice(f.builder.block_params(frame.following));
    }
    Ok(())
}

pub(crate) fn visit_br(f: &mut FuncTranslator<'_, '_>, relative_depth: u32) -> Result<()> {
    let (target, arguments) = branch_target(f, relative_depth);
    jump(f, target, &arguments);
    f.mark_unreachable();
    Ok(())
}

pub(crate) fn visit_br_if(f: &mut FuncTranslator<'_, '_>, relative_depth: u32) -> Result<()> {
    let condition = f.pop();
    branch_if(f, condition, relative_depth);
    Ok(())
}

/// Branches when the condition is not zero; the operands stay for what follows.
pub(crate) fn branch_if(f: &mut FuncTranslator<'_, '_>, condition: Value, relative_depth: u32) {
    let likely = likely(f, condition);
    let (target, arguments) = branch_target(f, relative_depth);
    let arguments = block_arguments(&arguments);
    let next = f.builder.create_block();
    match likely {
        Some(true) => {
            f.builder.set_cold_block(next);
            f.builder.ins().brif(condition, target, &arguments, next, &[]);
        }
        Some(false) => {
            // The target itself may be hot by other ways.
            let detour = f.builder.create_block();
            f.builder.set_cold_block(detour);
            f.builder.ins().brif(condition, detour, &[], next, &[]);
            f.builder.seal_block(detour);
            f.builder.switch_to_block(detour);
            f.builder.ins().jump(target, &arguments);
        }
        None => {
            f.builder.ins().brif(condition, target, &arguments, next, &[]);
        }
    }
    f.builder.seal_block(next);
    f.builder.switch_to_block(next);
}

pub(crate) fn visit_br_table(f: &mut FuncTranslator<'_, '_>, targets: BrTable<'_>) -> Result<()> {
    let mut index = f.pop();
    // A table64 does not exist for branches: the index is `i32`.
    if targets.is_empty() {
        return visit_br(f, targets.default());
    }
    let mut calls = Vec::with_capacity(targets.len() as usize + 1);
    for depth in targets.targets() {
        let (target, arguments) = branch_target(f, depth?);
        calls.push((target, arguments));
    }
    let (mut default, default_arguments) = branch_target(f, targets.default());
    let mut detours = FxHashMap::default();
    let mut resumes = false;
    let blocks: Vec<Block> = calls.iter().map(|&(block, _)| block).collect();
    if let Some(selector) = threading::dispatches(f, &blocks, default)
        && is_parameter(f, selector)
    {
        // A function that resumes where its caller says begins at the beginning most of the time.
        resumes = true;
        let resumption = f.builder.create_block();
        f.builder.ins().brif(index, resumption, &[], blocks[0], &[]);
        f.builder.seal_block(resumption);
        f.builder.switch_to_block(resumption);
        // What the way to a target has to do for it goes where it is not in the way of others.
        let targets = calls.iter_mut().map(|(target, _)| target).chain([&mut default]);
        for target in targets.filter(|_| blocks.len() > 1) {
            *target = *detours.entry(*target).or_insert_with(|| f.builder.create_block());
        }
        threading::resumes(f, detours.values().copied().chain([resumption]));
    }
    let pool = &mut f.builder.func.dfg.value_lists;
    let calls: Vec<_> = calls
        .iter()
        .map(|(target, arguments)| {
            cranelift_codegen::ir::BlockCall::new(*target, arguments.iter().map(|&value| BlockArg::from(value)), pool)
        })
        .collect();
    let default = cranelift_codegen::ir::BlockCall::new(
        default,
        default_arguments.iter().map(|&value| BlockArg::from(value)),
        pool,
    );
    if calls.len() == 1 {
        // One target and a default: a compare.
        index = f.builder.ins().icmp_imm_u(IntCC::Equal, index, 0);
        let (taken, other) = (calls[0], default);
        let (then_block, else_block) = (f.builder.create_block(), f.builder.create_block());
        f.builder.ins().brif(index, then_block, &[], else_block, &[]);
        if resumes {
            threading::resumes(f, [then_block, else_block]);
        }
        for (block, call) in [(then_block, taken), (else_block, other)] {
            f.builder.seal_block(block);
            f.builder.switch_to_block(block);
            let target = call.block(&f.builder.func.dfg.value_lists);
            let arguments: Vec<_> = call.args(&f.builder.func.dfg.value_lists).collect();
            f.builder.ins().jump(target, &arguments);
        }
        f.mark_unreachable();
        return Ok(());
    }
    let table = f.builder.create_jump_table(JumpTableData::new(default, &calls));
    f.builder.ins().br_table(index, table);
    for (target, detour) in detours {
        f.builder.seal_block(detour);
        f.builder.switch_to_block(detour);
        f.builder.ins().jump(target, &[]);
    }
    f.mark_unreachable();
    Ok(())
}

pub(crate) fn visit_return(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let count = f.builder.func.signature.returns.len();
    let results = f.pop_many(count);
    f.builder.ins().return_(&results);
    f.mark_unreachable();
    Ok(())
}

/// Where a branch of this depth goes, and with which operands, which stay on the stack.
fn branch_target(f: &mut FuncTranslator<'_, '_>, relative_depth: u32) -> (Block, Vec<Value>) {
    if let Some(target) = threading::target(f, relative_depth) {
        return (target, Vec::new());
    }
    let frame = f.frame(relative_depth);
    let (target, arity) = (frame.branch_target, frame.branch_arity);
    if !matches!(frame.kind, FrameKind::Loop) {
        frame.following_used = true;
    }
    let start = f.stack.values.len().checked_sub(arity).expect("validation guarantees the operands of a branch");
    (target, f.stack.values[start..].to_vec())
}

/// What is known of the branch at hand: `true` for likely taken. What ran knows better than who wrote it.
fn likely(f: &mut FuncTranslator<'_, '_>, condition: Value) -> Option<bool> {
    let counted = sites::branch(f, condition);
    counted.or_else(|| branch_hint(f))
}

/// What the module says of the branch at hand: `true` for likely taken.
fn branch_hint(f: &FuncTranslator<'_, '_>) -> Option<bool> {
    let body = f.body?;
    if f.env.module.branch_hints.is_empty() {
        return None;
    }
    let start = u32::try_from(f.env.module.bodies[body].range.start).ok()?;
    f.env.module.branch_hints.get(&(body, f.offset.checked_sub(start)?)).copied()
}

/// Whether a local is a parameter of the function.
fn is_parameter(f: &FuncTranslator<'_, '_>, local: u32) -> bool {
    let module = f.env.module;
    f.body.is_some_and(|body| (local as usize) < module.function_type(module.function_of(body)).params.len())
}

fn jump(f: &mut FuncTranslator<'_, '_>, target: Block, arguments: &[Value]) {
    let arguments = block_arguments(arguments);
    f.builder.ins().jump(target, &arguments);
}

fn block_arguments(values: &[Value]) -> Vec<BlockArg> {
    values.iter().map(|&value| BlockArg::from(value)).collect()
}

fn block_with(f: &mut FuncTranslator<'_, '_>, parameters: &[ValType]) -> Block {
    let block = f.builder.create_block();
    for &ty in parameters {
        f.builder.append_block_param(block, value_type(ty));
    }
    block
}

fn push_frame(
    f: &mut FuncTranslator<'_, '_>,
    kind: FrameKind,
    branch_target: Block,
    following: Block,
    branch_arity: usize,
    result_count: usize,
    parameter_count: usize,
) {
    let entered = f.is_reachable();
    let height = f.stack.values.len().saturating_sub(if entered { parameter_count } else { 0 });
    f.stack.control.push(ControlFrame {
        kind,
        branch_target,
        following,
        branch_arity,
        result_count,
        height,
        entered,
        following_used: false,
        dispatch: None,
        sealed_by: None,
    });
}

fn block_types(f: &FuncTranslator<'_, '_>, blockty: BlockType) -> (Vec<ValType>, Vec<ValType>) {
    match blockty {
        BlockType::Empty => (Vec::new(), Vec::new()),
        BlockType::Type(ty) => (Vec::new(), vec![simple_type(ty)]),
        BlockType::FuncType(index) => {
            let signature = f.env.module.signature(TypeIndex::from_u32(index));
            (signature.params.to_vec(), signature.results.to_vec())
        }
    }
}

/// A type in a body, as far as code cares: what a reference refers to is validation's business.
pub(crate) fn simple_type(ty: wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(reference) => ValType::Ref(crate::module::RefType {
            nullable: reference.is_nullable(),
            heap: if reference.is_extern_ref() {
                crate::module::HeapType::Extern
            } else {
                crate::module::HeapType::Func
            },
        }),
    }
}

/// Opens the frame of a function: a branch to it returns.
pub(crate) fn open_function(f: &mut FuncTranslator<'_, '_>, results: &[ValType]) {
    let following = block_with(f, results);
    push_frame(f, FrameKind::Block, following, following, results.len(), results.len(), 0);
}

/// After the last operator: returns what is on the stack.
pub(crate) fn close_function(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    if !f.stack.control.is_empty() {
        return Err(Error::new(ErrorKind::Internal, "a construct is left open at the end of a function"));
    }
    if f.is_reachable() { visit_return(f) } else { Ok(()) }
}
