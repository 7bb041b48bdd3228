//! Functions small enough to be taken into their callers.
//!
//! A call costs some ten instructions around it and keeps values out of registers, so that a body of about that size is
//! never worse than the call. Somewhat larger ones pay where the call is in a loop. Yet larger ones are left alone:
//! whoever made the module has inlined by its own judgement, and a large body in a loop takes the registers that the loop
//! needs.
//!
//! Which of the calls to a function are replaced is up to the code stage, by what is around them.

use super::Facts;
use super::uses::{Use, Uses};
use crate::index::FuncIndex;
use crate::module::Module;
use cranelift_codegen::entity::SecondaryMap;
use std::collections::BTreeSet;
use std::fmt;
use wasmparser::{BinaryReader, FunctionBody, Operator};

/// What a body without calls and loops may weigh.
const LEAF_WEIGHT_MAX: u32 = 40;

/// What a body with calls may weigh: it forwards to another function.
const FORWARD_WEIGHT_MAX: u32 = 14;

/// What a body may weigh to be taken in wherever it is called.
const TINY_WEIGHT_MAX: u32 = 8;

/// The functions that may be taken into callers.
#[derive(Clone, Default)]
pub(crate) struct Inlinable {
    functions: SecondaryMap<FuncIndex, Size>,
    /// For each function, those of `functions` that it calls; sorted.
    callees: SecondaryMap<FuncIndex, Box<[FuncIndex]>>,
}

/// Where calls to a function are worth being replaced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Size {
    /// Nowhere.
    #[default]
    Large,
    /// In loops.
    Small,
    /// Everywhere.
    Tiny,
}

impl Inlinable {
    /// Where callers may take it in.
    pub(crate) fn size(&self, function: FuncIndex) -> Size {
        self.functions[function]
    }

    fn has(&self, function: FuncIndex) -> bool {
        self.functions[function] != Size::Large
    }

    /// The functions that this one may take in, by calling them itself.
    pub(crate) fn callees(&self, function: FuncIndex) -> &[FuncIndex] {
        &self.callees[function]
    }

    /// All functions that this one may take in, by whatever way, sorted.
    pub(crate) fn closure(&self, function: FuncIndex) -> BTreeSet<FuncIndex> {
        let mut closure = BTreeSet::new();
        let mut pending = vec![function];
        while let Some(function) = pending.pop() {
            pending.extend(self.callees(function).iter().copied().filter(|&callee| closure.insert(callee)));
        }
        closure
    }
}

/// Says nothing: the cache of functions has every fact in its key, but of these only what matters to the one function.
impl fmt::Debug for Inlinable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlinable").finish_non_exhaustive()
    }
}

/// Chooses among the functions that can run.
pub(super) fn prove(module: &Module<'_>, uses: &Uses, facts: &Facts) -> Inlinable {
    let reachable = &facts.reachable;
    let mut inlinable = Inlinable::default();
    for (function, _) in uses.reachable_bodies(module, reachable) {
        inlinable.functions[function] =
            if facts.known_bodies[function].is_some() { Size::Tiny } else { size(module, function) };
    }
    leave_out_cycles(module, uses, &mut inlinable);
    for (function, uses) in uses.reachable_bodies(module, reachable) {
        inlinable.callees[function] = calls(uses).filter(|&callee| inlinable.has(callee)).collect();
    }
    inlinable
}

fn calls(uses: &[Use]) -> impl Iterator<Item = FuncIndex> + '_ {
    uses.iter().filter_map(|usage| match *usage {
        Use::Call(function) => Some(function),
        _ => None,
    })
}

/// Taking in what calls itself, however indirectly, would never end.
fn leave_out_cycles(module: &Module<'_>, uses: &Uses, inlinable: &mut Inlinable) {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = SecondaryMap::with_default(State::New);
    for root in module.functions.keys() {
        // Depth first, without recursion: a module may chain any number of functions.
        let mut path: Vec<(FuncIndex, Vec<FuncIndex>)> = Vec::new();
        let open = |function: FuncIndex, inlinable: &Inlinable| -> Vec<FuncIndex> {
            let body = module.defined(function).expect("imports are not inlinable");
            calls(uses.of(body)).filter(|&callee| inlinable.has(callee)).collect()
        };
        if inlinable.has(root) && states[root] == State::New {
            states[root] = State::Open;
            path.push((root, open(root, inlinable)));
        }
        while let Some((function, callees)) = path.last_mut() {
            let function = *function;
            match callees.pop() {
                Some(callee) if states[callee] == State::New => {
                    states[callee] = State::Open;
                    path.push((callee, open(callee, inlinable)));
                }
                Some(callee) if states[callee] == State::Open => inlinable.functions[callee] = Size::Large,
                Some(_) => {}
                None => {
                    states[function] = State::Done;
                    path.pop();
                }
            }
        }
    }
}

fn size(module: &Module<'_>, function: FuncIndex) -> Size {
    let Some(body) = module.defined(function) else { return Size::Large };
    // Operators that weigh nothing are at most this many times the others, in what a toolchain makes.
    if module.bodies[body].operators > 4 * LEAF_WEIGHT_MAX {
        return Size::Large;
    }
    weight(module.body_bytes(body)).map_or(Size::Large, Weight::size)
}

/// How much code a body becomes.
#[derive(Debug, Default, Clone, Copy)]
struct Weight {
    operators: u32,
    calls: u32,
}

impl Weight {
    fn size(self) -> Size {
        match self {
            Weight { operators: ..=TINY_WEIGHT_MAX, .. } => Size::Tiny,
            Weight { operators: ..=LEAF_WEIGHT_MAX, calls: 0 } => Size::Small,
            Weight { operators: ..=FORWARD_WEIGHT_MAX, .. } => Size::Small,
            _ => Size::Large,
        }
    }
}

/// `None` for bodies with something that makes the call the smaller part of the work.
fn weight(bytes: &[u8]) -> Option<Weight> {
    const VALID: &str = "bodies are validated";
    let body = FunctionBody::new(BinaryReader::new(bytes, 0));
    let mut operators = body.get_operators_reader().expect(VALID);
    let mut weight = Weight::default();
    while !operators.eof() {
        match operators.read().expect(VALID) {
            // Locals and constants become operands, structure becomes nothing.
            Operator::LocalGet { .. }
            | Operator::LocalSet { .. }
            | Operator::LocalTee { .. }
            | Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::Block { .. }
            | Operator::End
            | Operator::Drop
            | Operator::Unreachable
            | Operator::Return
            | Operator::Nop => {}
            Operator::Call { .. } => {
                weight.calls += 1;
                weight.operators += 4;
            }
            Operator::Loop { .. }
            | Operator::BrTable { .. }
            | Operator::TryTable { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryGrow { .. } => return None,
            _ => weight.operators += 1,
        }
        if weight.operators > LEAF_WEIGHT_MAX {
            return None;
        }
    }
    Some(weight)
}
