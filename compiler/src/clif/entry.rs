//! Code without a body in the module: native entries, wrappers around imports, and `initialize`.

use super::instance;
use super::op;
use super::op::number;
use super::regions;
use super::signature::{Convention, value_type, wasm_signature};
use super::translator::FuncTranslator;
use crate::clif::address::extend;
use crate::code_name::CodeName;
use crate::error::Result;
use crate::index::{CanonicalTypeIndex, ElementIndex, FuncIndex, TableIndex};
use crate::module::{ConstExpr, ElementItems, SegmentMode};
use crate::options::{ImportBinding, Model};
use crate::plan::{DataPlan, ElementPlan};
use aot_abi::libcall::Libcall;
use cranelift_codegen::entity::EntityRef;
use cranelift_codegen::ir::{AbiParam, InstBuilder, Signature, Value, types};

/// The CLIF signature of code that this file writes.
pub(crate) fn signature(env: super::Env<'_>, name: CodeName) -> Signature {
    match name {
        // code, context, values; initialize looks at the context only.
        CodeName::Entry(_) | CodeName::Initialize => {
            let mut signature = Signature::new(env.options.target.native_call_conv());
            signature.params.extend([AbiParam::new(types::I64); 3]);
            signature
        }
        CodeName::ImportWrapper(function) => {
            wasm_signature(env, env.module.function_type(function), Convention::ESCAPING)
        }
        other => unreachable!("{other:?} has no code of this kind"),
    }
}

/// `aot_abi::context::NativeEntry` for functions of this type: arguments from slots, results into the same slots.
pub(crate) fn native_entry(f: &mut FuncTranslator<'_, '_>, ty: CanonicalTypeIndex) {
    const SLOT_BYTES: usize = size_of::<aot_abi::context::ValueSlot>();
    let entry = f.builder.current_block().expect("the caller has entered the first block");
    let [code, context, values] = *f.builder.block_params(entry) else { unreachable!("an entry has three parameters") };
    let example = f.env.module.types.canonical[ty].example;
    let function = f.env.module.signature(example).clone();
    let flags = regions::values(f);
    let at = |index: usize| i32::try_from(index * SLOT_BYTES).expect("validation bounds the number of parameters");
    let arguments: Vec<Value> = function
        .params
        .iter()
        .enumerate()
        .map(|(index, &ty)| f.builder.ins().load(value_type(ty), flags, values, at(index)))
        .collect();
    let outer = enter(f);
    let results = op::call_pointer(f, example, code, context, &arguments);
    leave(f, outer);
    for (index, &result) in results.iter().enumerate() {
        let bytes = f.builder.func.dfg.value_type(result).bytes() as usize;
        if bytes < SLOT_BYTES {
            // Slots are zero-extended, and an argument may be left in this one.
            let zero = f.builder.ins().iconst(types::I64, 0);
            f.builder.ins().store(flags, zero, values, at(index));
            f.builder.ins().store(flags, zero, values, at(index) + 8);
        }
        f.builder.ins().store(flags, result, values, at(index));
    }
    f.builder.ins().return_(&[]);
}

/// Code in the escaping convention for an import that is not a slot: what a reference to it points to.
pub(crate) fn import_wrapper(f: &mut FuncTranslator<'_, '_>, function: FuncIndex) {
    let entry = f.builder.current_block().expect("the caller has entered the first block");
    let mut arguments = f.builder.block_params(entry).to_vec();
    if f.env.options.model == Model::Library {
        f.context_parameter = Some(arguments.remove(0));
    }
    debug_assert_ne!(f.env.plan.import_bindings[function], ImportBinding::Slot);
    let results = op::call_function(f, function, &arguments);
    f.builder.ins().return_(&results);
}

/// `aot_abi::image::ModuleImage::initialize`: everything about instantiation that has to be computed, in the order of
/// the specification: globals, tables, element segments, data segments, start.
pub(crate) fn initialize(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let entry = f.builder.current_block().expect("the caller has entered the first block");
    if f.env.options.model == Model::Library {
        f.context_parameter = Some(f.builder.block_params(entry)[1]);
    }
    let outer = enter(f);
    globals(f)?;
    tables(f)?;
    element_values(f)?;
    element_segments(f)?;
    data_segments(f)?;
    if let Some(start) = f.env.module.start {
        op::call_function(f, start, &[]);
    }
    leave(f, outer);
    f.builder.ins().return_(&[]);
    Ok(())
}

/// Loads the register in which a global lives. What it held for the caller, who expects to find it again, is the result.
fn enter(f: &mut FuncTranslator<'_, '_>) -> Option<Value> {
    let global = f.env.plan.register_global?;
    let outer = f.builder.ins().get_pinned_reg(types::I64);
    let flags = regions::cell_of_register(f);
    let value = instance::global(f, global).load(f, value_type(f.env.module.globals[global].ty), flags);
    let value = extend(f, value);
    f.builder.ins().set_pinned_reg(value);
    Some(outer)
}

/// The other way.
fn leave(f: &mut FuncTranslator<'_, '_>, outer: Option<Value>) {
    let (Some(global), Some(outer)) = (f.env.plan.register_global, outer) else { return };
    let ty = value_type(f.env.module.globals[global].ty);
    let value = f.builder.ins().get_pinned_reg(types::I64);
    let value = if ty == types::I64 { value } else { f.builder.ins().ireduce(ty, value) };
    let flags = regions::cell_of_register(f);
    instance::global(f, global).store(f, value, flags);
    f.builder.ins().set_pinned_reg(outer);
}

fn globals(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let (module, plan) = (f.env.module, f.env.plan);
    for &index in &plan.computed_globals {
        let init = module.globals[index].init.as_ref().expect("only defined globals are computed");
        let value = constant_expression(f, init)?;
        let flags = regions::global(f, index);
        instance::global(f, index).store(f, value, flags);
    }
    Ok(())
}

fn tables(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let module = f.env.module;
    for (index, table) in &module.tables {
        let Some(init) = &table.init else { continue };
        let value = constant_expression(f, init)?;
        let table_number = number(f, index.as_u32());
        let start = f.builder.ins().iconst(types::I64, 0);
        let length = f.builder.ins().iconst(types::I64, table.minimum as i64);
        super::libcall::call(f, Libcall::TableFill, &[table_number, start, value, length]);
    }
    Ok(())
}

fn element_values(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let (module, plan) = (f.env.module, f.env.plan);
    for (index, segment) in &module.elements {
        let ElementItems::Expressions(items) = &segment.items else { continue };
        let Some(first) = plan.first_element_value[index] else { continue };
        for (item, expression) in items.iter().enumerate() {
            let value = constant_expression(f, expression)?;
            let flags = regions::segment(f);
            instance::element_value(f, first, item as u32).store(f, value, flags);
        }
    }
    Ok(())
}

fn element_segments(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let (module, plan) = (f.env.module, f.env.plan);
    for (index, segment) in &module.elements {
        if plan.elements[index] != ElementPlan::Apply {
            continue;
        }
        let SegmentMode::Active { target, offset } = &segment.mode else { continue };
        apply_elements(f, index, *target, offset, segment.items.len())?;
    }
    Ok(())
}

fn apply_elements(
    f: &mut FuncTranslator<'_, '_>,
    index: ElementIndex,
    table: TableIndex,
    offset: &ConstExpr,
    length: usize,
) -> Result<()> {
    let to = constant_expression(f, offset)?;
    let to = extend(f, to);
    let (table, segment) = (number(f, table.as_u32()), number(f, index.as_u32()));
    let from = f.builder.ins().iconst(types::I64, 0);
    let length = f.builder.ins().iconst(types::I64, length as i64);
    super::libcall::call(f, Libcall::TableInit, &[table, segment, to, from, length]);
    super::libcall::call(f, Libcall::ElementDrop, &[segment]);
    Ok(())
}

fn data_segments(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
    let (module, plan) = (f.env.module, f.env.plan);
    for (index, segment) in &module.data {
        if plan.data[index] != DataPlan::Apply {
            continue;
        }
        let SegmentMode::Active { target, offset } = &segment.mode else { continue };
        let to = constant_expression(f, offset)?;
        let to = extend(f, to);
        let (memory, segment_number) = (number(f, target.as_u32()), number(f, index.index() as u32));
        let from = f.builder.ins().iconst(types::I64, 0);
        let length = f.builder.ins().iconst(types::I64, segment.bytes.len() as i64);
        super::libcall::call(f, Libcall::MemoryInit, &[memory, segment_number, to, from, length]);
        super::libcall::call(f, Libcall::DataDrop, &[segment_number]);
    }
    Ok(())
}

/// The value of a constant expression: folded, or by its own operators.
fn constant_expression(f: &mut FuncTranslator<'_, '_>, expression: &ConstExpr) -> Result<Value> {
    match expression {
        ConstExpr::Value(value) => Ok(op::constant(f, *value)),
        ConstExpr::Code(range) => {
            super::body::operators(f, &f.env.module.wasm[range.clone()], range.start)?;
            Ok(f.pop())
        }
    }
}
