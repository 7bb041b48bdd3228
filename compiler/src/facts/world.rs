//! What strangers can see of the module: the exports that are roots.

use crate::module::{Entity, Export, Module};
use crate::options::Options;
use std::collections::HashSet;

/// What strangers can see. Whatever is visible may be called, read and written at any time.
#[derive(Debug)]
pub(super) struct World {
    visible: HashSet<Entity>,
}

impl World {
    /// All exports, or those that the options name.
    pub(super) fn new(module: &Module<'_>, options: &Options) -> Self {
        let is_root = |export: &&Export| match &options.roots {
            Some(roots) => roots.contains(&export.name),
            None => true,
        };
        World { visible: module.exports.iter().filter(is_root).map(|export| export.entity).collect() }
    }

    /// Whether strangers can see it.
    pub(super) fn sees(&self, entity: Entity) -> bool {
        self.visible.contains(&entity)
    }

    /// Everything that strangers can see, in no particular order.
    pub(super) fn visible(&self) -> impl Iterator<Item = Entity> + '_ {
        self.visible.iter().copied()
    }
}
