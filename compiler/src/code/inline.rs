//! Taking callees into their callers, before anything is optimised.
//!
//! `facts/inline` says which functions are small enough. Their CLIF is made once, by the first caller that wants it, and
//! kept for all; callees of a callee are visited in the caller, so that no order of functions matters and the result is
//! the same on any number of threads.

use super::compiled::InlinedCall;
use super::{Compiler, Worker};
use crate::code_name::CodeName;
use crate::facts::Size;
use crate::index::FuncIndex;
use cranelift_codegen::Context;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::inline::{Inline, InlineCommand};
use cranelift_codegen::ir::{
    self, ExternalName, FuncRef, GlobalValue, GlobalValueData, Inst, InstructionData, Opcode, SourceLoc, Value,
};
use cranelift_codegen::packed_option::PackedOption;
use cranelift_codegen::traversals::Dfs;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// Instructions that one function may take in, whatever its size, …
const BUDGET_BASE: usize = 1000;

/// … and for each of its own, this many in hundred.
const BUDGET_PERCENT: usize = 100;

/// Functions from this size on take nothing in: their compile time is what matters.
const CALLER_INSTRUCTIONS_MAX: usize = 50_000;

/// Bodies that callers take in, by function; made when first wanted. `None` for what cannot be compiled.
pub(super) struct InlineBodies {
    bodies: Vec<OnceLock<Option<Box<ir::Function>>>>,
}

impl InlineBodies {
    pub(super) fn new(functions: usize) -> Self {
        InlineBodies { bodies: std::iter::repeat_with(OnceLock::new).take(functions).collect() }
    }
}

/// Source locations from here on are positions in [`InlineLocations::places`]; below are offsets in the module.
const FIRST_INLINED_LOCATION: u32 = 1 << 31;

/// What source locations of a function mean.
#[derive(Debug, Default, Clone)]
pub(crate) struct InlineLocations {
    places: Vec<Place>,
    /// The calls that were replaced, in that order.
    pub(super) calls: Vec<InlinedCall>,
}

/// Where an instruction comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) wasm_offset: u32,
    /// The call whose callee it belongs to, counted from 1 in [`InlineLocations::calls`]; 0 is the function itself.
    pub(super) call: u32,
}

impl InlineLocations {
    pub(super) fn place(&self, location: SourceLoc) -> Place {
        match location.bits().checked_sub(FIRST_INLINED_LOCATION) {
            Some(position) => self.places[position as usize],
            None => Place { wasm_offset: location.bits(), call: 0 },
        }
    }

    /// Offsets in the module instead of positions, for readers.
    pub(super) fn show_offsets(&self, function: &mut ir::Function) {
        for inst in (0..function.dfg.num_insts() as u32).map(Inst::from_u32) {
            let location = function.srcloc(inst);
            if !location.is_default() {
                function.set_srcloc(inst, SourceLoc::new(self.place(location).wasm_offset));
            }
        }
    }

    fn location(&mut self, place: Place) -> SourceLoc {
        if self.places.last() != Some(&place) {
            self.places.push(place);
        }
        SourceLoc::new(FIRST_INLINED_LOCATION + (self.places.len() - 1) as u32)
    }
}

impl Compiler<'_> {
    /// Replaces calls in this function by the bodies of what they call.
    pub(super) fn inline(
        &self,
        worker: &mut Worker,
        name: CodeName,
        function: ir::Function,
    ) -> (ir::Function, InlineLocations) {
        let instructions = function.dfg.num_insts();
        let wanted = |function: FuncIndex| !self.env.facts.inlinable.callees(function).is_empty();
        if !matches!(name, CodeName::Wasm(function) if wanted(function))
            || instructions > CALLER_INSTRUCTIONS_MAX
            || self.env.module.wasm.len() >= FIRST_INLINED_LOCATION as usize
        {
            return (function, InlineLocations::default());
        }
        let budget = BUDGET_BASE + instructions * BUDGET_PERCENT / 100;
        let mut context = Context::for_function(function);
        let loops = calls_in_loops(&mut context);
        let mut inliner = Inliner { compiler: self, worker, budget, loops, instructions, taken: Vec::new() };
        context.inline(&mut inliner).expect("limits are far above what is taken in");
        let mut locations = InlineLocations::default();
        for taken in std::mem::take(&mut inliner.taken) {
            let body = self.inline_body(inliner.worker, taken.callee).expect("it was taken in");
            fix_symbols(&mut context.func, body, &taken);
            locate(&mut context.func, body, &taken, &mut locations);
        }
        unite_symbols(&mut context.func);
        (context.func, locations)
    }

    fn inline_body(&self, worker: &mut Worker, function: FuncIndex) -> Option<&ir::Function> {
        let body = &self.inline_bodies.bodies[function.as_u32() as usize];
        // Its own compilation reports what is wrong with it.
        body.get_or_init(|| self.translate(worker, CodeName::Wasm(function)).ok().map(Box::new)).as_deref()
    }
}

/// A body that was taken in, and how large the function was before.
struct Taken {
    callee: FuncIndex,
    call: Inst,
    instructions: usize,
    global_values: usize,
}

/// Cranelift copies symbols as they are, but they are numbered by function: gives those of a body the caller's numbers.
fn fix_symbols(function: &mut ir::Function, body: &ir::Function, taken: &Taken) {
    for (position, original) in (taken.global_values..).zip(body.global_values.values()) {
        if let GlobalValueData::Symbol { name: ExternalName::User(name), .. } = original {
            let name = function.declare_imported_user_function(body.params.user_named_funcs()[*name].clone());
            let copy = &mut function.global_values[GlobalValue::from_u32(position as u32)];
            let GlobalValueData::Symbol { name: copied, .. } = copy else {
                unreachable!("the inliner appends a body's symbols in their order");
            };
            *copied = ExternalName::user(name);
        }
    }
}

/// One number for each symbol, so that equal addresses are seen to be equal.
fn unite_symbols(function: &mut ir::Function) {
    let function = &mut function.stencil;
    let mut first = HashMap::new();
    let mut united: SecondaryMap<GlobalValue, PackedOption<GlobalValue>> = SecondaryMap::new();
    for (index, data) in function.global_values.iter() {
        if let GlobalValueData::Symbol { name: ExternalName::User(name), .. } = data {
            united[index] = (*first.entry(*name).or_insert(index)).into();
        }
    }
    let (layout, insts) = (&function.layout, &mut function.dfg.insts);
    for inst in layout.blocks().flat_map(|block| layout.block_insts(block)) {
        if let InstructionData::UnaryGlobalValue { global_value, .. } = &mut insts[inst] {
            *global_value = united[*global_value].expand().unwrap_or(*global_value);
        }
    }
}

/// Cranelift's inliner knows nothing of source locations. It appends a copy of each instruction of the body, block by block
/// in depth-first order, and nothing else.
fn locate(function: &mut ir::Function, body: &ir::Function, taken: &Taken, locations: &mut InlineLocations) {
    let call = locations.place(function.srcloc(taken.call));
    locations.calls.push(InlinedCall { callee: taken.callee, wasm_offset: call.wasm_offset, caller: call.call });
    let call = locations.calls.len() as u32;
    let mut copy = taken.instructions;
    for block in Dfs::new().pre_order_iter(body) {
        for original in body.layout.block_insts(block) {
            let location = body.srcloc(original);
            if !location.is_default() {
                let location = locations.location(Place { wasm_offset: location.bits(), call });
                function.set_srcloc(Inst::from_u32(copy as u32), location);
            }
            copy += 1;
        }
    }
}

/// Decides about the calls of one function.
struct Inliner<'a, 'c> {
    compiler: &'a Compiler<'c>,
    worker: &'a mut Worker,
    budget: usize,
    /// Calls that were there and are in loops.
    loops: HashSet<Inst>,
    /// How many instructions were there.
    instructions: usize,
    /// What was taken in, in that order.
    taken: Vec<Taken>,
}

fn calls_in_loops(context: &mut Context) -> HashSet<Inst> {
    context.compute_cfg();
    context.compute_domtree();
    context.compute_loop_analysis();
    let (function, loops) = (&context.func, &context.loop_analysis);
    let blocks = function.layout.blocks().filter(|&block| loops.innermost_loop(block).is_some());
    let instructions = blocks.flat_map(|block| function.layout.block_insts(block));
    instructions.filter(|&inst| function.dfg.insts[inst].opcode().is_call()).collect()
}

impl Inliner<'_, '_> {
    /// Whether a call is in a loop, or in a body that was taken into one.
    fn is_in_loop(&self, mut call: Inst) -> bool {
        while call.as_u32() as usize >= self.instructions {
            let after = self.taken.partition_point(|taken| taken.instructions <= call.as_u32() as usize);
            call = self.taken[after - 1].call;
        }
        self.loops.contains(&call)
    }
}

impl Inline for Inliner<'_, '_> {
    fn inline(
        &mut self,
        caller: &ir::Function,
        call: Inst,
        opcode: Opcode,
        callee: FuncRef,
        _arguments: &[Value],
    ) -> InlineCommand<'_> {
        let in_cold_block = caller.layout.inst_block(call).is_some_and(|block| caller.layout.is_cold(block));
        let ExternalName::User(name) = caller.dfg.ext_funcs[callee].name else { return InlineCommand::KeepCall };
        let CodeName::Wasm(function) = CodeName::from_user(&caller.params.user_named_funcs()[name]) else {
            return InlineCommand::KeepCall;
        };
        let pays = match self.compiler.env.facts.inlinable.size(function) {
            Size::Tiny => true,
            Size::Small => self.is_in_loop(call),
            Size::Large => false,
        };
        if opcode != Opcode::Call || in_cold_block || !pays {
            return InlineCommand::KeepCall;
        }
        match self.compiler.inline_body(self.worker, function) {
            Some(body) if body.dfg.num_insts() <= self.budget => {
                self.budget -= body.dfg.num_insts();
                self.taken.push(Taken {
                    callee: function,
                    call,
                    instructions: caller.dfg.num_insts(),
                    global_values: caller.global_values.len(),
                });
                InlineCommand::Inline { callee: Cow::Borrowed(body), visit_callee: true }
            }
            _ => InlineCommand::KeepCall,
        }
    }
}
