//! `InstanceContext` and what follows it in memory: the state of one instance that compiled code loads from.
//!
//! The header is a plain struct. Behind it stand arrays whose lengths depend on the module, at offsets that
//! [`ContextLayout`] computes for both sides:
//!
//! ```text
//! InstanceContext                header
//! [ImportedFunction; f]          functions imported from other instances
//! [*mut LinearMemory; m]         imported memories
//! [*mut Table; t]                imported tables
//! [*mut GlobalCell; g]           imported globals
//! [*const Tag; e]                imported tags
//! [LinearMemory; M]              defined memories
//! [Table; T]                     defined tables
//! [Tag; E]                       defined tags (their address is their identity)
//! [FuncRef; r]                   functions whose reference can be taken
//! [SegmentState; d]              data segments: what is left of each after `data.drop`
//! [SegmentState; s]              element segments
//! [u64; v]                       items of element segments that are not plain function indices
//! [GlobalCell; G]                defined globals, 16-aligned
//! ```
//!
//! In the *library* model, compiled code gets the context's address as its first parameter. In the *executable* model
//! the context is the symbol [`crate::symbol::CONTEXT`] with the module's prefix, and nothing is passed.

use crate::image::ModuleImage;
use crate::types::TypeDescriptor;

/// Header of an instance's state.
#[repr(C, align(16))]
#[derive(Debug)]
pub struct InstanceContext {
    /// The module this is an instance of.
    pub image: *const ModuleImage,
    /// Belongs to the runtime; compiled code never reads it.
    pub runtime: *mut u8,
    /// Belongs to the embedder; compiled code never reads it. Host imports find their state here.
    pub host: *mut u8,
    /// Belongs to the runtime: bytes of stack that a call of the host may use, where the instance was given a number of
    /// its own; otherwise 0.
    pub stack_bytes: u64,
    /// A counter that any thread may advance. Code compiled to be interruptible traps where it finds that it has reached
    /// [`InstanceContext::epoch_deadline`]. Never null, and the same while the instance runs.
    pub epoch: *const u64,
    /// See `epoch`. The host may change it whenever the guest is not running, in calls of host functions too.
    pub epoch_deadline: u64,
    /// Deterministic fuel left, counted down by code compiled with fuel on; negative means used up. Code keeps the count
    /// in a register and stores it before everything that may trap or leave the function.
    pub fuel: i64,
    /// The exception being thrown, while it is on its way to a handler.
    pub exception: u64,
}

/// A function that another instance or the host provides. `code` follows the Wasm convention of the link.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ImportedFunction {
    /// Its code, to be called with `context` (library model) or nothing (executable model) before the Wasm arguments.
    pub code: *const u8,
    /// The context that the code expects.
    pub context: *mut InstanceContext,
    /// Its reference, for `ref.func` of an import: identity is preserved.
    pub func_ref: *const FuncRef,
}

/// What an embedder gives for an import: stored as the [`ImportedFunction`] of its slot, `call` as its code and `function`
/// as its context, which only [`crate::libcall::Libcall::HostCall`] looks at.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct HostFunction {
    /// Takes arguments from slots, calls `function` with them, and puts the results into the same slots. Anything but 0
    /// is an error, which ends the guest with [`crate::trap::Trap::HostError`] and reaches whoever called the guest.
    pub call: HostCall,
    /// The embedder's own; handed to `call`.
    pub function: *const u8,
}

/// Signature of [`HostFunction::call`]: the instance, its [`InstanceContext::host`], the function, and the slots.
pub type HostCall =
    extern "C" fn(context: *mut InstanceContext, host: *mut u8, function: *const u8, values: *mut ValueSlot) -> i32;

/// What a non-null `funcref` points to. References are compared by this address.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FuncRef {
    /// Code in the Wasm convention ("escaping" functions all use one convention).
    pub code: *const u8,
    /// The context that the code expects; unused in the executable model.
    pub context: *mut InstanceContext,
    /// Canonical type: two functions have the same type exactly when these are equal.
    pub type_descriptor: *const TypeDescriptor,
    /// Native entry for the runtime and hosts, see [`NativeEntry`].
    pub entry: *const u8,
}

/// Signature of [`FuncRef::entry`]: `values` holds the arguments in 16-byte slots and receives the results in the same
/// slots; it has room for the larger of the two counts. The entry passes `context` and calls `code` in the Wasm convention.
pub type NativeEntry = extern "C" fn(code: *const u8, context: *mut InstanceContext, values: *mut ValueSlot);

/// One argument or result of a [`NativeEntry`]: the value's bytes, little-endian, zero-extended.
#[repr(C, align(16))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValueSlot {
    /// The bytes of an `i32`, `i64`, `f32`, `f64`, `v128` or 64-bit reference.
    pub bytes: [u8; 16],
}

/// A linear memory. `base` and `byte_length` are what compiled code loads; the rest belongs to the runtime.
#[repr(C)]
#[derive(Debug)]
pub struct LinearMemory {
    /// Native address of Wasm address 0.
    pub base: *mut u8,
    /// Current length in bytes. Atomic when the memory is shared.
    pub byte_length: u64,
    /// Length in bytes that growth may reach.
    pub maximum_bytes: u64,
    /// Bytes of address space owned from `base`, guards not included.
    pub reserved_bytes: u64,
    /// Bytes beyond those that always fault.
    pub guard_bytes: u64,
    /// Bytes in front of `base` that always fault. Where there are any, a 32-bit memory ends as far below 4 GiB.
    pub guard_before_bytes: u64,
    /// Declared maximum in pages, or `u64::MAX` for none: what an import is matched against.
    pub declared_maximum: u64,
    /// Logarithm of the page size.
    pub page_log2: u8,
    /// [`MEMORY_64`], [`MEMORY_SHARED`], [`MEMORY_MAY_MOVE`].
    pub flags: u8,
    /// Zero.
    pub reserved: [u8; 6],
    /// Where the address space goes when the memory is destroyed; null when it is unmapped.
    pub slot: *mut u8,
    /// What growth has to stay within, together with others; null for no limit but the memory's own.
    pub budget: *mut u8,
}

/// Flag of a memory or table: addresses are 64 bits.
pub const MEMORY_64: u8 = 1;
/// Flag of a memory: shared between threads.
pub const MEMORY_SHARED: u8 = 2;
/// Flag of a memory: growth may change `base` (no reservation).
pub const MEMORY_MAY_MOVE: u8 = 4;
/// Flag of an *imported* memory's type: the importing code relies on [`crate::GUARD_RESERVATION_BYTES`] of reservation,
/// [`crate::GUARD_BYTES`] of guard and a base that never moves; a memory without them does not match.
pub const MEMORY_NEEDS_GUARD: u8 = 8;
/// Flag of an *imported* memory's type: the importing code relies on [`crate::GUARD_BEFORE_BYTES`] in front of the base.
pub const MEMORY_NEEDS_GUARD_BEFORE: u8 = 16;
/// Flag of an *imported* memory's type: the importing code relies on [`crate::BOUNDS_GUARD_BYTES`] behind what is
/// accessible.
pub const MEMORY_NEEDS_SMALL_GUARD: u8 = 32;

/// A table of references, 8 bytes each, 0 for null. `funcref` elements point to [`FuncRef`].
#[repr(C)]
#[derive(Debug)]
pub struct Table {
    /// The elements.
    pub elements: *mut u64,
    /// Current number of elements.
    pub length: u64,
    /// Elements that fit before `elements` has to move.
    pub capacity: u64,
    /// Number of elements that growth may reach.
    pub maximum: u64,
    /// Declared maximum, or `u64::MAX` for none: what an import is matched against.
    pub declared_maximum: u64,
    /// [`MEMORY_64`].
    pub flags: u64,
    /// Type of the elements.
    pub element_type: crate::types::ValueType,
}

/// Storage of one global: the value's bytes, little-endian.
#[repr(C, align(16))]
#[derive(Debug, Clone, Copy, Default)]
pub struct GlobalCell {
    /// The value.
    pub bytes: [u8; 16],
}

/// An exception tag; its address is its identity.
#[repr(C)]
#[derive(Debug)]
pub struct Tag {
    /// Its function type.
    pub type_descriptor: *const TypeDescriptor,
}

/// What is left of a passive segment.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct SegmentState {
    /// Bytes (data) or items (elements) that `memory.init`/`table.init` can still reach: its length, or 0 when dropped.
    pub length: u64,
}

/// How many of each thing a module's context holds.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the length of the array of the same name in the module documentation")]
pub struct ContextCounts {
    pub imported_functions: u32,
    pub imported_memories: u32,
    pub imported_tables: u32,
    pub imported_globals: u32,
    pub imported_tags: u32,
    pub memories: u32,
    pub tables: u32,
    pub tags: u32,
    pub func_refs: u32,
    pub data_segments: u32,
    pub element_segments: u32,
    pub element_values: u32,
    pub globals: u32,
}

/// Byte offsets of the arrays behind an [`InstanceContext`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the offset of the array of the same name in the module documentation")]
pub struct ContextLayout {
    pub imported_functions: u64,
    pub imported_memories: u64,
    pub imported_tables: u64,
    pub imported_globals: u64,
    pub imported_tags: u64,
    pub memories: u64,
    pub tables: u64,
    pub tags: u64,
    pub func_refs: u64,
    pub data_segments: u64,
    pub element_segments: u64,
    pub element_values: u64,
    pub globals: u64,
    /// Size of the whole, a multiple of 16.
    pub size: u64,
}

impl ContextLayout {
    /// The layout for these counts. Counts are bounded by the compiler's limits, so the sums cannot overflow.
    #[must_use]
    pub const fn new(counts: &ContextCounts) -> Self {
        const fn array(at: &mut u64, count: u32, element: usize) -> u64 {
            let start = *at;
            *at = start + count as u64 * element as u64;
            start
        }
        const POINTER: usize = size_of::<*const u8>();
        let mut at = size_of::<InstanceContext>() as u64;
        let imported_functions = array(&mut at, counts.imported_functions, size_of::<ImportedFunction>());
        let imported_memories = array(&mut at, counts.imported_memories, POINTER);
        let imported_tables = array(&mut at, counts.imported_tables, POINTER);
        let imported_globals = array(&mut at, counts.imported_globals, POINTER);
        let imported_tags = array(&mut at, counts.imported_tags, POINTER);
        let memories = array(&mut at, counts.memories, size_of::<LinearMemory>());
        let tables = array(&mut at, counts.tables, size_of::<Table>());
        let tags = array(&mut at, counts.tags, size_of::<Tag>());
        let func_refs = array(&mut at, counts.func_refs, size_of::<FuncRef>());
        let data_segments = array(&mut at, counts.data_segments, size_of::<SegmentState>());
        let element_segments = array(&mut at, counts.element_segments, size_of::<SegmentState>());
        let element_values = array(&mut at, counts.element_values, size_of::<u64>());
        at = at.next_multiple_of(16);
        let globals = array(&mut at, counts.globals, size_of::<GlobalCell>());
        ContextLayout {
            imported_functions,
            imported_memories,
            imported_tables,
            imported_globals,
            imported_tags,
            memories,
            tables,
            tags,
            func_refs,
            data_segments,
            element_segments,
            element_values,
            globals,
            size: at,
        }
    }
}

// Every array's element size keeps the next array 8-aligned.
const _: () = assert!(size_of::<InstanceContext>().is_multiple_of(16));
const _: () = assert!(size_of::<ImportedFunction>() == 24 && size_of::<FuncRef>() == 32);
const _: () = assert!(size_of::<LinearMemory>() == 80 && size_of::<Table>() == 64 && size_of::<Tag>() == 8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_follow_each_other_and_globals_are_aligned() {
        let counts = ContextCounts { imported_functions: 3, memories: 1, tags: 1, globals: 2, ..Default::default() };
        let layout = ContextLayout::new(&counts);
        assert_eq!(layout.imported_functions, size_of::<InstanceContext>() as u64);
        assert_eq!(layout.imported_memories, layout.imported_functions + 72);
        assert_eq!(layout.globals % 16, 0);
        assert_eq!(layout.size, layout.globals + 32);
    }
}
