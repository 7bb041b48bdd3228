//! Function, table, memory, global and tag: what the module says of each, imported or defined.

use super::const_expr::ConstExpr;
use super::types::{RefType, ValType};
use crate::index::TypeIndex;

/// A function, imported or defined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function {
    pub(crate) ty: TypeIndex,
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) element: RefType,
    pub(crate) is_64: bool,
    pub(crate) minimum: u64,
    pub(crate) maximum: Option<u64>,
    /// Initial value of every element; `None` for imports and for null.
    pub(crate) init: Option<ConstExpr>,
}

/// A memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) is_64: bool,
    pub(crate) shared: bool,
    /// Logarithm of the page size.
    pub(crate) page_log2: u8,
    /// In pages.
    pub(crate) minimum: u64,
    /// In pages.
    pub(crate) maximum: Option<u64>,
}

impl Memory {
    /// Minimum length in bytes; `None` when 64 bits do not hold it.
    pub(crate) fn minimum_bytes(&self) -> Option<u64> {
        self.minimum.checked_mul(1 << self.page_log2)
    }

    /// Length in bytes that the declared maximum and the index type allow (saturating).
    pub(crate) fn maximum_bytes(&self) -> u64 {
        let by_index = if self.is_64 { u64::MAX } else { 1 << 32 };
        self.maximum.map_or(by_index, |pages| pages.saturating_mul(1 << self.page_log2)).min(by_index)
    }
}

/// A global.
#[derive(Debug)]
pub(crate) struct Global {
    pub(crate) ty: ValType,
    pub(crate) mutable: bool,
    /// `None` for imports.
    pub(crate) init: Option<ConstExpr>,
}

/// An exception tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag {
    pub(crate) ty: TypeIndex,
}
