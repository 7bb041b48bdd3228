//! `ModuleImage`: the read-only record of a module that the compiler emits and the runtime instantiates.
//!
//! Everything that can be a number is a number here. What has to be computed (global initializers that read imports,
//! element expressions, offsets of segments, the start function) is *code*: [`ModuleImage::initialize`], translated
//! from the module's own constant expressions by the same translator as any function. The runtime therefore:
//!
//! 1. checks and stores imports;
//! 2. creates memories (mapping or copying their initial contents) and tables;
//! 3. fills the [`crate::context::FuncRef`] array and the segment lengths;
//! 4. calls `initialize`, which sets globals, fills tables, applies the segments that the image could not, and runs
//!    the start function. It may trap.

use crate::context::{ContextCounts, InstanceContext};
use crate::profile::FunctionCounters;
use crate::types::{TypeDescriptor, ValueType};

/// "No such index".
pub const NONE: u32 = u32::MAX;

/// The module's code takes a context parameter; any number of instances.
pub const MODEL_LIBRARY: u32 = 0;
/// The module's state is at link-time addresses; one instance.
pub const MODEL_EXECUTABLE: u32 = 1;

/// A pointer and a count, as the compiler emits it.
#[repr(C)]
#[derive(Debug)]
pub struct Slice<T> {
    /// First element; dangling but aligned, or null, when `length` is 0.
    pub data: *const T,
    /// Number of elements.
    pub length: u64,
}

/// The record. One symbol `<prefix>_image` per module.
#[repr(C)]
#[derive(Debug)]
pub struct ModuleImage {
    /// [`crate::ABI_VERSION`].
    pub abi_version: u32,
    /// [`MODEL_LIBRARY`] or [`MODEL_EXECUTABLE`].
    pub model: u32,
    /// The module's name, UTF-8, may be empty.
    pub name: Slice<u8>,
    /// Executable model: the context's storage (zeroed). Library model: null, the runtime allocates.
    pub static_context: *mut InstanceContext,
    /// Sizes of the context's arrays.
    pub counts: ContextCounts,
    /// Index into the func refs of the start function, already called by `initialize`; for reports only.
    pub start: u32,
    /// A [`crate::context::NativeEntry`] that looks at the context only: see the module documentation. Never null.
    pub initialize: *const u8,
    /// Imports in the order of the module's import section, all kinds. Those bound to symbols at compile time included.
    pub imports: Slice<ImportDescriptor>,
    /// Exports.
    pub exports: Slice<ExportDescriptor>,
    /// One per func ref in the context, same order.
    pub func_refs: Slice<FuncRefDescriptor>,
    /// Defined memories.
    pub memories: Slice<MemoryDescriptor>,
    /// Defined tables.
    pub tables: Slice<TableDescriptor>,
    /// Types of defined globals.
    pub globals: Slice<GlobalDescriptor>,
    /// Types of defined tags.
    pub tags: Slice<*const TypeDescriptor>,
    /// Data segments: bytes for `memory.init`; empty for those that became part of a memory's initial contents.
    pub data_segments: Slice<Slice<u8>>,
    /// Element segments.
    pub element_segments: Slice<ElementSegment>,
    /// First byte of the module's code.
    pub text_start: *const u8,
    /// One past its last byte.
    pub text_end: *const u8,
    /// [`crate::code_map`]: functions, traps and Wasm offsets by PC.
    pub code_map: Slice<u8>,
    /// Exception handlers by PC; see the exceptions proposal's place in the compiler. Empty while unsupported.
    pub handlers: Slice<u8>,
    /// Live references by PC, for collectors. Empty while unsupported.
    pub stack_maps: Slice<u8>,
    /// [`CHECKS_EPOCH`] and [`CHECKS_FUEL`]: how its instances can be stopped.
    pub checks: u64,
    /// Counters of functions, in a program that counts.
    pub counters: Slice<FunctionCounters>,
}

/// Flag of [`ModuleImage::checks`]: the code looks at the epoch.
pub const CHECKS_EPOCH: u64 = 1;
/// Flag of [`ModuleImage::checks`]: the code counts its fuel.
pub const CHECKS_FUEL: u64 = 2;

/// Kinds of imports and exports; the numbers are the binary format's.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the Wasm specification")]
pub enum ExternKind {
    Function = 0,
    Table = 1,
    Memory = 2,
    Global = 3,
    Tag = 4,
}

/// The type of an import or export. Fields that the kind does not use are zero.
#[repr(C)]
#[derive(Debug)]
pub struct ExternType {
    /// Which kind.
    pub kind: ExternKind,
    /// Memory and table: [`crate::context::MEMORY_64`], [`crate::context::MEMORY_SHARED`]. Global: 1 when mutable.
    pub flags: u32,
    /// Memory (pages) and table (elements): declared minimum.
    pub minimum: u64,
    /// Memory (pages) and table (elements): declared maximum, `u64::MAX` for none.
    pub maximum: u64,
    /// Memory: logarithm of the page size.
    pub page_log2: u64,
    /// Function and tag: type.
    pub type_descriptor: *const TypeDescriptor,
    /// Table: element type. Global: value type.
    pub value_type: ValueType,
}

/// One import.
#[repr(C)]
#[derive(Debug)]
pub struct ImportDescriptor {
    /// Module name, UTF-8.
    pub module: Slice<u8>,
    /// Field name, UTF-8.
    pub field: Slice<u8>,
    /// Its type.
    pub ty: ExternType,
    /// Slot in the context's array of this kind; [`NONE`] when the compiler bound it to a symbol, a stub or the host.
    pub slot: u32,
    /// Functions that the compiler bound to the embedder: position among those; [`NONE`] for all others.
    pub host: u32,
}

/// One export.
#[repr(C)]
#[derive(Debug)]
pub struct ExportDescriptor {
    /// Name, UTF-8.
    pub name: Slice<u8>,
    /// Its type, as declared.
    pub ty: ExternType,
    /// Function: index into the context's func refs, or, with [`ExportDescriptor::imported`], into imported functions.
    /// Memory, table, global, tag: index into the defined, or the imported, ones of the context.
    pub index: u32,
    /// 1 when `index` counts the context's imported things.
    pub imported: u32,
}

/// A function whose reference can be taken: exported, in an element segment, in `ref.func`, or in a global.
#[repr(C)]
#[derive(Debug)]
pub struct FuncRefDescriptor {
    /// Its code in the Wasm convention.
    pub code: *const u8,
    /// Its canonical type.
    pub type_descriptor: *const TypeDescriptor,
    /// [`crate::context::NativeEntry`] for its signature.
    pub entry: *const u8,
}

/// A memory to create.
#[repr(C)]
#[derive(Debug)]
pub struct MemoryDescriptor {
    /// Declared minimum, in pages.
    pub minimum: u64,
    /// Declared maximum in pages, `u64::MAX` for none.
    pub maximum: u64,
    /// Bytes of address space to own from the base. Guard mode: the reservation, which never moves. Bounds mode: 0 when
    /// the memory may move; otherwise at least the maximum.
    pub reserve_bytes: u64,
    /// Bytes behind the reservation, or behind what is accessible where nothing is reserved, that must fault.
    pub guard_bytes: u64,
    /// Bytes in front of the base that must fault. A 32-bit memory ends so far below 4 GiB, or has none when its minimum
    /// is more than that.
    pub guard_before_bytes: u64,
    /// Address the base must have; 0 for any.
    pub fixed_base: u64,
    /// Initial contents from `contents_offset` on; zero elsewhere. In the executable model with a fixed base they are
    /// already in place ([`CONTENTS_IN_PLACE`]).
    pub contents: Slice<u8>,
    /// Wasm address of the first byte of `contents`, a multiple of 64 KiB.
    pub contents_offset: u64,
    /// Logarithm of the page size.
    pub page_log2: u8,
    /// [`crate::context::MEMORY_64`], [`crate::context::MEMORY_SHARED`], [`crate::context::MEMORY_MAY_MOVE`].
    pub flags: u8,
    /// [`CONTENTS_IN_PLACE`] or 0.
    pub placement: u8,
    /// Zero.
    pub reserved: [u8; 5],
}

/// Flag of [`MemoryDescriptor::placement`]: a segment of the executable already holds the contents at `fixed_base` plus
/// `contents_offset`. The segment's size in memory is the contents' length rounded up to [`IN_PLACE_ALIGNMENT`], so that
/// the kernel clears what follows them, whatever its page size.
pub const CONTENTS_IN_PLACE: u8 = 1;

/// See [`CONTENTS_IN_PLACE`].
pub const IN_PLACE_ALIGNMENT: u64 = 1 << 16;

/// A table to create, all null; `initialize` fills it where its initializer is not null.
#[repr(C)]
#[derive(Debug)]
pub struct TableDescriptor {
    /// Declared minimum.
    pub minimum: u64,
    /// Declared maximum, `u64::MAX` for none.
    pub maximum: u64,
    /// [`crate::context::MEMORY_64`].
    pub flags: u64,
    /// Type of the elements.
    pub element_type: ValueType,
    /// Initial elements from index 0: indices into func refs, [`NONE`] for null. The active segments that could be
    /// applied at compile time.
    pub contents: Slice<u32>,
}

/// A defined global.
#[repr(C)]
#[derive(Debug)]
pub struct GlobalDescriptor {
    /// Its type.
    pub value_type: ValueType,
    /// Its initial value where it is constant; otherwise zero, and `initialize` computes it.
    pub initial: [u8; 16],
}

/// An element segment, for `table.init`.
#[repr(C)]
#[derive(Debug)]
pub struct ElementSegment {
    /// Plain segments: indices into func refs, [`NONE`] for null. Indices of *imported* functions are marked with
    /// [`IMPORTED_FUNCTION`].
    pub functions: Slice<u32>,
    /// Other segments: first of its items in the context's `element_values`; [`NONE`] for plain ones.
    pub first_value: u32,
    /// Number of items at instantiation: 0 for active and declared segments, which are dropped at once unless
    /// `initialize` still has to apply them.
    pub length: u32,
}

/// Bit of an index in [`ElementSegment::functions`] and [`TableDescriptor::contents`]: it counts imported functions.
pub const IMPORTED_FUNCTION: u32 = 1 << 31;

const _: () = assert!(size_of::<ExternType>() == 56 && size_of::<ImportDescriptor>() == 96);
const _: () = assert!(size_of::<MemoryDescriptor>() == 80 && size_of::<TableDescriptor>() == 56);
