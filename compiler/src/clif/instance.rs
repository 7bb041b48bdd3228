//! Where memories, tables, globals and functions live and how code reaches them.
//!
//! Two models, one enum's worth of difference: the context is a parameter (library) or a symbol (executable).

use super::regions;
use super::translator::{Env, FuncTranslator};
use crate::code_name::CodeName;
use crate::index::{CanonicalTypeIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex};
use crate::plan::CodeTableRow;
use aot_abi::context::{FuncRef, GlobalCell, ImportedFunction, InstanceContext, LinearMemory, Table};
use aot_abi::types::TypeDescriptor;
use cranelift_codegen::ir::{self, InstBuilder, Value, types};
use std::mem::offset_of;

/// Address of the instance's context.
pub(crate) fn context(f: &mut FuncTranslator<'_, '_>) -> Value {
    match f.context_parameter {
        Some(parameter) => parameter,
        None => data_address(f, CodeName::Context),
    }
}

/// Address of a datum of the object.
pub(crate) fn data_address(f: &mut FuncTranslator<'_, '_>, name: CodeName) -> Value {
    let global_value = match f.caches.data.get(&name) {
        Some(known) => *known,
        None => {
            let user = f.builder.func.declare_imported_user_function(name.to_user());
            let made = f.builder.create_global_value(ir::GlobalValueData::Symbol {
                name: ir::ExternalName::user(user),
                offset: 0.into(),
                colocated: true,
                tls: false,
            });
            f.caches.data.insert(name, made);
            made
        }
    };
    f.builder.ins().symbol_value(types::I64, global_value)
}

/// Address of the descriptor of a type, which is the type's identity.
pub(crate) fn type_descriptor(f: &mut FuncTranslator<'_, '_>, ty: CanonicalTypeIndex) -> Value {
    data_address(f, CodeName::TypeDescriptor(ty))
}

/// A place in the context: a base and a constant offset from it.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) base: Value,
    pub(crate) offset: i32,
}

impl Place {
    fn at(base: Value, offset: u64) -> Self {
        Place { base, offset: i32::try_from(offset).expect("module limits keep a context below 2 GiB") }
    }

    /// A field behind this place.
    pub(crate) fn field(self, offset: usize) -> Self {
        Place { base: self.base, offset: self.offset + i32::try_from(offset).expect("a field is near its struct") }
    }

    /// As an address in a register.
    pub(crate) fn address(self, f: &mut FuncTranslator<'_, '_>) -> Value {
        if self.offset == 0 { self.base } else { f.builder.ins().iadd_imm_s(self.base, i64::from(self.offset)) }
    }

    /// Loads from here.
    pub(crate) fn load(self, f: &mut FuncTranslator<'_, '_>, ty: ir::Type, flags: ir::MemFlagsData) -> Value {
        f.builder.ins().load(ty, flags, self.base, self.offset)
    }

    /// Stores here.
    pub(crate) fn store(self, f: &mut FuncTranslator<'_, '_>, value: Value, flags: ir::MemFlagsData) {
        f.builder.ins().store(flags, value, self.base, self.offset);
    }
}

/// Element `index` of an array of the context.
fn element(f: &mut FuncTranslator<'_, '_>, array: u64, index: u32, size: usize) -> Place {
    let base = context(f);
    Place::at(base, array + u64::from(index) * size as u64)
}

/// Loads a pointer that instantiation set for good.
fn constant_pointer(f: &mut FuncTranslator<'_, '_>, place: Place) -> Value {
    place.load(f, types::I64, regions::constant())
}

fn memory(f: &mut FuncTranslator<'_, '_>, memory: MemoryIndex) -> Place {
    let layout = f.env.plan.layout;
    let imported = f.env.module.imported_memories;
    match memory.as_u32().checked_sub(imported) {
        Some(defined) => element(f, layout.memories, defined, size_of::<LinearMemory>()),
        None => {
            let slot = element(f, layout.imported_memories, memory.as_u32(), size_of::<*mut LinearMemory>());
            Place::at(constant_pointer(f, slot), 0)
        }
    }
}

/// The instance's fuel.
pub(crate) fn fuel(f: &mut FuncTranslator<'_, '_>) -> Place {
    let base = context(f);
    Place::at(base, offset_of!(InstanceContext, fuel) as u64)
}

/// Where the epoch is that the instance ends at.
pub(crate) fn epoch_deadline(f: &mut FuncTranslator<'_, '_>) -> Place {
    let base = context(f);
    Place::at(base, offset_of!(InstanceContext, epoch_deadline) as u64)
}

/// Address of the counter of epochs, which stays the same while the instance runs.
pub(crate) fn epoch_counter(f: &mut FuncTranslator<'_, '_>) -> Value {
    let base = context(f);
    constant_pointer(f, Place::at(base, offset_of!(InstanceContext, epoch) as u64))
}

/// Native address of Wasm address 0.
pub(crate) fn memory_base(f: &mut FuncTranslator<'_, '_>, index: MemoryIndex) -> Value {
    let plan = f.env.plan.memories[index];
    if let Some(fixed) = plan.fixed_base {
        return f.builder.ins().iconst(types::I64, fixed as i64);
    }
    let flags = if plan.may_move { regions::memory_header(f) } else { regions::constant() };
    memory(f, index).field(offset_of!(LinearMemory, base)).load(f, types::I64, flags)
}

/// Current length in bytes.
pub(crate) fn memory_byte_length(f: &mut FuncTranslator<'_, '_>, index: MemoryIndex) -> Value {
    if let Some(fixed) = f.env.plan.memories[index].fixed_length {
        return f.builder.ins().iconst(types::I64, fixed as i64);
    }
    let place = memory(f, index).field(offset_of!(LinearMemory, byte_length));
    if f.env.module.memories[index].shared {
        // Another thread may grow it at any time.
        let flags = regions::memory_header(f);
        let address = place.address(f);
        return f.builder.ins().atomic_load(types::I64, flags, address);
    }
    let flags = regions::memory_header(f);
    place.load(f, types::I64, flags)
}

/// The memory whose length, as [`memory_byte_length`] gives it, this value is. Only memories that the module defines, and
/// a constant only where it can be of one.
pub(crate) fn memory_of_length(env: Env<'_>, function: &ir::Function, value: Value) -> Option<MemoryIndex> {
    let imported = env.module.imported_memories;
    let mut defined = env.module.memories.keys().skip(imported as usize);
    match function.dfg.insts[function.dfg.value_def(value).inst()?] {
        ir::InstructionData::UnaryImm { opcode: ir::Opcode::Iconst, imm } => {
            let only = defined.next().filter(|_| env.module.memories.len() == 1)?;
            (env.plan.memories[only].fixed_length == Some(imm.bits() as u64)).then_some(only)
        }
        ir::InstructionData::Load { opcode: ir::Opcode::Load, flags, offset, .. } => {
            let region = function.dfg.mem_flags[flags].alias_region()?;
            if function.dfg.alias_regions[region].user_id != regions::MEMORY_HEADER {
                return None;
            }
            // No other field of a memory's header is ever compared. Headers of imported memories lie elsewhere, at
            // offsets that a context has something else at.
            let from_start = u64::try_from(i32::from(offset)).ok()?.checked_sub(env.plan.layout.memories)?;
            let (number, field) =
                (from_start / size_of::<LinearMemory>() as u64, from_start as usize % size_of::<LinearMemory>());
            (field == offset_of!(LinearMemory, byte_length)).then(|| defined.nth(number as usize)).flatten()
        }
        _ => None,
    }
}

/// Whether a load at this offset of the headers' region is of the base of a memory that the module defines.
pub(crate) fn is_memory_base(env: Env<'_>, offset: i32) -> bool {
    let from_start = u64::try_from(offset).ok().and_then(|offset| offset.checked_sub(env.plan.layout.memories));
    let defined = env.module.memories.len() as u64 - u64::from(env.module.imported_memories);
    let size = size_of::<LinearMemory>() as u64;
    env.module.imported_memories == 0
        && from_start.is_some_and(|from_start| {
            from_start / size < defined && from_start % size == offset_of!(LinearMemory, base) as u64
        })
}

fn table(f: &mut FuncTranslator<'_, '_>, table: TableIndex) -> Place {
    let layout = f.env.plan.layout;
    let imported = f.env.module.imported_tables;
    match table.as_u32().checked_sub(imported) {
        Some(defined) => element(f, layout.tables, defined, size_of::<Table>()),
        None => {
            let slot = element(f, layout.imported_tables, table.as_u32(), size_of::<*mut Table>());
            Place::at(constant_pointer(f, slot), 0)
        }
    }
}

/// Current number of elements, 64 bits.
pub(crate) fn table_length(f: &mut FuncTranslator<'_, '_>, index: TableIndex) -> Value {
    if let Some(fixed) = &f.env.facts.fixed_tables[index] {
        let length = fixed.elements.len() as i64;
        return f.builder.ins().iconst(types::I64, length);
    }
    let flags = regions::table_header(f);
    table(f, index).field(offset_of!(Table, length)).load(f, types::I64, flags)
}

/// Native address of element 0.
pub(crate) fn table_elements(f: &mut FuncTranslator<'_, '_>, index: TableIndex) -> Value {
    let fixed = f.env.facts.fixed_tables[index].is_some();
    let flags = if fixed { regions::constant() } else { regions::table_header(f) };
    table(f, index).field(offset_of!(Table, elements)).load(f, types::I64, flags)
}

/// The cell of a global.
pub(crate) fn global(f: &mut FuncTranslator<'_, '_>, index: GlobalIndex) -> Place {
    let layout = f.env.plan.layout;
    let imported = f.env.module.imported_globals;
    match index.as_u32().checked_sub(imported) {
        Some(defined) => element(f, layout.globals, defined, size_of::<GlobalCell>()),
        None => {
            let slot = element(f, layout.imported_globals, index.as_u32(), size_of::<*mut GlobalCell>());
            Place::at(constant_pointer(f, slot), 0)
        }
    }
}

/// An item of an element segment that is not plain functions; `first` is the segment's first item.
pub(crate) fn element_value(f: &mut FuncTranslator<'_, '_>, first: u32, item: u32) -> Place {
    let layout = f.env.plan.layout;
    element(f, layout.element_values, first + item, size_of::<u64>())
}

/// Code and context of an import bound to a slot.
pub(crate) fn imported_function(f: &mut FuncTranslator<'_, '_>, slot: u32) -> (Value, Value) {
    let layout = f.env.plan.layout;
    let place = element(f, layout.imported_functions, slot, size_of::<ImportedFunction>());
    let code = constant_pointer(f, place.field(offset_of!(ImportedFunction, code)));
    let context = constant_pointer(f, place.field(offset_of!(ImportedFunction, context)));
    (code, context)
}

/// The type of the function that a reference points to.
pub(crate) fn func_ref_type(f: &mut FuncTranslator<'_, '_>, reference: Value, flags: ir::MemFlagsData) -> Value {
    f.builder.ins().load(types::I64, flags, reference, offset_of!(FuncRef, type_descriptor) as i32)
}

/// The code of the function that a reference points to.
pub(crate) fn func_ref_code(f: &mut FuncTranslator<'_, '_>, reference: Value, flags: ir::MemFlagsData) -> Value {
    f.builder.ins().load(types::I64, flags, reference, offset_of!(FuncRef, code) as i32)
}

/// The context that this code expects.
pub(crate) fn func_ref_context(f: &mut FuncTranslator<'_, '_>, reference: Value) -> Value {
    let flags = regions::func_ref();
    f.builder.ins().load(types::I64, flags, reference, offset_of!(FuncRef, context) as i32)
}

/// First row and row `index` of a code table; the index is 64 bits wide.
pub(crate) fn code_table_row(f: &mut FuncTranslator<'_, '_>, table: TableIndex, index: Value) -> (Value, Value) {
    let rows = data_address(f, CodeName::CodeTable(table));
    let distance = f.builder.ins().ishl_imm_u(index, i64::from(size_of::<CodeTableRow>().ilog2()));
    (rows, f.builder.ins().iadd(rows, distance))
}

/// The code in a row of a code table.
pub(crate) fn code_table_code(f: &mut FuncTranslator<'_, '_>, row: Value) -> Value {
    f.builder.ins().load(types::I64, regions::code_table(), row, offset_of!(CodeTableRow, code) as i32)
}

/// The type in a row of a code table, as an `i32`.
pub(crate) fn code_table_type(f: &mut FuncTranslator<'_, '_>, row: Value) -> Value {
    f.builder.ins().load(types::I32, regions::code_table(), row, offset_of!(CodeTableRow, ty) as i32)
}

/// How many supertypes a type declares, as an `i32`.
pub(crate) fn type_depth(f: &mut FuncTranslator<'_, '_>, descriptor: Value) -> Value {
    let flags = regions::func_ref();
    f.builder.ins().load(types::I32, flags, descriptor, offset_of!(TypeDescriptor, depth) as i32)
}

/// The supertype of a type at this depth, which it must have.
pub(crate) fn supertype(f: &mut FuncTranslator<'_, '_>, descriptor: Value, depth: u32) -> Value {
    let flags = regions::func_ref();
    let supers = f.builder.ins().load(types::I64, flags, descriptor, offset_of!(TypeDescriptor, supers) as i32);
    let offset =
        i32::try_from(depth as usize * size_of::<*const TypeDescriptor>()).expect("validation bounds the depth");
    f.builder.ins().load(types::I64, flags, supers, offset)
}

/// The reference to a function.
pub(crate) fn func_ref(f: &mut FuncTranslator<'_, '_>, function: FuncIndex) -> Value {
    let layout = f.env.plan.layout;
    if let Some(slot) = f.env.plan.import_slots[function] {
        let place = element(f, layout.imported_functions, slot, size_of::<ImportedFunction>());
        return constant_pointer(f, place.field(offset_of!(ImportedFunction, func_ref)));
    }
    let Some(index) = f.env.plan.func_ref_of[function].expand() else {
        // Initializers of globals, tables and segments that nothing reachable reads may mention a function that nothing
        // reachable calls. It was not compiled, and null stands in for it where nobody looks.
        assert!(!f.env.facts.reachable[function], "validation guarantees that referenced functions are declared");
        return f.builder.ins().iconst(types::I64, 0);
    };
    element(f, layout.func_refs, index.as_u32(), size_of::<FuncRef>()).address(f)
}
