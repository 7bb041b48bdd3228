//! Data and element segments.

use super::const_expr::ConstExpr;
use super::types::RefType;
use crate::index::FuncIndex;

/// When a segment is applied. `I` is the index of what it goes to.
#[derive(Debug)]
pub(crate) enum SegmentMode<I> {
    Passive,
    /// At instantiation, then dropped.
    Active {
        target: I,
        offset: ConstExpr,
    },
    /// Element segments only: declares references, dropped at once.
    Declared,
}

/// Bytes for a memory.
#[derive(Debug)]
pub(crate) struct DataSegment<'a> {
    pub(crate) mode: SegmentMode<crate::index::MemoryIndex>,
    pub(crate) bytes: &'a [u8],
}

/// References for a table.
#[derive(Debug)]
pub(crate) struct ElementSegment {
    pub(crate) mode: SegmentMode<crate::index::TableIndex>,
    pub(crate) element: RefType,
    pub(crate) items: ElementItems,
}

/// The references of an element segment.
#[derive(Debug)]
pub(crate) enum ElementItems {
    /// Each is `ref.func` (or `ref.null`: `None`), whichever way it was written.
    Functions(Vec<Option<FuncIndex>>),
    /// At least one is something else.
    Expressions(Vec<ConstExpr>),
}

impl ElementItems {
    /// Number of items.
    pub(crate) fn len(&self) -> usize {
        match self {
            ElementItems::Functions(items) => items.len(),
            ElementItems::Expressions(items) => items.len(),
        }
    }
}
