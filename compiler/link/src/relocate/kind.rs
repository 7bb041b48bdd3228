//! What the phases before relocation need to know about a relocation kind.

use crate::relocate::{aarch64, x86_64};
use crate::request::Architecture;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) usage: Use,
}

/// What a relocation asks of the executable besides the symbol's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Nothing,
    /// The whole address, in 64 bits: when the program may move, the entry of a table that start code applies.
    Address,
    /// The address in fewer bits or pieces: only in a program that does not move.
    NarrowAddress,
    /// A difference of addresses, which moves with the program.
    Distance,
    /// A branch that may go through a veneer.
    Branch,
    /// A GOT entry of the symbol, unless the instruction can do without.
    GotEntry,
    /// Where the GOT is.
    GotBase,
}

pub(crate) fn kind(architecture: Architecture, number: u32) -> Option<Kind> {
    match architecture {
        Architecture::X86_64 => x86_64::kind(number),
        Architecture::Aarch64 => aarch64::kind(number),
    }
}
