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
