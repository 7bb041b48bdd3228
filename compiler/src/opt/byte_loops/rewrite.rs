//! The wide loop, in front of the narrow one.

use super::PAGE_BYTES;
use super::form::{ByteLoop, Counter};
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData, MemFlagsData, SourceLoc, Value, types,
};
use std::collections::HashMap;

/// Bytes that are taken at a time.
const WIDTH: i64 = 16;
/// Fewer rounds are not worth the checks.
const ROUNDS_MIN: i64 = 32;

/// Sends whoever enters the loop to a wide one first, which goes on to the loop with what is left.
pub(super) fn widen(function: &mut Function, at: &ByteLoop) {
    let location = function.srcloc(at.store.as_ref().map(|store| store.inst).or(at.load).unwrap_or(at.entries[0]));
    let [enter, apart, wide, pages, sixteen, byte] = [(); 6].map(|()| function.dfg.make_block());
    for block in [enter, apart, wide, pages, sixteen, byte] {
        function.layout.insert_block(block, at.header);
    }
    function.layout.set_cold(byte);
    for &branch in &at.entries {
        redirect(function, branch, at.header, enter);
    }

    // Enough rounds, and copies that are not made of what they have just written.
    let mut first = Round::new(function, at, enter, location);
    let rounds = first.stays_for(function, at, ROUNDS_MIN);
    first.branch(function, rounds, (apart, &[]), (at.header, &first.parameters));
    first.block = apart;
    let apart_enough = first.is_apart(function, at);
    first.branch(function, apart_enough, (wide, &first.parameters), (at.header, &first.parameters));

    let mut next = Round::new(function, at, wide, location);
    let rounds = next.stays_for(function, at, WIDTH);
    next.branch(function, rounds, (pages, &[]), (at.header, &next.parameters));
    next.block = pages;
    let load = at.load.map(|inst| next.access(function, at, inst));
    let store = at.store.as_ref().map(|store| next.access(function, at, store.inst));
    let looked_for = at.byte.as_ref().map(|test| next.value_or_zero(function, at, test.value));
    let same = at.store.as_ref().and_then(|store| store.same).map(|value| next.value(function, at, value));
    let within = next.is_within_pages(function, [&load, &store].into_iter().flatten());
    next.branch(function, within, (sixteen, &[]), (byte, &[]));

    for (block, is_wide) in [(sixteen, true), (byte, false)] {
        next.block = block;
        let ty = if is_wide { types::I8X16 } else { types::I8 };
        let loaded = load.as_ref().map(|access| {
            next.cursor(function).with_srcloc(access.location).ins().load(
                ty,
                access.flags,
                access.address,
                access.offset,
            )
        });
        if let (Some(test), Some(looked_for), Some(loaded)) = (&at.byte, looked_for, loaded) {
            let goes_on = function.dfg.make_block();
            function.layout.insert_block(goes_on, at.header);
            if !is_wide {
                function.layout.set_cold(goes_on);
            }
            let ends = next.differs_or_not(function, loaded, looked_for, test.stays_while_equal, is_wide);
            next.branch(function, ends, (at.header, &next.parameters), (goes_on, &[]));
            next.block = goes_on;
        }
        if let Some(access) = &store {
            let stored = match (same, loaded) {
                (Some(value), _) => next.byte(function, value, is_wide),
                (None, Some(loaded)) => loaded,
                (None, None) => unreachable!("a store of nothing else stores what was loaded"),
            };
            let mut cursor = next.cursor(function).with_srcloc(access.location);
            cursor.ins().store(access.flags, stored, access.address, access.offset);
        }
        next.go_on(function, at, wide, if is_wide { WIDTH } else { 1 });
    }
}

/// Blocks that compute what a round computes, from parameters of their own.
struct Round {
    block: Block,
    parameters: Vec<Value>,
    /// What a value of the loop is here.
    known: HashMap<Value, Value>,
    location: SourceLoc,
}

struct Access {
    address: Value,
    flags: MemFlagsData,
    offset: Offset32,
    location: SourceLoc,
}

impl Round {
    /// One that begins with the parameters of the loop.
    fn new(function: &mut Function, at: &ByteLoop, block: Block, location: SourceLoc) -> Self {
        let originals = function.dfg.block_params(at.header).to_vec();
        let append = |&original: &Value| {
            let ty = function.dfg.value_type(original);
            function.dfg.append_block_param(block, ty)
        };
        let parameters: Vec<Value> = originals.iter().map(append).collect();
        let known = originals.into_iter().zip(parameters.iter().copied()).collect();
        Round { block, parameters, known, location }
    }

    fn cursor<'f>(&self, function: &'f mut Function) -> FuncCursor<'f> {
        FuncCursor::new(function).at_bottom(self.block).with_srcloc(self.location)
    }

    /// What a value of the loop is in this round.
    fn value(&mut self, function: &mut Function, at: &ByteLoop, value: Value) -> Value {
        let value = function.dfg.resolve_aliases(value);
        if let Some(&known) = self.known.get(&value) {
            return known;
        }
        let Some(inst) = function.dfg.value_def(value).inst() else { return value };
        if !function.layout.inst_block(inst).is_some_and(|block| at.blocks.contains(&block)) {
            return value;
        }
        let arguments: Vec<Value> = function.dfg.inst_values(inst).collect();
        for argument in arguments {
            self.value(function, at, argument);
        }
        let copy = function.dfg.clone_inst(inst);
        let known = std::mem::take(&mut self.known);
        let resolve: HashMap<Value, Value> = function
            .dfg
            .inst_values(inst)
            .filter_map(|argument| known.get(&function.dfg.resolve_aliases(argument)).map(|&here| (argument, here)))
            .collect();
        self.known = known;
        function.dfg.map_inst_values(copy, |argument| resolve.get(&argument).copied().unwrap_or(argument));
        self.cursor(function).insert_inst(copy);
        let result = function.dfg.first_result(copy);
        self.known.insert(value, result);
        result
    }

    fn value_or_zero(&mut self, function: &mut Function, at: &ByteLoop, value: Option<Value>) -> Value {
        match value {
            Some(value) => self.value(function, at, value),
            None => self.cursor(function).ins().iconst(types::I32, 0),
        }
    }

    /// Whether the counter lets this and the rounds after it go on, `rounds` in all.
    fn stays_for(&mut self, function: &mut Function, at: &ByteLoop, rounds: i64) -> Value {
        let Counter { tested, end, goes_up, stays } = at.counter;
        let tested = self.value(function, at, tested);
        let end = self.value_or_zero(function, at, end);
        let mut cursor = self.cursor(function);
        let left = if goes_up { cursor.ins().isub(end, tested) } else { cursor.ins().isub(tested, end) };
        // Counted from here, the round that ends the loop is number `left`.
        let enough = cursor.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, left, rounds);
        if stays == IntCC::NotEqual {
            return enough;
        }
        let is_near = cursor.ins().icmp(stays, tested, end);
        cursor.ins().band(enough, is_near)
    }

    /// Whether what is written is no part of the sixteen bytes that are read at the same time, or stands before them.
    fn is_apart(&mut self, function: &mut Function, at: &ByteLoop) -> Value {
        let (Some(load), Some(store)) = (at.load, &at.store) else {
            return self.cursor(function).ins().iconst(types::I8, 1);
        };
        let [from, to] = [load, store.inst].map(|inst| {
            let access = self.access(function, at, inst);
            self.cursor(function).ins().iadd_imm_s(access.address, i64::from(access.offset))
        });
        let mut cursor = self.cursor(function);
        let distance = cursor.ins().isub(to, from);
        // Indices may wrap before the next round is looked at, so their distance is one of 32 bits.
        let distance = cursor.ins().ireduce(types::I32, distance);
        let distance = cursor.ins().iadd_imm_s(distance, -1);
        cursor.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, distance, WIDTH - 1)
    }

    fn access(&mut self, function: &mut Function, at: &ByteLoop, inst: Inst) -> Access {
        let location = function.srcloc(inst);
        let (address, flags, offset) = match function.dfg.insts[inst] {
            InstructionData::Load { arg, flags, offset, .. } => (arg, flags, offset),
            InstructionData::Store { args: [_, address], flags, offset, .. } => (address, flags, offset),
            _ => unreachable!("accesses are loads and stores"),
        };
        let flags = function.dfg.mem_flags[flags];
        Access { address: self.value(function, at, address), flags, offset, location }
    }

    /// Whether sixteen bytes at each place are in one page.
    fn is_within_pages<'a>(&self, function: &mut Function, accesses: impl Iterator<Item = &'a Access>) -> Value {
        let mut cursor = self.cursor(function);
        let mut within = None;
        for access in accesses {
            let low = cursor.ins().ireduce(types::I32, access.address);
            let offset = i64::from(access.offset) & (PAGE_BYTES - 1);
            let low = if offset == 0 { low } else { cursor.ins().iadd_imm_s(low, offset) };
            let place = cursor.ins().band_imm_u(low, PAGE_BYTES - 1);
            let one = cursor.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, place, PAGE_BYTES - WIDTH);
            within = Some(within.map_or(one, |others| cursor.ins().band(others, one)));
        }
        within.expect("the loop has an access")
    }

    /// A byte of an integer, once or in all lanes.
    fn byte(&self, function: &mut Function, value: Value, is_wide: bool) -> Value {
        let mut cursor = self.cursor(function);
        let byte = cursor.ins().ireduce(types::I8, value);
        if is_wide { cursor.ins().splat(types::I8X16, byte) } else { byte }
    }

    /// Whether a byte ends the loop.
    fn differs_or_not(
        &self,
        function: &mut Function,
        loaded: Value,
        looked_for: Value,
        differs: bool,
        is_wide: bool,
    ) -> Value {
        let looked_for = self.byte(function, looked_for, is_wide);
        let code = if differs { IntCC::NotEqual } else { IntCC::Equal };
        let mut cursor = self.cursor(function);
        let lanes = cursor.ins().icmp(code, loaded, looked_for);
        if is_wide { cursor.ins().vany_true(lanes) } else { lanes }
    }

    fn branch(&self, function: &mut Function, condition: Value, yes: (Block, &[Value]), no: (Block, &[Value])) {
        let [yes_arguments, no_arguments] =
            [yes.1, no.1].map(|values| values.iter().copied().map(BlockArg::Value).collect::<Vec<_>>());
        self.cursor(function).ins().brif(condition, yes.0, &yes_arguments, no.0, &no_arguments);
    }

    /// Jumps to the round that comes after so many.
    fn go_on(&self, function: &mut Function, at: &ByteLoop, to: Block, rounds: i64) {
        let mut cursor = self.cursor(function);
        let mut arguments = Vec::new();
        for (&parameter, step) in self.parameters.iter().zip(&at.steps) {
            // Modulo 2^32, like the parameter: others do not change.
            let step = i64::from((step * rounds) as i32);
            let next = if step == 0 { parameter } else { cursor.ins().iadd_imm_s(parameter, step) };
            arguments.push(BlockArg::Value(next));
        }
        cursor.ins().jump(to, &arguments);
    }
}

/// Makes a branch go elsewhere, with the same arguments.
fn redirect(function: &mut Function, branch: Inst, from: Block, to: Block) {
    let dfg = &mut function.dfg;
    let destinations = dfg.insts[branch].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
    for call in destinations {
        if call.block(&dfg.value_lists) == from {
            let arguments: Vec<BlockArg> = call.args(&dfg.value_lists).collect();
            *call = BlockCall::new(to, arguments, &mut dfg.value_lists);
        }
    }
}
