//! What an executable is told, as an object: the symbol that the runtime reads at start.

use crate::link::File;
use aot_abi::config::ProgramConfig;
use aot_abi::symbol::{CONFIG, ENTER_COMMAND, ENTER_FUNCTION};
use aot_compiler::Target;
use aot_compiler::target::Arch;
use object::write::{Object, Relocation, StandardSection, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationEncoding, RelocationFlags, RelocationKind, SymbolFlags,
    SymbolKind, SymbolScope,
};

/// The object with [`CONFIG`]: the address of the routine that runs the program, then the encoded configuration.
pub(crate) fn object(target: &Target, config: &ProgramConfig<'_>) -> File {
    let routine = routine_for(config);
    let architecture = match target.arch {
        Arch::X86_64 => Architecture::X86_64,
        Arch::Aarch64 => Architecture::Aarch64,
    };
    let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
    let symbol = |name: &str, kind, section| Symbol {
        name: name.as_bytes().to_vec(),
        value: 0,
        size: 0,
        kind,
        scope: SymbolScope::Linkage,
        weak: false,
        section,
        flags: SymbolFlags::None,
    };
    let routine = object.add_symbol(symbol(routine, SymbolKind::Unknown, SymbolSection::Undefined));
    let record = object.add_symbol(symbol(CONFIG, SymbolKind::Data, SymbolSection::Undefined));
    // Relocated data: the address is only known once the executable is linked.
    let section = object.section_id(StandardSection::ReadOnlyDataWithRel);
    let mut bytes = vec![0; 8];
    bytes.extend_from_slice(&config.write());
    let offset = object.add_symbol_data(record, section, &bytes, 8);
    object
        .add_relocation(
            section,
            Relocation {
                offset,
                symbol: routine,
                addend: 0,
                flags: RelocationFlags::Generic {
                    kind: RelocationKind::Absolute,
                    encoding: RelocationEncoding::Generic,
                    size: 64,
                },
            },
        )
        .expect("both formats have absolute 64-bit relocations");
    let bytes = object.write().expect("one symbol and one relocation can be written");
    File { label: "the configuration".to_owned(), bytes }
}

/// `_start` needs no arguments from the command line, and its executables do without the code that parses them.
fn routine_for(config: &ProgramConfig<'_>) -> &'static str {
    if config.entry() == b"_start" { ENTER_COMMAND } else { ENTER_FUNCTION }
}
