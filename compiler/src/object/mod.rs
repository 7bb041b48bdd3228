//! Machine code → an object file: code, the module's image, tables for the runtime and for debuggers, symbols.
//!
//! In: [`Env`] and the compiled functions in the order of the text. Out: the bytes of an ELF object that links into a
//! fixed-address executable, a PIE or a shared library. This stage decides nothing about code, and its output depends on
//! nothing but its input: no map is iterated whose order is not fixed.
//!
//! # Sections, in order
//!
//! | Section | Content |
//! |---|---|
//! | `.text` | all functions |
//! | `.rodata`, `.rodata.<what>` | names, tables of numbers, the code map, bytes of segments |
//! | `.data.rel.ro.table<n>` | code and types of the elements of a table that nobody writes |
//! | `.data.rel.ro` | the image and its records: what holds pointers |
//! | `.bss` | the context, in the executable model; counters |
//! | `.aot.memory<n>@<address>` | initial contents of a memory that the linker places at that address |
//! | `.data.rel.ro.aot_type_<hash>` | one type descriptor each |
//! | `.eh_frame` | how to unwind |
//! | `.debug_*` | function names and Wasm offsets as lines, when asked for |
//! | `.note.aot`, `.note.GNU-stack` | who made it; no executable stack |
//!
//! # Why not cranelift-object
//!
//! It packs functions given as finished bytes without unwind information, keeps no section open for records with hundreds
//! of pointers without naming each piece, has no COMDAT groups, no hidden weak data and no sizes for its relocations
//! against parts of a datum, and copies data twice. The `object` crate under it has all that, and its relocations are
//! one table here (`functions::elf_relocation`).

mod code_tables;
mod counters;
mod data;
mod dwarf;
mod functions;
mod image;
mod metadata;
mod note;
mod placement;
pub(crate) mod symbols;
#[cfg(test)]
mod tests;
mod text;
mod types;
mod unwind;

pub(crate) use text::text;

use crate::Object;
use crate::clif::Env;
use crate::code::compiled::CompiledFunction;
use crate::code_name::CodeName;
use crate::error::{Error, ErrorKind, Result};
use crate::index::{CanonicalTypeIndex, TableIndex};
use crate::options::Model;
use crate::target::Arch;
use data::Place;
use image::Sections;
use object::write::{SectionId, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{Architecture, BinaryFormat, Endianness, SymbolFlags, SymbolKind, SymbolScope};
use std::collections::HashMap;
use symbols::Symbols;

/// Makes the object file. The image may have a second symbol.
pub(crate) fn emit(env: Env<'_>, functions: &[CompiledFunction], image_symbol: Option<String>) -> Result<Object> {
    let mut emitter = Emitter::new(env);
    emitter.define_context();
    let text = emitter.emit_functions(functions)?;
    let code_map = emitter.code_map(functions, &text);
    emitter.emit_image(&text, &code_map, image_symbol)?;
    emitter.emit_code_tables()?;
    emitter.emit_type_descriptors()?;
    emitter.emit_unwind(functions, &text.starts)?;
    if env.options.debug_info {
        emitter.emit_debug_info(functions, &text)?;
    }
    emitter.emit_note();
    emitter.emit_stack_note();
    let bytes = emitter.object.write().map_err(container_error)?;
    Ok(Object { bytes })
}

/// The object under construction.
struct Emitter<'a> {
    env: Env<'a>,
    symbols: Symbols<'a>,
    object: object::write::Object<'a>,
    text: SectionId,
    /// `.rodata`: no pointers.
    plain: SectionId,
    /// `.data.rel.ro`: with pointers.
    records: SectionId,
    /// What has a symbol already. Never iterated.
    defined: HashMap<CodeName, SymbolId>,
    /// Symbols that others define, by name. Never iterated.
    undefined: HashMap<String, SymbolId>,
    /// Types whose descriptors something refers to, in order of first reference.
    wanted_types: Vec<CanonicalTypeIndex>,
    /// Tables whose code something calls, in order of first reference.
    wanted_tables: Vec<TableIndex>,
}

impl<'a> Emitter<'a> {
    fn new(env: Env<'a>) -> Self {
        let architecture = match env.options.target.arch {
            Arch::X86_64 => Architecture::X86_64,
            Arch::Aarch64 => Architecture::Aarch64,
        };
        let mut object = object::write::Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
        let text = object.section_id(StandardSection::Text);
        let plain = object.section_id(StandardSection::ReadOnlyData);
        let records = object.section_id(StandardSection::ReadOnlyDataWithRel);
        Emitter {
            env,
            symbols: Symbols::new(env),
            object,
            text,
            plain,
            records,
            defined: HashMap::new(),
            undefined: HashMap::new(),
            wanted_types: Vec::new(),
            wanted_tables: Vec::new(),
        }
    }

    /// The symbol of a name. Code must have been defined before; data may be defined later.
    fn symbol(&mut self, name: CodeName) -> Result<SymbolId> {
        if let Some(&symbol) = self.defined.get(&name) {
            return Ok(symbol);
        }
        match name {
            CodeName::Wasm(_)
            | CodeName::AnyProcessor(_)
            | CodeName::Avx2(_)
            | CodeName::ImportWrapper(_)
            | CodeName::Entry(_)
            | CodeName::Initialize => {
                let name = self.symbols.of(name);
                return Err(internal(format!("`{name}` is referred to, but was not compiled")));
            }
            CodeName::ImportSymbol(_) | CodeName::Libcall(_) | CodeName::Processor | CodeName::AskProcessor => {
                let name = self.symbols.of(name);
                return Ok(self.undefined(&name));
            }
            CodeName::Context | CodeName::Image | CodeName::Counters(_) => {}
            CodeName::TypeDescriptor(ty) => self.wanted_types.push(ty),
            CodeName::CodeTable(table) => self.wanted_tables.push(table),
        }
        // What only this object mentions needs no name in others.
        let scope = match name {
            CodeName::CodeTable(_) => SymbolScope::Compilation,
            _ => SymbolScope::Linkage,
        };
        let symbol = self.object.add_symbol(Symbol {
            name: self.symbols.of(name).into_bytes(),
            value: 0,
            size: 0,
            kind: SymbolKind::Data,
            scope,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        });
        self.defined.insert(name, symbol);
        Ok(symbol)
    }

    /// A symbol that another object defines.
    fn undefined(&mut self, name: &str) -> SymbolId {
        if let Some(&symbol) = self.undefined.get(name) {
            return symbol;
        }
        let symbol = self.object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Unknown,
            scope: SymbolScope::Unknown,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        });
        self.undefined.insert(name.to_owned(), symbol);
        symbol
    }

    /// Says where a datum is that has a symbol already.
    fn define_data(&mut self, symbol: SymbolId, section: SectionId, value: u64, size: usize) {
        let symbol = self.object.symbol_mut(symbol);
        symbol.section = SymbolSection::Section(section);
        symbol.value = value;
        symbol.size = size as u64;
    }

    fn define_context(&mut self) {
        if self.env.options.model != Model::Executable {
            return;
        }
        let size = self.env.plan.layout.size;
        let section = self.object.section_id(StandardSection::UninitializedData);
        let value =
            self.object.append_section_bss(section, size, align_of::<aot_abi::context::InstanceContext>() as u64);
        let symbol = self.symbol(CodeName::Context).expect("the context is a datum");
        self.define_data(symbol, section, value, size as usize);
    }

    /// An offset in `.text`.
    fn text_place(&mut self, offset: u32) -> Place {
        Place { symbol: self.object.section_symbol(self.text), offset: u64::from(offset) }
    }

    /// The module's name for messages.
    fn module_name(&self) -> &'a str {
        self.env.module.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&self.env.options.module_name)
    }
}

/// A bug of ours.
fn internal(message: String) -> Error {
    Error::new(ErrorKind::Internal, message)
        .with_help("this is a bug of the compiler; please report it with the module")
}

fn container_error(error: object::write::Error) -> Error {
    internal(format!("cannot write the object: {error}"))
}
