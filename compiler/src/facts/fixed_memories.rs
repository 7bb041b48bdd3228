//! Memories that keep their minimum length for ever.

use super::uses::Use;
use super::world::World;
use crate::index::MemoryIndex;
use crate::module::{Entity, Module};
use cranelift_codegen::entity::SecondaryMap;
use std::collections::HashSet;

/// `true` for memories that cannot grow, because they have reached their maximum, or that nobody grows: strangers cannot
/// see them and no code that can run has a `memory.grow` for them. An imported memory may have grown before.
pub(super) fn prove(
    module: &Module<'_>,
    uses: impl Iterator<Item = Use>,
    world: &World,
) -> SecondaryMap<MemoryIndex, bool> {
    let grown: HashSet<_> = uses
        .filter_map(|usage| match usage {
            Use::GrowMemory(memory) => Some(memory),
            _ => None,
        })
        .collect();
    let mut fixed = SecondaryMap::new();
    for (index, memory) in module.memories.iter().skip(module.imported_memories as usize) {
        let cannot_grow = memory.maximum == Some(memory.minimum);
        let nobody_grows = !world.sees(Entity::Memory(index)) && !grown.contains(&index);
        fixed[index] = cannot_grow || nobody_grows;
    }
    fixed
}

#[cfg(test)]
mod tests {
    use crate::facts::prove;
    use crate::module::test_support::{options, with_module};
    use crate::options::Options;

    fn fixed(roots: Option<&[&str]>) -> Vec<bool> {
        let wat = r#"(module (import "" "" (memory 1 1))
            (memory (export "full") 3 3)
            (memory (export "exported") 1)
            (memory $grown 1)
            (memory 1)
            (func (export "grow") (drop (memory.grow $grown (i32.const 5)))))"#;
        let roots = roots.map(|roots| roots.iter().map(|&root| root.to_owned()).collect());
        with_module(wat, |module| {
            let facts = prove(module, &Options { roots, ..options() });
            module.memories.keys().map(|memory| facts.fixed_memories[memory]).collect()
        })
    }

    #[test]
    fn only_what_nobody_can_grow_is_fixed() {
        assert_eq!(fixed(None), [false, true, false, false, true]);
        assert_eq!(fixed(Some(&["grow"])), [false, true, true, false, true]);
        assert_eq!(fixed(Some(&["exported"])), [false, true, false, true, true]);
    }
}
