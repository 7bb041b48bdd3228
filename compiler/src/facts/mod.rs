//! `Facts`: what is provable about the closed world. Every field has a value that means "nothing is known".
//!
//! Facts never change the module or CLIF; the translator and the plan profit from them where they can. So
//! [`Facts::none`] is always correct, and suites that run with facts on and off test every analysis for free.
//! What is closed depends on the output: an executable's roots are the names it exports to its runtime; in a library
//! every export is a root, and exported tables, memories and globals count as written by strangers.

use crate::index::{FuncIndex, GlobalIndex, MemoryIndex, TableIndex};
use crate::module::{ConstValue, Module};
use crate::optimizations::Optimization;
use crate::options::{Optimize, Options};
use cranelift_codegen::entity::SecondaryMap;
use world::World;

mod constant_globals;
mod fixed_memories;
mod fixed_tables;
mod inline;
mod known_bodies;
mod reachable;
mod register_global;
mod tail_calls;
mod text;
mod uses;
mod world;

pub(crate) use fixed_tables::{FixedTable, Members};
pub(crate) use inline::{Inlinable, Size};
pub(crate) use known_bodies::KnownBody;
pub(crate) use text::text;

/// What is known.
#[derive(Debug)]
pub(crate) struct Facts {
    /// `false` for functions that no root can reach. Proved by `reachable`. Unknown: all `true`.
    pub(crate) reachable: SecondaryMap<FuncIndex, bool>,
    /// The value of globals that nobody writes after instantiation. Proved by `constant_globals`. Unknown: `None`.
    pub(crate) constant_globals: SecondaryMap<GlobalIndex, Option<ConstValue>>,
    /// Memories that keep their minimum length for ever. Proved by `fixed_memories`. Unknown: `false`.
    pub(crate) fixed_memories: SecondaryMap<MemoryIndex, bool>,
    /// Tables whose contents after instantiation are known and never change. Proved by `fixed_tables`. Unknown: `None`.
    pub(crate) fixed_tables: SecondaryMap<TableIndex, Option<FixedTable>>,
    /// `false` for functions that make no tail call and are the target of no direct one. Proved by `tail_calls`.
    /// Unknown: all `true`.
    pub(crate) tail_calls: SecondaryMap<FuncIndex, bool>,
    /// The global that is worth a machine register. Chosen by `register_global`. Unknown: `None`.
    pub(crate) register_global: Option<GlobalIndex>,
    /// Functions whose bodies are known for what they compute. Found by `known_bodies`. Unknown: `None`.
    pub(crate) known_bodies: SecondaryMap<FuncIndex, Option<KnownBody>>,
    /// Functions so small that callers may take them in. Chosen by `inline`. Unknown: none.
    pub(crate) inlinable: Inlinable,
}

impl Facts {
    /// Nothing is known.
    pub(crate) fn none() -> Self {
        Facts {
            reachable: SecondaryMap::with_default(true),
            constant_globals: SecondaryMap::new(),
            fixed_memories: SecondaryMap::new(),
            fixed_tables: SecondaryMap::new(),
            tail_calls: SecondaryMap::with_default(true),
            register_global: None,
            known_bodies: SecondaryMap::new(),
            inlinable: Inlinable::default(),
        }
    }
}

/// Everything that the analyses prove about the module, or nothing when facts are off.
pub(crate) fn prove(module: &Module<'_>, options: &Options) -> Facts {
    let mut facts = Facts::none();
    if !options.facts {
        return facts;
    }
    let on = |which| options.optimizations.has(which);
    let world = World::new(module, options);
    let uses = uses::scan(module, options.threads);
    if on(Optimization::Reachable) {
        facts.reachable = reachable::prove(module, &uses, &world);
    }
    // What cannot run writes nothing, so the other analyses only see what can.
    let live = || uses.reachable(module, &facts.reachable);
    if on(Optimization::ConstantGlobals) {
        facts.constant_globals = constant_globals::prove(module, live(), &world);
    }
    if on(Optimization::FixedMemories) {
        facts.fixed_memories = fixed_memories::prove(module, live(), &world);
    }
    if on(Optimization::FixedTables) {
        facts.fixed_tables = fixed_tables::prove(module, live(), &world);
    }
    if on(Optimization::TailCalls) {
        facts.tail_calls = tail_calls::prove(module, &uses, &facts.reachable);
    }
    if on(Optimization::RegisterGlobal) && options.optimize != Optimize::None {
        facts.register_global = register_global::choose(module, &uses, &facts.reachable, &world, options.target.arch);
    }
    // Fuel is counted by operators, whatever becomes of them.
    if on(Optimization::KnownBodies) && !options.fuel {
        facts.known_bodies = known_bodies::prove(module);
    }
    if on(Optimization::Inline) && options.optimize != Optimize::None {
        facts.inlinable = inline::prove(module, &uses, &facts);
    }
    facts
}
