//! Garbage-collected values: not supported yet; every operator says so by name.

/// Operators of the proposal that only name themselves. A row is the visitor, the operator's text, its immediates.
macro_rules! not_supported {
    ($($visit:ident => $operator:literal ($($immediate:ty),*);)*) => { $(
        pub(crate) fn $visit(
            f: &mut crate::clif::translator::FuncTranslator<'_, '_> $(, _: $immediate)*
        ) -> crate::error::Result<()> {
            f.unsupported(concat!(
                "`", $operator, "` needs the garbage collection proposal, which is not supported yet"
            ))
        }
    )* };
}

mod aggregate;
mod cast;
mod convert;
mod i31;

pub(crate) use aggregate::*;
pub(crate) use cast::*;
pub(crate) use convert::*;
pub(crate) use i31::*;
