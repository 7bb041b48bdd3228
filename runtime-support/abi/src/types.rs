//! Value types as data, and type descriptors: one symbol per canonical type, merged by the linker.
//!
//! Two function, struct or array types are the same type exactly when their recursion groups have the same structure.
//! The compiler hashes that structure and emits a weak symbol `aot_type_<hash>` holding a [`TypeDescriptor`], so that
//! within one link, types are equal exactly when the addresses of their descriptors are. No table of types, no
//! registry, no start-up work.

/// What a type descriptor describes.
pub const KIND_FUNCTION: u32 = 0;
/// See [`KIND_FUNCTION`].
pub const KIND_STRUCT: u32 = 1;
/// See [`KIND_FUNCTION`].
pub const KIND_ARRAY: u32 = 2;

/// One canonical type. `supers` points to `depth` pointers: the chain of declared supertypes, outermost first, not
/// including the type itself, so that a subtype test is one compare of `supers[n]`.
#[repr(C)]
#[derive(Debug)]
pub struct TypeDescriptor {
    /// [`KIND_FUNCTION`], [`KIND_STRUCT`] or [`KIND_ARRAY`].
    pub kind: u32,
    /// Number of declared supertypes above this one.
    pub depth: u32,
    /// The supertypes, outermost first.
    pub supers: *const *const TypeDescriptor,
    /// Function: parameter types followed by result types. Struct and array: their fields.
    pub values: *const ValueType,
    /// Function: number of parameters. Struct and array: number of fields.
    pub parameter_count: u32,
    /// Function: number of results. Struct and array: 0.
    pub result_count: u32,
}

/// A value type as data.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ValueType {
    /// The kind of value.
    pub kind: ValueKind,
    /// For references: 1 when null is allowed.
    pub nullable: u8,
    /// For references to an abstract heap type: which.
    pub heap: HeapKind,
    /// Zero.
    pub reserved: [u8; 5],
    /// For references to a concrete type: which. Null otherwise.
    pub concrete: *const TypeDescriptor,
}

/// The kinds of values. The numbers are the binary format's.
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the Wasm specification")]
pub enum ValueKind {
    I32 = 0x7f,
    I64 = 0x7e,
    F32 = 0x7d,
    F64 = 0x7c,
    V128 = 0x7b,
    /// Packed field.
    I8 = 0x78,
    /// Packed field.
    I16 = 0x77,
    Reference = 0x64,
}

/// Heap types of references. The numbers are the binary format's, except [`HeapKind::Concrete`] and [`HeapKind::None`].
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the Wasm specification")]
pub enum HeapKind {
    /// Not a reference.
    NotAReference = 0,
    /// See [`ValueType::concrete`].
    Concrete = 1,
    Func = 0x70,
    Extern = 0x6f,
    Any = 0x6e,
    Eq = 0x6d,
    I31 = 0x6c,
    Struct = 0x6b,
    Array = 0x6a,
    Exn = 0x69,
    NoExn = 0x74,
    NoFunc = 0x73,
    NoExtern = 0x72,
    None = 0x71,
}

const _: () = assert!(size_of::<ValueType>() == 16 && size_of::<TypeDescriptor>() == 32);
