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
//!
//! In loops, an address is computed in another order as well: what does not change there is added to the base first, so that
//! the optimiser moves that sum out, and a 32-bit index is added last, because that addition extends it. Arrays at constant
//! addresses have a register each, up to the offsets that an access has room for.
//!
//! ```text
//! v5 = iadd v2, v4           ; v2 is a row, v4 a column, both extended        v6 = iadd v1, v2     ; before the loop
//! v6 = iadd_imm v5, 0x8010                                              →     v7 = iadd v6, v4
//! v8 = load.f64 (iadd v1, v6)               ; v1 is the base                  v8 = load.f64 v7+16  ; v1 is base + 0x8000
//! ```

use super::flow::Flow;
use crate::clif::Env;
use crate::error::Result;
use crate::target::Arch;
use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::ir::{
    Block, ExternalName, Function, GlobalValue, GlobalValueData, Inst, InstBuilder, InstructionData, KnownSymbol,
    Opcode, Value, ValueDef, types,
};
use cranelift_codegen::loop_analysis::LoopAnalysis;

/// The name of something that this program never has, and that no linker sees: Windows' threads.
const STAND_IN: ExternalName = ExternalName::KnownSymbol(KnownSymbol::CoffTlsIndex);

/// Sums deeper than this are left as they are.
const DEPTH: u32 = 4;
/// Offsets that are a part of an access: from here on below zero …
const LEAST_OFFSET: i64 = -256;
/// … and up to here above, where the access is aligned.
const OFFSET_MASK: i64 = 0xfff;
/// Registers for constants, where there are 26 for everything.
const MOST_SYMBOLS: usize = 5;

/// Constants that something is added to, where they are a memory's base, are replaced by the symbol.
pub(super) fn run(env: Env<'_>, function: &mut Function, flow: &mut Flow) -> Result<()> {
    if env.options.target.arch != Arch::Aarch64 {
        return Ok(());
    }
    // Other constants of the same value are as good.
    let bases: Vec<i64> = env.plan.memories.values().filter_map(|plan| Some(plan.fixed_base? as i64)).collect();
    let mut pass = Pass { symbols: Vec::new(), loops: &flow.loops };
    let mut cursor = FuncCursor::new(function);
    while cursor.next_block().is_some() {
        while let Some(inst) = cursor.next_inst() {
            let InstructionData::Binary { opcode: Opcode::Iadd, args } = cursor.func.dfg.insts[inst] else { continue };
            let base = |arg| constant(cursor.func, arg).filter(|value| bases.contains(value));
            let (value, index) = match (base(args[0]), base(args[1])) {
                (Some(value), _) => (value, args[1]),
                (_, Some(value)) => (value, args[0]),
                (None, None) => continue,
            };
            let location = cursor.func.srcloc(inst);
            cursor.set_srcloc(location);
            pass.add(&mut cursor, inst, value, index);
        }
    }
    if !pass.symbols.is_empty() {
        pass.shorten_offsets(function);
    }
    Ok(())
}

struct Pass<'a> {
    symbols: Vec<(i64, GlobalValue)>,
    loops: &'a LoopAnalysis,
}

impl Pass<'_> {
    /// The instruction becomes the sum of a base and what is added to it.
    fn add(&mut self, cursor: &mut FuncCursor<'_>, inst: Inst, base: i64, index: Value) {
        let sum = self.reordered(cursor, base, index).unwrap_or_else(|| {
            let symbol = self.symbol(cursor.func, base);
            [cursor.ins().symbol_value(types::I64, symbol), index]
        });
        cursor.func.dfg.inst_args_mut(inst).copy_from_slice(&sum);
    }

    /// In a loop, terms that do not change there are added to the base first, and small constants, which are a part of
    /// the access, last. What is left of large ones goes with the base, if not too many do.
    fn reordered(&mut self, cursor: &mut FuncCursor<'_>, base: i64, index: Value) -> Option<[Value; 2]> {
        let mut terms = Vec::new();
        collect(cursor.func, index, DEPTH, &mut terms);
        let constants = terms.iter().filter_map(|&term| constant(cursor.func, term));
        let constants = constants.fold(0, i64::wrapping_add);
        terms.retain(|&term| constant(cursor.func, term).is_none());
        if terms.is_empty() || (terms.len() == 1 && constants == 0) {
            return None;
        }
        let loops = self.loops;
        if loops.loop_level(cursor.current_block()?).level() == 0 {
            return None;
        }
        terms.sort_by_cached_key(|&term| depth(cursor.func, loops, term, DEPTH));
        let (large, small) = split(constants);
        let symbol = self.another_symbol(cursor.func, base.wrapping_add(large))?;
        let mut sum = cursor.ins().symbol_value(types::I64, symbol);
        if small != 0 {
            terms.push(cursor.ins().iconst(types::I64, small));
        }
        let last = terms.pop()?;
        for term in terms {
            sum = cursor.ins().iadd(sum, term);
        }
        Some([sum, last])
    }

    /// Loads and stores in loops have the larger part of their offset with the base.
    fn shorten_offsets(&mut self, function: &mut Function) {
        let mut cursor = FuncCursor::new(function);
        while let Some(block) = cursor.next_block() {
            while let Some(inst) = cursor.next_inst() {
                let (address, offset) = match cursor.func.dfg.insts[inst] {
                    InstructionData::Load { arg, offset, .. } => (arg, i64::from(offset)),
                    InstructionData::Store { args, offset, .. } => (args[1], i64::from(offset)),
                    _ => continue,
                };
                if fits(offset, access_bytes(cursor.func, inst)) {
                    continue;
                }
                let (large, small) = split(offset);
                let loops = self.loops;
                if large == 0 || loops.loop_level(block).level() == 0 {
                    continue;
                }
                let location = cursor.func.srcloc(inst);
                cursor.set_srcloc(location);
                let Some(address) = self.moved(&mut cursor, address, large) else { continue };
                match &mut cursor.func.dfg.insts[inst] {
                    InstructionData::Load { arg, offset, .. } => (*arg, *offset) = (address, (small as i32).into()),
                    InstructionData::Store { args, offset, .. } => {
                        (args[1], *offset) = (address, (small as i32).into());
                    }
                    _ => unreachable!("no other instruction comes here"),
                }
            }
        }
    }

    /// This address and so much more, if it is a base to which something is added.
    fn moved(&mut self, cursor: &mut FuncCursor<'_>, address: Value, more: i64) -> Option<Value> {
        let mut terms = Vec::new();
        collect(cursor.func, address, DEPTH, &mut terms);
        let base = |&term: &Value| self.symbols.iter().find(|(_, known)| symbol_of(cursor.func, term) == Some(*known));
        let (position, base) = terms.iter().enumerate().find_map(|(at, term)| Some((at, base(term)?.0)))?;
        let symbol = self.another_symbol(cursor.func, base.wrapping_add(more))?;
        terms.remove(position);
        let first = cursor.ins().symbol_value(types::I64, symbol);
        Some(terms.into_iter().fold(first, |sum, term| cursor.ins().iadd(sum, term)))
    }

    /// Unless there are too many already.
    fn another_symbol(&mut self, function: &mut Function, value: i64) -> Option<GlobalValue> {
        let is_known = self.symbols.iter().any(|(known, _)| *known == value);
        (is_known || self.symbols.len() < MOST_SYMBOLS).then(|| self.symbol(function, value))
    }

    fn symbol(&mut self, function: &mut Function, base: i64) -> GlobalValue {
        if let Some(&(_, symbol)) = self.symbols.iter().find(|(known, _)| *known == base) {
            return symbol;
        }
        let data = GlobalValueData::Symbol { name: STAND_IN, offset: base.into(), colocated: true, tls: false };
        let symbol = function.create_global_value(data);
        self.symbols.push((base, symbol));
        symbol
    }
}

/// What goes with a base, and what an access has room for.
fn split(offset: i64) -> (i64, i64) {
    match offset {
        LEAST_OFFSET..0 => (0, offset),
        _ => (offset & !OFFSET_MASK, offset & OFFSET_MASK),
    }
}

/// Whether an access of this size has room for the offset: it counts in units of that size, or has nine bits with a sign.
fn fits(offset: i64, bytes: i64) -> bool {
    (LEAST_OFFSET..-LEAST_OFFSET).contains(&offset)
        || (offset > 0 && offset % bytes == 0 && offset / bytes <= OFFSET_MASK)
}

/// How many bytes a load or a store moves.
fn access_bytes(function: &Function, inst: Inst) -> i64 {
    match function.dfg.insts[inst].opcode() {
        Opcode::Istore8 | Opcode::Uload8 | Opcode::Sload8 => 1,
        Opcode::Istore16 | Opcode::Uload16 | Opcode::Sload16 => 2,
        Opcode::Istore32 | Opcode::Uload32 | Opcode::Sload32 => 4,
        Opcode::Store => i64::from(function.dfg.value_type(function.dfg.inst_args(inst)[0]).bytes()),
        Opcode::Load => i64::from(function.dfg.value_type(function.dfg.first_result(inst)).bytes()),
        // Those that widen vectors.
        _ => 8,
    }
}

/// What a 64-bit sum is made of. All of it is computed modulo 2^64, so any order gives the same address.
fn collect(function: &Function, value: Value, depth: u32, terms: &mut Vec<Value>) {
    let inst = function.dfg.value_def(value).inst();
    match inst.map(|inst| &function.dfg.insts[inst]) {
        Some(&InstructionData::Binary { opcode: Opcode::Iadd, args }) if depth > 0 => {
            args.into_iter().for_each(|arg| collect(function, arg, depth - 1, terms));
        }
        _ => terms.push(value),
    }
}

/// In how many loops a value changes, as far as one sees.
fn depth(function: &Function, loops: &LoopAnalysis, value: Value, further: u32) -> usize {
    let block = match function.dfg.value_def(value) {
        ValueDef::Result(inst, _) => match function.dfg.insts[inst] {
            InstructionData::UnaryImm { .. } => return 0,
            InstructionData::Unary { opcode: Opcode::Uextend | Opcode::Ireduce, arg } if further > 0 => {
                return depth(function, loops, arg, further - 1);
            }
            InstructionData::Binary {
                opcode: Opcode::Iadd | Opcode::Isub | Opcode::Imul | Opcode::Ishl | Opcode::Band,
                args,
            } if further > 0 => {
                return args.map(|arg| depth(function, loops, arg, further - 1)).into_iter().max().unwrap_or(0);
            }
            _ => function.layout.inst_block(inst),
        },
        ValueDef::Param(block, _) => Some(block),
        ValueDef::Union(..) => None,
    };
    block.map_or(0, |block| loops.loop_level(block).level())
}

fn constant(function: &Function, value: Value) -> Option<i64> {
    let dfg = &function.dfg;
    match dfg.insts[dfg.value_def(value).inst()?] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } if dfg.value_type(value) == types::I64 => {
            Some(imm.bits())
        }
        _ => None,
    }
}

fn symbol_of(function: &Function, value: Value) -> Option<GlobalValue> {
    match function.dfg.insts[function.dfg.value_def(value).inst()?] {
        InstructionData::UnaryGlobalValue { opcode: Opcode::SymbolValue, global_value } => Some(global_value),
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
