//! `FuncTranslator`: what every operator works on: the builder, the operand stack, reachability, cached lookups.

use super::control_checks::Checks;
use super::local::Locals;
use super::sites::Sites;
use super::stack::{ControlFrame, Stack};
use super::threading::Dispatch;
use crate::code_name::CodeName;
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::index::DefinedFuncIndex;
use crate::module::Module;
use crate::options::Options;
use crate::plan::Plan;
use cranelift_codegen::ir::{self, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;
use std::collections::HashMap;

/// What all functions of a module share.
#[derive(Clone, Copy)]
pub(crate) struct Env<'a> {
    pub(crate) module: &'a Module<'a>,
    pub(crate) facts: &'a Facts,
    pub(crate) plan: &'a Plan,
    pub(crate) options: &'a Options,
}

/// Translates one function.
pub(crate) struct FuncTranslator<'a, 'f> {
    pub(crate) env: Env<'a>,
    pub(crate) builder: FunctionBuilder<'f>,
    pub(crate) stack: Stack,
    pub(crate) locals: Locals,
    /// The body being translated; `None` for wrappers and `initialize`.
    pub(crate) body: Option<DefinedFuncIndex>,
    /// Offset in the module of the operator being translated.
    pub(crate) offset: u32,
    /// Library model: the context parameter. Executable model: `None`, see `instance::context`.
    pub(crate) context_parameter: Option<Value>,
    /// What interruption and fuel have still to do in the body.
    pub(crate) checks: Checks,
    /// CLIF references to names, made once per function.
    pub(crate) caches: Caches,
    /// What a profile knows about the body.
    pub(crate) sites: Sites,
    /// What the loop that begins at the operator at hand does first.
    pub(crate) next_dispatch: Option<Dispatch>,
}

/// Entities of the function at hand that are declared on first use.
#[derive(Default)]
pub(crate) struct Caches {
    pub(crate) functions: HashMap<CodeName, ir::FuncRef>,
    pub(crate) data: HashMap<CodeName, ir::GlobalValue>,
    pub(crate) signatures: HashMap<(super::signature::Convention, crate::index::CanonicalTypeIndex), ir::SigRef>,
}

impl<'a, 'f> FuncTranslator<'a, 'f> {
    pub(crate) fn new(env: Env<'a>, builder: FunctionBuilder<'f>, body: Option<DefinedFuncIndex>) -> Self {
        FuncTranslator {
            env,
            builder,
            stack: Stack::default(),
            locals: Locals::default(),
            body,
            offset: 0,
            context_parameter: None,
            checks: Checks::default(),
            caches: Caches::default(),
            sites: Sites::default(),
            next_dispatch: None,
        }
    }

    /// Pushes a value. Vectors are kept as `i8x16`; see [`FuncTranslator::push_vector`].
    pub(crate) fn push(&mut self, value: Value) {
        self.stack.values.push(value);
    }

    /// Pops a value.
    pub(crate) fn pop(&mut self) -> Value {
        self.stack.values.pop().expect("validation guarantees an operand")
    }

    /// Pops two values; the second was on top.
    pub(crate) fn pop2(&mut self) -> (Value, Value) {
        let second = self.pop();
        (self.pop(), second)
    }

    /// Pops three values; the third was on top.
    pub(crate) fn pop3(&mut self) -> (Value, Value, Value) {
        let third = self.pop();
        let (first, second) = self.pop2();
        (first, second, third)
    }

    /// The value on top.
    pub(crate) fn peek(&self) -> Value {
        *self.stack.values.last().expect("validation guarantees an operand")
    }

    /// Pops `count` values, in the order they were pushed.
    pub(crate) fn pop_many(&mut self, count: usize) -> Vec<Value> {
        let start = self.stack.values.len().checked_sub(count).expect("validation guarantees the operands");
        self.stack.values.split_off(start)
    }

    /// Pops a `v128` as this vector type.
    pub(crate) fn pop_vector(&mut self, ty: ir::Type) -> Value {
        let value = self.pop();
        self.cast_vector(value, ty)
    }

    /// Pops two `v128` as this vector type; the second was on top.
    pub(crate) fn pop2_vectors(&mut self, ty: ir::Type) -> (Value, Value) {
        let second = self.pop_vector(ty);
        (self.pop_vector(ty), second)
    }

    /// Pushes a vector of any lane type as a `v128`.
    pub(crate) fn push_vector(&mut self, value: Value) {
        let value = self.cast_vector(value, types::I8X16);
        self.push(value);
    }

    /// Reinterprets a vector. Lanes are numbered as in Wasm, whatever the machine's byte order.
    pub(crate) fn cast_vector(&mut self, value: Value, ty: ir::Type) -> Value {
        let value = self.uncast_vector(value);
        if self.builder.func.dfg.value_type(value) == ty {
            return value;
        }
        let flags = super::regions::bitcast();
        self.builder.ins().bitcast(ty, flags, value)
    }

    /// The vector that a value reinterprets, or the value. Without the casts to and from the `i8x16` of the operand
    /// stack, backends see the shapes across operators that they have one instruction for.
    pub(crate) fn uncast_vector(&self, value: Value) -> Value {
        let dfg = &self.builder.func.dfg;
        let ir::ValueDef::Result(inst, _) = dfg.value_def(value) else { return value };
        match dfg.insts[inst] {
            ir::InstructionData::LoadNoOffset { opcode: ir::Opcode::Bitcast, arg, .. }
                if dfg.value_type(arg).is_vector() =>
            {
                arg
            }
            _ => value,
        }
    }

    /// CLIF type of a value.
    pub(crate) fn type_of(&self, value: Value) -> ir::Type {
        self.builder.func.dfg.value_type(value)
    }

    /// Whether the operator at hand can be reached.
    pub(crate) fn is_reachable(&self) -> bool {
        self.stack.reachable
    }

    /// After an operator that never continues. What follows, up to the end of its block, is skipped.
    pub(crate) fn mark_unreachable(&mut self) {
        self.stack.reachable = false;
    }

    /// The frame that a branch of this depth leaves.
    pub(crate) fn frame(&mut self, relative_depth: u32) -> &mut ControlFrame {
        let index = self.stack.control.len() - 1 - relative_depth as usize;
        &mut self.stack.control[index]
    }

    /// An error about the operator at hand. The caller of the translator adds the function.
    pub(crate) fn unsupported<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(Error::unsupported(message).at(u64::from(self.offset)))
    }
}
