//! `LinkMap`: the addresses of global symbols in a finished executable.

use crate::hash::NameMap;
use crate::layout::{NOWHERE, Placement};
use crate::symbols::{Program, Target};

/// Where each global symbol is.
#[derive(Debug)]
pub struct LinkMap<'a> {
    index: NameMap<'a, u32>,
    addresses: Vec<Option<u64>>,
}

impl<'a> LinkMap<'a> {
    pub(crate) fn new(program: Program<'a>, placement: &Placement<'_>) -> LinkMap<'a> {
        let address = |target: Target| match target {
            Target::Section { section, .. } if placement.section_addresses[section as usize] == NOWHERE => None,
            Target::Section { .. } | Target::Absolute(_) | Target::Linker(_) => Some(placement.address(target)),
            Target::UndefinedWeak | Target::Undefined | Target::Discarded => None,
        };
        let addresses = program.globals.iter().map(|global| address(global.target)).collect();
        LinkMap { index: program.index, addresses }
    }

    /// The address of a global symbol, hidden or not, if it is in the executable. In a position-independent one it
    /// counts from the start of the image.
    pub fn address(&self, name: &str) -> Option<u64> {
        self.addresses[*self.index.get(name.as_bytes())? as usize]
    }

    /// All symbols in the executable, in no order.
    pub fn symbols(&self) -> impl Iterator<Item = (&'a [u8], u64)> {
        self.index.iter().filter_map(|(name, index)| Some((*name, self.addresses[*index as usize]?)))
    }
}
