//! `.note.aot`: which compiler made the object, and of what.
//!
//! One ELF note of the owner `aot` and type 1. Its description, little-endian:
//!
//! ```text
//! u32        aot_abi::ABI_VERSION
//! [u8; 32]   SHA-256 of the Wasm module
//! UTF-8      version of the compiler, to the end
//! ```
//!
//! Neither the path of the input nor the time is in there: the same input gives the same object.

use super::Emitter;
use aot_abi::{ABI_VERSION, symbol};
use object::{SectionFlags, SectionKind, elf};
use sha2::{Digest, Sha256};

/// Type of the note, among those of our owner name.
const NOTE_TYPE: u32 = 1;

impl Emitter<'_> {
    pub(super) fn emit_note(&mut self) {
        let input_hash: [u8; 32] = Sha256::digest(self.env.module.wasm).into();
        let note = note(input_hash, env!("CARGO_PKG_VERSION"));
        let section = self.object.add_section(Vec::new(), symbol::NOTE_SECTION.as_bytes().to_vec(), SectionKind::Note);
        // Allocated, so that it survives in what is linked and stripped.
        self.object.section_mut(section).flags = SectionFlags::Elf { sh_flags: u64::from(elf::SHF_ALLOC) };
        self.object.set_section_data(section, note, 4);
    }

    /// Says that the code needs no executable stack; without it, linkers assume that it does.
    pub(super) fn emit_stack_note(&mut self) {
        let section = self.object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
        self.object.section_mut(section).flags = SectionFlags::Elf { sh_flags: 0 };
        self.object.set_section_data(section, Vec::new(), 1);
    }
}

fn note(input_hash: [u8; 32], version: &str) -> Vec<u8> {
    let mut description = ABI_VERSION.to_le_bytes().to_vec();
    description.extend_from_slice(&input_hash);
    description.extend_from_slice(version.as_bytes());
    let mut note = Vec::new();
    for word in [symbol::NOTE_OWNER.len() + 1, description.len(), NOTE_TYPE as usize] {
        note.extend_from_slice(&(word as u32).to_le_bytes());
    }
    for part in [format!("{}\0", symbol::NOTE_OWNER).into_bytes(), description] {
        note.extend_from_slice(&part);
        note.resize(note.len().next_multiple_of(4), 0);
    }
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_is_padded_and_says_its_lengths() {
        let note = note([7; 32], "0.1.0");
        assert_eq!(note.len() % 4, 0);
        assert_eq!(note[..12], [4, 0, 0, 0, 41, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(&note[12..16], b"aot\0");
        assert_eq!(&note[52..57], b"0.1.0");
    }
}
