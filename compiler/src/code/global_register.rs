//! The global that lives in a register: after Cranelift's optimiser, accesses to its cell become moves.
//!
//! Until then they are loads and stores, which every pass knows how to forward and to leave out. They are told by their
//! alias region, which no other location shares. The register keeps the upper half of a 32-bit global zero.

use crate::clif::{Env, regions};
use crate::error::{Error, ErrorKind, Result};
use crate::module::ValType;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{self, Inst, InstBuilder, Opcode, Type, types};

/// Whether the register may hold anything while this function runs: it neither asks for the global nor calls anybody who
/// might. To its callers the register is one that callees keep.
pub(super) fn is_free(env: Env<'_>, function: &ir::Function) -> bool {
    let mut insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    let takes_part = |opcode: Opcode| opcode.is_call() || matches!(opcode, Opcode::GetPinnedReg | Opcode::SetPinnedReg);
    !insts.any(|inst| takes_part(function.dfg.insts[inst].opcode()) || accesses_it(env, function, inst))
}

/// Puts the register in the cell's place.
pub(super) fn replace_cell(env: Env<'_>, function: &mut ir::Function) -> Result<()> {
    let Some(global) = env.plan.register_global else { return Ok(()) };
    let ty = if env.module.globals[global].ty == ValType::I64 { types::I64 } else { types::I32 };
    let mut cursor = FuncCursor::new(function);
    while cursor.next_block().is_some() {
        while let Some(inst) = cursor.next_inst() {
            if accesses_it(env, cursor.func, inst) {
                cursor.set_srcloc(cursor.func.srcloc(inst));
                replace_access(&mut cursor, inst, ty)?;
            }
        }
    }
    Ok(())
}

fn accesses_it(env: Env<'_>, function: &ir::Function, inst: Inst) -> bool {
    let data = &function.dfg.insts[inst];
    let region = data.memflags().and_then(|flags| function.dfg.mem_flags[flags].alias_region());
    let number = region.map(|region| function.dfg.alias_regions[region].user_id);
    number.is_some()
        && number == env.plan.register_global.and_then(|global| regions::only_of_global(env.module, global))
}

/// `ty` is the global's type.
fn replace_access(cursor: &mut FuncCursor<'_>, inst: Inst, ty: Type) -> Result<()> {
    let dfg = &cursor.func.dfg;
    let opcode = dfg.insts[inst].opcode();
    let moved = match opcode {
        Opcode::Store | Opcode::Istore32 => dfg.value_type(dfg.inst_args(inst)[0]),
        _ => dfg.value_type(dfg.first_result(inst)),
    };
    match opcode {
        Opcode::Store if moved == ty => {
            let value = cursor.func.dfg.inst_args(inst)[0];
            let whole = if ty == types::I32 { cursor.ins().uextend(types::I64, value) } else { value };
            cursor.func.replace(inst).set_pinned_reg(whole);
        }
        Opcode::Istore32 if ty == types::I32 => {
            let value = cursor.func.dfg.inst_args(inst)[0];
            let low = cursor.ins().ireduce(types::I32, value);
            let whole = cursor.ins().uextend(types::I64, low);
            cursor.func.replace(inst).set_pinned_reg(whole);
        }
        Opcode::Load if moved == ty && ty == types::I64 => {
            cursor.func.replace(inst).get_pinned_reg(types::I64);
        }
        // Of a 64-bit global it may be the lower half: `opt::narrow_sums`.
        Opcode::Load if moved == types::I32 => {
            let whole = cursor.ins().get_pinned_reg(types::I64);
            cursor.func.replace(inst).ireduce(types::I32, whole);
        }
        Opcode::Uload32 if ty == types::I32 => {
            cursor.func.replace(inst).get_pinned_reg(types::I64);
        }
        Opcode::Uload32 | Opcode::Sload32 => {
            let whole = cursor.ins().get_pinned_reg(types::I64);
            let low = cursor.ins().ireduce(types::I32, whole);
            match opcode {
                Opcode::Uload32 => cursor.func.replace(inst).uextend(types::I64, low),
                _ => cursor.func.replace(inst).sextend(types::I64, low),
            };
        }
        other => {
            let message = format!("a global of type {ty} in a register is accessed by `{other}` of {moved}");
            return Err(Error::new(ErrorKind::Internal, message)
                .with_help("`--disable register-global` keeps it in memory; please report this with the module"));
        }
    }
    Ok(())
}
