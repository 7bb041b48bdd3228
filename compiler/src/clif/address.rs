//! Wasm address → native address: every form of bounds check. The sandbox depends on this file.

use super::translator::FuncTranslator;
use crate::error::Result;
use cranelift_codegen::ir::{MemFlagsData, Value};
use wasmparser::MemArg;

/// Where an access goes, checked: load or store at `base + offset` with these flags.
#[derive(Clone, Copy)]
pub(crate) struct NativeAddress {
    pub(crate) base: Value,
    pub(crate) offset: i32,
    pub(crate) flags: MemFlagsData,
}

/// Pops an index and checks an access of this many bytes. `None` when it always traps: the trap is emitted and what
/// follows is unreachable.
pub(crate) fn access(f: &mut FuncTranslator<'_, '_>, memarg: &MemArg, access_bytes: u32) -> Result<Option<NativeAddress>> {
    todo!()
}

/// [`access`] for atomics: in addition traps when the address is not a multiple of `access_bytes`; `offset` is 0.
pub(crate) fn atomic_access(f: &mut FuncTranslator<'_, '_>, memarg: &MemArg, access_bytes: u32) -> Result<Option<NativeAddress>> {
    todo!()
}
