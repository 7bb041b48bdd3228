//! Functions that nothing refers to once all calls of them were replaced by their bodies.

use super::compiled::{CompiledFunction, RelocationTarget};
use crate::clif::Env;
use crate::code_name::CodeName;
use std::collections::{HashMap, HashSet};

/// Leaves out bodies that neither code nor a reference leads to.
pub(super) fn remove(env: Env<'_>, functions: &mut Vec<CompiledFunction>) {
    let by_name: HashMap<CodeName, &CompiledFunction> =
        functions.iter().map(|function| (function.name, function)).collect();
    let plan = env.plan;
    let referenced = plan.func_refs.values().copied();
    let in_tables = plan.code_tables.values().flatten().flat_map(|table| table.functions.iter().flatten().copied());
    let others = functions.iter().map(|function| function.name).filter(|name| !matches!(name, CodeName::Wasm(_)));
    let mut pending: Vec<CodeName> = referenced.chain(in_tables).map(CodeName::Wasm).chain(others).collect();
    let mut kept: HashSet<CodeName> = pending.iter().copied().collect();
    while let Some(name) = pending.pop() {
        let Some(&function) = by_name.get(&name) else { continue };
        let versions = std::iter::once(function).chain(function.for_avx2.as_deref());
        for relocation in versions.flat_map(|version| &version.relocations) {
            if let RelocationTarget::Name(name) = relocation.target
                && kept.insert(name)
            {
                pending.push(name);
            }
        }
    }
    functions.retain(|function| kept.contains(&function.name));
}
