//! Sections and symbols of an object, for golden tests and `aot dump --stage object`.
//!
//! Addresses and offsets in the file are left out: they change with every other thing, and `readelf` shows them.

use super::internal;
use crate::Object;
use crate::error::Result;
use object::read::elf::ElfFile64;
use object::{Endianness, Object as _, ObjectSection, ObjectSymbol, SectionFlags, SymbolKind, SymbolSection, elf};
use std::fmt::Write;

/// The object as text.
pub(crate) fn text(object: &Object) -> Result<String> {
    let unreadable = |error: object::read::Error| internal(format!("our own object cannot be read: {error}"));
    let file = ElfFile64::<Endianness>::parse(&*object.bytes).map_err(unreadable)?;
    let mut text = String::from("sections\n");
    for section in file.sections() {
        let name = section.name().map_err(unreadable)?;
        // The symbol table and what belongs to it say nothing by themselves.
        if name.is_empty() || [".symtab", ".strtab", ".shstrtab", ".group"].contains(&name) || name.starts_with(".rela")
        {
            continue;
        }
        let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
        let relocations = section.relocations().count();
        write!(text, "  {name}  {}  {} bytes, aligned {}", flags(sh_flags), section.size(), section.align())
            .expect("a string can always grow");
        match relocations {
            0 => text.push('\n'),
            count => writeln!(text, ", {count} relocations").expect("a string can always grow"),
        }
    }
    text.push_str("symbols\n");
    for symbol in file.symbols() {
        let name = symbol.name().map_err(unreadable)?;
        if name.is_empty() || symbol.kind() == SymbolKind::Section {
            continue;
        }
        let place = match symbol.section() {
            SymbolSection::Section(index) => {
                file.section_by_index(index).and_then(|section| section.name()).map_err(unreadable)?.to_owned()
            }
            _ => "undefined".to_owned(),
        };
        let binding = match (symbol.is_local(), symbol.is_weak()) {
            (true, _) => "local",
            (false, true) => "weak",
            (false, false) => "global",
        };
        let kind = match symbol.kind() {
            SymbolKind::Text => "function",
            SymbolKind::Data => "datum",
            _ => "label",
        };
        writeln!(text, "  {name}  {binding} {kind}, {} bytes in {place}", symbol.size())
            .expect("a string can always grow");
    }
    Ok(text)
}

fn flags(sh_flags: u64) -> String {
    [(elf::SHF_ALLOC, 'A'), (elf::SHF_WRITE, 'W'), (elf::SHF_EXECINSTR, 'X')]
        .map(|(flag, letter)| if sh_flags & u64::from(flag) != 0 { letter } else { '-' })
        .iter()
        .collect()
}
