//! `Plan`: decisions that translated code and the object must agree on: the context's layout, which functions have
//! references, where memories live, what each function import is bound to, and each function's convention.
//!
//! It stands between facts and code: it follows from the module, the facts and the options, and is made once.

use crate::clif::signature::Convention;
use crate::error::Result;
use crate::facts::Facts;
use crate::index::{DataIndex, ElementIndex, FuncIndex, FuncRefIndex, GlobalIndex, MemoryIndex, TableIndex};
use crate::module::Module;
use crate::options::{ImportBinding, Options};
use aot_abi::context::{ContextCounts, ContextLayout};
use cranelift_codegen::entity::{PrimaryMap, SecondaryMap};
use cranelift_codegen::packed_option::PackedOption;
use std::marker::PhantomData;

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) counts: ContextCounts,
    pub(crate) layout: ContextLayout,
    /// Functions with a reference, in the order of the context's array.
    pub(crate) func_refs: PrimaryMap<FuncRefIndex, FuncIndex>,
    pub(crate) func_ref_of: SecondaryMap<FuncIndex, PackedOption<FuncRefIndex>>,
    /// Bindings of the imported functions.
    pub(crate) import_bindings: PrimaryMap<FuncIndex, ImportBinding>,
    /// Slots of those bound to [`ImportBinding::Slot`] in the context's `imported_functions`.
    pub(crate) import_slots: SecondaryMap<FuncIndex, Option<u32>>,
    /// Convention of each defined function's body. Escaping functions have [`Convention::ESCAPING`].
    pub(crate) conventions: SecondaryMap<FuncIndex, Convention>,
    /// Functions to compile, in index order: those that facts could not rule out.
    pub(crate) compiled: Vec<FuncIndex>,
    pub(crate) memories: PrimaryMap<MemoryIndex, MemoryPlan>,
    /// Initial contents of each memory, as far as data segments could be applied at compile time.
    pub(crate) memory_contents: SecondaryMap<MemoryIndex, MemoryContents>,
    /// Initial elements of each table, `None` for null, as far as segments could be applied at compile time.
    pub(crate) table_contents: SecondaryMap<TableIndex, Vec<Option<FuncIndex>>>,
    pub(crate) data: SecondaryMap<DataIndex, DataPlan>,
    pub(crate) elements: SecondaryMap<ElementIndex, ElementPlan>,
    /// Globals that `initialize` computes, in index order; all others start with their value.
    pub(crate) computed_globals: Vec<GlobalIndex>,
    /// Exports that remain: indices into [`Module::exports`].
    pub(crate) exports: Vec<usize>,
    pub(crate) marker: PhantomData<&'a ()>,
}

/// Where a memory lives and how accesses are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemoryPlan {
    pub(crate) check: MemoryCheck,
    /// Address known at compile time.
    pub(crate) fixed_base: Option<u64>,
    /// Growth may move it: the base has to be reloaded.
    pub(crate) may_move: bool,
    /// Length in bytes known at compile time: facts say that it never grows.
    pub(crate) fixed_length: Option<u64>,
    /// Bytes of address space to own from the base; 0 for only what is accessible.
    pub(crate) reserve_bytes: u64,
    /// Bytes behind the reservation that always fault. 0 in bounds mode.
    pub(crate) guard_bytes: u64,
    /// Bytes at the start that are always accessible.
    pub(crate) minimum_bytes: u64,
    /// Bytes that growth can reach.
    pub(crate) maximum_bytes: u64,
}

/// How an access is known to stay inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MemoryCheck {
    /// The index is 32 bits, and reservation and guard cover all that it can reach: the MMU checks.
    Guard,
    /// The index is 64 bits and the reservation a power of two: higher bits must be zero, then the MMU checks.
    Shift {
        /// Logarithm of the reservation.
        log2: u8,
    },
    /// Compare with the length.
    Length,
}

/// Initial bytes of a memory; zero elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MemoryContents {
    /// Wasm address of the first byte, a multiple of 64 KiB.
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

/// What becomes of a data segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum DataPlan {
    /// Part of a memory's initial contents; nothing is left to do, and its length for `memory.init` is 0.
    InContents,
    /// Active, applied by `initialize`, then dropped.
    Apply,
    /// Passive.
    #[default]
    Passive,
}

/// What becomes of an element segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ElementPlan {
    /// Part of a table's initial contents.
    InContents,
    /// Active, applied by `initialize`, then dropped.
    Apply,
    /// Declared: dropped from the start.
    Dropped,
    /// Passive.
    #[default]
    Passive,
}
