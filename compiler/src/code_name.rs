//! `CodeName`: everything that CLIF mentions and the object stage gives a symbol.

use crate::index::{CanonicalTypeIndex, FuncIndex, TableIndex};
use aot_abi::libcall::Libcall;
use cranelift_codegen::entity::EntityRef;
use cranelift_codegen::ir::UserExternalName;

/// A function or datum outside the function at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CodeName {
    /// The body of a defined function, in its own convention.
    Wasm(FuncIndex),
    /// The version of a body for any processor, where there are two; [`CodeName::Wasm`] then goes to one of them.
    AnyProcessor(FuncIndex),
    /// The version of a body for processors with AVX2.
    Avx2(FuncIndex),
    /// Code in the escaping convention that calls an import bound to a symbol or stub.
    ImportWrapper(FuncIndex),
    /// The native function behind an import bound to a symbol.
    ImportSymbol(FuncIndex),
    /// `aot_abi::context::NativeEntry` for functions of this type.
    Entry(CanonicalTypeIndex),
    /// `aot_abi::image::ModuleImage::initialize`.
    Initialize,
    /// A function of the runtime.
    Libcall(Libcall),
    /// Data: the static context of the executable model.
    Context,
    /// Data: the module's image.
    Image,
    /// Data: the descriptor of a type.
    TypeDescriptor(CanonicalTypeIndex),
    /// Data: [`crate::plan::CodeTable`] of a table.
    CodeTable(TableIndex),
    /// Data: the counters of a function, in a program that counts.
    Counters(FuncIndex),
    /// Data: which versions run, see `aot_abi::symbol::PROCESSOR`.
    Processor,
    /// The function of the runtime that finds out.
    AskProcessor,
}

impl CodeName {
    /// As CLIF spells it.
    pub(crate) fn to_user(self) -> UserExternalName {
        let (namespace, index) = match self {
            CodeName::Wasm(function) => (0, function.as_u32()),
            CodeName::ImportWrapper(function) => (1, function.as_u32()),
            CodeName::ImportSymbol(function) => (2, function.as_u32()),
            CodeName::Entry(ty) => (3, ty.as_u32()),
            CodeName::Initialize => (4, 0),
            CodeName::Libcall(libcall) => (5, libcall as u32),
            CodeName::Context => (6, 0),
            CodeName::Image => (7, 0),
            CodeName::TypeDescriptor(ty) => (8, ty.as_u32()),
            CodeName::CodeTable(table) => (9, table.as_u32()),
            CodeName::Counters(function) => (10, function.as_u32()),
            CodeName::AnyProcessor(function) => (11, function.as_u32()),
            CodeName::Avx2(function) => (12, function.as_u32()),
            CodeName::Processor => (13, 0),
            CodeName::AskProcessor => (14, 0),
        };
        UserExternalName { namespace, index }
    }

    /// The function whose body this is a version of.
    pub(crate) fn body(self) -> Option<FuncIndex> {
        match self {
            CodeName::Wasm(function) | CodeName::AnyProcessor(function) | CodeName::Avx2(function) => Some(function),
            _ => None,
        }
    }

    /// The inverse of [`CodeName::to_user`].
    pub(crate) fn from_user(name: &UserExternalName) -> Self {
        CodeName::try_from_user(name).unwrap_or_else(|| unreachable!("no name is made like {name:?}"))
    }

    /// The inverse of [`CodeName::to_user`], for names that may come from elsewhere.
    pub(crate) fn try_from_user(name: &UserExternalName) -> Option<Self> {
        let index = name.index;
        Some(match name.namespace {
            0 => CodeName::Wasm(FuncIndex::from_u32(index)),
            1 => CodeName::ImportWrapper(FuncIndex::from_u32(index)),
            2 => CodeName::ImportSymbol(FuncIndex::from_u32(index)),
            3 => CodeName::Entry(CanonicalTypeIndex::from_u32(index)),
            4 => CodeName::Initialize,
            5 => CodeName::Libcall(*Libcall::ALL.get(index as usize)?),
            6 => CodeName::Context,
            7 => CodeName::Image,
            8 => CodeName::TypeDescriptor(CanonicalTypeIndex::new(index as usize)),
            9 => CodeName::CodeTable(TableIndex::from_u32(index)),
            10 => CodeName::Counters(FuncIndex::from_u32(index)),
            11 => CodeName::AnyProcessor(FuncIndex::from_u32(index)),
            12 => CodeName::Avx2(FuncIndex::from_u32(index)),
            13 => CodeName::Processor,
            14 => CodeName::AskProcessor,
            _ => return None,
        })
    }
}
