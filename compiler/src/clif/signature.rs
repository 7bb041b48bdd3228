//! Wasm types → CLIF signatures and calling conventions.
//!
//! Functions whose address escapes (exported, referenced, imported through a slot) all use [`Convention::ESCAPING`],
//! so that any of them can be called, and tail-called, through any reference. Others use what is fastest.
//!
//! The context, where there is one, is the first parameter. Results beyond what the target returns in registers are
//! Cranelift's business under `Tail`, which has no such limit.

use super::translator::Env;
use crate::module::{FunctionType, ValType};
use crate::options::Model;
use cranelift_codegen::ir::{self, AbiParam, Signature, types};
use cranelift_codegen::isa::CallConv;

/// The calling conventions of Wasm functions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) enum Convention {
    /// Can tail-call and be tail-called. Keeps the registers that C's keeps, and the callee removes arguments on the stack.
    #[default]
    Tail,
    /// For functions that nothing tail-calls and that tail-call nothing.
    Fast,
}

impl Convention {
    /// Of every function whose address escapes.
    pub(crate) const ESCAPING: Convention = Convention::Tail;

    /// As Cranelift names it.
    pub(crate) fn call_conv(self) -> CallConv {
        match self {
            Convention::Tail => CallConv::Tail,
            Convention::Fast => CallConv::Fast,
        }
    }
}

/// How a Wasm value travels: references are 64-bit, vectors are `i8x16`.
pub(crate) fn value_type(ty: ValType) -> ir::Type {
    match ty {
        ValType::I32 => types::I32,
        ValType::I64 | ValType::Ref(_) => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => types::I8X16,
    }
}

/// Signature of a Wasm function.
pub(crate) fn wasm_signature(env: Env<'_>, ty: &FunctionType, convention: Convention) -> Signature {
    let mut signature = Signature::new(convention.call_conv());
    if env.options.model == Model::Library {
        signature.params.push(AbiParam::new(types::I64));
    }
    signature.params.extend(ty.params.iter().map(|&ty| AbiParam::new(value_type(ty))));
    signature.returns.extend(ty.results.iter().map(|&ty| AbiParam::new(value_type(ty))));
    signature
}
