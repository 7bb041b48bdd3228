//! On aarch64, a memory's constant base stays in a register for as long as a function uses it.
//!
//! An access there is `ldr w0, [base, w1, uxtw]`. The base is one instruction to make, so Cranelift's optimiser makes it
//! again in every block that uses it, and every sum with it as well: one or two instructions more for each access, where a
//! runtime that loads its base from memory has it in a register. So the optimiser is shown something that it leaves where
//! it is, a symbol, and what it made of that becomes one constant, before everything that uses it and outside of loops.
//!
//! ```text
//!     v1 = iconst.i64 0x1_0000_0000         v1 = symbol_value.i64 gv7                  v1 = iconst.i64 0x1_0000_0000
//!     v2 = iadd v1, v0                  →   v2 = iadd v1, v0           →  optimiser →  …
//! block1:                                block1:                                   block1:
//!     v3 = iconst.i64 0x1_0000_0000         v3 = symbol_value.i64 gv7                  v4 = iadd v1, v9
//!     v4 = iadd v3, v9                      v4 = iadd v3, v9
//! ```

use crate::clif::Env;
use crate::error::Result;
use crate::target::Arch;
use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::ir::{
    Block, ExternalName, Function, GlobalValue, GlobalValueData, Inst, InstBuilder, InstructionData, KnownSymbol,
    Opcode, types,
};

/// The name of something that this program never has, and that no linker sees: Windows' threads.
const STAND_IN: ExternalName = ExternalName::KnownSymbol(KnownSymbol::CoffTlsIndex);

/// Constants that something is added to, where they are a memory's base, are replaced by the symbol.
pub(super) fn run(env: Env<'_>, function: &mut Function) -> Result<()> {
    if env.options.target.arch != Arch::Aarch64 {
        return Ok(());
    }
    // Other constants of the same value are as good.
    let bases: Vec<i64> = env.plan.memories.values().filter_map(|plan| Some(plan.fixed_base? as i64)).collect();
    let mut symbols: Vec<(i64, GlobalValue)> = Vec::new();
    let mut cursor = FuncCursor::new(function);
    while cursor.next_block().is_some() {
        while let Some(inst) = cursor.next_inst() {
            let InstructionData::Binary { opcode: Opcode::Iadd, args } = cursor.func.dfg.insts[inst] else { continue };
            for (position, arg) in args.into_iter().enumerate() {
                let Some(value) = constant(cursor.func, arg).filter(|value| bases.contains(value)) else { continue };
                let known = symbols.iter().find(|(known, _)| *known == value);
                let symbol = match known {
                    Some(&(_, symbol)) => symbol,
                    None => {
                        let symbol = cursor.func.create_global_value(GlobalValueData::Symbol {
                            name: STAND_IN,
                            offset: value.into(),
                            colocated: true,
                            tls: false,
                        });
                        symbols.push((value, symbol));
                        symbol
                    }
                };
                let location = cursor.func.srcloc(inst);
                cursor.set_srcloc(location);
                let base = cursor.ins().symbol_value(types::I64, symbol);
                cursor.func.dfg.inst_args_mut(inst)[position] = base;
            }
        }
    }
    Ok(())
}

fn constant(function: &Function, value: cranelift_codegen::ir::Value) -> Option<i64> {
    let dfg = &function.dfg;
    match dfg.insts[dfg.value_def(value).inst()?] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } if dfg.value_type(value) == types::I64 => {
            Some(imm.bits())
        }
        _ => None,
    }
}

/// Whether a function has symbols that [`place`] has to replace.
pub(crate) fn stand_in(function: &Function) -> bool {
    symbols(function).next().is_some()
}

/// The symbols and the constants that they stand for.
fn symbols(function: &Function) -> impl Iterator<Item = (GlobalValue, i64)> {
    function.global_values.iter().filter_map(|(symbol, data)| match data {
        GlobalValueData::Symbol { name, offset, .. } if *name == STAND_IN => Some((symbol, offset.bits())),
        _ => None,
    })
}

/// After Cranelift's optimiser: every symbol becomes one constant.
pub(crate) fn place(context: &mut Context) {
    // The optimiser may have removed branches.
    context.compute_cfg();
    context.compute_domtree();
    context.compute_loop_analysis();
    let found: Vec<(GlobalValue, i64)> = symbols(&context.func).collect();
    for (symbol, value) in found {
        let uses = uses(&context.func, &context.domtree, symbol);
        let Some(&first) = uses.first() else { continue };
        let before = position(context, &uses).unwrap_or(first);
        let function = &mut context.func;
        let location = function.srcloc(first);
        let mut cursor = FuncCursor::new(function).at_inst(before);
        cursor.set_srcloc(location);
        let constant = cursor.ins().iconst(types::I64, value);
        for inst in uses {
            let result = function.dfg.first_result(inst);
            function.layout.remove_inst(inst);
            function.dfg.clear_results(inst);
            function.dfg.change_to_alias(result, constant);
        }
    }
    context.func.dfg.resolve_all_aliases();
}

/// Where a symbol's value is made, in the order of the code; not where nothing leads to.
fn uses(function: &Function, domtree: &DominatorTree, symbol: GlobalValue) -> Vec<Inst> {
    let blocks = function.layout.blocks().filter(|&block| domtree.is_reachable(block));
    let is_use = |&inst: &Inst| match function.dfg.insts[inst] {
        InstructionData::UnaryGlobalValue { opcode: Opcode::SymbolValue, global_value } => global_value == symbol,
        _ => false,
    };
    blocks.flat_map(|block| function.layout.block_insts(block)).filter(is_use).collect()
}

/// The instruction before which a value is made that dominates all of these and is in no loop, unless that is the first
/// one of them.
fn position(context: &Context, uses: &[Inst]) -> Option<Inst> {
    let layout = &context.func.layout;
    let block_of = |inst: Inst| layout.inst_block(inst).expect("it is in the function");
    let mut blocks = uses.iter().map(|&inst| block_of(inst));
    let first = blocks.next()?;
    let mut common = blocks.fold(first, |one, other| common_dominator(&context.domtree, one, other));
    while let Some(inner) = context.loop_analysis.innermost_loop(common) {
        let header = context.loop_analysis.loop_header(inner);
        common = context.domtree.idom(header).expect("no loop begins with a function");
    }
    let here = uses.iter().copied().find(|&inst| block_of(inst) == common);
    here.or_else(|| layout.last_inst(common))
}

fn common_dominator(domtree: &DominatorTree, mut one: Block, other: Block) -> Block {
    while !domtree.block_dominates(one, other) {
        one = domtree.idom(one).expect("the first block dominates all");
    }
    one
}
