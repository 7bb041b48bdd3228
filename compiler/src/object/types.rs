//! Value types as data, and a weak symbol with a descriptor for each canonical type.
//!
//! Each descriptor is a section and a COMDAT group of its own, so that a linker keeps one copy of those that several
//! objects bring; its symbol is weak as well, for linkers that ignore groups. It is hidden: in a shared library the
//! references to it must not be redirected to another library's.

use super::Emitter;
use super::data::{Data, Place, field};
use crate::code_name::CodeName;
use crate::error::Result;
use crate::index::CanonicalTypeIndex;
use crate::module::types::Storage;
use crate::module::{Composite, HeapType, RefType, ValType};
use aot_abi::types::{HeapKind, KIND_ARRAY, KIND_FUNCTION, KIND_STRUCT, TypeDescriptor, ValueKind, ValueType};
use object::write::{Comdat, Symbol, SymbolSection};
use object::{ComdatKind, SectionFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf};

// A field that is added must be written below.
const _: () = assert!(size_of::<TypeDescriptor>() == 32 && size_of::<ValueType>() == 16);

impl Emitter<'_> {
    /// The descriptor of a type; it will be emitted.
    pub(super) fn type_descriptor(&mut self, ty: CanonicalTypeIndex) -> Result<Place> {
        let symbol = self.symbol(CodeName::TypeDescriptor(ty))?;
        Ok(Place { symbol, offset: 0 })
    }

    /// Writes a value type into reserved room.
    pub(super) fn value_type(&mut self, data: &mut Data, at: u64, ty: ValType) -> Result<()> {
        let kind = match ty {
            ValType::I32 => ValueKind::I32,
            ValType::I64 => ValueKind::I64,
            ValType::F32 => ValueKind::F32,
            ValType::F64 => ValueKind::F64,
            ValType::V128 => ValueKind::V128,
            ValType::Ref(_) => ValueKind::Reference,
        };
        data.u8(at + field!(ValueType, kind: ValueKind), kind as u8);
        if let ValType::Ref(reference) = ty {
            self.reference_type(data, at, reference)?;
        }
        Ok(())
    }

    fn reference_type(&mut self, data: &mut Data, at: u64, ty: RefType) -> Result<()> {
        let heap = match ty.heap {
            HeapType::Func => HeapKind::Func,
            HeapType::Extern => HeapKind::Extern,
            HeapType::Any => HeapKind::Any,
            HeapType::Eq => HeapKind::Eq,
            HeapType::I31 => HeapKind::I31,
            HeapType::Struct => HeapKind::Struct,
            HeapType::Array => HeapKind::Array,
            HeapType::Exn => HeapKind::Exn,
            HeapType::NoFunc => HeapKind::NoFunc,
            HeapType::NoExtern => HeapKind::NoExtern,
            HeapType::NoExn => HeapKind::NoExn,
            HeapType::None => HeapKind::None,
            HeapType::Concrete(index) => {
                let descriptor = self.type_descriptor(self.env.module.types.defined[index].canonical)?;
                data.pointer(at + field!(ValueType, concrete: *const TypeDescriptor), descriptor);
                HeapKind::Concrete
            }
        };
        data.u8(at + field!(ValueType, nullable: u8), u8::from(ty.nullable));
        data.u8(at + field!(ValueType, heap: HeapKind), heap as u8);
        Ok(())
    }

    /// Emits every descriptor that anything refers to, including those that descriptors refer to.
    pub(super) fn emit_type_descriptors(&mut self) -> Result<()> {
        let mut emitted = 0;
        while let Some(&ty) = self.wanted_types.get(emitted) {
            self.emit_type_descriptor(ty)?;
            emitted += 1;
        }
        Ok(())
    }

    fn emit_type_descriptor(&mut self, ty: CanonicalTypeIndex) -> Result<()> {
        let module = self.env.module;
        let canonical = &module.types.canonical[ty];
        let name = self.symbols.of(CodeName::TypeDescriptor(ty));
        let section = self.object.add_section(
            Vec::new(),
            format!(".data.rel.ro.{name}").into_bytes(),
            SectionKind::ReadOnlyDataWithRel,
        );
        let mut data = Data::new(&mut self.object, section);

        let descriptor = data.reserve::<TypeDescriptor>(1);
        let supers = data.reserve::<*const TypeDescriptor>(canonical.supers.len());
        for (position, &supertype) in canonical.supers.iter().enumerate() {
            let target = self.type_descriptor(supertype)?;
            data.pointer(supers + (position * size_of::<*const TypeDescriptor>()) as u64, target);
        }
        let (kind, fields, results): (_, Vec<Storage>, usize) = match &module.types.defined[canonical.example].composite
        {
            Composite::Function(function) => {
                let values = function.params.iter().chain(&function.results);
                (KIND_FUNCTION, values.map(|&ty| Storage::Value(ty)).collect(), function.results.len())
            }
            Composite::Struct(fields) => (KIND_STRUCT, fields.iter().map(|field| field.storage).collect(), 0),
            Composite::Array(field) => (KIND_ARRAY, vec![field.storage], 0),
        };
        let values = data.reserve::<ValueType>(fields.len());
        for (position, &storage) in fields.iter().enumerate() {
            let at = values + (position * size_of::<ValueType>()) as u64;
            match storage {
                Storage::Value(ty) => self.value_type(&mut data, at, ty)?,
                Storage::I8 => data.u8(at + field!(ValueType, kind: ValueKind), ValueKind::I8 as u8),
                Storage::I16 => data.u8(at + field!(ValueType, kind: ValueKind), ValueKind::I16 as u8),
            }
        }

        data.u32(descriptor + field!(TypeDescriptor, kind: u32), kind);
        data.u32(descriptor + field!(TypeDescriptor, depth: u32), canonical.supers.len() as u32);
        if !canonical.supers.is_empty() {
            let target = data.place(supers);
            data.pointer(descriptor + field!(TypeDescriptor, supers: *const *const TypeDescriptor), target);
        }
        if !fields.is_empty() {
            let target = data.place(values);
            data.pointer(descriptor + field!(TypeDescriptor, values: *const ValueType), target);
        }
        data.u32(descriptor + field!(TypeDescriptor, parameter_count: u32), (fields.len() - results) as u32);
        data.u32(descriptor + field!(TypeDescriptor, result_count: u32), results as u32);
        data.finish(&mut self.object).map_err(super::container_error)?;

        let symbol = self.symbol(CodeName::TypeDescriptor(ty))?;
        *self.object.symbol_mut(symbol) = Symbol {
            name: name.into_bytes(),
            value: descriptor,
            size: size_of::<TypeDescriptor>() as u64,
            kind: SymbolKind::Data,
            scope: SymbolScope::Linkage,
            weak: true,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        };
        // The `object` crate writes the group, but leaves it to us to mark its members.
        self.object.section_mut(section).flags =
            SectionFlags::Elf { sh_flags: u64::from(elf::SHF_ALLOC | elf::SHF_WRITE | elf::SHF_GROUP) };
        self.object.add_comdat(Comdat { kind: ComdatKind::Any, symbol, sections: vec![section] });
        Ok(())
    }
}
