//! The agreement between compiled code and the runtime, spelled once.
//!
//! The compiler emits loads, stores and data laid out as these types say; the runtime reads and fills them.
//! Nothing here has behaviour beyond encoding and decoding, and nothing here is `unsafe`.
//!
//! | Module | What both sides agree on |
//! |---|---|
//! | [`context`] | `InstanceContext` and what follows it: the state that compiled code loads from |
//! | [`image`] | `ModuleImage`: the read-only record the compiler emits and start-up instantiates |
//! | [`types`] | value types and type descriptors, canonical across modules of one link |
//! | [`libcall`] | runtime functions that compiled code calls |
//! | [`trap`] | trap codes and their spec messages |
//! | [`code_map`] | PC → function, trap, Wasm offset |
//! | [`profile`] | the counters of a program that counts, and the file it leaves |
//! | [`config`] | what an executable was told when it was made: stack, entry, grants |
//! | [`symbol`] | names the linker resolves between the two sides |
//! | [`version`] | versions of a program for different processors |
//! | [`wasi`] | WASI functions that modules import |
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(test)]
extern crate std;

extern crate alloc;

pub mod code_map;
pub mod config;
pub mod context;
pub mod image;
pub mod libcall;
pub mod profile;
pub mod symbol;
pub mod trap;
pub mod types;
pub mod version;
pub mod wasi;

const _: () = assert!(size_of::<usize>() == 8, "compiled code assumes 64-bit pointers");

/// Version of everything in this crate; every object carries it and the runtime refuses another.
pub const ABI_VERSION: u32 = 4;

/// A Wasm page, unless the custom-page-sizes proposal says otherwise.
pub const WASM_PAGE_LOG2: u8 = 16;

/// Bytes that follow the 4 GiB (or smaller) reservation of a guard-mode memory and always fault. An access whose static
/// offset plus size is at most this needs no check when its index is 32 bits and the reservation covers 4 GiB.
pub const GUARD_BYTES: u64 = 2 << 30;

/// Bytes in front of every memory of whole pages that always fault, whatever its strategy: a page of the largest machines.
/// A 32-bit memory has so much less than 4 GiB, so that an address below zero is outside whether the sum that made it
/// wrapped to 32 bits or is taken as it is. One that is larger from the start has none.
pub const GUARD_BEFORE_BYTES: u64 = 1 << 16;

/// Bytes behind a bounds-mode memory of whole pages that always fault: what lies so near to its end needs no check.
pub const BOUNDS_GUARD_BYTES: u64 = 1 << 16;

/// What a guard-mode 32-bit memory reserves below its guard: all that an unextended 32-bit index can reach.
pub const GUARD_RESERVATION_BYTES: u64 = 4 << 30;

/// Where an executable's first linear memory lives on x86_64: low enough that base + static offset fold into a signed
/// 32-bit displacement, above the usual image of a non-PIE executable and `vm.mmap_min_addr`.
pub const FIXED_MEMORY_BASE_X86_64: u64 = 0x1000_0000;

/// Where an executable's first linear memory lives on aarch64: one `mov` builds it.
pub const FIXED_MEMORY_BASE_AARCH64: u64 = 0x1_0000_0000;

/// Numeric maximum of elements in one table. Growth beyond it returns -1; a minimum beyond it does not instantiate.
pub const TABLE_ELEMENTS_MAX: u64 = 10_000_000;
