//! Exceptions: not supported yet, and said so by name.

use super::super::translator::FuncTranslator;
use crate::error::Result;
use wasmparser::TryTable;

fn not_supported<T>(f: &FuncTranslator<'_, '_>, operator: &str) -> Result<T> {
    f.unsupported(format!("`{operator}` needs the exceptions proposal, which is not supported yet"))
}

pub(crate) fn visit_try_table(f: &mut FuncTranslator<'_, '_>, _try_table: TryTable) -> Result<()> {
    not_supported(f, "try_table")
}

pub(crate) fn visit_throw(f: &mut FuncTranslator<'_, '_>, _tag_index: u32) -> Result<()> {
    not_supported(f, "throw")
}

pub(crate) fn visit_throw_ref(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    not_supported(f, "throw_ref")
}
