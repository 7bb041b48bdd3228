//! Calls: direct, through references, and their tail forms. `call_indirect` is in a file of its own.
//!
//! What a call becomes follows from the callee: a body of this module is called by name in its own convention; an
//! import bound to a symbol by C's; everything else through a pointer in the escaping convention, which can be
//! tail-called.

use crate::clif::instance;
use crate::clif::libcall::import;
use crate::clif::native;
use crate::clif::regions;
use crate::clif::signature::{Convention, wasm_signature};
use crate::clif::translator::FuncTranslator;
use crate::clif::trap;
use crate::code_name::CodeName;
use crate::error::Result;
use crate::index::{FuncIndex, TypeIndex};
use crate::options::{ImportBinding, Model};
use aot_abi::trap::Trap;
use cranelift_codegen::ir::{self, InstBuilder, SigRef, Value, types};

pub(crate) fn visit_call(f: &mut FuncTranslator<'_, '_>, function_index: u32) -> Result<()> {
    let function = FuncIndex::from_u32(function_index);
    let arguments = pop_arguments(f, f.env.module.functions[function].ty);
    let results = call_function(f, function, &arguments);
    push_all(f, &results);
    Ok(())
}

pub(crate) fn visit_return_call(f: &mut FuncTranslator<'_, '_>, function_index: u32) -> Result<()> {
    let function = FuncIndex::from_u32(function_index);
    let arguments = pop_arguments(f, f.env.module.functions[function].ty);
    return_call_function(f, function, &arguments);
    f.mark_unreachable();
    Ok(())
}

pub(crate) fn visit_call_ref(f: &mut FuncTranslator<'_, '_>, type_index: u32) -> Result<()> {
    let ty = TypeIndex::from_u32(type_index);
    let reference = f.pop();
    let arguments = pop_arguments(f, ty);
    let (code, context) = code_and_context(f, reference, regions::func_ref_or_null(Trap::NullFunctionReference));
    let results = call_pointer(f, ty, code, context, &arguments);
    push_all(f, &results);
    Ok(())
}

pub(crate) fn visit_return_call_ref(f: &mut FuncTranslator<'_, '_>, type_index: u32) -> Result<()> {
    let ty = TypeIndex::from_u32(type_index);
    let reference = f.pop();
    let arguments = pop_arguments(f, ty);
    let (code, context) = code_and_context(f, reference, regions::func_ref_or_null(Trap::NullFunctionReference));
    return_call_pointer(f, ty, code, context, &arguments);
    f.mark_unreachable();
    Ok(())
}

/// Calls any function of the module with these arguments.
pub(crate) fn call_function(f: &mut FuncTranslator<'_, '_>, function: FuncIndex, arguments: &[Value]) -> Vec<Value> {
    let ty = f.env.module.functions[function].ty;
    if f.env.module.defined(function).is_some() {
        let callee = declare(f, function);
        let arguments = with_context(f, None, arguments);
        let call = f.builder.ins().call(callee, &arguments);
        return f.builder.inst_results(call).to_vec();
    }
    match &f.env.plan.import_bindings[function] {
        ImportBinding::Slot => {
            let slot = f.env.plan.import_slots[function].expect("the plan gives a slot to every import bound to one");
            let (code, context) = instance::imported_function(f, slot);
            call_pointer(f, ty, code, context, arguments)
        }
        ImportBinding::Symbol(_) => native::call_symbol(f, function, arguments),
        ImportBinding::Host => native::call_host(f, function, arguments),
        ImportBinding::Zero => native::zeros(f, ty),
        ImportBinding::Trap => {
            // The call may be followed by code that uses its results, so the block goes on after a trap that is taken.
            let always = f.builder.ins().iconst(types::I8, 1);
            trap::trap_if(f, always, Trap::UnresolvedImport);
            native::zeros(f, ty)
        }
    }
}

/// Tail-calls any function of the module with these arguments. The caller marks what follows as unreachable.
pub(super) fn return_call_function(f: &mut FuncTranslator<'_, '_>, function: FuncIndex, arguments: &[Value]) {
    if f.env.module.defined(function).is_some() {
        let callee = declare(f, function);
        let arguments = with_context(f, None, arguments);
        f.builder.ins().return_call(callee, &arguments);
    } else if let Some(slot) = f.env.plan.import_slots[function] {
        let (code, context) = instance::imported_function(f, slot);
        return_call_pointer(f, f.env.module.functions[function].ty, code, context, arguments);
    } else {
        // A native function takes no part in tail calls; it returns soon enough.
        let results = call_function(f, function, arguments);
        f.builder.ins().return_(&results);
    }
}

/// Calls code in the escaping convention.
pub(crate) fn call_pointer(
    f: &mut FuncTranslator<'_, '_>,
    ty: TypeIndex,
    code: Value,
    context: Value,
    arguments: &[Value],
) -> Vec<Value> {
    let signature = signature_of(f, ty);
    let arguments = with_context(f, Some(context), arguments);
    let call = f.builder.ins().call_indirect(signature, code, &arguments);
    f.builder.inst_results(call).to_vec()
}

pub(super) fn return_call_pointer(
    f: &mut FuncTranslator<'_, '_>,
    ty: TypeIndex,
    code: Value,
    context: Value,
    arguments: &[Value],
) {
    let signature = signature_of(f, ty);
    let arguments = with_context(f, Some(context), arguments);
    f.builder.ins().return_call_indirect(signature, code, &arguments);
}

pub(super) fn code_and_context(
    f: &mut FuncTranslator<'_, '_>,
    reference: Value,
    first_flags: ir::MemFlagsData,
) -> (Value, Value) {
    let code = instance::func_ref_code(f, reference, first_flags);
    let context = match f.env.options.model {
        Model::Library => instance::func_ref_context(f, reference),
        // Nobody looks at it.
        Model::Executable => reference,
    };
    (code, context)
}

/// Prepends the context that the callee expects: `None` for this instance's own.
fn with_context(f: &mut FuncTranslator<'_, '_>, context: Option<Value>, arguments: &[Value]) -> Vec<Value> {
    let mut all = Vec::with_capacity(arguments.len() + 1);
    if f.env.options.model == Model::Library {
        all.push(match context {
            Some(context) => context,
            None => instance::context(f),
        });
    }
    all.extend_from_slice(arguments);
    all
}

/// The reference to a function of this module, for direct calls.
fn declare(f: &mut FuncTranslator<'_, '_>, function: FuncIndex) -> ir::FuncRef {
    let name = CodeName::Wasm(function);
    if let Some(known) = f.caches.functions.get(&name) {
        return *known;
    }
    let convention = f.env.plan.conventions[function];
    let signature = wasm_signature(f.env, f.env.module.function_type(function), convention);
    let declared = import(f, name, signature);
    f.caches.functions.insert(name, declared);
    declared
}

/// The signature of a type in the escaping convention.
fn signature_of(f: &mut FuncTranslator<'_, '_>, ty: TypeIndex) -> SigRef {
    let canonical = f.env.module.types.defined[ty].canonical;
    let key = (Convention::ESCAPING, canonical);
    if let Some(known) = f.caches.signatures.get(&key) {
        return *known;
    }
    let signature = wasm_signature(f.env, f.env.module.signature(ty), Convention::ESCAPING);
    let made = f.builder.import_signature(signature);
    f.caches.signatures.insert(key, made);
    made
}

pub(super) fn pop_arguments(f: &mut FuncTranslator<'_, '_>, ty: TypeIndex) -> Vec<Value> {
    let count = f.env.module.signature(ty).params.len();
    f.pop_many(count)
}

pub(super) fn push_all(f: &mut FuncTranslator<'_, '_>, values: &[Value]) {
    for &value in values {
        f.push(value);
    }
}
