//! What an executable is told when it is made: flags → `aot_abi::config` → a small object to link.
//!
//! The object holds the symbol `aot_config`, which refers to the routine that runs the program, so that the linker keeps
//! that one only. The same bytes stand in a note, where `aot inspect` finds them even when symbols are stripped.

use crate::args::ExecutableArgs;
use crate::diagnostic::{Failure, Message};
use aot_abi::config::{INHERIT_ENVIRONMENT, ProgramConfig, RUNTIME_GRANTS, Record};
use aot_abi::symbol;
use aot_compiler::target::Arch;
use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{Architecture, BinaryFormat, Endianness, SectionFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope};
use object::{RelocationEncoding, RelocationFlags, RelocationKind, elf};
use std::os::unix::ffi::OsStrExt;

/// Type of the note with the configuration, among those of our owner name; 1 is the compiler's.
pub(crate) const NOTE_TYPE: u32 = 2;

/// The smallest stack that start-up and a few calls fit on.
const STACK_MINIMUM: u64 = 64 << 10;
/// The largest that can be meant: what an address space holds is much less.
const STACK_MAXIMUM: u64 = 1 << 40;

/// The configuration that the flags ask for, encoded.
pub(crate) fn encode(args: &ExecutableArgs) -> Result<Vec<u8>, Failure> {
    let stack_bytes = match args.stack {
        None => 0,
        Some(size) if (STACK_MINIMUM..=STACK_MAXIMUM).contains(&size.0) => size.0,
        Some(size) => {
            return Err(Message::usage(format!("a stack cannot have {} bytes", size.0))
                .with_help("sizes from 64K to 1T are possible")
                .into());
        }
    };
    let grants = &args.grants;
    let mut flags = 0;
    if grants.inherit_env {
        flags |= INHERIT_ENVIRONMENT;
    }
    if grants.runtime_grants {
        flags |= RUNTIME_GRANTS;
    }
    let listeners: Vec<String> = grants.listeners.iter().map(ToString::to_string).collect();
    let mut records = Vec::new();
    records.extend(args.entry.as_deref().map(|name| Record::Entry(name.as_bytes())));
    records.extend(grants.leading_arguments.iter().map(|argument| Record::Argument(argument.as_bytes())));
    records.extend(grants.variables.iter().map(|variable| Record::Environment(variable.0.as_bytes())));
    records.extend(grants.directories.iter().map(|directory| Record::Directory {
        host: directory.host.as_bytes(),
        guest: directory.guest.as_bytes(),
        read_only: directory.read_only,
    }));
    records.extend(args.pgo_generate.iter().map(|path| Record::Profile(path.as_os_str().as_bytes())));
    records.extend(listeners.iter().map(|address| Record::Listener(address.as_bytes())));
    Ok(ProgramConfig { stack_bytes, flags, records }.write())
}

/// The object to link.
pub(crate) fn object(config: &[u8], enter: &str, versions: &[(u64, String)], arch: Arch) -> Result<Vec<u8>, Failure> {
    let architecture = match arch {
        Arch::X86_64 => Architecture::X86_64,
        Arch::Aarch64 => Architecture::Aarch64,
    };
    let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
    let data = object.add_section(Vec::new(), b".data.rel.ro.aot_config".to_vec(), SectionKind::ReadOnlyDataWithRel);
    let mut bytes = vec![0; 8];
    bytes.extend_from_slice(config);
    let size = bytes.len() as u64;
    object.set_section_data(data, bytes, 8);
    let enter = object.add_symbol(symbol_of(enter, SymbolKind::Text, SymbolSection::Undefined, 0));
    object.add_symbol(symbol_of(symbol::CONFIG, SymbolKind::Data, SymbolSection::Section(data), size));
    add_address(&mut object, data, 0, enter);
    add_versions(&mut object, versions);
    let notes = object.add_section(Vec::new(), symbol::NOTE_SECTION.as_bytes().to_vec(), SectionKind::Note);
    object.section_mut(notes).flags = SectionFlags::Elf { sh_flags: u64::from(elf::SHF_ALLOC) };
    object.set_section_data(notes, note(config), 4);
    // Without it, linkers assume that code here wants an executable stack.
    let stack = object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
    object.section_mut(stack).flags = SectionFlags::Elf { sh_flags: 0 };
    object.write().map_err(|error| Message::machine(format!("cannot write the configuration: {error}")).into())
}

/// The list of the program's versions, from which the process entry chooses.
fn add_versions(object: &mut Object<'_>, versions: &[(u64, String)]) {
    let data = object.add_section(Vec::new(), b".data.rel.ro.aot_versions".to_vec(), SectionKind::ReadOnlyDataWithRel);
    let mut bytes = (versions.len() as u64).to_le_bytes().to_vec();
    let mut images = Vec::new();
    for (processor, prefix) in versions {
        bytes.extend_from_slice(&processor.to_le_bytes());
        images.push((bytes.len() as u64, format!("{prefix}_{}", symbol::IMAGE)));
        bytes.extend_from_slice(&[0; 8]);
    }
    let size = bytes.len() as u64;
    object.set_section_data(data, bytes, 8);
    object.add_symbol(symbol_of(symbol::VERSIONS, SymbolKind::Data, SymbolSection::Section(data), size));
    for (offset, image) in images {
        let image = object.add_symbol(symbol_of(&image, SymbolKind::Data, SymbolSection::Undefined, 0));
        add_address(object, data, offset, image);
    }
}

/// The address of a symbol, at this place of a section.
fn add_address(object: &mut Object<'_>, section: SectionId, offset: u64, symbol: SymbolId) {
    let flags =
        RelocationFlags::Generic { kind: RelocationKind::Absolute, encoding: RelocationEncoding::Generic, size: 64 };
    let address = Relocation { offset, symbol, addend: 0, flags };
    object.add_relocation(section, address).expect("both architectures have 64-bit addresses");
}

fn symbol_of(name: &str, kind: SymbolKind, section: SymbolSection, size: u64) -> Symbol {
    Symbol {
        name: name.as_bytes().to_vec(),
        value: 0,
        size,
        kind,
        scope: SymbolScope::Linkage,
        weak: false,
        section,
        flags: SymbolFlags::None,
    }
}

fn note(config: &[u8]) -> Vec<u8> {
    let owner = format!("{}\0", symbol::NOTE_OWNER);
    let mut note = Vec::new();
    let length = |length: usize| u32::try_from(length).expect("command lines are short").to_le_bytes();
    note.extend_from_slice(&length(owner.len()));
    note.extend_from_slice(&length(config.len()));
    note.extend_from_slice(&NOTE_TYPE.to_le_bytes());
    for part in [owner.as_bytes(), config] {
        note.extend_from_slice(part);
        note.resize(note.len().next_multiple_of(4), 0);
    }
    note
}
