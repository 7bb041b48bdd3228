//! Objects and archives made in memory, for tests that need no tools, and looking into what was linked from them.

use aot_link::{Architecture, Input, Layout, LinkError, Linked};
use object::write::{Object, Relocation, SectionId, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{
    BinaryFormat, Endianness, RelocationFlags, SectionFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};

/// An object under construction.
pub(crate) struct Builder {
    pub(crate) object: Object<'static>,
    architecture: Architecture,
}

/// `R_X86_64_64` and `R_AARCH64_ABS64`.
pub(crate) fn address_relocation(architecture: Architecture) -> u32 {
    match architecture {
        Architecture::X86_64 => object::elf::R_X86_64_64,
        Architecture::Aarch64 => object::elf::R_AARCH64_ABS64,
    }
}

/// `R_X86_64_PC64` and `R_AARCH64_PREL64`.
pub(crate) fn distance_relocation(architecture: Architecture) -> u32 {
    match architecture {
        Architecture::X86_64 => object::elf::R_X86_64_PC64,
        Architecture::Aarch64 => object::elf::R_AARCH64_PREL64,
    }
}

impl Builder {
    pub(crate) fn new(architecture: Architecture) -> Builder {
        let machine = match architecture {
            Architecture::X86_64 => object::Architecture::X86_64,
            Architecture::Aarch64 => object::Architecture::Aarch64,
        };
        Builder { object: Object::new(BinaryFormat::Elf, machine, Endianness::Little), architecture }
    }

    /// An object with an entry point and a table of the addresses of other symbols, which is reachable.
    pub(crate) fn with_entry(architecture: Architecture, references: &[&str]) -> Builder {
        let mut builder = Builder::new(architecture);
        let text = builder.section(".text", SectionKind::Text, &[0; 16]);
        builder.define("_start", text, 0, 16);
        let table = builder.section(".data.table", SectionKind::Data, &vec![0; 8 * references.len().max(1)]);
        builder.define("table", table, 0, 8 * references.len() as u64);
        let table_symbol = builder.reference("table", false);
        builder.relocate(text, 0, table_symbol, distance_relocation(architecture), 0);
        for (index, name) in references.iter().enumerate() {
            let symbol = builder.reference(name, false);
            builder.relocate(table, 8 * index as u64, symbol, address_relocation(architecture), 0);
        }
        builder
    }

    pub(crate) fn section(&mut self, name: &str, kind: SectionKind, data: &[u8]) -> SectionId {
        let section = self.object.add_section(Vec::new(), name.into(), kind);
        if kind == SectionKind::UninitializedData {
            self.object.append_section_bss(section, data.len() as u64, 8);
        } else {
            self.object.append_section_data(section, data, 8);
        }
        section
    }

    pub(crate) fn set_flags(&mut self, section: SectionId, flags: u32) {
        self.object.section_mut(section).flags = SectionFlags::Elf { sh_flags: u64::from(flags) };
    }

    fn symbol(&mut self, name: &str, section: SymbolSection, value: u64, size: u64, weak: bool) -> SymbolId {
        if let Some(existing) = self.object.symbol_id(name.as_bytes()) {
            if section != SymbolSection::Undefined {
                let symbol = self.object.symbol_mut(existing);
                (symbol.section, symbol.value, symbol.size, symbol.weak) = (section, value, size, weak);
            }
            return existing;
        }
        self.object.add_symbol(Symbol {
            name: name.into(),
            value,
            size,
            kind: SymbolKind::Data,
            scope: SymbolScope::Dynamic,
            weak,
            section,
            flags: SymbolFlags::None,
        })
    }

    pub(crate) fn define(&mut self, name: &str, section: SectionId, value: u64, size: u64) -> SymbolId {
        self.symbol(name, SymbolSection::Section(section), value, size, false)
    }

    pub(crate) fn define_weak(&mut self, name: &str, section: SectionId, value: u64, size: u64) -> SymbolId {
        self.symbol(name, SymbolSection::Section(section), value, size, true)
    }

    pub(crate) fn define_absolute(&mut self, name: &str, value: u64) -> SymbolId {
        self.symbol(name, SymbolSection::Absolute, value, 0, false)
    }

    pub(crate) fn define_common(&mut self, name: &str, size: u64, alignment: u64) -> SymbolId {
        self.symbol(name, SymbolSection::Common, alignment, size, false)
    }

    pub(crate) fn reference(&mut self, name: &str, weak: bool) -> SymbolId {
        self.symbol(name, SymbolSection::Undefined, 0, 0, weak)
    }

    pub(crate) fn hide(&mut self, symbol: SymbolId) {
        self.object.symbol_mut(symbol).scope = SymbolScope::Linkage;
    }

    pub(crate) fn relocate(&mut self, section: SectionId, offset: u64, symbol: SymbolId, kind: u32, addend: i64) {
        let flags = RelocationFlags::Elf { r_type: kind };
        self.object.add_relocation(section, Relocation { offset, symbol, addend, flags }).unwrap();
    }

    /// A section `name` with the bytes, and a strong symbol of the same name for it.
    pub(crate) fn data(mut self, name: &str, bytes: &[u8]) -> Builder {
        let section = self.section(&format!(".data.{name}"), SectionKind::Data, bytes);
        self.define(name, section, 0, bytes.len() as u64);
        self
    }

    pub(crate) fn weak_data(mut self, name: &str, bytes: &[u8]) -> Builder {
        let section = self.section(&format!(".data.{name}"), SectionKind::Data, bytes);
        self.define_weak(name, section, 0, bytes.len() as u64);
        self
    }

    /// A section `name` that holds the address of `target`, and a strong symbol of the same name for it.
    pub(crate) fn pointer(mut self, name: &str, target: &str, weak: bool) -> Builder {
        let section = self.section(&format!(".data.{name}"), SectionKind::Data, &[0; 8]);
        self.define(name, section, 0, 8);
        let symbol = self.reference(target, weak);
        self.relocate(section, 0, symbol, address_relocation(self.architecture), 0);
        self
    }

    pub(crate) fn rodata(&mut self) -> SectionId {
        self.object.section_id(StandardSection::ReadOnlyData)
    }

    pub(crate) fn build(self) -> Vec<u8> {
        self.object.write().unwrap()
    }
}

/// An archive in the GNU format, with an index of `symbols` (name and member) unless that is empty.
pub(crate) fn archive(members: &[(&str, &[u8])], symbols: &[(&str, usize)]) -> Vec<u8> {
    let header = |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, "644");
    let padded = |size: usize| size + size % 2;
    let names: Vec<u8> = symbols.iter().flat_map(|(name, _)| [name.as_bytes(), &[0]].concat()).collect();
    let index_size = 4 + 4 * symbols.len() + names.len();
    let mut position = 8 + if symbols.is_empty() { 0 } else { 60 + padded(index_size) };
    let mut positions = Vec::new();
    for (_, bytes) in members {
        positions.push(position as u32);
        position += 60 + padded(bytes.len());
    }
    let mut file = b"!<arch>\n".to_vec();
    let mut append = |name: &str, content: &[u8]| {
        file.extend_from_slice(header(name, content.len()).as_bytes());
        file.extend_from_slice(content);
        if content.len() % 2 == 1 {
            file.push(b'\n');
        }
    };
    if !symbols.is_empty() {
        let mut index = (symbols.len() as u32).to_be_bytes().to_vec();
        for &(_, member) in symbols {
            index.extend_from_slice(&positions[member].to_be_bytes());
        }
        index.extend_from_slice(&names);
        append("/", &index);
    }
    for (name, bytes) in members {
        append(&format!("{name}/"), bytes);
    }
    file
}

/// Links inputs named `1`, `2`, … for x86_64.
pub(crate) fn link(inputs: &[Vec<u8>]) -> Result<Linked<'_>, LinkError> {
    link_with(inputs, &Layout::new(Architecture::X86_64))
}

pub(crate) fn link_with<'a>(inputs: &'a [Vec<u8>], layout: &Layout) -> Result<Linked<'a>, LinkError> {
    const NAMES: [&str; 8] = ["1", "2", "3", "4", "5", "6", "7", "8"];
    let inputs: Vec<_> = inputs.iter().zip(NAMES).map(|(bytes, name)| Input { name, bytes }).collect();
    aot_link::link(&inputs, layout)
}

/// The bytes at an address of a linked executable.
pub(crate) fn bytes_at(executable: &[u8], address: u64, length: u64) -> &[u8] {
    use object::read::elf::{FileHeader, ProgramHeader};
    let header = object::elf::FileHeader64::<Endianness>::parse(executable).unwrap();
    let endian = header.endian().unwrap();
    for segment in header.program_headers(endian, executable).unwrap() {
        let start = segment.p_vaddr(endian);
        if segment.p_type(endian) == object::elf::PT_LOAD
            && (start..start + segment.p_filesz(endian)).contains(&address)
        {
            let offset = (segment.p_offset(endian) + address - start) as usize;
            return &executable[offset..offset + length as usize];
        }
    }
    panic!("{address:#x} is not in the file");
}

pub(crate) fn word_at(executable: &[u8], address: u64) -> u64 {
    u64::from_le_bytes(bytes_at(executable, address, 8).try_into().unwrap())
}

/// Entry `index` of the table that [`Builder::with_entry`] makes.
pub(crate) fn table_entry(linked: &Linked<'_>, index: u64) -> u64 {
    word_at(&linked.bytes, linked.map.address("table").unwrap() + 8 * index)
}
