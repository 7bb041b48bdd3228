//! `ModuleImage`, and everything it points to: names, types, initial memory, tables and globals as data.
//!
//! Records with pointers in them go to `.data.rel.ro`, which is read-only once the program runs; all else is `.rodata`.

use super::data::{Data, Place, field};
use super::functions::Text;
use super::{Emitter, container_error};
use crate::code_name::CodeName;
use crate::error::Result;
use crate::index::{FuncIndex, MemoryIndex};
use crate::module::{ConstExpr, ElementItems, Entity, Memory, Table};
use crate::options::Model;
use crate::plan::{DataPlan, ElementPlan, MemoryCheck, MemoryPlan};
use aot_abi::context::{ContextCounts, InstanceContext, MEMORY_64, MEMORY_MAY_MOVE, MEMORY_SHARED};
use aot_abi::context::{MEMORY_NEEDS_GUARD, MEMORY_NEEDS_GUARD_BEFORE, MEMORY_NEEDS_SMALL_GUARD};
use aot_abi::image::{
    CHECKS_EPOCH, CHECKS_FUEL, CONTENTS_IN_PLACE, ElementSegment, ExportDescriptor, ExternKind, ExternType,
    FuncRefDescriptor, GlobalDescriptor, IMPORTED_FUNCTION, ImportDescriptor, MODEL_EXECUTABLE, MODEL_LIBRARY,
    MemoryDescriptor, ModuleImage, NONE, Slice, TableDescriptor,
};
use aot_abi::profile::FunctionCounters;
use aot_abi::types::{TypeDescriptor, ValueType};
use aot_abi::{ABI_VERSION, symbol};
use cranelift_codegen::entity::EntityRef;
use object::write::{Symbol, SymbolSection};
use object::{SectionKind, SymbolFlags, SymbolKind, SymbolScope};

// A field that is added to a record must be written below; then its new size belongs here.
const _: () = assert!(size_of::<ModuleImage>() == 328 && size_of::<ContextCounts>() == 52);
const _: () = assert!(size_of::<ImportDescriptor>() == 96 && size_of::<ExportDescriptor>() == 80);
const _: () = assert!(size_of::<FuncRefDescriptor>() == 24 && size_of::<MemoryDescriptor>() == 80);
const _: () = assert!(size_of::<TableDescriptor>() == 56 && size_of::<GlobalDescriptor>() == 32);
const _: () = assert!(size_of::<ElementSegment>() == 24 && size_of::<ExternType>() == 56);

/// Bytes of the input from which they get a section of their own instead of being copied into `.rodata`.
const OWN_SECTION_BYTES: usize = 16 << 10;

/// Initial contents of a memory that are copied at start-up even where they could be mapped in place. A segment of the
/// executable costs more than the copy: an entry in the kernel's list of mappings, a page fault on the file, and
/// padding in the file up to the page that the memory's address asks for.
const COPIED_BYTES_MAX: usize = 8 << 10;

type Bytes = Slice<u8>;

/// The two sections that an image is made of.
pub(super) struct Sections {
    /// Records with pointers.
    pub(super) records: Data,
    /// Bytes without.
    plain: Data,
}

impl<'a> Emitter<'a> {
    /// Emits the image and what it points to; `code_map` becomes part of it.
    pub(super) fn emit_image(&mut self, text: &Text, code_map: &[u8], second_symbol: Option<String>) -> Result<()> {
        let mut sections = Sections {
            records: Data::new(&mut self.object, self.records),
            plain: Data::new(&mut self.object, self.plain),
        };
        let at = sections.records.reserve::<ModuleImage>(1);
        self.image_head(&mut sections, at, text)?;
        self.imports(&mut sections, at + field!(ModuleImage, imports: Slice<ImportDescriptor>))?;
        self.exports(&mut sections, at + field!(ModuleImage, exports: Slice<ExportDescriptor>))?;
        self.func_refs(&mut sections, at + field!(ModuleImage, func_refs: Slice<FuncRefDescriptor>))?;
        self.memories(&mut sections, at + field!(ModuleImage, memories: Slice<MemoryDescriptor>));
        self.tables(&mut sections, at + field!(ModuleImage, tables: Slice<TableDescriptor>))?;
        self.globals(&mut sections, at + field!(ModuleImage, globals: Slice<GlobalDescriptor>))?;
        self.tags(&mut sections, at + field!(ModuleImage, tags: Slice<*const TypeDescriptor>))?;
        self.data_segments(&mut sections, at + field!(ModuleImage, data_segments: Slice<Bytes>));
        self.element_segments(&mut sections, at + field!(ModuleImage, element_segments: Slice<ElementSegment>));
        sections.bytes(at + field!(ModuleImage, code_map: Bytes), code_map, 4);
        self.counters(&mut sections, at + field!(ModuleImage, counters: Slice<FunctionCounters>))?;
        // `handlers` and `stack_maps` stay empty until exceptions and garbage collection bring them.

        let symbol = self.symbol(CodeName::Image)?;
        self.define_data(symbol, self.records, at, size_of::<ModuleImage>());
        if let Some(name) = second_symbol {
            self.object.add_symbol(Symbol {
                name: name.into_bytes(),
                value: at,
                size: size_of::<ModuleImage>() as u64,
                kind: SymbolKind::Data,
                scope: SymbolScope::Linkage,
                weak: false,
                section: SymbolSection::Section(self.records),
                flags: SymbolFlags::None,
            });
        }
        sections.records.finish(&mut self.object).map_err(container_error)?;
        sections.plain.finish(&mut self.object).map_err(container_error)
    }

    fn image_head(&mut self, sections: &mut Sections, at: u64, text: &Text) -> Result<()> {
        let (module, plan, options) = (self.env.module, self.env.plan, self.env.options);
        let records = &mut sections.records;
        records.u32(at + field!(ModuleImage, abi_version: u32), ABI_VERSION);
        let model = match options.model {
            Model::Library => MODEL_LIBRARY,
            Model::Executable => MODEL_EXECUTABLE,
        };
        records.u32(at + field!(ModuleImage, model: u32), model);
        if options.model == Model::Executable {
            let context = Place { symbol: self.symbol(CodeName::Context)?, offset: 0 };
            records.pointer(at + field!(ModuleImage, static_context: *mut InstanceContext), context);
        }
        counts(records, at + field!(ModuleImage, counts: ContextCounts), &plan.counts);
        let start = module.start.and_then(|function| plan.func_ref_of[function].expand());
        records.u32(at + field!(ModuleImage, start: u32), start.map_or(NONE, |index| index.as_u32()));
        let initialize = Place { symbol: self.symbol(CodeName::Initialize)?, offset: 0 };
        records.pointer(at + field!(ModuleImage, initialize: *const u8), initialize);
        records.pointer(at + field!(ModuleImage, text_start: *const u8), self.text_place(0));
        records.pointer(at + field!(ModuleImage, text_end: *const u8), self.text_place(text.length));
        let checks = if options.interruptible { CHECKS_EPOCH } else { 0 } | if options.fuel { CHECKS_FUEL } else { 0 };
        records.u64(at + field!(ModuleImage, checks: u64), checks);
        let name = self.module_name();
        sections.bytes(at + field!(ModuleImage, name: Bytes), name.as_bytes(), 1);
        Ok(())
    }

    fn imports(&mut self, sections: &mut Sections, at: u64) -> Result<()> {
        let (module, plan) = (self.env.module, self.env.plan);
        let rows = sections.array::<ImportDescriptor>(at, module.imports.len());
        // The host's functions have the slots behind those of other instances.
        let first_host_slot = plan.import_slots.values().flatten().count() as u32;
        for (import, row) in module.imports.iter().zip(rows) {
            sections.bytes(row + field!(ImportDescriptor, module: Bytes), import.module.as_bytes(), 1);
            sections.bytes(row + field!(ImportDescriptor, field: Bytes), import.field.as_bytes(), 1);
            self.extern_type(sections, row + field!(ImportDescriptor, ty: ExternType), import.entity)?;
            let slot = match import.entity {
                Entity::Function(index) => plan.import_slots[index].unwrap_or(NONE),
                Entity::Table(index) => index.as_u32(),
                Entity::Memory(index) => index.as_u32(),
                Entity::Global(index) => index.as_u32(),
                Entity::Tag(index) => index.as_u32(),
            };
            sections.records.u32(row + field!(ImportDescriptor, slot: u32), slot);
            let host = match import.entity {
                Entity::Function(index) => plan.host_slots[index].map_or(NONE, |slot| slot - first_host_slot),
                _ => NONE,
            };
            sections.records.u32(row + field!(ImportDescriptor, host: u32), host);
            if let (Entity::Memory(index), Some(limit)) = (import.entity, self.env.options.memory_maximum) {
                // Whoever makes this memory for us makes it by this type.
                let memory = &module.memories[index];
                let pages = memory.maximum.unwrap_or(u64::MAX).min(limit >> memory.page_log2);
                let ty = row + field!(ImportDescriptor, ty: ExternType);
                sections.records.u64(ty + field!(ExternType, maximum: u64), pages);
            }
        }
        Ok(())
    }

    fn exports(&mut self, sections: &mut Sections, at: u64) -> Result<()> {
        let (module, plan) = (self.env.module, self.env.plan);
        let rows = sections.array::<ExportDescriptor>(at, plan.exports.len());
        for (&export, row) in plan.exports.iter().zip(rows) {
            let export = &module.exports[export];
            sections.bytes(row + field!(ExportDescriptor, name: Bytes), export.name.as_bytes(), 1);
            self.extern_type(sections, row + field!(ExportDescriptor, ty: ExternType), export.entity)?;
            let (index, imported) = match export.entity {
                Entity::Function(index) => match self.function_reference(index) {
                    slot if slot != NONE && slot & IMPORTED_FUNCTION != 0 => (slot & !IMPORTED_FUNCTION, true),
                    func_ref => (func_ref, false),
                },
                Entity::Table(index) => imported_or_defined(index.as_u32(), module.imported_tables),
                Entity::Memory(index) => imported_or_defined(index.as_u32(), module.imported_memories),
                Entity::Global(index) => imported_or_defined(index.as_u32(), module.imported_globals),
                Entity::Tag(index) => imported_or_defined(index.as_u32(), module.imported_tags),
            };
            sections.records.u32(row + field!(ExportDescriptor, index: u32), index);
            sections.records.u32(row + field!(ExportDescriptor, imported: u32), u32::from(imported));
        }
        Ok(())
    }

    fn func_refs(&mut self, sections: &mut Sections, at: u64) -> Result<()> {
        let (module, plan) = (self.env.module, self.env.plan);
        let rows = sections.array::<FuncRefDescriptor>(at, plan.func_refs.len());
        for (&function, row) in plan.func_refs.values().zip(rows) {
            let code = match module.defined(function) {
                Some(_) => CodeName::Wasm(function),
                None => CodeName::ImportWrapper(function),
            };
            let ty = module.types.defined[module.functions[function].ty].canonical;
            let code = Place { symbol: self.symbol(code)?, offset: 0 };
            let entry = Place { symbol: self.symbol(CodeName::Entry(ty))?, offset: 0 };
            let descriptor = self.type_descriptor(ty)?;
            let records = &mut sections.records;
            records.pointer(row + field!(FuncRefDescriptor, code: *const u8), code);
            records.pointer(row + field!(FuncRefDescriptor, type_descriptor: *const TypeDescriptor), descriptor);
            records.pointer(row + field!(FuncRefDescriptor, entry: *const u8), entry);
        }
        Ok(())
    }

    fn memories(&mut self, sections: &mut Sections, at: u64) {
        let module = self.env.module;
        let first = module.imported_memories as usize;
        let rows = sections.array::<MemoryDescriptor>(at, module.memories.len() - first);
        for (index, row) in module.memories.keys().skip(first).zip(rows) {
            let (memory, plan) = (&module.memories[index], &self.env.plan.memories[index]);
            let may_move = if plan.may_move { MEMORY_MAY_MOVE } else { 0 };
            let records = &mut sections.records;
            records.u64(row + field!(MemoryDescriptor, minimum: u64), memory.minimum);
            records.u64(row + field!(MemoryDescriptor, maximum: u64), self.memory_maximum(index));
            records.u64(row + field!(MemoryDescriptor, reserve_bytes: u64), plan.reserve_bytes);
            records.u64(row + field!(MemoryDescriptor, guard_bytes: u64), plan.guard_bytes);
            records.u64(row + field!(MemoryDescriptor, guard_before_bytes: u64), plan.guard_before_bytes);
            records.u64(row + field!(MemoryDescriptor, fixed_base: u64), plan.fixed_base.unwrap_or(0));
            records.u8(row + field!(MemoryDescriptor, page_log2: u8), memory.page_log2);
            records.u8(row + field!(MemoryDescriptor, flags: u8), memory_flags(memory) | may_move);
            self.memory_contents(sections, row, index);
        }
    }

    /// The declared maximum in pages, or the one that the options lower it to.
    fn memory_maximum(&self, index: MemoryIndex) -> u64 {
        let memory = &self.env.module.memories[index];
        let declared = memory.maximum.unwrap_or(u64::MAX);
        match self.env.options.memory_maximum {
            Some(_) => declared.min(self.env.plan.memories[index].maximum_bytes >> memory.page_log2),
            None => declared,
        }
    }

    fn memory_contents(&mut self, sections: &mut Sections, row: u64, index: MemoryIndex) {
        let plan = self.env.plan;
        let contents = &plan.memory_contents[index];
        let used = contents.bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        let bytes = &contents.bytes[..used];
        if bytes.is_empty() {
            return;
        }
        let at = row + field!(MemoryDescriptor, contents: Bytes);
        let in_place = self.env.options.memory_in_place && bytes.len() > COPIED_BYTES_MAX;
        if let Some(base) = plan.memories[index].fixed_base.filter(|_| in_place) {
            let place = (!self.env.options.memory_elsewhere).then(|| {
                // Writable, and aligned as the largest page needs it: the linker maps it where the memory begins.
                let address = base + contents.offset;
                let name = format!("{}{}@{address:#x}", symbol::MEMORY_SECTION_PREFIX, index.as_u32());
                let section = self.object.add_section(Vec::new(), name.into_bytes(), SectionKind::Data);
                self.object.set_section_data(section, bytes, 1 << 16);
                Place { symbol: self.object.section_symbol(section), offset: 0 }
            });
            match place {
                Some(place) => sections.records.slice(at, place, bytes.len()),
                // How many there are in place is all that anybody asks for.
                None => sections.records.u64(at + field!(Bytes, length: u64), bytes.len() as u64),
            }
            sections.records.u8(row + field!(MemoryDescriptor, placement: u8), CONTENTS_IN_PLACE);
        } else {
            let place = self.constant_bytes(sections, bytes, &format!("memory{}", index.as_u32()));
            sections.records.slice(at, place, bytes.len());
        }
        sections.records.u64(row + field!(MemoryDescriptor, contents_offset: u64), contents.offset);
    }

    fn tables(&mut self, sections: &mut Sections, at: u64) -> Result<()> {
        let (module, plan) = (self.env.module, self.env.plan);
        let first = module.imported_tables as usize;
        let rows = sections.array::<TableDescriptor>(at, module.tables.len() - first);
        for (index, row) in module.tables.keys().skip(first).zip(rows) {
            let table = &module.tables[index];
            let records = &mut sections.records;
            records.u64(row + field!(TableDescriptor, minimum: u64), table.minimum);
            records.u64(row + field!(TableDescriptor, maximum: u64), table.maximum.unwrap_or(u64::MAX));
            records.u64(row + field!(TableDescriptor, flags: u64), u64::from(table_flags(table)));
            let element = crate::module::ValType::Ref(table.element);
            self.value_type(&mut sections.records, row + field!(TableDescriptor, element_type: ValueType), element)?;
            let contents = self.function_references(&plan.table_contents[index]);
            sections.words(row + field!(TableDescriptor, contents: Slice<u32>), &contents);
        }
        Ok(())
    }

    fn globals(&mut self, sections: &mut Sections, at: u64) -> Result<()> {
        let module = self.env.module;
        let first = module.imported_globals as usize;
        let rows = sections.array::<GlobalDescriptor>(at, module.globals.len() - first);
        for (global, row) in module.globals.values().skip(first).zip(rows) {
            self.value_type(&mut sections.records, row + field!(GlobalDescriptor, value_type: ValueType), global.ty)?;
            let value = global.init.as_ref().and_then(ConstExpr::value).and_then(|value| value.to_bytes());
            if let Some(bytes) = value {
                sections.records.put(row + field!(GlobalDescriptor, initial: [u8; 16]), &bytes);
            }
        }
        Ok(())
    }

    fn tags(&mut self, sections: &mut Sections, at: u64) -> Result<()> {
        let module = self.env.module;
        let first = module.imported_tags as usize;
        let rows = sections.array::<*const TypeDescriptor>(at, module.tags.len() - first);
        for (tag, row) in module.tags.values().skip(first).zip(rows) {
            let descriptor = self.type_descriptor(module.types.defined[tag.ty].canonical)?;
            sections.records.pointer(row, descriptor);
        }
        Ok(())
    }

    fn data_segments(&mut self, sections: &mut Sections, at: u64) {
        let module = self.env.module;
        let rows = sections.array::<Bytes>(at, module.data.len());
        for ((index, segment), row) in module.data.iter().zip(rows) {
            if self.env.plan.data[index] != DataPlan::InContents && !segment.bytes.is_empty() {
                let place = self.constant_bytes(sections, segment.bytes, &format!("data{}", index.index()));
                sections.records.slice(row, place, segment.bytes.len());
            }
        }
    }

    fn element_segments(&mut self, sections: &mut Sections, at: u64) {
        let module = self.env.module;
        let rows = sections.array::<ElementSegment>(at, module.elements.len());
        for ((index, segment), row) in module.elements.iter().zip(rows) {
            let is_live = matches!(self.env.plan.elements[index], ElementPlan::Apply | ElementPlan::Passive);
            let length = if is_live { segment.items.len() as u32 } else { 0 };
            if let (true, ElementItems::Functions(items)) = (is_live, &segment.items) {
                let functions = self.function_references(items);
                sections.words(row + field!(ElementSegment, functions: Slice<u32>), &functions);
            }
            let first_value = self.env.plan.first_element_value[index].unwrap_or(NONE);
            sections.records.u32(row + field!(ElementSegment, first_value: u32), first_value);
            sections.records.u32(row + field!(ElementSegment, length: u32), length);
        }
    }

    /// Index into the func refs, or the slot of an import with [`IMPORTED_FUNCTION`], or [`NONE`] where the plan left the
    /// function without a reference.
    fn function_reference(&self, function: FuncIndex) -> u32 {
        let plan = self.env.plan;
        match plan.import_slots[function] {
            Some(slot) => slot | IMPORTED_FUNCTION,
            None => plan.func_ref_of[function].expand().map_or(NONE, |index| index.as_u32()),
        }
    }

    fn function_references(&self, functions: &[Option<FuncIndex>]) -> Vec<u32> {
        functions.iter().map(|function| function.map_or(NONE, |function| self.function_reference(function))).collect()
    }

    /// Read-only bytes of the input or the plan, which are not copied when there are many.
    fn constant_bytes(&mut self, sections: &mut Sections, bytes: &'a [u8], name: &str) -> Place {
        if bytes.len() < OWN_SECTION_BYTES {
            return sections.plain.append(bytes, 16);
        }
        let section =
            self.object.add_section(Vec::new(), format!(".rodata.{name}").into_bytes(), SectionKind::ReadOnlyData);
        self.object.set_section_data(section, bytes, 16);
        Place { symbol: self.object.section_symbol(section), offset: 0 }
    }

    fn extern_type(&mut self, sections: &mut Sections, at: u64, entity: Entity) -> Result<()> {
        let module = self.env.module;
        let kind = match entity {
            Entity::Function(_) => ExternKind::Function,
            Entity::Table(_) => ExternKind::Table,
            Entity::Memory(_) => ExternKind::Memory,
            Entity::Global(_) => ExternKind::Global,
            Entity::Tag(_) => ExternKind::Tag,
        };
        let records = &mut sections.records;
        records.u32(at + field!(ExternType, kind: ExternKind), kind as u32);
        let value_type = at + field!(ExternType, value_type: ValueType);
        let descriptor = at + field!(ExternType, type_descriptor: *const TypeDescriptor);
        let flags = match entity {
            Entity::Function(index) => {
                let target = self.type_descriptor(module.types.defined[module.functions[index].ty].canonical)?;
                records.pointer(descriptor, target);
                0
            }
            Entity::Tag(index) => {
                let target = self.type_descriptor(module.types.defined[module.tags[index].ty].canonical)?;
                records.pointer(descriptor, target);
                0
            }
            Entity::Table(index) => {
                let table = &module.tables[index];
                limits(records, at, table.minimum, table.maximum);
                self.value_type(records, value_type, crate::module::ValType::Ref(table.element))?;
                u32::from(table_flags(table))
            }
            Entity::Memory(index) => {
                let memory = &module.memories[index];
                limits(records, at, memory.minimum, memory.maximum);
                records.u64(at + field!(ExternType, page_log2: u64), u64::from(memory.page_log2));
                let is_imported = index.as_u32() < module.imported_memories;
                let needs = if is_imported { needed_guards(&self.env.plan.memories[index]) } else { 0 };
                u32::from(memory_flags(memory) | needs)
            }
            Entity::Global(index) => {
                let global = &module.globals[index];
                self.value_type(records, value_type, global.ty)?;
                u32::from(global.mutable)
            }
        };
        records.u32(at + field!(ExternType, flags: u32), flags);
        Ok(())
    }
}

impl Sections {
    /// Room for an array of records, and the slice at `at` that points to it; the offsets of its elements.
    pub(super) fn array<T>(&mut self, at: u64, count: usize) -> impl Iterator<Item = u64> + use<T> {
        let first = self.records.reserve::<T>(count);
        let place = self.records.place(first);
        self.records.slice(at, place, count);
        (0..count as u64).map(move |position| first + position * size_of::<T>() as u64)
    }

    /// A slice of bytes.
    fn bytes(&mut self, at: u64, bytes: &[u8], align: u64) {
        if !bytes.is_empty() {
            let place = self.plain.append(bytes, align);
            self.records.slice(at, place, bytes.len());
        }
    }

    /// A slice of `u32`.
    fn words(&mut self, at: u64, words: &[u32]) {
        if !words.is_empty() {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            let place = self.plain.append(&bytes, 4);
            self.records.slice(at, place, words.len());
        }
    }
}

fn counts(records: &mut Data, at: u64, counts: &ContextCounts) {
    macro_rules! write_counts {
        ($($name:ident),*) => {
            // All of them: a pattern without `..`.
            let ContextCounts { $($name),* } = *counts;
            $( records.u32(at + field!(ContextCounts, $name: u32), $name); )*
        };
    }
    write_counts!(
        imported_functions,
        imported_memories,
        imported_tables,
        imported_globals,
        imported_tags,
        memories,
        tables,
        tags,
        func_refs,
        data_segments,
        element_segments,
        element_values,
        globals
    );
}

fn limits(records: &mut Data, at: u64, minimum: u64, maximum: Option<u64>) {
    records.u64(at + field!(ExternType, minimum: u64), minimum);
    records.u64(at + field!(ExternType, maximum: u64), maximum.unwrap_or(u64::MAX));
}

fn memory_flags(memory: &Memory) -> u8 {
    (if memory.is_64 { MEMORY_64 } else { 0 }) | (if memory.shared { MEMORY_SHARED } else { 0 })
}

/// What an imported memory must have because our code relies on it.
fn needed_guards(plan: &MemoryPlan) -> u8 {
    let behind = match plan.check {
        MemoryCheck::Guard | MemoryCheck::Shift { .. } => MEMORY_NEEDS_GUARD,
        MemoryCheck::Length if plan.guard_bytes > 0 => MEMORY_NEEDS_SMALL_GUARD,
        MemoryCheck::Length => 0,
    };
    behind | if plan.guard_before_bytes > 0 { MEMORY_NEEDS_GUARD_BEFORE } else { 0 }
}

fn table_flags(table: &Table) -> u8 {
    if table.is_64 { MEMORY_64 } else { 0 }
}

fn imported_or_defined(index: u32, imported: u32) -> (u32, bool) {
    match index.checked_sub(imported) {
        Some(defined) => (defined, false),
        None => (index, true),
    }
}
