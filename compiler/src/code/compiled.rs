//! `CompiledFunction`: bytes, relocations, traps, unwind, source map; the only file that knows Cranelift's output.

use crate::code_name::CodeName;
use aot_abi::trap::Trap;
use cranelift_codegen::isa::unwind::UnwindInfo;
use cranelift_codegen::{binemit, ir};

/// One function as machine code.
#[derive(Debug)]
pub(crate) struct CompiledFunction {
    /// What it is.
    pub(crate) name: CodeName,
    pub(crate) bytes: Vec<u8>,
    pub(crate) alignment: u32,
    pub(crate) relocations: Vec<Relocation>,
    /// Sorted by offset: the instruction there traps.
    pub(crate) traps: Vec<(u32, Trap)>,
    /// Sorted by offset: from there on, code comes from this offset in the Wasm module.
    pub(crate) source_map: Vec<(u32, u32)>,
    pub(crate) unwind: Option<UnwindInfo>,
    /// Handlers of the exceptions proposal; empty until it is supported.
    pub(crate) handlers: Vec<()>,
    /// Live references at calls; empty until a collector needs them.
    pub(crate) stack_maps: Vec<()>,
}

/// A place in the code that the linker fills in.
#[derive(Debug, Clone)]
pub(crate) struct Relocation {
    pub(crate) offset: u32,
    pub(crate) kind: binemit::Reloc,
    pub(crate) target: RelocationTarget,
    pub(crate) addend: i64,
}

/// What a relocation refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelocationTarget {
    Name(CodeName),
    /// A helper that the code generator called on its own account (`fma`, `ceil`, …).
    Helper(ir::LibCall),
    /// An offset in the function itself (constant pools, jump tables).
    Local(u32),
}
