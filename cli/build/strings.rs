//! Strings that the compiler put into one section, each in a section of its own: most are names of files, for messages that
//! most programs have no use for.

use object::read::elf::ElfFile64;
use object::write::{Object, SectionId};
use object::{
    Architecture, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationKind, RelocationTarget, SectionFlags,
    SectionIndex, SectionKind, SymbolIndex, SymbolKind, elf,
};
use std::collections::HashMap;

/// See the module documentation.
#[derive(Default)]
pub(crate) struct Strings {
    /// For each section that was split, where each string began.
    pieces: HashMap<SectionIndex, Vec<(u64, SectionId)>>,
}

impl Strings {
    pub(crate) fn split(input: &ElfFile64<'_>, output: &mut Object<'_>) -> object::read::Result<Self> {
        let mut pieces = HashMap::new();
        for section in input.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
            let is_strings = sh_flags & u64::from(elf::SHF_STRINGS) != 0 && sh_flags & u64::from(elf::SHF_ALLOC) != 0;
            if !is_strings || section.align() > 1 || !is_reached_by_addresses_only(input, section.index()) {
                continue;
            }
            let mut starts = Vec::new();
            let mut at = 0;
            for string in section.data()?.split_inclusive(|byte| *byte == 0) {
                let id = output.add_section(Vec::new(), b".rodata.s".to_vec(), SectionKind::ReadOnlyData);
                output.append_section_data(id, string, 1);
                starts.push((at, id));
                at += string.len() as u64;
            }
            pieces.insert(section.index(), starts);
        }
        Ok(Strings { pieces })
    }

    pub(crate) fn have(&self, section: SectionIndex) -> bool {
        self.pieces.contains_key(&section)
    }

    /// The string that a symbol and a distance from it refer to, and the distance from its start.
    pub(crate) fn piece(&self, input: &ElfFile64<'_>, symbol: SymbolIndex, addend: i64) -> Option<(SectionId, i64)> {
        let symbol = input.symbol_by_index(symbol).ok()?;
        let starts = self.pieces.get(&symbol.section_index()?)?;
        // A symbol stands in the string that is meant; the section's own is told by the distance.
        let is_section = symbol.kind() == SymbolKind::Section;
        let meant = if is_section { addend } else { symbol.address() as i64 };
        let at = starts.partition_point(|&(start, _)| start as i64 <= meant).checked_sub(1)?;
        Some((starts[at].1, symbol.address() as i64 + addend - starts[at].0 as i64))
    }
}

/// Whether all that refers to a section by its own symbol are addresses. Others, such as distances from the place where they
/// stand, do not say which string they mean.
fn is_reached_by_addresses_only(input: &ElfFile64<'_>, section: SectionIndex) -> bool {
    // There, distances are counted from the place that is meant.
    let is_aarch64 = input.architecture() == Architecture::Aarch64;
    let is_section = |symbol: SymbolIndex| {
        let symbol = input.symbol_by_index(symbol);
        symbol.is_ok_and(|symbol| symbol.kind() == SymbolKind::Section && symbol.section_index() == Some(section))
    };
    input.sections().flat_map(|section| section.relocations()).all(|(_, relocation)| match relocation.target() {
        RelocationTarget::Symbol(symbol) if is_section(symbol) => {
            is_aarch64 || relocation.kind() == RelocationKind::Absolute && relocation.size() == 64
        }
        _ => true,
    })
}
