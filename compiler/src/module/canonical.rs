//! Recursion groups made canonical: equal structure, equal [`CanonicalTypeIndex`], equal hash in every module.
//!
//! Two types are the same exactly when they stand at the same place of recursion groups with the same structure. A group
//! is written down as bytes, with references inside it by their position in the group and references to other types by
//! their hash; the hash of those bytes and of the position is the type's identity. Equality is thus never tested
//! structurally, and groups that refer to each other in long chains cost no more than their own length.

use super::types::{CanonicalType, Composite, Field, HeapType, RefType, Storage, TypeDef, Types, ValType};
use crate::index::{CanonicalTypeIndex, TypeIndex};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Bytes of a type's hash.
const HASH_BYTES: usize = 20;

/// What a type section says of one type.
pub(super) struct NewType {
    pub(super) composite: Composite,
    pub(super) supertype: Option<TypeIndex>,
    pub(super) is_final: bool,
}

/// Adds recursion groups to [`Types`], in order.
#[derive(Default)]
pub(super) struct Canonicalizer {
    known: HashMap<[u8; HASH_BYTES], CanonicalTypeIndex>,
    /// Scratch.
    bytes: Vec<u8>,
}

impl Canonicalizer {
    /// Adds one recursion group.
    pub(super) fn add_group(&mut self, types: &mut Types, group: Vec<NewType>) {
        let start = types.defined.len();
        self.bytes.clear();
        let mut writer = Writer { bytes: &mut self.bytes, types, start };
        writer.length(group.len());
        for ty in &group {
            writer.ty(ty);
        }
        let group_hash = Sha256::digest(&self.bytes);
        for (position, ty) in group.into_iter().enumerate() {
            let mut digest = Sha256::new();
            digest.update(group_hash);
            digest.update((position as u32).to_le_bytes());
            let mut hash = [0; HASH_BYTES];
            hash.copy_from_slice(&digest.finalize()[..HASH_BYTES]);
            let canonical = self.intern(types, hash, ty.supertype);
            let NewType { composite, supertype, is_final } = ty;
            types.defined.push(TypeDef { composite, supertype, is_final, canonical });
        }
    }

    /// The canonical type with this hash, made for the next type to be defined if there is none yet.
    fn intern(
        &mut self,
        types: &mut Types,
        hash: [u8; HASH_BYTES],
        supertype: Option<TypeIndex>,
    ) -> CanonicalTypeIndex {
        *self.known.entry(hash).or_insert_with(|| {
            let mut supers = Vec::new();
            if let Some(supertype) = supertype {
                let supertype = types.defined[supertype].canonical;
                supers.extend_from_slice(&types.canonical[supertype].supers);
                supers.push(supertype);
            }
            types.canonical.push(CanonicalType { hash, example: types.defined.next_key(), supers })
        })
    }
}

/// Writes the structure of a group. Every item starts with a byte that tells it from its alternatives, and every list
/// with its length, so that different structures are different bytes.
struct Writer<'a> {
    bytes: &'a mut Vec<u8>,
    types: &'a Types,
    /// First type of the group.
    start: usize,
}

impl Writer<'_> {
    fn length(&mut self, length: usize) {
        self.bytes.extend_from_slice(&(length as u32).to_le_bytes());
    }

    fn ty(&mut self, ty: &NewType) {
        self.bytes.push(u8::from(ty.is_final));
        self.bytes.push(u8::from(ty.supertype.is_some()));
        if let Some(supertype) = ty.supertype {
            self.index(supertype);
        }
        match &ty.composite {
            Composite::Function(function) => {
                self.bytes.push(0x60);
                for values in [&function.params, &function.results] {
                    self.length(values.len());
                    values.iter().for_each(|&value| self.value(value));
                }
            }
            Composite::Struct(fields) => {
                self.bytes.push(0x5f);
                self.length(fields.len());
                fields.iter().for_each(|field| self.field(field));
            }
            Composite::Array(field) => {
                self.bytes.push(0x5e);
                self.field(field);
            }
        }
    }

    fn field(&mut self, field: &Field) {
        self.bytes.push(u8::from(field.mutable));
        match field.storage {
            Storage::I8 => self.bytes.push(0x78),
            Storage::I16 => self.bytes.push(0x77),
            Storage::Value(value) => self.value(value),
        }
    }

    fn value(&mut self, value: ValType) {
        match value {
            ValType::I32 => self.bytes.push(0x7f),
            ValType::I64 => self.bytes.push(0x7e),
            ValType::F32 => self.bytes.push(0x7d),
            ValType::F64 => self.bytes.push(0x7c),
            ValType::V128 => self.bytes.push(0x7b),
            ValType::Ref(RefType { nullable, heap }) => {
                self.bytes.push(if nullable { 0x63 } else { 0x64 });
                self.heap(heap);
            }
        }
    }

    fn heap(&mut self, heap: HeapType) {
        let byte = match heap {
            HeapType::Func => 0x70,
            HeapType::Extern => 0x6f,
            HeapType::Any => 0x6e,
            HeapType::Eq => 0x6d,
            HeapType::I31 => 0x6c,
            HeapType::Struct => 0x6b,
            HeapType::Array => 0x6a,
            HeapType::Exn => 0x69,
            HeapType::NoExn => 0x74,
            HeapType::NoFunc => 0x73,
            HeapType::NoExtern => 0x72,
            HeapType::None => 0x71,
            HeapType::Concrete(index) => return self.index(index),
        };
        self.bytes.push(byte);
    }

    /// A reference to a type: by position inside the group, by identity outside of it.
    fn index(&mut self, index: TypeIndex) {
        match (index.as_u32() as usize).checked_sub(self.start) {
            Some(position) => {
                self.bytes.push(1);
                self.length(position);
            }
            None => {
                self.bytes.push(2);
                let canonical = self.types.defined[index].canonical;
                self.bytes.extend_from_slice(&self.types.canonical[canonical].hash);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::index::TypeIndex;
    use crate::module::test_support::with_module;

    /// Canonical index and depth of each type.
    fn canonical(types: &str) -> Vec<(u32, usize)> {
        with_module(&format!("(module {types})"), |module| {
            let of = |ty: &super::TypeDef| (ty.canonical.as_u32(), module.types.canonical[ty.canonical].supers.len());
            module.types.defined.values().map(of).collect()
        })
    }

    #[test]
    fn equal_types_are_one() {
        let types = canonical("(type (func (param i32))) (type (func)) (type (func (param i32)))");
        assert_eq!(types, [(0, 0), (1, 0), (0, 0)]);
    }

    #[test]
    fn a_group_of_one_may_be_explicit() {
        assert_eq!(canonical("(type (func)) (rec (type (func)))"), [(0, 0), (0, 0)]);
    }

    #[test]
    fn groups_are_equal_by_structure_and_position() {
        let types = canonical(
            "(rec (type $a (func (result (ref $b)))) (type $b (func (result (ref $a)))))
             (rec (type $c (func (result (ref $d)))) (type $d (func (result (ref $c)))))
             (rec (type $e (func (result (ref $a)))) (type $f (func (result (ref $e)))))",
        );
        assert_eq!(types, [(0, 0), (1, 0), (0, 0), (1, 0), (2, 0), (3, 0)]);
    }

    #[test]
    fn finality_nullability_and_mutability_matter() {
        let types = canonical(
            "(type (func)) (type (sub (func))) (type (func (param funcref))) (type (func (param (ref func))))
             (type (struct (field i32))) (type (struct (field (mut i32)))) (type (array i32)) (type (struct (field i8)))",
        );
        assert_eq!(types.iter().map(|ty| ty.0).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn supertypes_come_outermost_first() {
        let wat = "(module (type $a (sub (func))) (type $b (sub $a (func))) (type $c (sub $b (func))))";
        with_module(wat, |module| {
            let canonical = |index| module.types.defined[TypeIndex::from_u32(index)].canonical;
            assert_eq!(module.types.canonical[canonical(2)].supers, [canonical(0), canonical(1)]);
        });
    }

    #[test]
    fn hashes_do_not_depend_on_the_rest_of_the_module() {
        let hash = |types: &str| {
            with_module(&format!("(module {types})"), |module| {
                let last = module.types.defined.last().unwrap().1;
                module.types.canonical[last.canonical].hash
            })
        };
        assert_eq!(
            hash("(type $a (func)) (type (func (param (ref $a))))"),
            hash("(type (struct)) (type (func (param i64))) (type $a (func)) (type (func (param (ref $a))))")
        );
    }
}
