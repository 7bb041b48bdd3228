//! `.symtab` and `.strtab` of the executable: what `gdb`, `perf` and `nm` show.

use std::collections::HashMap;

use object::elf;
use object::read::elf::Sym;

use crate::error::LinkError;
use crate::input::{LE, Object, RawSymbol};
use crate::layout::{NOWHERE, Placement};
use crate::symbols::{Definition, Global, Program, Target};

pub(crate) const SYMBOL_SIZE: usize = 24;

pub(crate) struct SymbolTable {
    pub(crate) symbols: Vec<u8>,
    pub(crate) strings: Vec<u8>,
    /// How many symbols, the null symbol included, come before the first that is not local.
    pub(crate) local_count: u32,
}

impl SymbolTable {
    /// The symbols of everything in memory. Hidden ones become local, as no other module can ask for them.
    pub(crate) fn build(program: &Program<'_>, placement: &Placement<'_>) -> Result<SymbolTable, LinkError> {
        let mut table = SymbolTable { symbols: vec![0; SYMBOL_SIZE], strings: vec![0], local_count: 0 };
        // Symbols after an object's file symbol seem to come from that file, so those of no file come first.
        table.push_veneers(program, placement);
        for global in program.globals.iter().filter(|global| is_hidden(global)) {
            table.push_global(program, placement, global, elf::STB_LOCAL);
        }
        for number in 0..program.objects.len() as u32 {
            table.push_locals(program, placement, number)?;
        }
        table.local_count = (table.symbols.len() / SYMBOL_SIZE) as u32;
        for global in program.globals.iter().filter(|global| !is_hidden(global)) {
            let is_weak = matches!(global.definition, Definition::Weak { .. });
            table.push_global(program, placement, global, if is_weak { elf::STB_WEAK } else { elf::STB_GLOBAL });
        }
        if u32::try_from(table.strings.len()).is_err() {
            return Err(LinkError::Layout("symbol names take more than 4 GiB; use `--strip`".into()));
        }
        Ok(table)
    }

    fn push_veneers(&mut self, program: &Program<'_>, placement: &Placement<'_>) {
        let mut veneers = placement.veneers.all().peekable();
        if veneers.peek().is_none() {
            return;
        }
        let names: HashMap<Target, &[u8]> = program.globals.iter().map(|global| (global.target, global.name)).collect();
        for (address, target) in veneers {
            let name = names.get(&target).copied().unwrap_or(b"local");
            self.push_name(&[b"__veneer_of_", name].concat());
            let entry = Entry { info: elf::STT_FUNC, value: address, size: crate::veneer::VENEER_SIZE, other: 0 };
            self.push(entry, header_at(placement, address));
        }
    }

    fn push_locals(&mut self, program: &Program<'_>, placement: &Placement<'_>, number: u32) -> Result<(), LinkError> {
        let object = &program.objects[number as usize];
        let mut file: Option<&RawSymbol> = None;
        for (index, symbol) in object.symbols.iter().enumerate().skip(1) {
            if !symbol.is_local() {
                continue;
            }
            match symbol.st_type() {
                elf::STT_FILE => {
                    file = Some(symbol);
                    continue;
                }
                elf::STT_SECTION => continue,
                _ => {}
            }
            let Target::Section { section, offset } = program.target(number, index as u32)? else { continue };
            let Some((address, header)) = in_memory(placement, section) else { continue };
            let name = object.symbol_name(symbol)?;
            if name.is_empty() || name.starts_with(b".L") {
                continue;
            }
            if let Some(file) = file.take() {
                self.push_name(object.symbol_name(file)?);
                self.push(Entry { info: elf::STT_FILE, other: 0, value: 0, size: 0 }, elf::SHN_ABS);
            }
            self.push_name(name);
            let value = address.wrapping_add(offset);
            self.push(
                Entry { info: symbol.st_type(), other: symbol.st_other(), value, size: symbol.st_size(LE) },
                header,
            );
        }
        Ok(())
    }

    fn push_global(&mut self, program: &Program<'_>, placement: &Placement<'_>, global: &Global<'_>, binding: u8) {
        let value = placement.address(global.target);
        let header = match global.target {
            Target::Section { section, .. } => match in_memory(placement, section) {
                Some((_, header)) => header,
                None => return,
            },
            Target::Absolute(_) => elf::SHN_ABS,
            Target::Linker(_) => header_at(placement, value),
            Target::UndefinedWeak | Target::Undefined | Target::Discarded => return,
        };
        let (kind, size, other) = match defining_symbol(program, global) {
            Some((_, symbol)) if symbol.st_type() == elf::STT_COMMON => (elf::STT_OBJECT, symbol.st_size(LE), 0),
            Some((_, symbol)) => (symbol.st_type(), symbol.st_size(LE), symbol.st_other() & !3),
            None => (elf::STT_NOTYPE, 0, 0),
        };
        self.push_name(global.name);
        self.push(Entry { info: binding << 4 | kind, other: other | global.visibility, value, size }, header);
    }

    /// The name of the symbol that the next `push` adds.
    fn push_name(&mut self, name: &[u8]) {
        let offset = self.strings.len() as u32;
        self.strings.extend_from_slice(name);
        self.strings.push(0);
        self.symbols.extend_from_slice(&offset.to_le_bytes());
    }

    fn push(&mut self, entry: Entry, header: u16) {
        self.symbols.extend_from_slice(&[entry.info, entry.other]);
        self.symbols.extend_from_slice(&header.to_le_bytes());
        self.symbols.extend_from_slice(&entry.value.to_le_bytes());
        self.symbols.extend_from_slice(&entry.size.to_le_bytes());
    }
}

struct Entry {
    info: u8,
    other: u8,
    value: u64,
    size: u64,
}

fn is_hidden(global: &Global<'_>) -> bool {
    matches!(global.visibility, elf::STV_HIDDEN | elf::STV_INTERNAL)
}

fn defining_symbol<'p, 'a>(program: &'p Program<'a>, global: &Global<'a>) -> Option<(&'p Object<'a>, &'a RawSymbol)> {
    match global.definition {
        Definition::Strong { object, symbol }
        | Definition::Weak { object, symbol }
        | Definition::Common { object, symbol, .. } => {
            let object = &program.objects[object as usize];
            object.symbols.symbols().get(symbol as usize).map(|symbol| (object, symbol))
        }
        Definition::None | Definition::Lazy { .. } => None,
    }
}

/// The address of a section of the program and the index of its header.
fn in_memory(placement: &Placement<'_>, section: u32) -> Option<(u64, u16)> {
    let address = placement.section_addresses[section as usize];
    let header = placement.output_of[section as usize];
    if address == NOWHERE || !placement.outputs[header as usize - 1].is_allocated() {
        return None;
    }
    Some((address, header as u16))
}

/// The section that an address is in or at the end of.
fn header_at(placement: &Placement<'_>, address: u64) -> u16 {
    let holds = |output: &crate::output::OutputSection<'_>| {
        output.is_allocated() && output.address <= address && address <= output.end()
    };
    placement.outputs.iter().position(holds).map_or(elf::SHN_ABS, |index| index as u16 + 1)
}
