//! Runtime functions that compiled code calls: one row each, expanded by both sides.
//!
//! Every libcall is `extern "C"`, takes the instance's context first if it needs it, and does not return when it traps:
//! the runtime unwinds to the entry into compiled code. Addresses, lengths and indices arrive zero-extended to 64 bits, whatever the
//! memory's or table's index type. `memory`, `table` and `segment` are indices of the module, imports first.

/// A parameter or result of a libcall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LibcallType {
    /// `*mut InstanceContext`.
    Context,
    /// `u32` or `i32`.
    I32,
    /// `u64`, `i64` or a reference.
    I64,
    /// No result.
    Unit,
}

/// Calls `$mac!` with every row: `Name = symbol(parameter: Type, …) -> Type;`.
#[macro_export]
macro_rules! for_each_libcall {
    ($mac:ident) => {
        $mac! {
            /// `memory.grow`: returns the old size in pages, or -1.
            MemoryGrow = aot_memory_grow(context: Context, memory: I32, delta_pages: I64) -> I64;
            /// `memory.fill`.
            MemoryFill = aot_memory_fill(context: Context, memory: I32, start: I64, value: I32, length: I64) -> Unit;
            /// `memory.copy`, between two memories or within one, overlapping or not.
            MemoryCopy = aot_memory_copy(context: Context, to_memory: I32, from_memory: I32, to: I64, from: I64, length: I64) -> Unit;
            /// `memory.copy` once the bounds are checked: native addresses, overlapping or not.
            MoveBytes = aot_move_bytes(to: I64, from: I64, length: I64) -> Unit;
            /// `memory.fill` once the bounds are checked: a native address.
            FillBytes = aot_fill_bytes(start: I64, value: I32, length: I64) -> Unit;
            /// `memory.init`.
            MemoryInit = aot_memory_init(context: Context, memory: I32, segment: I32, to: I64, from: I64, length: I64) -> Unit;
            /// `data.drop`.
            DataDrop = aot_data_drop(context: Context, segment: I32) -> Unit;
            /// `table.grow`: returns the old length, or -1.
            TableGrow = aot_table_grow(context: Context, table: I32, value: I64, delta: I64) -> I64;
            /// `table.fill`.
            TableFill = aot_table_fill(context: Context, table: I32, start: I64, value: I64, length: I64) -> Unit;
            /// `table.copy`, between two tables or within one, overlapping or not.
            TableCopy = aot_table_copy(context: Context, to_table: I32, from_table: I32, to: I64, from: I64, length: I64) -> Unit;
            /// `table.init`.
            TableInit = aot_table_init(context: Context, table: I32, segment: I32, to: I64, from: I64, length: I64) -> Unit;
            /// `elem.drop`.
            ElementDrop = aot_element_drop(context: Context, segment: I32) -> Unit;
            /// `memory.atomic.notify`: returns how many were woken. Bounds and alignment are already checked.
            AtomicNotify = aot_atomic_notify(context: Context, memory: I32, address: I64, count: I32) -> I32;
            /// `memory.atomic.wait32`: 0 woken, 1 not equal, 2 timed out. Bounds and alignment are already checked.
            AtomicWait32 = aot_atomic_wait32(context: Context, memory: I32, address: I64, expected: I32, timeout: I64) -> I32;
            /// `memory.atomic.wait64`.
            AtomicWait64 = aot_atomic_wait64(context: Context, memory: I32, address: I64, expected: I64, timeout: I64) -> I32;
            /// Raises the trap with this code; does not return.
            RaiseTrap = aot_raise_trap(context: Context, code: I32) -> Unit;
            /// Calls the embedder's function whose [`crate::context::ImportedFunction`] is so many bytes into the context:
            /// `values` points to as many 16-byte slots as the larger of the numbers of arguments and results, and at
            /// least one.
            HostCall = aot_host_call(context: Context, offset: I64, values: I64) -> Unit;
        }
    };
}

macro_rules! declare {
    ($($(#[$doc:meta])* $name:ident = $symbol:ident($($parameter:ident: $ty:ident),*) -> $result:ident;)*) => {
        /// A runtime function that compiled code calls.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Libcall { $($(#[$doc])* $name,)* }

        impl Libcall {
            /// Every libcall.
            pub const ALL: &'static [Libcall] = &[$(Libcall::$name),*];

            /// Its symbol.
            #[must_use]
            pub const fn symbol(self) -> &'static str {
                match self { $(Libcall::$name => stringify!($symbol),)* }
            }

            /// Its parameters.
            #[must_use]
            pub const fn parameters(self) -> &'static [LibcallType] {
                match self { $(Libcall::$name => &[$(LibcallType::$ty),*],)* }
            }

            /// Its result.
            #[must_use]
            pub const fn result(self) -> LibcallType {
                match self { $(Libcall::$name => LibcallType::$result,)* }
            }
        }
    };
}
for_each_libcall!(declare);
