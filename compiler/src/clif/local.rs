//! Locals: variables of the builder, or a frame in memory where variables would explode.
//!
//! The builder makes a block parameter for each variable that lives across a place where control flow joins. A function
//! with thousands of locals and thousands of blocks asks for their product: 70,000 operators with 2,000 locals took more
//! than a gigabyte. Such functions are made by hostile tools and by a few honest ones that nobody runs for speed; their
//! locals are loaded from the stack and stored to it.
//!
//! At `-O0` that begins much earlier. The quick register allocator spills at the end of every block whatever lives on, so
//! block parameters gain nothing there, and it walks what is live for each of the blocks: Go's functions, whose `br_table`
//! reaches every place behind a call with all locals, took half of the time that compiling did.

use super::signature::value_type;
use super::translator::FuncTranslator;
use crate::module::ValType;
use crate::options::Optimize;
use cranelift_codegen::ir::{InstBuilder, StackSlot, StackSlotData, StackSlotKind, Type, Value, types};
use cranelift_frontend::Variable;

/// Operators times locals beyond which locals are kept in memory. The largest function of SQLite, QuickJS or a Go program
/// has a twentieth of it.
const VARIABLES_MAX: u64 = 32_000_000;

/// The same at `-O0`: functions of a few thousand operators, whose number of blocks begins to hurt.
const VARIABLES_MAX_QUICK: u64 = 30_000;

/// Bytes of a local in the frame: room for a vector, so that all are aligned.
const LOCAL_BYTES: u32 = 16;

/// Where the locals of the function at hand are.
#[derive(Debug, Default)]
pub(crate) enum Locals {
    /// The variable with the index of the local.
    #[default]
    Variables,
    /// The local's place in the frame.
    Frame {
        slot: StackSlot,
        /// Types of the locals, parameters first.
        types: Vec<Type>,
    },
}

/// Declares all locals, parameters first, with their initial values. `operators` is the length of the body.
pub(crate) fn declare(f: &mut FuncTranslator<'_, '_>, locals: &[(ValType, Value)], operators: u32) {
    f.locals = choose(f, locals, operators);
    for (index, &(ty, value)) in locals.iter().enumerate() {
        if matches!(f.locals, Locals::Variables) {
            let variable = f.builder.declare_var(value_type(ty));
            debug_assert_eq!(variable, Variable::from_u32(index as u32));
        }
        set(f, index as u32, value);
    }
}

fn choose(f: &mut FuncTranslator<'_, '_>, locals: &[(ValType, Value)], operators: u32) -> Locals {
    let most = if f.env.options.optimize == Optimize::None { VARIABLES_MAX_QUICK } else { VARIABLES_MAX };
    if u64::from(operators) * locals.len() as u64 <= most {
        return Locals::Variables;
    }
    // At most 50,000 locals pass validation.
    let bytes = LOCAL_BYTES * locals.len() as u32;
    let slot = f.builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 4));
    Locals::Frame { slot, types: locals.iter().map(|&(ty, _)| value_type(ty)).collect() }
}

/// The value of a local.
pub(crate) fn get(f: &mut FuncTranslator<'_, '_>, index: u32) -> Value {
    match &f.locals {
        Locals::Variables => f.builder.use_var(Variable::from_u32(index)),
        Locals::Frame { slot, types: local_types } => {
            let (slot, ty) = (*slot, local_types[index as usize]);
            f.builder.ins().stack_load(types::I64, ty, slot, offset(index))
        }
    }
}

/// Gives a local a value.
pub(crate) fn set(f: &mut FuncTranslator<'_, '_>, index: u32, value: Value) {
    match f.locals {
        Locals::Variables => f.builder.def_var(Variable::from_u32(index), value),
        Locals::Frame { slot, .. } => {
            f.builder.ins().stack_store(types::I64, value, slot, offset(index));
        }
    }
}

fn offset(index: u32) -> i32 {
    (index * LOCAL_BYTES) as i32
}

#[cfg(test)]
mod tests {
    use crate::dump::{Stage, dump};
    use crate::module::test_support::options;
    use crate::options::Optimize;

    fn clif(locals: usize, operators: usize, optimize: Optimize) -> String {
        let body = "local.get 0 local.set 1 ".repeat(operators / 2);
        let wasm = wat::parse_str(format!("(module (func (local{}) {body}))", " i32".repeat(locals)));
        let mut options = options();
        options.facts = false;
        options.optimize = optimize;
        dump(&wasm.expect("the module is well-formed"), &options, Stage::Clif, Some("0")).expect("valid input")
    }

    #[test]
    fn locals_go_to_memory_where_variables_would_explode() {
        assert!(!clif(40_000, 200, Optimize::Speed).contains("stack_addr"));
        assert!(clif(40_000, 2_000, Optimize::Speed).contains("stack_addr"));
    }

    #[test]
    fn they_do_so_early_where_compiling_has_to_be_quick() {
        assert!(!clif(20, 200, Optimize::None).contains("stack_addr"));
        assert!(clif(20, 2_000, Optimize::None).contains("stack_addr"));
        assert!(!clif(20, 2_000, Optimize::Speed).contains("stack_addr"));
    }
}
