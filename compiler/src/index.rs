//! Newtype indices, so that an import cannot reach code that compiles bodies and a table is never a memory.

use cranelift_codegen::entity::entity_impl;

macro_rules! indices {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) struct $name(u32);
        entity_impl!($name, $prefix);
    )*};
}

indices! {
    /// A function of the module, imports first.
    FuncIndex "func";
    /// A function with a body in the module.
    DefinedFuncIndex "body";
    /// A type of the module's type section.
    TypeIndex "type";
    /// A type up to structural equality of recursion groups.
    CanonicalTypeIndex "canonical";
    /// A memory, imports first.
    MemoryIndex "memory";
    /// A table, imports first.
    TableIndex "table";
    /// A global, imports first.
    GlobalIndex "global";
    /// An exception tag, imports first.
    TagIndex "tag";
    /// A data segment.
    DataIndex "data";
    /// An element segment.
    ElementIndex "element";
    /// A function whose reference can be taken: an entry of the context's array of func refs.
    FuncRefIndex "func_ref";
}
