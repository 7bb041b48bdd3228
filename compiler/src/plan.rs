//! `Plan`: decisions that translated code and the object must agree on: the context's layout, which functions have
//! references, where memories live, what each function import is bound to, and each function's convention.
//!
//! It stands between facts and code: it follows from the module, the facts and the options, and is made once.

use crate::clif::regions;
use crate::clif::signature::Convention;
use crate::error::{Error, ErrorKind, Result};
use crate::facts::Facts;
use crate::index::{
    CanonicalTypeIndex, DataIndex, ElementIndex, FuncIndex, FuncRefIndex, GlobalIndex, MemoryIndex, TableIndex,
};
use crate::module::{ConstExpr, ConstValue, ElementItems, Entity, FunctionType, Memory, Module, SegmentMode, ValType};
use crate::optimizations::Optimization;
use crate::options::{ImportBinding, MemoryStrategy, Model, Options, OtherImports};
use aot_abi::context::{ContextCounts, ContextLayout};
use aot_abi::types::ValueKind;
use aot_abi::wasi::WasiFunction;
use cranelift_codegen::entity::{PrimaryMap, SecondaryMap};
use cranelift_codegen::packed_option::PackedOption;

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) counts: ContextCounts,
    pub(crate) layout: ContextLayout,
    /// Functions with a reference, in the order of the context's array.
    pub(crate) func_refs: PrimaryMap<FuncRefIndex, FuncIndex>,
    pub(crate) func_ref_of: SecondaryMap<FuncIndex, PackedOption<FuncRefIndex>>,
    /// Bindings of the imported functions.
    pub(crate) import_bindings: PrimaryMap<FuncIndex, ImportBinding>,
    /// Slots of those bound to [`ImportBinding::Slot`] in the context's `imported_functions`.
    pub(crate) import_slots: SecondaryMap<FuncIndex, Option<u32>>,
    /// Slots of those bound to [`ImportBinding::Host`], in the same array, behind the others.
    pub(crate) host_slots: SecondaryMap<FuncIndex, Option<u32>>,
    /// Convention of each defined function's body. Escaping functions have [`Convention::ESCAPING`].
    pub(crate) conventions: SecondaryMap<FuncIndex, Convention>,
    /// Functions to compile, in index order: those that facts could not rule out.
    pub(crate) compiled: Vec<FuncIndex>,
    pub(crate) memories: PrimaryMap<MemoryIndex, MemoryPlan>,
    /// Initial contents of each memory, as far as data segments could be applied at compile time.
    pub(crate) memory_contents: SecondaryMap<MemoryIndex, MemoryContents>,
    /// Initial elements of each table, `None` for null, as far as segments could be applied at compile time.
    pub(crate) table_contents: SecondaryMap<TableIndex, Vec<Option<FuncIndex>>>,
    /// Tables that calls look at as an array of code instead of one of references.
    pub(crate) code_tables: SecondaryMap<TableIndex, Option<CodeTable>>,
    pub(crate) data: SecondaryMap<DataIndex, DataPlan>,
    pub(crate) elements: SecondaryMap<ElementIndex, ElementPlan>,
    /// Where the items of segments that are not plain functions live in the context's `element_values`.
    pub(crate) first_element_value: SecondaryMap<ElementIndex, Option<u32>>,
    /// Globals that `initialize` computes, in index order; all others start with their value.
    pub(crate) computed_globals: Vec<GlobalIndex>,
    /// The global that lives in the global register ([`crate::code::isa::GlobalRegister`]) while Wasm runs; its cell is up to date outside.
    pub(crate) register_global: Option<GlobalIndex>,
    /// Exports that remain: indices into [`Module::exports`].
    pub(crate) exports: Vec<usize>,
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
    /// Bytes behind the reservation, or behind what is accessible where nothing is reserved, that always fault.
    pub(crate) guard_bytes: u64,
    /// Bytes in front of the base that always fault. Where there are any, `maximum_bytes` of a 32-bit memory is at least
    /// as far below 4 GiB.
    pub(crate) guard_before_bytes: u64,
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

/// A table that nobody writes, as read-only data: an array of [`CodeTableRow`]s, up to the last element that is not null.
/// A call through it loads the code and, where elements differ in their type, the type: no reference, no context.
#[derive(Debug, Clone)]
pub(crate) struct CodeTable {
    /// The function of each row; `None` for null.
    pub(crate) functions: Vec<Option<FuncIndex>>,
    /// Which of them are null.
    pub(crate) nulls: Nulls,
}

/// Which rows of a [`CodeTable`] are null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// This many at the start and no others: toolchains for C keep index 0 free.
    First(u64),
    /// Others as well.
    Anywhere,
}

/// A row of a [`CodeTable`].
#[repr(C)]
#[derive(Debug)]
pub(crate) struct CodeTableRow {
    /// Code in the escaping convention; null for null.
    pub(crate) code: *const u8,
    /// [`code_table_type`] of the function; 0 for null.
    pub(crate) ty: u32,
    padding: u32,
}

/// How rows of code tables spell a type: never 0.
pub(crate) fn code_table_type(ty: CanonicalTypeIndex) -> u32 {
    ty.as_u32() + 1
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

/// Address space of a guard-mode memory with 64-bit indices that declares no smaller maximum: growth ends there.
const RESERVATION_64_BYTES: u64 = 64 << 30;

/// Initial contents may be this much larger than the data they hold, in gaps; beyond, segments are applied at start.
const CONTENTS_SLACK_BYTES: u64 = 1 << 20;

/// Contents start at a multiple of this: the largest page of any target.
const CONTENTS_ALIGNMENT: u64 = 1 << 16;

/// Initial tables longer than this are filled at start.
const TABLE_CONTENTS_MAX: u64 = 1 << 20;

/// A code table may have this many rows, and [`CODE_TABLE_SPARSENESS`] for each one that is not null.
const CODE_TABLE_SLACK: usize = 1024;

/// See [`CODE_TABLE_SLACK`]: a table's length says nothing about the module's size.
const CODE_TABLE_SPARSENESS: usize = 4;

/// Makes all decisions.
pub(crate) fn make(module: &Module<'_>, facts: &Facts, options: &Options) -> Result<Plan> {
    check_memory_maximum(module, options)?;
    let import_bindings = bind_imports(module, options)?;
    let mut import_slots = SecondaryMap::new();
    let mut slots = 0;
    for (function, binding) in &import_bindings {
        if *binding == ImportBinding::Slot {
            import_slots[function] = Some(slots);
            slots += 1;
        }
    }
    let mut host_slots = SecondaryMap::new();
    for (function, _) in import_bindings.iter().filter(|(_, binding)| **binding == ImportBinding::Host) {
        host_slots[function] = Some(slots);
        slots += 1;
    }
    let mut func_refs = PrimaryMap::<FuncRefIndex, FuncIndex>::new();
    let mut func_ref_of = SecondaryMap::<FuncIndex, PackedOption<FuncRefIndex>>::new();
    for &function in &module.referenced {
        if facts.reachable[function] && import_slots[function].is_none() {
            func_ref_of[function] = func_refs.push(function).into();
        }
    }
    let exports = (0..module.exports.len())
        .filter(|&index| match &options.roots {
            Some(roots) => roots.contains(&module.exports[index].name),
            None => true,
        })
        .filter(|&index| match module.exports[index].entity {
            Entity::Function(function) => facts.reachable[function],
            _ => true,
        })
        .collect();
    let mut conventions = SecondaryMap::new();
    for function in module.functions.keys() {
        let escapes = func_ref_of[function].is_some();
        conventions[function] =
            if escapes || facts.tail_calls[function] { Convention::ESCAPING } else { Convention::Fast };
    }
    let memories = module.memories.keys().map(|memory| memory_plan(module, facts, options, memory)).collect();
    let mut plan = Plan {
        counts: ContextCounts::default(),
        layout: ContextLayout::new(&ContextCounts::default()),
        func_refs,
        func_ref_of,
        import_bindings,
        import_slots,
        host_slots,
        conventions,
        compiled: module.bodies.keys().map(|b| module.function_of(b)).filter(|&f| facts.reachable[f]).collect(),
        memories,
        memory_contents: SecondaryMap::new(),
        table_contents: SecondaryMap::new(),
        code_tables: SecondaryMap::new(),
        data: SecondaryMap::new(),
        elements: SecondaryMap::new(),
        first_element_value: SecondaryMap::new(),
        computed_globals: computed_globals(module),
        register_global: None,
        exports,
    };
    if options.only_module && plan.import_bindings.values().all(comes_back) {
        plan.register_global =
            facts.register_global.filter(|&global| regions::only_of_global(module, global).is_some());
    }
    if options.optimizations.has(Optimization::CodeTables) {
        plan_code_tables(module, facts, &mut plan);
    }
    apply_elements(module, &mut plan);
    apply_data(module, &mut plan);
    let element_values = place_element_values(module, &mut plan)?;
    plan.counts = ContextCounts {
        imported_functions: slots,
        imported_memories: module.imported_memories,
        imported_tables: module.imported_tables,
        imported_globals: module.imported_globals,
        imported_tags: module.imported_tags,
        memories: module.memories.len() as u32 - module.imported_memories,
        tables: module.tables.len() as u32 - module.imported_tables,
        tags: module.tags.len() as u32 - module.imported_tags,
        func_refs: plan.func_refs.len() as u32,
        data_segments: module.data.len() as u32,
        element_segments: module.elements.len() as u32,
        element_values,
        globals: module.globals.len() as u32 - module.imported_globals,
    };
    plan.layout = ContextLayout::new(&plan.counts);
    if plan.layout.size > CONTEXT_BYTES_MAX {
        return Err(Error::new(ErrorKind::Limit, "the state of one instance is too large"));
    }
    Ok(plan)
}

/// Code reaches the context's parts with 32-bit displacements.
const CONTEXT_BYTES_MAX: u64 = 1 << 30;

/// What each function import is bound to, or one error that lists all that nothing defines.
fn bind_imports(module: &Module<'_>, options: &Options) -> Result<PrimaryMap<FuncIndex, ImportBinding>> {
    let mut bindings = PrimaryMap::new();
    let mut undefined = Vec::new();
    for import in &module.imports {
        let Entity::Function(function) = import.entity else { continue };
        let named = options.imports.named.iter().find(|named| {
            named.module == import.module && named.field.as_ref().is_none_or(|field| *field == import.field)
        });
        let wasi = aot_abi::wasi::find(&import.module, &import.field).filter(|_| options.imports.wasi);
        let binding = match (named, options.imports.others) {
            (Some(named), _) => named.binding.clone(),
            (None, others) => match (wasi, others) {
                (Some(wasi), _) => {
                    check_wasi_type(wasi, module.function_type(function))?;
                    ImportBinding::Symbol(wasi.symbol.to_owned())
                }
                (None, OtherImports::Slot) => ImportBinding::Slot,
                (None, OtherImports::Host) => ImportBinding::Host,
                (None, OtherImports::Trap) => ImportBinding::Trap,
                (None, OtherImports::Error) => {
                    undefined.push(format!("`{}` from `{}`", import.field, import.module));
                    ImportBinding::Trap
                }
            },
        };
        bindings.push(binding);
    }
    if undefined.is_empty() {
        return Ok(bindings);
    }
    let message = format!("nothing defines these imported functions: {}", undefined.join(", "));
    Err(Error::new(ErrorKind::Imports, message)
        .with_help("bind one with `--import MODULE.FIELD=SYMBOL|trap|zero`, or all with `--unresolved trap`"))
}

/// The runtime's function takes what the specification says, whatever the module believes.
fn check_wasi_type(wasi: &WasiFunction, imported: &FunctionType) -> Result<()> {
    let results = wasi.result.as_slice();
    let same = |kinds: &[ValueKind], types: &[ValType]| {
        kinds.len() == types.len() && kinds.iter().zip(types).all(|(kind, ty)| kind_of(*ty) == Some(*kind))
    };
    if same(wasi.params, &imported.params) && same(results, &imported.results) {
        return Ok(());
    }
    let known = format!("({}) -> ({})", names(wasi.params), names(results));
    let message = format!("`{}` from `{}` is imported with another type than {known}", wasi.name, wasi.module);
    Err(Error::new(ErrorKind::Imports, message)
        .with_help(format!("`--import {}.{}=trap` makes its calls trap", wasi.module, wasi.name)))
}

fn names(kinds: &[ValueKind]) -> String {
    let names: Vec<String> = kinds.iter().map(|kind| format!("{kind:?}").to_lowercase()).collect();
    names.join(", ")
}

/// Whether a call of what an import is bound to returns without calling the module first.
fn comes_back(binding: &ImportBinding) -> bool {
    match binding {
        ImportBinding::Symbol(symbol) => {
            aot_abi::wasi::WASI_FUNCTIONS.iter().any(|function| function.symbol == *symbol)
        }
        ImportBinding::Trap | ImportBinding::Zero => true,
        ImportBinding::Slot | ImportBinding::Host => false,
    }
}

/// How WASI's table spells a type; `None` for those that no WASI function has.
fn kind_of(ty: ValType) -> Option<ValueKind> {
    match ty {
        ValType::I32 => Some(ValueKind::I32),
        ValType::I64 => Some(ValueKind::I64),
        ValType::F32 => Some(ValueKind::F32),
        ValType::F64 => Some(ValueKind::F64),
        ValType::V128 | ValType::Ref(_) => None,
    }
}

/// Refuses memories that are larger from the start than any may become.
fn check_memory_maximum(module: &Module<'_>, options: &Options) -> Result<()> {
    let Some(allowed) = options.memory_maximum else { return Ok(()) };
    for (index, memory) in &module.memories {
        let minimum = memory.minimum_bytes().unwrap_or(u64::MAX);
        if minimum > allowed {
            let number = index.as_u32();
            let message =
                format!("memory {number} starts with {minimum} bytes, more than the {allowed} that are allowed");
            return Err(Error::new(ErrorKind::Limit, message));
        }
    }
    Ok(())
}

fn memory_plan(module: &Module<'_>, facts: &Facts, options: &Options, index: MemoryIndex) -> MemoryPlan {
    let memory = &module.memories[index];
    let imported = index.as_u32() < module.imported_memories;
    let cap = if imported { u64::MAX } else { options.memory_maximum.unwrap_or(u64::MAX) };
    let minimum_bytes = memory.minimum_bytes().unwrap_or(u64::MAX);
    // Pages smaller than 64 KiB end where no guard page can begin.
    let whole_pages = memory.page_log2 >= aot_abi::WASM_PAGE_LOG2;
    let (guard_before_bytes, most) = guard_before(memory, imported, whole_pages, minimum_bytes);
    let maximum_bytes = memory.maximum_bytes().min(cap).min(most);
    let fixed_length = facts.fixed_memories[index].then_some(minimum_bytes);
    let first = index.as_u32() == 0 && !imported;
    let fixed_base = (options.model == Model::Executable && first)
        .then(|| options.memory_base.unwrap_or_else(|| options.target.default_memory_base()));
    let by_length = MemoryPlan {
        check: MemoryCheck::Length,
        fixed_base,
        may_move: fixed_base.is_none() && fixed_length.is_none(),
        fixed_length,
        reserve_bytes: 0,
        guard_bytes: if whole_pages { aot_abi::BOUNDS_GUARD_BYTES } else { 0 },
        guard_before_bytes,
        minimum_bytes,
        maximum_bytes,
    };
    // A reservation is cheap where 4 GiB of address space are.
    let guard = options.memory != MemoryStrategy::Bounds && whole_pages;
    let guarded = MemoryPlan { may_move: false, guard_bytes: aot_abi::GUARD_BYTES, ..by_length };
    if guard && !memory.is_64 {
        return MemoryPlan { check: MemoryCheck::Guard, reserve_bytes: aot_abi::GUARD_RESERVATION_BYTES, ..guarded };
    }
    if guard && !imported {
        let maximum_bytes = maximum_bytes.min(RESERVATION_64_BYTES.max(minimum_bytes));
        // A memory that needs more than address spaces have fails to instantiate, whatever we reserve.
        let reserve_bytes = maximum_bytes.max(CONTENTS_ALIGNMENT).checked_next_power_of_two().unwrap_or(1 << 63);
        let check = MemoryCheck::Shift { log2: reserve_bytes.trailing_zeros() as u8 };
        return MemoryPlan { check, reserve_bytes, maximum_bytes, ..guarded };
    }
    if memory.shared {
        // Other threads hold the base: it must never move.
        return MemoryPlan { may_move: false, reserve_bytes: maximum_bytes, ..by_length };
    }
    by_length
}

/// What always faults in front of the base, and how long the memory can become with that. The runtime gives the guard to
/// every memory of whole pages, and takes it from the end of a 32-bit one; one whose minimum is more than that has none.
/// What is imported has one when its type says that it is short enough, because no longer memory matches.
fn guard_before(memory: &Memory, imported: bool, whole_pages: bool, minimum_bytes: u64) -> (u64, u64) {
    const GUARD: u64 = aot_abi::GUARD_BEFORE_BYTES;
    const MOST: u64 = (1 << 32) - GUARD;
    let longest = if imported { memory.maximum_bytes() } else { minimum_bytes };
    match memory.is_64 {
        _ if !whole_pages => (0, u64::MAX),
        true => (GUARD, u64::MAX),
        false if longest <= MOST => (GUARD, MOST),
        false => (0, u64::MAX),
    }
}

fn computed_globals(module: &Module<'_>) -> Vec<GlobalIndex> {
    let is_computed = |init: &ConstExpr| init.value().and_then(ConstValue::to_bytes).is_none();
    module.globals.iter().filter(|(_, g)| g.init.as_ref().is_some_and(is_computed)).map(|(index, _)| index).collect()
}

fn plan_code_tables(module: &Module<'_>, facts: &Facts, plan: &mut Plan) {
    for index in module.tables.keys() {
        let Some(fixed) = &facts.fixed_tables[index] else { continue };
        let functions = &fixed.elements[..fixed.used()];
        let in_use = functions.iter().flatten().count();
        // Code of other instances is not known, nor is its context ours. Who has no reference is not compiled, because
        // nobody reads the table.
        let is_ours = |function: &FuncIndex| plan.func_ref_of[*function].is_some();
        let is_dense = functions.len() <= CODE_TABLE_SLACK + CODE_TABLE_SPARSENESS * in_use;
        if is_dense && functions.iter().flatten().all(is_ours) {
            let first = functions.iter().take_while(|function| function.is_none()).count();
            let nulls = if first + in_use == functions.len() { Nulls::First(first as u64) } else { Nulls::Anywhere };
            plan.code_tables[index] = Some(CodeTable { functions: functions.to_vec(), nulls });
        }
    }
}

/// Applies active element segments at compile time, as long as none before could trap or depends on imports.
fn apply_elements(module: &Module<'_>, plan: &mut Plan) {
    let mut static_so_far = true;
    for (index, segment) in &module.elements {
        plan.elements[index] = match &segment.mode {
            SegmentMode::Passive => ElementPlan::Passive,
            SegmentMode::Declared => ElementPlan::Dropped,
            SegmentMode::Active { target, offset } => {
                static_so_far = static_so_far && apply_element_segment(module, plan, *target, offset, &segment.items);
                if static_so_far { ElementPlan::InContents } else { ElementPlan::Apply }
            }
        };
    }
}

fn apply_element_segment(
    module: &Module<'_>,
    plan: &mut Plan,
    target: TableIndex,
    offset: &ConstExpr,
    items: &ElementItems,
) -> bool {
    let table = &module.tables[target];
    let ElementItems::Functions(functions) = items else { return false };
    let Some(offset) = offset.value().and_then(ConstValue::as_offset) else { return false };
    let Some(end) = offset.checked_add(functions.len() as u64) else { return false };
    let starts_null = table.init.as_ref().is_none_or(|init| init.value() == Some(ConstValue::RefNull));
    let imported = target.as_u32() < module.imported_tables;
    if imported || !starts_null || end > table.minimum || end > TABLE_CONTENTS_MAX {
        return false;
    }
    // Functions that nothing can reach have no reference; null stands for them, and nobody sees it.
    let reference = |function: Option<FuncIndex>| {
        function.filter(|&f| plan.func_ref_of[f].is_some() || plan.import_slots[f].is_some())
    };
    let items: Vec<_> = functions.iter().map(|&function| reference(function)).collect();
    let contents = &mut plan.table_contents[target];
    if contents.len() < end as usize {
        contents.resize(end as usize, None);
    }
    contents[offset as usize..end as usize].copy_from_slice(&items);
    true
}

/// An active data segment whose place is known and inside the memory.
struct Placed<'a> {
    memory: MemoryIndex,
    offset: u64,
    bytes: &'a [u8],
}

/// What the contents of one memory would span.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    start: u64,
    end: u64,
    /// Bytes of data in it.
    held: u64,
}

impl Extent {
    fn add(&mut self, offset: u64, bytes: &[u8]) {
        let end = offset + bytes.len() as u64;
        (self.start, self.end) =
            if self.held == 0 { (offset, end) } else { (self.start.min(offset), self.end.max(end)) };
        self.held += bytes.len() as u64;
    }

    /// Whether gaps would make the contents much larger than the data in them.
    fn is_sparse(self) -> bool {
        self.end - self.start > self.held.saturating_mul(4).saturating_add(CONTENTS_SLACK_BYTES)
    }
}

/// Applies active data segments at compile time, as long as none before could trap or depends on imports.
fn apply_data(module: &Module<'_>, plan: &mut Plan) {
    let placed = placed_segments(module);
    // The longest run of segments after which no memory is sparse: segments may come in any order, so what begins with a
    // gap can be dense in the end. A toolchain for Go makes 86,000 segments of a few bytes each.
    let mut extents = SecondaryMap::<MemoryIndex, Extent>::new();
    let (mut sparse_memories, mut taken) = (0, 0);
    for (position, segment) in placed.iter().enumerate() {
        let extent = &mut extents[segment.memory];
        sparse_memories -= usize::from(extent.is_sparse());
        extent.add(segment.offset, segment.bytes);
        sparse_memories += usize::from(extent.is_sparse());
        if sparse_memories == 0 {
            taken = position + 1;
        }
    }
    let placed = &placed[..taken];

    let active = module.data.iter().filter(|(_, segment)| matches!(segment.mode, SegmentMode::Active { .. }));
    for (position, (index, _)) in active.enumerate() {
        plan.data[index] = if position < taken { DataPlan::InContents } else { DataPlan::Apply };
    }
    for memory in module.memories.keys() {
        let parts = placed.iter().filter(|segment| segment.memory == memory && !segment.bytes.is_empty());
        let mut extent = Extent::default();
        parts.clone().for_each(|part| extent.add(part.offset, part.bytes));
        if extent.held == 0 {
            continue;
        }
        let offset = extent.start - extent.start % CONTENTS_ALIGNMENT;
        let mut bytes = vec![0; (extent.end - offset) as usize];
        for part in parts {
            let at = (part.offset - offset) as usize;
            bytes[at..at + part.bytes.len()].copy_from_slice(part.bytes);
        }
        plan.memory_contents[memory] = MemoryContents { offset, bytes };
    }
}

/// The active segments up to the first that could trap or depends on imports.
fn placed_segments<'a>(module: &Module<'a>) -> Vec<Placed<'a>> {
    let mut placed = Vec::new();
    for segment in module.data.values() {
        let SegmentMode::Active { target: memory, offset } = &segment.mode else { continue };
        let minimum = module.memories[*memory].minimum_bytes().unwrap_or(0);
        let inside = |offset: &u64| offset.checked_add(segment.bytes.len() as u64).is_some_and(|end| end <= minimum);
        let defined = memory.as_u32() >= module.imported_memories;
        match offset.value().and_then(ConstValue::as_offset).filter(inside) {
            Some(offset) if defined => placed.push(Placed { memory: *memory, offset, bytes: segment.bytes }),
            _ => break,
        }
    }
    placed
}

/// Gives every segment of expressions that is not dropped from the start its place; returns how many items there are.
fn place_element_values(module: &Module<'_>, plan: &mut Plan) -> Result<u32> {
    let mut next = 0u32;
    for (index, segment) in &module.elements {
        let ElementItems::Expressions(items) = &segment.items else { continue };
        if plan.elements[index] == ElementPlan::Dropped {
            continue;
        }
        plan.first_element_value[index] = Some(next);
        next = u32::try_from(items.len())
            .ok()
            .and_then(|count| next.checked_add(count))
            .ok_or_else(|| Error::new(ErrorKind::Limit, "too many items in element segments"))?;
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::test_support::{options, with_module};

    fn planned(wat: &str) -> (Vec<DataPlan>, u64, usize) {
        with_module(wat, |module| {
            let plan = make(module, &Facts::none(), &options()).expect("the module can be planned");
            let contents = &plan.memory_contents[MemoryIndex::from_u32(0)];
            (module.data.keys().map(|index| plan.data[index]).collect(), contents.offset, contents.bytes.len())
        })
    }

    #[test]
    fn segments_in_any_order_become_contents() {
        // 3 MiB apart at first, dense in the end.
        let filler = "x".repeat(400_000);
        let wat = format!(
            "(memory 64) (data (i32.const 0x10000) \"a\") (data (i32.const 0x310000) \"b\")
             (data (i32.const 0x20000) \"{filler}\") (data (i32.const 0x100000) \"{filler}\")"
        );
        assert_eq!(planned(&wat), (vec![DataPlan::InContents; 4], 0x10000, 0x300001));
    }

    #[test]
    fn distant_segments_are_applied_at_start() {
        let wat = "(memory 2000) (data (i32.const 8) \"a\") (data \"passive\") (data (i32.const 100000000) \"b\")";
        assert_eq!(planned(wat), (vec![DataPlan::InContents, DataPlan::Passive, DataPlan::Apply], 0, 9));
    }

    #[test]
    fn nothing_after_a_segment_that_traps_is_applied_early() {
        let wat = "(memory 1) (data (i32.const 1) \"a\") (data (i32.const 65536) \"b\") (data (i32.const 2) \"c\")";
        assert_eq!(planned(wat), (vec![DataPlan::InContents, DataPlan::Apply, DataPlan::Apply], 0, 2));
    }
}
