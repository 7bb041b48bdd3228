//! Code bytes and their relocations: one `.text` with all functions, in the order they are given.
//!
//! Calls between functions of the module are final here: they stand in one section, so no linker needs to look at them.

use super::data::Place;
use super::{Emitter, container_error, internal};
use super::{placement, symbols};
use crate::code::compiled::{CompiledFunction, Relocation, RelocationTarget};
use crate::code::isa;
use crate::code_name::CodeName;
use crate::error::{Error, ErrorKind, Result};
use crate::target::Arch;
use aot_abi::symbol;
use cranelift_codegen::binemit::Reloc;
use object::elf;
use object::write::{Symbol, SymbolId, SymbolSection};
use object::{RelocationFlags, SymbolFlags, SymbolKind, SymbolScope};
use std::collections::HashMap;

/// Largest `.text`: every function of it must reach the runtime behind it, and its own ends.
const fn text_bytes_max(arch: Arch) -> usize {
    match arch {
        // Branches reach 128 MiB; veneers cannot be put into the middle of a section.
        Arch::Aarch64 => 120 << 20,
        Arch::X86_64 => 1 << 30,
    }
}

/// Where the functions ended up.
pub(super) struct Text {
    /// First byte of each, in the order they were given.
    pub(super) starts: Vec<u32>,
    /// Length of all.
    pub(super) length: u32,
}

impl Emitter<'_> {
    /// Lays the functions out, names them, and resolves or emits their relocations.
    pub(super) fn emit_functions(&mut self, functions: &[CompiledFunction]) -> Result<Text> {
        let preferred = isa::preferred_alignment(self.env.options);
        let (mut bytes, starts) = concatenate(functions, self.env.options.target.arch, preferred)?;
        let length = bytes.len() as u32;
        let alignment = functions.iter().map(|function| placement::alignment(function, preferred)).max().unwrap_or(1);

        let mut offsets = HashMap::with_capacity(functions.len());
        for (function, &start) in functions.iter().zip(&starts) {
            offsets.insert(function.name, start);
            self.define_function(function, start)?;
        }
        for (suffix, value) in [(symbol::TEXT_START, 0), (symbol::TEXT_END, u64::from(length))] {
            self.object.add_symbol(Symbol {
                name: self.symbols.own(suffix).into_bytes(),
                value,
                size: 0,
                kind: SymbolKind::Label,
                scope: SymbolScope::Compilation,
                weak: false,
                section: SymbolSection::Section(self.text),
                flags: SymbolFlags::None,
            });
        }
        for (function, &start) in functions.iter().zip(&starts) {
            for relocation in &function.relocations {
                let at = start + relocation.offset;
                let known = match relocation.target {
                    RelocationTarget::Name(name) => offsets.get(&name).copied(),
                    RelocationTarget::Local(offset) => Some(start + offset),
                    RelocationTarget::Helper(_) => None,
                };
                if !known.is_some_and(|target| resolve(&mut bytes, at, relocation, target)) {
                    self.emit_relocation(&bytes, at, start, function, relocation)?;
                }
            }
        }
        self.object.set_section_data(self.text, bytes, u64::from(alignment));
        Ok(Text { starts, length })
    }

    fn define_function(&mut self, function: &CompiledFunction, start: u32) -> Result<()> {
        // `initialize` is what other objects may call by name; everything else is reached through the image.
        let is_global = function.name == CodeName::Initialize;
        let symbol = self.object.add_symbol(Symbol {
            name: self.symbols.of(function.name).into_bytes(),
            value: u64::from(start),
            size: function.bytes.len() as u64,
            kind: SymbolKind::Text,
            scope: if is_global { SymbolScope::Linkage } else { SymbolScope::Compilation },
            weak: false,
            section: SymbolSection::Section(self.text),
            flags: SymbolFlags::None,
        });
        match self.defined.insert(function.name, symbol) {
            None => Ok(()),
            Some(_) => Err(internal(format!("{:?} was compiled twice", function.name))),
        }
    }

    fn emit_relocation(
        &mut self,
        text: &[u8],
        at: u32,
        start: u32,
        function: &CompiledFunction,
        relocation: &Relocation,
    ) -> Result<()> {
        let (symbol, distance, is_code) = match relocation.target {
            RelocationTarget::Name(name) => (self.symbol(name)?, 0, is_code(name)),
            RelocationTarget::Helper(helper) => (self.helper(helper)?, 0, true),
            RelocationTarget::Local(offset) => {
                let Place { symbol, offset } = self.text_place(start + offset);
                (symbol, offset as i64, false)
            }
        };
        let arch = self.env.options.target.arch;
        let Some(r_type) = elf_relocation(arch, relocation.kind, is_code, text, at) else {
            let name = self.symbols.of(function.name);
            return Err(internal(format!("`{name}` needs a relocation {:?} in its code", relocation.kind)));
        };
        self.object
            .add_relocation(
                self.text,
                object::write::Relocation {
                    offset: u64::from(at),
                    symbol,
                    addend: relocation.addend + distance,
                    flags: RelocationFlags::Elf { r_type },
                },
            )
            .map_err(container_error)
    }

    /// A symbol of the runtime that the code generator calls on its own account.
    fn helper(&mut self, helper: cranelift_codegen::ir::LibCall) -> Result<SymbolId> {
        let name = symbols::helper(helper).ok_or_else(|| internal(format!("code calls the helper {helper}")))?;
        Ok(self.undefined(name))
    }
}

fn is_code(name: CodeName) -> bool {
    !matches!(
        name,
        CodeName::Context
            | CodeName::Image
            | CodeName::TypeDescriptor(_)
            | CodeName::CodeTable(_)
            | CodeName::Counters(_)
            | CodeName::Processor
    )
}

fn concatenate(functions: &[CompiledFunction], arch: Arch, preferred: u32) -> Result<(Vec<u8>, Vec<u32>)> {
    // Between functions stands what traps: `int3`, and on aarch64 `udf #0`.
    let padding = match arch {
        Arch::X86_64 => 0xcc,
        Arch::Aarch64 => 0,
    };
    let room: usize = functions
        .iter()
        .map(|function| function.bytes.len() + placement::alignment(function, preferred) as usize)
        .sum();
    let limit = text_bytes_max(arch);
    if room > limit {
        return Err(Error::new(ErrorKind::Limit, format!("the module's code exceeds {} MiB", limit >> 20)));
    }
    let mut bytes = Vec::with_capacity(room);
    let mut starts = Vec::with_capacity(functions.len());
    for function in functions {
        let start = placement::start(function, bytes.len() as u32, preferred);
        bytes.resize(start as usize, padding);
        starts.push(start);
        bytes.extend_from_slice(&function.bytes);
    }
    Ok((bytes, starts))
}

/// Fills in a distance between two places of `.text`. `false` when the relocation is not a distance.
fn resolve(text: &mut [u8], at: u32, relocation: &Relocation, target: u32) -> bool {
    let distance = i64::from(target) + relocation.addend - i64::from(at);
    let field = &mut text[at as usize..at as usize + 4];
    match relocation.kind {
        Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4 | Reloc::X86PCRel4 => {
            let distance = i32::try_from(distance).expect("the section is below 1 GiB");
            field.copy_from_slice(&distance.to_le_bytes());
            true
        }
        Reloc::Arm64Call => {
            let instruction = u32::from_le_bytes(field.try_into().expect("four bytes"));
            // The section is below 120 MiB and instructions are aligned, so 26 bits hold the number of words.
            let words = (distance >> 2) as u32 & 0x03ff_ffff;
            field.copy_from_slice(&(instruction & 0xfc00_0000 | words).to_le_bytes());
            true
        }
        _ => false,
    }
}

/// ELF's name for what Cranelift asks for. `None` for what must not occur in code that links at any address.
fn elf_relocation(arch: Arch, kind: Reloc, is_code: bool, text: &[u8], at: u32) -> Option<u32> {
    Some(match (arch, kind) {
        // Cranelift has one kind for `call name` and `lea name(%rip)`. Of data, a PLT entry would make no sense.
        (Arch::X86_64, Reloc::X86CallPCRel4) if is_code => elf::R_X86_64_PLT32,
        (Arch::X86_64, Reloc::X86CallPCRel4 | Reloc::X86PCRel4) => elf::R_X86_64_PC32,
        (Arch::X86_64, Reloc::X86CallPLTRel4) => elf::R_X86_64_PLT32,
        (Arch::X86_64, Reloc::X86GOTPCRel4) => elf::R_X86_64_GOTPCREL,
        // Likewise one kind for `bl` and the `b` of a tail call; linkers make different veneers for them.
        (Arch::Aarch64, Reloc::Arm64Call) => {
            let is_link = text[at as usize + 3] & 0x80 != 0;
            if is_link { elf::R_AARCH64_CALL26 } else { elf::R_AARCH64_JUMP26 }
        }
        (Arch::Aarch64, Reloc::Aarch64AdrPrelPgHi21) => elf::R_AARCH64_ADR_PREL_PG_HI21,
        (Arch::Aarch64, Reloc::Aarch64AddAbsLo12Nc) => elf::R_AARCH64_ADD_ABS_LO12_NC,
        (Arch::Aarch64, Reloc::Aarch64AdrGotPage21) => elf::R_AARCH64_ADR_GOT_PAGE,
        (Arch::Aarch64, Reloc::Aarch64Ld64GotLo12Nc) => elf::R_AARCH64_LD64_GOT_LO12_NC,
        // `Abs8` in particular: a name was not declared colocated, see `code::isa`.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(kind: Reloc, addend: i64) -> Relocation {
        Relocation { offset: 1, kind, target: RelocationTarget::Local(0), addend }
    }

    #[test]
    fn calls_inside_the_section_are_final() {
        // `call` at 16 to 64: relative to the next instruction, at 21.
        let mut text = vec![0u8; 80];
        text[16] = 0xe8;
        assert!(resolve(&mut text, 17, &call(Reloc::X86CallPCRel4, -4), 64));
        assert_eq!(i32::from_le_bytes(text[17..21].try_into().unwrap()), 64 - 21);

        // `bl` at 32 to 0: eight instructions back.
        let mut text = vec![0u8; 64];
        text[32..36].copy_from_slice(&0x9400_0000u32.to_le_bytes());
        assert!(resolve(&mut text, 32, &call(Reloc::Arm64Call, 0), 0));
        assert_eq!(u32::from_le_bytes(text[32..36].try_into().unwrap()), 0x9400_0000 | (0x0400_0000 - 8));
    }

    #[test]
    fn absolute_addresses_in_code_are_refused() {
        assert_eq!(elf_relocation(Arch::X86_64, Reloc::Abs8, true, &[], 0), None);
        assert_eq!(elf_relocation(Arch::Aarch64, Reloc::Abs8, false, &[], 0), None);
        assert_eq!(elf_relocation(Arch::X86_64, Reloc::X86CallPCRel4, false, &[], 0), Some(elf::R_X86_64_PC32));
    }

    #[test]
    fn tail_calls_and_calls_differ_on_aarch64() {
        let text = 0x1400_0000u32.to_le_bytes();
        assert_eq!(elf_relocation(Arch::Aarch64, Reloc::Arm64Call, true, &text, 0), Some(elf::R_AARCH64_JUMP26));
        let text = 0x9400_0000u32.to_le_bytes();
        assert_eq!(elf_relocation(Arch::Aarch64, Reloc::Arm64Call, true, &text, 0), Some(elf::R_AARCH64_CALL26));
    }
}
