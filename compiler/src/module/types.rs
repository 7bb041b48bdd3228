//! Function, struct and array types; recursion groups made canonical.

use crate::index::{CanonicalTypeIndex, TypeIndex};
use cranelift_codegen::entity::PrimaryMap;

/// The type section.
#[derive(Debug, Default)]
pub(crate) struct Types {
    pub(crate) defined: PrimaryMap<TypeIndex, TypeDef>,
    pub(crate) canonical: PrimaryMap<CanonicalTypeIndex, CanonicalType>,
}

/// One type of the type section.
#[derive(Debug)]
pub(crate) struct TypeDef {
    pub(crate) composite: Composite,
    pub(crate) supertype: Option<TypeIndex>,
    pub(crate) is_final: bool,
    /// Equal for types that the specification considers the same.
    pub(crate) canonical: CanonicalTypeIndex,
}

/// One type up to structural equality of recursion groups.
#[derive(Debug)]
pub(crate) struct CanonicalType {
    /// SHA-256 of the structure of its recursion group and its position there, truncated to 160 bits: the same in every
    /// module, so that the linker can merge descriptors by name. No one finds two types with one hash by trying.
    pub(crate) hash: [u8; 20],
    /// One of the module's types that it stands for.
    pub(crate) example: TypeIndex,
    /// Declared supertypes, outermost first.
    pub(crate) supers: Vec<CanonicalTypeIndex>,
}

/// The shape of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Composite {
    Function(FunctionType),
    Struct(Vec<Field>),
    Array(Field),
}

/// Parameters and results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionType {
    pub(crate) params: Box<[ValType]>,
    pub(crate) results: Box<[ValType]>,
}

/// A field of a struct, or the element of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) storage: Storage,
    pub(crate) mutable: bool,
}

/// How a field is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    I8,
    I16,
    Value(ValType),
}

/// A value type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ValType {
    I32,
    I64,
    F32,
    F64,
    V128,
    Ref(RefType),
}

/// A reference type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RefType {
    pub(crate) nullable: bool,
    pub(crate) heap: HeapType,
}

/// What a reference refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum HeapType {
    Func,
    Extern,
    Any,
    Eq,
    I31,
    Struct,
    Array,
    Exn,
    NoFunc,
    NoExtern,
    NoExn,
    None,
    Concrete(TypeIndex),
}

impl Types {
    /// Parameters and results of a type that validation knows to be a function type.
    pub(crate) fn function(&self, ty: TypeIndex) -> &FunctionType {
        match &self.defined[ty].composite {
            Composite::Function(function) => function,
            _ => unreachable!("validation guarantees a function type here"),
        }
    }
}

/// Subtyping, as the specification defines it.
#[cfg_attr(not(test), expect(dead_code, reason = "casts and typed tables are going to need it"))]
impl Types {
    /// Whether every value of type `sub` is one of type `sup`.
    pub(crate) fn is_value_subtype(&self, sub: ValType, sup: ValType) -> bool {
        match (sub, sup) {
            (ValType::Ref(sub), ValType::Ref(sup)) => self.is_reference_subtype(sub, sup),
            (sub, sup) => sub == sup,
        }
    }

    /// Whether every reference of type `sub` is one of type `sup`.
    pub(crate) fn is_reference_subtype(&self, sub: RefType, sup: RefType) -> bool {
        (sup.nullable || !sub.nullable) && self.is_heap_subtype(sub.heap, sup.heap)
    }

    /// Whether everything that references to `sub` refer to may be referred to by references to `sup`.
    pub(crate) fn is_heap_subtype(&self, sub: HeapType, sup: HeapType) -> bool {
        use HeapType as Heap;
        match (sub, sup) {
            (Heap::Concrete(sub), Heap::Concrete(sup)) => self.is_defined_subtype(sub, sup),
            (Heap::Concrete(sub), sup) => match self.defined[sub].composite {
                Composite::Function(_) => sup == Heap::Func,
                Composite::Struct(_) => matches!(sup, Heap::Struct | Heap::Eq | Heap::Any),
                Composite::Array(_) => matches!(sup, Heap::Array | Heap::Eq | Heap::Any),
            },
            (Heap::NoFunc | Heap::NoExtern | Heap::NoExn | Heap::None, sup) => self.bottom(sup) == sub,
            (Heap::I31 | Heap::Struct | Heap::Array, Heap::Eq | Heap::Any) | (Heap::Eq, Heap::Any) => true,
            (sub, sup) => sub == sup,
        }
    }

    /// Whether a type of the type section is another, or declares it as its supertype at any distance.
    pub(crate) fn is_defined_subtype(&self, sub: TypeIndex, sup: TypeIndex) -> bool {
        let (sub, sup) = (self.defined[sub].canonical, self.defined[sup].canonical);
        sub == sup || {
            // Supertypes are listed outermost first, so that a type is found at its own depth or not at all.
            let depth = self.canonical[sup].supers.len();
            self.canonical[sub].supers.get(depth) == Some(&sup)
        }
    }

    /// The type of the null of this type's hierarchy.
    pub(crate) fn bottom(&self, heap: HeapType) -> HeapType {
        match heap {
            HeapType::Func | HeapType::NoFunc => HeapType::NoFunc,
            HeapType::Extern | HeapType::NoExtern => HeapType::NoExtern,
            HeapType::Exn | HeapType::NoExn => HeapType::NoExn,
            HeapType::Concrete(index) if matches!(self.defined[index].composite, Composite::Function(_)) => {
                HeapType::NoFunc
            }
            HeapType::Any | HeapType::Eq | HeapType::I31 | HeapType::Struct | HeapType::Array | HeapType::None => {
                HeapType::None
            }
            HeapType::Concrete(_) => HeapType::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::test_support::with_module;

    #[test]
    fn heap_types_form_four_hierarchies() {
        let wat = "(module (type $f (sub (func))) (type $g (sub $f (func))) (type $s (struct)) (type $a (array i32)))";
        with_module(wat, |module| {
            use HeapType::*;
            let [f, g, s, a] = [0, 1, 2, 3].map(|index| Concrete(TypeIndex::from_u32(index)));
            let hierarchies: [&[&[HeapType]]; 4] = [
                &[&[NoFunc, g, f, Func]],
                &[&[NoExtern, Extern]],
                &[&[NoExn, Exn]],
                &[&[None, s, Struct, Eq, Any], &[None, a, Array, Eq, Any], &[None, I31, Eq, Any]],
            ];
            let all = [Func, Extern, Any, Eq, I31, Struct, Array, Exn, NoFunc, NoExtern, NoExn, None, f, g, s, a];
            for sub in all {
                for sup in all {
                    let expected = hierarchies.iter().copied().flatten().any(|chain| {
                        let place = |ty| chain.iter().position(|&other| other == ty);
                        matches!((place(sub), place(sup)), (Some(sub), Some(sup)) if sub <= sup)
                    });
                    assert_eq!(module.types.is_heap_subtype(sub, sup), expected, "{sub:?} {sup:?}");
                }
            }
        });
    }

    #[test]
    fn null_is_not_a_non_null_reference() {
        with_module("(module)", |module| {
            let reference = |nullable| ValType::Ref(RefType { nullable, heap: HeapType::Func });
            assert!(module.types.is_value_subtype(reference(false), reference(true)));
            assert!(!module.types.is_value_subtype(reference(true), reference(false)));
            assert!(!module.types.is_value_subtype(ValType::I32, ValType::I64));
        });
    }
}
