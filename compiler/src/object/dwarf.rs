//! DWARF: function names, and the offset in the Wasm module as the line of every instruction.
//!
//! The "source file" is the module itself: line 0x2b of it is the operator at offset 0x2b. That is what a debugger can
//! show without the sources; the line tables that the module may carry are not translated.

use super::functions::Text;
use super::{Emitter, container_error, internal};
use crate::code::compiled::CompiledFunction;
use crate::error::Result;
use crate::target::Arch;
use cranelift_codegen::gimli::write::{
    Address, AttributeValue, DwarfUnit, EndianVec, LineProgram, LineString, RelocateWriter, Relocation,
    RelocationTarget, Sections,
};
use cranelift_codegen::gimli::{self, Encoding, Format, LineEncoding, LittleEndian, SectionId as DwarfSection};
use object::write::SectionId;
use object::{RelocationFlags, SectionKind, elf};

/// gimli's name for `.text`, the only symbol that debug information refers to.
const TEXT: usize = 0;

/// One section under construction.
#[derive(Clone)]
struct Section {
    bytes: EndianVec<LittleEndian>,
    relocations: Vec<Relocation>,
}

impl Section {
    fn new() -> Self {
        Section { bytes: EndianVec::new(LittleEndian), relocations: Vec::new() }
    }
}

impl RelocateWriter for Section {
    type Writer = EndianVec<LittleEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.bytes
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.bytes
    }

    fn relocate(&mut self, relocation: Relocation) {
        self.relocations.push(relocation);
    }
}

impl Emitter<'_> {
    pub(super) fn emit_debug_info(&mut self, functions: &[CompiledFunction], text: &Text) -> Result<()> {
        let mut unit = self.debug_unit(functions, text);
        let mut sections = Sections::new(Section::new());
        unit.write(&mut sections).map_err(|error| internal(format!("cannot encode debug information: {error}")))?;
        let mut written: Vec<(DwarfSection, Section)> = Vec::new();
        let collected: gimli::write::Result<()> = sections.for_each(|id, section| {
            if !section.bytes.slice().is_empty() {
                written.push((id, section.clone()));
            }
            Ok(())
        });
        collected.map_err(|error| internal(format!("cannot encode debug information: {error}")))?;
        let ids: Vec<(DwarfSection, SectionId)> = written
            .iter()
            .map(|(id, _)| {
                let kind = if *id == DwarfSection::DebugStr || *id == DwarfSection::DebugLineStr {
                    SectionKind::DebugString
                } else {
                    SectionKind::Debug
                };
                (*id, self.object.add_section(Vec::new(), id.name().as_bytes().to_vec(), kind))
            })
            .collect();
        for ((_, section), &(_, id)) in written.into_iter().zip(&ids) {
            self.object.set_section_data(id, section.bytes.into_vec(), 1);
            for relocation in section.relocations {
                self.debug_relocation(id, &ids, relocation)?;
            }
        }
        Ok(())
    }

    fn debug_relocation(
        &mut self,
        section: SectionId,
        ids: &[(DwarfSection, SectionId)],
        relocation: Relocation,
    ) -> Result<()> {
        let target = match relocation.target {
            RelocationTarget::Symbol(_) => self.text,
            RelocationTarget::Section(wanted) => {
                let found = ids.iter().find(|(id, _)| *id == wanted);
                found
                    .ok_or_else(|| {
                        internal(format!("debug information refers to the empty section {}", wanted.name()))
                    })?
                    .1
            }
        };
        let r_type = match (self.env.options.target.arch, relocation.size) {
            (Arch::X86_64, 8) => elf::R_X86_64_64,
            (Arch::X86_64, 4) => elf::R_X86_64_32,
            (Arch::Aarch64, 8) => elf::R_AARCH64_ABS64,
            (Arch::Aarch64, 4) => elf::R_AARCH64_ABS32,
            (_, size) => return Err(internal(format!("a relocation of {size} bytes in debug information"))),
        };
        let symbol = self.object.section_symbol(target);
        self.object
            .add_relocation(
                section,
                object::write::Relocation {
                    offset: relocation.offset as u64,
                    symbol,
                    addend: relocation.addend,
                    flags: RelocationFlags::Elf { r_type },
                },
            )
            .map_err(container_error)
    }

    fn debug_unit(&self, functions: &[CompiledFunction], text: &Text) -> DwarfUnit {
        let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };
        let mut unit = DwarfUnit::new(encoding);
        let file_name = match self.module_name() {
            "" => "module.wasm".to_owned(),
            name => format!("{name}.wasm"),
        };
        unit.unit.line_program = self.line_program(encoding, &file_name, functions, text);

        let root = unit.unit.root();
        let producer = unit.strings.add(format!("aot {}", env!("CARGO_PKG_VERSION")));
        let name = unit.strings.add(file_name);
        let entry = unit.unit.get_mut(root);
        entry.set(gimli::DW_AT_producer, AttributeValue::StringRef(producer));
        entry.set(gimli::DW_AT_name, AttributeValue::StringRef(name));
        // There is no code for Wasm's text; C makes debuggers print addresses and registers the usual way.
        entry.set(gimli::DW_AT_language, AttributeValue::Language(gimli::DW_LANG_C99));
        entry.set(gimli::DW_AT_low_pc, AttributeValue::Address(Address::Symbol { symbol: TEXT, addend: 0 }));
        entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(u64::from(text.length)));
        for (function, &start) in functions.iter().zip(&text.starts) {
            let symbol = self.symbols.of(function.name);
            let display = function.name.body().and_then(|index| self.env.module.names.display_name(index));
            let display = display.unwrap_or(&symbol);
            // A zero byte would end the string.
            let name = unit.strings.add(display.replace('\0', "_"));
            let id = unit.unit.add(root, gimli::DW_TAG_subprogram);
            let entry = unit.unit.get_mut(id);
            entry.set(gimli::DW_AT_name, AttributeValue::StringRef(name));
            let address = Address::Symbol { symbol: TEXT, addend: i64::from(start) };
            entry.set(gimli::DW_AT_low_pc, AttributeValue::Address(address));
            entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(function.bytes.len() as u64));
        }
        unit
    }

    fn line_program(
        &self,
        encoding: Encoding,
        file_name: &str,
        functions: &[CompiledFunction],
        text: &Text,
    ) -> LineProgram {
        let name = || LineString::String(file_name.replace('\0', "_").into_bytes());
        let directory = LineString::String(b".".to_vec());
        let mut program = LineProgram::new(encoding, LineEncoding::default(), directory, None, name(), None);
        let directory = program.default_directory();
        let file = program.add_file(name(), directory, None);
        for (function, &start) in functions.iter().zip(&text.starts) {
            let Some(index) = function.name.body() else { continue };
            program.begin_sequence(Some(Address::Symbol { symbol: TEXT, addend: i64::from(start) }));
            // The prologue comes from no operator; it belongs to the start of the body.
            let prologue = Some((0, self.body_start(index)));
            let first_is_prologue = function.source_map.first().is_some_and(|&(code_offset, _)| code_offset > 0);
            let rows = prologue.filter(|_| first_is_prologue).into_iter().chain(function.source_map.iter().copied());
            for (code_offset, wasm_offset) in rows {
                let row = program.row();
                row.file = file;
                row.address_offset = u64::from(code_offset);
                row.line = u64::from(wasm_offset);
                program.generate_row();
            }
            program.end_sequence(function.bytes.len() as u64);
        }
        program
    }
}
