//! Objects and archives: bytes → tables of sections and symbols, every index checked.
//!
//! An object's tables stay where they are in the input; what is kept here are slices of it and the few header fields
//! that later phases ask for often. Section identifiers are the object's own indices until `symbols.rs` numbers the
//! sections of all objects in one sequence.

use std::fmt;

use object::elf::{self, FileHeader64, Rela64, SectionHeader64, Sym64};
use object::read::SymbolIndex;
use object::read::archive::{ArchiveFile, ArchiveOffset};
use object::read::elf::{FileHeader, SectionHeader, Sym, SymbolTable};
use object::{LittleEndian, SectionIndex};

use crate::error::{LinkError, text};
use crate::request::{Architecture, Input};

pub(crate) const LE: LittleEndian = LittleEndian;
pub(crate) type Header = FileHeader64<LittleEndian>;
pub(crate) type RawSymbol = Sym64<LittleEndian>;
pub(crate) type RawRelocation = Rela64<LittleEndian>;

/// Alignments above this are refused: they would let a few input bytes ask for an enormous file.
pub(crate) const LARGEST_ALIGNMENT: u64 = 1 << 21;

/// How errors name an object: a file, or a member of an archive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ObjectName<'a> {
    pub(crate) input: &'a str,
    pub(crate) member: Option<&'a [u8]>,
}

impl fmt::Display for ObjectName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.member {
            Some(member) => write!(f, "{}({})", self.input, String::from_utf8_lossy(member)),
            None => f.write_str(self.input),
        }
    }
}

/// What a section is to a linker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Bytes (or zeros) that belong into memory.
    Memory,
    /// `.eh_frame`: taken apart into records, see `eh_frame.rs`.
    Unwind,
    /// Debug information and comments: in the file, not in memory.
    File,
    /// Tables that describe the object itself, and sections marked as not for the executable.
    Ignored,
}

pub(crate) struct Section<'a> {
    /// Index of the object in `Program::objects`.
    pub(crate) object: u32,
    pub(crate) role: Role,
    pub(crate) name: &'a [u8],
    pub(crate) kind: u32,
    pub(crate) flags: u64,
    pub(crate) entry_size: u64,
    pub(crate) alignment: u64,
    /// In memory; `data` is empty instead of this long for a section of zeros.
    pub(crate) size: u64,
    pub(crate) data: &'a [u8],
    pub(crate) relocations: &'a [RawRelocation],
    /// `sh_link` of a section with `SHF_LINK_ORDER`: lives and dies with that section. An index in the same object.
    pub(crate) linked_to: Option<u32>,
    /// Set for members of COMDAT groups of which another copy was chosen.
    pub(crate) discarded: bool,
    /// In a group, whose members live and die together: the next of those in memory, in a circle.
    pub(crate) next_in_group: Option<u32>,
}

impl Section<'_> {
    pub(crate) fn is_zeros(&self) -> bool {
        self.kind == elf::SHT_NOBITS
    }
}

pub(crate) struct Object<'a> {
    pub(crate) name: ObjectName<'a>,
    pub(crate) symbols: SymbolTable<'a, Header>,
    /// Number of its section 0 among the sections of all objects.
    pub(crate) first_section: u32,
    pub(crate) section_count: u32,
    /// Number of its symbol 0 among the symbols of all objects.
    pub(crate) first_symbol: u32,
}

/// Where an object says that one of its symbols is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stated {
    Undefined,
    Absolute,
    Common,
    /// An index that the object has.
    Section(u32),
}

impl<'a> Object<'a> {
    pub(crate) fn malformed(&self, what: impl Into<String>) -> LinkError {
        LinkError::Malformed { input: self.name.to_string(), what: what.into() }
    }

    pub(crate) fn symbol_name(&self, symbol: &RawSymbol) -> Result<&'a [u8], LinkError> {
        self.symbols.symbol_name(LE, symbol).map_err(|error| self.malformed(error.to_string()))
    }

    pub(crate) fn stated(&self, index: usize, symbol: &RawSymbol) -> Result<Stated, LinkError> {
        match symbol.st_shndx(LE) {
            elf::SHN_UNDEF => return Ok(Stated::Undefined),
            elf::SHN_ABS => return Ok(Stated::Absolute),
            elf::SHN_COMMON => return Ok(Stated::Common),
            _ => {}
        }
        match self.symbols.symbol_section(LE, symbol, SymbolIndex(index)) {
            Ok(Some(section)) if section.0 < self.section_count as usize => Ok(Stated::Section(section.0 as u32)),
            _ => Err(self.malformed(format!("symbol {index} is in a section that does not exist"))),
        }
    }
}

/// A COMDAT group: of all groups with the same signature, one is linked.
pub(crate) struct Group<'a> {
    pub(crate) signature: &'a [u8],
    pub(crate) is_comdat: bool,
    pub(crate) members: Vec<u32>,
}

/// A parsed object, before it has a place among the others.
pub(crate) struct Parsed<'a> {
    pub(crate) sections: Vec<Section<'a>>,
    pub(crate) symbols: SymbolTable<'a, Header>,
    pub(crate) groups: Vec<Group<'a>>,
}

/// Reads one relocatable object.
pub(crate) fn parse_object<'a>(
    name: ObjectName<'a>,
    bytes: &'a [u8],
    architecture: Architecture,
) -> Result<Parsed<'a>, LinkError> {
    let malformed = |what: String| LinkError::Malformed { input: name.to_string(), what };
    let bad = |error: object::read::Error| malformed(error.to_string());
    let unsupported = |what: String| LinkError::Unsupported { input: name.to_string(), what };

    check_identification(bytes, &name, architecture)?;
    let header = Header::parse(bytes).map_err(bad)?;
    let table = header.sections(LE, bytes).map_err(bad)?;
    let count = table.len();

    let mut sections = Vec::with_capacity(count);
    let mut symbol_section = None;
    let mut has_groups = false;
    for (index, header) in table.enumerate() {
        let section_name = table.section_name(LE, header).map_err(bad)?;
        let section = read_section(header, section_name, bytes)
            .map_err(|what| malformed(format!("section `{}`: {what}", text(section_name))))?;
        match section.kind {
            elf::SHT_SYMTAB => symbol_section = Some(index),
            elf::SHT_GROUP => has_groups = true,
            _ => {}
        }
        sections.push(section);
    }

    let symbols = match symbol_section {
        Some(index) => {
            let header = table.section(index).map_err(bad)?;
            SymbolTable::parse(LE, bytes, &table, index, header).map_err(bad)?
        }
        None => SymbolTable::default(),
    };

    for (_, header) in table.enumerate() {
        let kind = header.sh_type(LE);
        if kind != elf::SHT_RELA && kind != elf::SHT_REL {
            continue;
        }
        let SectionIndex(target) = header.info_link(LE);
        if target == 0 || target >= count {
            return Err(malformed("relocations of a section that does not exist".into()));
        }
        if sections[target].role == Role::Ignored {
            continue;
        }
        let section_name = text(sections[target].name);
        if kind == elf::SHT_REL {
            return Err(unsupported(format!("section `{section_name}` has relocations without addends")));
        }
        let (relocations, link) = header.rela(LE, bytes).map_err(bad)?.expect("the section's kind was checked");
        if Some(link) != symbol_section {
            return Err(malformed(format!("relocations of section `{section_name}` use another symbol table")));
        }
        if !sections[target].relocations.is_empty() {
            return Err(malformed(format!("section `{section_name}` has relocations twice")));
        }
        if sections[target].is_zeros() && !relocations.is_empty() {
            return Err(malformed(format!("section `{section_name}` has relocations but no content")));
        }
        sections[target].relocations = relocations;
    }

    let groups =
        if has_groups { read_groups(&table, bytes, &mut sections, &symbols).map_err(malformed)? } else { vec![] };
    Ok(Parsed { sections, symbols, groups })
}

/// Tells apart, by the first bytes, what this linker links and what it only recognises.
fn check_identification(bytes: &[u8], name: &ObjectName<'_>, architecture: Architecture) -> Result<(), LinkError> {
    let unsupported = |what: &str| Err(LinkError::Unsupported { input: name.to_string(), what: what.into() });
    if bytes.len() < size_of::<Header>() {
        return Err(LinkError::Malformed { input: name.to_string(), what: "too short for an ELF object".into() });
    }
    if bytes[4] != elf::ELFCLASS64 || bytes[5] != elf::ELFDATA2LSB {
        return unsupported("not a 64-bit little-endian ELF object");
    }
    let half = |offset: usize| u16::from_le_bytes([bytes[offset], bytes[offset + 1]]);
    let machine = half(18);
    let expected = match architecture {
        Architecture::X86_64 => elf::EM_X86_64,
        Architecture::Aarch64 => elf::EM_AARCH64,
    };
    if machine != expected {
        let found = match machine {
            elf::EM_X86_64 => "x86_64".into(),
            elf::EM_AARCH64 => "aarch64".into(),
            elf::EM_RISCV => "riscv".into(),
            other => format!("machine {other}"),
        };
        return Err(LinkError::WrongMachine { input: name.to_string(), expected: architecture, found });
    }
    match half(16) {
        elf::ET_REL => Ok(()),
        elf::ET_EXEC => unsupported("an executable, not a relocatable object"),
        elf::ET_DYN => unsupported("a shared library or executable, not a relocatable object"),
        _ => unsupported("not a relocatable object"),
    }
}

fn read_section<'a>(
    header: &SectionHeader64<LittleEndian>,
    name: &'a [u8],
    bytes: &'a [u8],
) -> Result<Section<'a>, String> {
    let kind = header.sh_type(LE);
    let flags = header.sh_flags(LE);
    let role = role(kind, flags, name);
    let data = match role {
        Role::Ignored => &[],
        _ => header.data(LE, bytes).map_err(|error| error.to_string())?,
    };
    let alignment = header.sh_addralign(LE).max(1);
    if role != Role::Ignored && (!alignment.is_power_of_two() || alignment > LARGEST_ALIGNMENT) {
        return Err(format!("alignment {alignment:#x}"));
    }
    let has_link = role != Role::Ignored && flags & u64::from(elf::SHF_LINK_ORDER) != 0;
    Ok(Section {
        object: 0,
        role,
        name,
        kind,
        flags,
        entry_size: header.sh_entsize(LE),
        alignment,
        size: header.sh_size(LE),
        data,
        relocations: &[],
        linked_to: has_link.then(|| header.sh_link(LE)),
        discarded: false,
        next_in_group: None,
    })
}

/// `SHT_LLVM_ADDRSIG`: which functions' addresses are compared.
const LLVM_ADDRESS_SIGNIFICANCE: u32 = 0x6fff_4c03;

fn role(kind: u32, flags: u64, name: &[u8]) -> Role {
    match kind {
        elf::SHT_NULL | elf::SHT_SYMTAB | elf::SHT_STRTAB | elf::SHT_RELA | elf::SHT_REL => return Role::Ignored,
        elf::SHT_GROUP | elf::SHT_SYMTAB_SHNDX | LLVM_ADDRESS_SIGNIFICANCE => return Role::Ignored,
        _ => {}
    }
    // The stack is never executable whatever an object says, and properties such as branch tracking hold for a program
    // only when every object has them; without the note nothing is claimed.
    if flags & u64::from(elf::SHF_EXCLUDE) != 0 || name == b".note.GNU-stack" || name == b".note.gnu.property" {
        return Role::Ignored;
    }
    if flags & u64::from(elf::SHF_ALLOC) == 0 {
        Role::File
    } else if name == b".eh_frame" {
        Role::Unwind
    } else {
        Role::Memory
    }
}

fn read_groups<'a>(
    table: &object::read::elf::SectionTable<'a, Header>,
    bytes: &'a [u8],
    sections: &mut [Section<'a>],
    symbols: &SymbolTable<'a, Header>,
) -> Result<Vec<Group<'a>>, String> {
    let mut groups = Vec::new();
    for (_, header) in table.enumerate() {
        let Some((flags, indices)) = header.group(LE, bytes).map_err(|error| error.to_string())? else { continue };
        let index = SymbolIndex(header.sh_info(LE) as usize);
        let symbol = symbols.symbol(index).map_err(|_| "a group without a signature")?;
        let signature = if symbol.st_type() == elf::STT_SECTION {
            let section = symbols.symbol_section(LE, symbol, index).ok().flatten();
            let section = section.and_then(|section| sections.get(section.0));
            section.ok_or("a group without a signature")?.name
        } else {
            symbols.symbol_name(LE, symbol).map_err(|error| error.to_string())?
        };
        let mut members = Vec::with_capacity(indices.len());
        for index in indices {
            let index = index.get(LE);
            if index as usize >= sections.len() {
                return Err(format!("group `{}` has a member that does not exist", text(signature)));
            }
            members.push(index);
        }
        // Relocations and debug information are members too, but nothing lives because of them.
        let in_memory = |&member: &u32| sections[member as usize].role == Role::Memory;
        let circle: Vec<u32> = members.iter().copied().filter(in_memory).collect();
        for (position, &member) in circle.iter().enumerate() {
            let next = circle[(position + 1) % circle.len()];
            if sections[member as usize].next_in_group.replace(next).is_some() {
                return Err(format!("section `{}` is in two groups", text(sections[member as usize].name)));
            }
        }
        groups.push(Group { signature, is_comdat: flags & elf::GRP_COMDAT != 0, members });
    }
    Ok(groups)
}

/// What an input is, by its first bytes.
pub(crate) enum Format<'a> {
    Object,
    Archive(Archive<'a>),
}

pub(crate) fn recognise<'a>(input: &Input<'a>) -> Result<Format<'a>, LinkError> {
    let name = || input.name.to_string();
    if input.bytes.starts_with(b"\x7fELF") {
        Ok(Format::Object)
    } else if input.bytes.starts_with(b"!<arch>\n") {
        Archive::parse(*input).map(Format::Archive)
    } else if input.bytes.starts_with(b"!<thin>\n") {
        Err(LinkError::Unsupported { input: name(), what: "a thin archive: its members are other files".into() })
    } else {
        Err(LinkError::Malformed { input: name(), what: "neither an ELF object nor an archive".into() })
    }
}

pub(crate) struct Archive<'a> {
    input: Input<'a>,
    file: ArchiveFile<'a>,
    /// The objects of an archive in which `ar` wrote no index of symbols, else empty.
    unindexed: Vec<(ObjectName<'a>, &'a [u8])>,
}

impl<'a> Archive<'a> {
    fn parse(input: Input<'a>) -> Result<Archive<'a>, LinkError> {
        let bad =
            |error: object::read::Error| LinkError::Malformed { input: input.name.into(), what: error.to_string() };
        let file = ArchiveFile::parse(input.bytes).map_err(bad)?;
        let mut unindexed = Vec::new();
        if file.symbols().map_err(bad)?.is_none() {
            for member in file.members() {
                let member = member.map_err(bad)?;
                let data = member.data(input.bytes).map_err(bad)?;
                if data.starts_with(b"\x7fELF") {
                    unindexed.push((ObjectName { input: input.name, member: Some(member.name()) }, data));
                }
            }
        }
        Ok(Archive { input, file, unindexed })
    }

    fn bad(&self, error: object::read::Error) -> LinkError {
        LinkError::Malformed { input: self.input.name.into(), what: error.to_string() }
    }

    /// Every symbol that a member defines, with a number for [`Archive::member`].
    pub(crate) fn definitions(&self, architecture: Architecture) -> Result<Vec<(&'a [u8], u64)>, LinkError> {
        let mut definitions = Vec::new();
        if let Some(symbols) = self.file.symbols().map_err(|error| self.bad(error))? {
            for symbol in symbols {
                let symbol = symbol.map_err(|error| self.bad(error))?;
                definitions.push((symbol.name(), symbol.offset().0));
            }
        }
        for (position, (name, data)) in self.unindexed.iter().enumerate() {
            let symbols = parse_object(*name, data, architecture)?.symbols;
            for symbol in symbols.iter().skip(1) {
                if !symbol.is_local() && symbol.st_shndx(LE) != elf::SHN_UNDEF {
                    let name = symbols.symbol_name(LE, symbol).map_err(|error| self.bad(error))?;
                    definitions.push((name, position as u64));
                }
            }
        }
        Ok(definitions)
    }

    pub(crate) fn member(&self, number: u64) -> Result<(ObjectName<'a>, &'a [u8]), LinkError> {
        if let Some(&member) = self.unindexed.get(number as usize) {
            return Ok(member);
        }
        let member = self.file.member(ArchiveOffset(number)).map_err(|error| self.bad(error))?;
        let name = ObjectName { input: self.input.name, member: Some(member.name()) };
        let data = member.data(self.input.bytes).map_err(|error| self.bad(error))?;
        if !data.starts_with(b"\x7fELF") {
            return Err(LinkError::Malformed { input: name.to_string(), what: "not an ELF object".into() });
        }
        Ok((name, data))
    }
}
