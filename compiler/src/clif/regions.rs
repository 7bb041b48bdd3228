//! Alias regions and memory flags, so that no location is ever tagged two ways.
//!
//! Cranelift forwards an untagged load across a region-tagged store to the same address, so every access to a location
//! must carry the same region. That holds because flags are made here and nowhere else, one function per kind of
//! location. Regions are told apart by a number that is unique in the whole module: inlining merges them by it.

use super::translator::{Env, FuncTranslator};
use super::trap;
use crate::index::{GlobalIndex, MemoryIndex, TableIndex};
use crate::module::Module;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::{AliasRegion, AliasRegionData, Endianness, Function, MemFlagsData};

/// Reinterpreting vectors: lanes are numbered from the lowest address.
pub(crate) fn bitcast() -> MemFlagsData {
    MemFlagsData::new().with_endianness(Endianness::Little)
}

/// The kinds of locations that never overlap. The discriminant is the high part of the region's number.
#[derive(Clone, Copy)]
enum Kind {
    Guest = 0,
    Global = 1,
    TableElement = 2,
    TableHeader = 3,
    MemoryHeader = 4,
    Segment = 5,
    Values = 6,
    Control = 7,
    Counters = 8,
}

/// The number of the region that [`memory_header`] names.
pub(crate) const MEMORY_HEADER: u32 = (Kind::MemoryHeader as u32) << 16;

/// How many things of one kind are told apart.
const REGIONS_PER_KIND: u32 = 4096;

fn region(f: &mut FuncTranslator<'_, '_>, kind: Kind, index: u32, description: &'static str) -> Option<AliasRegion> {
    // Things that share a region are merely thought to overlap. A function can hold 2^16 sets of flags.
    let user_id = ((kind as u32) << 16) | (index % REGIONS_PER_KIND);
    let data = AliasRegionData { user_id, description: description.into() };
    Some(f.builder.func.dfg.alias_regions.insert(data))
}

/// What a region consists of, as far as a pass over CLIF can profit from knowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contents {
    /// All bytes of one memory, which only this thread accesses, and no others.
    Memory(MemoryIndex),
    /// Cells of globals.
    Globals,
    /// `LinearMemory::base` and `LinearMemory::byte_length`.
    MemoryHeaders,
    /// What else there is.
    Other,
}

/// What the region of this number consists of.
pub(crate) fn contents(env: Env<'_>, region: u32) -> Contents {
    let memories = &env.module.memories;
    match region.checked_sub((Kind::Guest as u32) << 16).filter(|&index| index < REGIONS_PER_KIND) {
        // Several imported memories share region 0; so do the numbers of more memories than there are numbers.
        Some(index) if memories.len() < REGIONS_PER_KIND as usize => {
            let only = (memories.len() == 1).then_some(0);
            match index.checked_sub(1).or(only).map(MemoryIndex::from_u32) {
                Some(memory) if !memories[memory].shared => Contents::Memory(memory),
                _ => Contents::Other,
            }
        }
        _ if region >> 16 == Kind::Global as u32 => Contents::Globals,
        _ if region == MEMORY_HEADER => Contents::MemoryHeaders,
        _ => Contents::Other,
    }
}

/// Bytes of a linear memory. `trap` is what a fault there means; `None` where a check has already proved it away.
pub(crate) fn guest(f: &mut FuncTranslator<'_, '_>, memory: MemoryIndex, trap: Option<Trap>) -> MemFlagsData {
    // Imported memories may be each other under two names, so all of them share a region, as do shared ones.
    let imported = memory.as_u32() < f.env.module.imported_memories;
    let exported_alias = f.env.module.imported_memories > 0;
    let index = if imported || exported_alias { 0 } else { memory.as_u32() + 1 };
    let region = region(f, Kind::Guest, index, "guest memory");
    MemFlagsData::new()
        .with_endianness(Endianness::Little)
        .with_trap_code(trap.map(trap::code))
        .with_alias_region(region)
}

/// Whether flags are of an access to a linear memory.
pub(crate) fn is_guest(function: &Function, flags: MemFlagsData) -> bool {
    let region = flags.alias_region().map(|region| function.dfg.alias_regions[region].user_id);
    region.is_some_and(|number| number >> 16 == Kind::Guest as u32)
}

/// The cell of a global.
pub(crate) fn global(f: &mut FuncTranslator<'_, '_>, global: GlobalIndex) -> MemFlagsData {
    // An imported global may be the same cell as another import or as one that this module defines and exports.
    let index = if f.env.module.imported_globals > 0 { 0 } else { global.as_u32() + 1 };
    let region = region(f, Kind::Global, index, "global");
    MemFlagsData::trusted().with_alias_region(region)
}

/// The number of the region that holds this global and nothing else, if there is one.
pub(crate) fn only_of_global(module: &Module<'_>, global: GlobalIndex) -> Option<u32> {
    let alone = module.imported_globals == 0 && module.globals.len() < REGIONS_PER_KIND as usize;
    alone.then_some(((Kind::Global as u32) << 16) | (global.as_u32() + 1))
}

/// The cell of a global that lives in a register, where code from outside enters Wasm and leaves it.
pub(crate) fn cell_of_register(f: &mut FuncTranslator<'_, '_>) -> MemFlagsData {
    let region = region(f, Kind::Control, 3, "cell of the global in a register");
    MemFlagsData::trusted().with_alias_region(region)
}

/// Elements of tables. A read with the checks of `call_indirect` done is as trusted as any.
pub(crate) fn table_element(f: &mut FuncTranslator<'_, '_>, table: TableIndex) -> MemFlagsData {
    let index = if f.env.module.imported_tables > 0 { 0 } else { table.as_u32() + 1 };
    let region = region(f, Kind::TableElement, index, "table element");
    MemFlagsData::trusted().with_alias_region(region)
}

/// `Table::elements` and `Table::length`.
pub(crate) fn table_header(f: &mut FuncTranslator<'_, '_>) -> MemFlagsData {
    let region = region(f, Kind::TableHeader, 0, "table header");
    MemFlagsData::trusted().with_alias_region(region)
}

/// `LinearMemory::base` and `LinearMemory::byte_length`, where they can change.
pub(crate) fn memory_header(f: &mut FuncTranslator<'_, '_>) -> MemFlagsData {
    let region = region(f, Kind::MemoryHeader, 0, "memory header");
    MemFlagsData::trusted().with_alias_region(region)
}

/// State that never changes after instantiation: bases of memories that cannot move, import slots, func refs.
pub(crate) fn constant() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly().with_can_move()
}

/// Fields of a `FuncRef` behind a reference that has been checked: never written after instantiation, but the address
/// is only valid where the check has been made.
pub(crate) fn func_ref() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly()
}

/// Fields of a `FuncRef` behind a reference that may be null: page 0 is never mapped, so the load itself checks.
pub(crate) fn func_ref_or_null(trap: Trap) -> MemFlagsData {
    MemFlagsData::new().with_aligned().with_readonly().with_trap_code(Some(trap::code(trap)))
}

/// Rows of a code table: read-only data, but the address is only valid where the index has been checked.
pub(crate) fn code_table() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly()
}

/// `SegmentState` and the values of element segments.
pub(crate) fn segment(f: &mut FuncTranslator<'_, '_>) -> MemFlagsData {
    let region = region(f, Kind::Segment, 0, "segment");
    MemFlagsData::trusted().with_alias_region(region)
}

/// The counters of a program that counts.
pub(crate) fn counters(f: &mut FuncTranslator<'_, '_>) -> MemFlagsData {
    let region = region(f, Kind::Counters, 0, "counters");
    MemFlagsData::trusted().with_alias_region(region)
}

/// Argument and result slots of a native entry, and areas for results on the stack.
pub(crate) fn values(f: &mut FuncTranslator<'_, '_>) -> MemFlagsData {
    let region = region(f, Kind::Values, 0, "values");
    MemFlagsData::trusted().with_alias_region(region)
}

/// `InstanceContext::fuel`.
pub(crate) fn fuel(f: &mut FuncTranslator<'_, '_>) -> MemFlagsData {
    let region = region(f, Kind::Control, 0, "fuel");
    MemFlagsData::trusted().with_alias_region(region)
}

/// `InstanceContext::epoch_deadline`, which only the host changes.
pub(crate) fn epoch_deadline(f: &mut FuncTranslator<'_, '_>) -> MemFlagsData {
    let region = region(f, Kind::Control, 1, "epoch deadline");
    MemFlagsData::trusted().with_alias_region(region)
}

/// The counter that `InstanceContext::epoch` points to, which changes at any time.
pub(crate) fn epoch(f: &mut FuncTranslator<'_, '_>) -> MemFlagsData {
    let region = region(f, Kind::Control, 2, "epoch");
    MemFlagsData::trusted().with_alias_region(region)
}
