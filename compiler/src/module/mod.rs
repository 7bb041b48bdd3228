//! `Module`: the validated program as typed tables; no raw section survives this stage, only the bytes of bodies.
//!
//! In: bytes and the features that are on. Out: [`Module`], valid by the specification. This stage never looks at the
//! target and decides nothing about code.

use crate::index::{
    DataIndex, DefinedFuncIndex, ElementIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex, TagIndex, TypeIndex,
};
use cranelift_codegen::entity::PrimaryMap;
use std::ops::Range;

mod bodies;
mod canonical;
pub(crate) mod const_expr;
mod convert;
pub(crate) mod entity;
mod input;
mod limits;
pub(crate) mod names;
pub(crate) mod operator;
mod read;
pub(crate) mod segment;
#[cfg(test)]
pub(crate) mod test_support;
mod text;
pub(crate) mod types;

pub(crate) use const_expr::{ConstExpr, ConstValue};
pub(crate) use entity::{Function, Global, Memory, Table, Tag};
pub(crate) use read::read;
pub(crate) use segment::{DataSegment, ElementItems, ElementSegment, SegmentMode};
pub(crate) use text::text;
pub(crate) use types::{Composite, FunctionType, HeapType, RefType, Types, ValType};

/// A validated module. `'a` is the input.
#[derive(Debug)]
pub(crate) struct Module<'a> {
    /// The whole input: bodies and code constant expressions are ranges of it.
    pub(crate) wasm: &'a [u8],
    /// From the name section.
    pub(crate) name: Option<String>,
    pub(crate) types: Types,
    pub(crate) functions: PrimaryMap<FuncIndex, Function>,
    pub(crate) bodies: PrimaryMap<DefinedFuncIndex, Body>,
    pub(crate) tables: PrimaryMap<TableIndex, Table>,
    pub(crate) memories: PrimaryMap<MemoryIndex, Memory>,
    pub(crate) globals: PrimaryMap<GlobalIndex, Global>,
    pub(crate) tags: PrimaryMap<TagIndex, Tag>,
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<Export>,
    pub(crate) start: Option<FuncIndex>,
    pub(crate) data: PrimaryMap<DataIndex, DataSegment<'a>>,
    pub(crate) elements: PrimaryMap<ElementIndex, ElementSegment>,
    pub(crate) names: names::Names,
    /// Functions whose reference is taken: exported, or in `ref.func` outside of bodies (which all that is in bodies
    /// must repeat). Sorted.
    pub(crate) referenced: std::collections::BTreeSet<FuncIndex>,
    /// Branch hints by offset of the branch from the start of its body: `true` for likely taken.
    pub(crate) branch_hints: std::collections::HashMap<(DefinedFuncIndex, u32), bool>,
    pub(crate) imported_functions: u32,
    pub(crate) imported_tables: u32,
    pub(crate) imported_memories: u32,
    pub(crate) imported_globals: u32,
    pub(crate) imported_tags: u32,
}

/// One function body: locals and operators, validated.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    /// Bytes of the body in [`Module::wasm`], from the local declarations to the final `end`.
    pub(crate) range: Range<usize>,
    /// Number of operators, about: what decides scheduling and whether to optimise.
    pub(crate) operators: u32,
}

/// One import, in section order.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) module: String,
    pub(crate) field: String,
    pub(crate) entity: Entity,
}

/// One export, in section order.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) name: String,
    pub(crate) entity: Entity,
}

/// What an import or export refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Entity {
    Function(FuncIndex),
    Table(TableIndex),
    Memory(MemoryIndex),
    Global(GlobalIndex),
    Tag(TagIndex),
}

impl<'a> Module<'a> {
    /// The body's index, or `None` for an import.
    pub(crate) fn defined(&self, function: FuncIndex) -> Option<DefinedFuncIndex> {
        function.as_u32().checked_sub(self.imported_functions).map(DefinedFuncIndex::from_u32)
    }

    /// The function whose body this is.
    pub(crate) fn function_of(&self, body: DefinedFuncIndex) -> FuncIndex {
        FuncIndex::from_u32(self.imported_functions + body.as_u32())
    }

    /// Parameters and results of a function.
    pub(crate) fn function_type(&self, function: FuncIndex) -> &FunctionType {
        self.types.function(self.functions[function].ty)
    }

    /// Parameters and results of a type that validation knows to be a function type.
    pub(crate) fn signature(&self, ty: TypeIndex) -> &FunctionType {
        self.types.function(ty)
    }

    /// Bytes of a body.
    pub(crate) fn body_bytes(&self, body: DefinedFuncIndex) -> &'a [u8] {
        &self.wasm[self.bodies[body].range.clone()]
    }
}
