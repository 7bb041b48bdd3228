//! One body → `ir::Function`: Wasm operators become CLIF, for both instance models and all memory strategies.
//!
//! In: the module, facts and the plan. Out: CLIF whose external names are [`crate::code_name::CodeName`]s and whose
//! source locations are offsets in the module. This stage never optimises and never looks at machine code.

use crate::code_name::CodeName;
use crate::error::Result;
use crate::index::CanonicalTypeIndex;
use crate::options::ImportBinding;
use cranelift_codegen::ir::{Function, UserFuncName};
use cranelift_codegen::isa::TargetFrontendConfig;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use std::collections::BTreeSet;

pub(crate) mod address;
mod body;
mod control_checks;
mod dispatch;
mod entry;
mod fuel_runs;
pub(crate) mod instance;
mod known_body;
pub(crate) mod libcall;
pub(crate) mod local;
pub(crate) mod native;
mod op;
pub(crate) mod regions;
pub(crate) mod signature;
mod sites;
pub(crate) mod stack;
mod text;
mod threading;
pub(crate) mod translator;
pub(crate) mod trap;

pub(crate) use text::text;
pub(crate) use translator::Env;

use signature::wasm_signature;
use translator::FuncTranslator;

/// Everything that has code, in the order of the object's text.
pub(crate) fn functions_to_compile(env: Env<'_>) -> Vec<CodeName> {
    let mut names: Vec<CodeName> = env.plan.compiled.iter().map(|&function| CodeName::Wasm(function)).collect();
    // What runs stands together, so that it shares pages and cache lines.
    names.sort_by_cached_key(|&name| !sites::ran(env, name));
    let mut entries: BTreeSet<CanonicalTypeIndex> = BTreeSet::new();
    for &function in env.plan.func_refs.values() {
        entries.insert(env.module.types.defined[env.module.functions[function].ty].canonical);
        if env.module.defined(function).is_none() {
            debug_assert_ne!(env.plan.import_bindings[function], ImportBinding::Slot);
            names.push(CodeName::ImportWrapper(function));
        }
    }
    names.extend(entries.into_iter().map(CodeName::Entry));
    names.push(CodeName::Initialize);
    names
}

/// Translates one of [`functions_to_compile`]. Errors name the offset; the caller adds the function.
pub(crate) fn translate(
    env: Env<'_>,
    name: CodeName,
    frontend: TargetFrontendConfig,
    context: &mut FunctionBuilderContext,
) -> Result<Function> {
    let signature = match name {
        CodeName::Wasm(function) => {
            wasm_signature(env, env.module.function_type(function), env.plan.conventions[function])
        }
        other => entry::signature(env, other),
    };
    let mut function = Function::with_name_signature(UserFuncName::User(name.to_user()), signature);
    let mut builder = FunctionBuilder::new(&mut function, context);
    let first = builder.create_block();
    builder.append_block_params_for_function_params(first);
    builder.switch_to_block(first);
    builder.seal_block(first);
    let body = match name {
        CodeName::Wasm(function) => env.module.defined(function),
        _ => None,
    };
    let mut f = FuncTranslator::new(env, builder, body);
    match name {
        CodeName::Wasm(_) => body::translate(&mut f, body.expect("imports have no body to compile"))?,
        CodeName::Entry(ty) => entry::native_entry(&mut f, ty),
        CodeName::ImportWrapper(function) => entry::import_wrapper(&mut f, function),
        CodeName::Initialize => entry::initialize(&mut f)?,
        other => unreachable!("{other:?} has no code"),
    }
    f.builder.finalize(frontend);
    Ok(function)
}
