//! Globals that nobody writes, and the value they keep.

use super::uses::Use;
use super::world::World;
use crate::index::GlobalIndex;
use crate::module::{ConstValue, Entity, Module};
use cranelift_codegen::entity::SecondaryMap;
use std::collections::HashSet;

/// The value of each global that has a known one for ever. An immutable global has one whoever sees it; a mutable one
/// when strangers cannot see it and no code that can run writes it.
pub(super) fn prove(
    module: &Module<'_>,
    uses: impl Iterator<Item = Use>,
    world: &World,
) -> SecondaryMap<GlobalIndex, Option<ConstValue>> {
    let written: HashSet<_> = uses
        .filter_map(|usage| match usage {
            Use::WriteGlobal(global) => Some(global),
            _ => None,
        })
        .collect();
    let mut values = SecondaryMap::new();
    for (index, global) in &module.globals {
        let is_constant = !global.mutable || (!world.sees(Entity::Global(index)) && !written.contains(&index));
        // Imported globals have no initializer.
        if let (true, Some(init)) = (is_constant, &global.init) {
            values[index] = init.value();
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use crate::facts::prove;
    use crate::module::test_support::{options, with_module};
    use crate::options::Options;

    fn constants(roots: Option<&[&str]>) -> String {
        let wat = r#"(module (import "" "" (global i32))
            (global (export "immutable") i32 (i32.const 1))
            (global (export "mutable") (mut i32) (i32.const 2))
            (global $written (mut i32) (i32.const 3))
            (global (mut i64) (i64.const 4))
            (global i32 (global.get 0))
            (func (export "write") (global.set $written (i32.const 5))))"#;
        let roots = roots.map(|roots| roots.iter().map(|&root| root.to_owned()).collect());
        with_module(wat, |module| {
            let facts = prove(module, &Options { roots, ..options() });
            let values = module.globals.keys().map(|global| facts.constant_globals[global]);
            values.map(|value| value.map_or("?".to_owned(), |value| value.to_string())).collect::<Vec<_>>().join(" ")
        })
    }

    #[test]
    fn only_what_nobody_writes_is_constant() {
        assert_eq!(constants(None), "? 1 ? ? 4 ?");
        assert_eq!(constants(Some(&["write"])), "? 1 2 ? 4 ?");
        assert_eq!(constants(Some(&["mutable"])), "? 1 ? 3 4 ?");
        assert_eq!(constants(Some(&[])), "? 1 2 3 4 ?");
    }
}
