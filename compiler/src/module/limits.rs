//! Documented limits, checked before memory is spent on what exceeds them.
//!
//! Most limits on counts are the ones that browsers agreed on and wasmparser enforces: a million types, functions,
//! imports, exports, globals and tags; 100,000 tables and segments; 100 memories; 1,000 parameters and results; 50,000
//! locals in a function; 7,654,321 bytes in a function. The ones here are what they leave open.

use crate::error::{Error, ErrorKind, Result};

/// Bytes of a module. Offsets in it are 32 bits everywhere.
pub(crate) const MODULE_BYTES_MAX: usize = 1 << 30;

/// Indices of anything are below this, so that other stages can pack a kind beside them in 32 bits.
pub(crate) const INDEX_SPACE_MAX: usize = 1 << 24;

/// Nesting of blocks in a function. Compilers of big `switch` statements nest one block per case, thousands at most.
pub(crate) const NESTING_MAX: u32 = 50_000;

/// Values that control flow moves in a function: results of calls, parameters and results of blocks, operands of
/// branches counted once for each target. Each becomes a value of the code generator though it needs less than a byte of
/// the module, so that ten bytes times seven million could ask for gigabytes. Hand-written code needs one or two per
/// branch; this allows one per byte of the largest function.
pub(crate) const MOVED_VALUES_MAX: u64 = 8_000_000;

/// The error for something that is over its limit.
pub(crate) fn exceeded(what: &str, limit: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Limit, format!("{what}: the limit is {limit}"))
}

/// Checks the length of the input.
pub(crate) fn check_module_bytes(length: usize) -> Result<()> {
    if length > MODULE_BYTES_MAX {
        return Err(exceeded(&format!("the module has {length} bytes"), MODULE_BYTES_MAX));
    }
    Ok(())
}

/// Checks how many things a section adds to an index space, before they are read.
pub(crate) fn check_index_space(what: &str, existing: usize, added: u32, offset: u64) -> Result<()> {
    let total = existing as u64 + u64::from(added);
    if total > INDEX_SPACE_MAX as u64 {
        return Err(exceeded(&format!("the module has {total} {what}"), INDEX_SPACE_MAX).at(offset));
    }
    Ok(())
}
