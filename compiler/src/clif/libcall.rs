//! Declaring and calling rows of the ABI table.

use super::instance;
use super::translator::FuncTranslator;
use crate::code_name::CodeName;
use aot_abi::libcall::{Libcall, LibcallType};
use cranelift_codegen::ir::{AbiParam, ExtFuncData, ExternalName, FuncRef, InstBuilder, Signature, Type, Value, types};

/// Calls a function of the runtime with these arguments, after the context if it takes one.
pub(crate) fn call(f: &mut FuncTranslator<'_, '_>, libcall: Libcall, arguments: &[Value]) -> Option<Value> {
    let function = declare(f, libcall);
    let mut all = Vec::with_capacity(arguments.len() + 1);
    if libcall.parameters().first() == Some(&LibcallType::Context) {
        all.push(instance::context(f));
    }
    all.extend_from_slice(arguments);
    let call = f.builder.ins().call(function, &all);
    f.builder.inst_results(call).first().copied()
}

fn declare(f: &mut FuncTranslator<'_, '_>, libcall: Libcall) -> FuncRef {
    let name = CodeName::Libcall(libcall);
    if let Some(known) = f.caches.functions.get(&name) {
        return *known;
    }
    let mut signature = Signature::new(f.env.options.target.native_call_conv());
    signature.params.extend(libcall.parameters().iter().filter_map(|&ty| clif_type(ty)).map(AbiParam::new));
    signature.returns.extend(clif_type(libcall.result()).map(AbiParam::new));
    let function = import(f, name, signature);
    f.caches.functions.insert(name, function);
    function
}

/// Declares a function that is linked into the same image.
pub(crate) fn import(f: &mut FuncTranslator<'_, '_>, name: CodeName, signature: Signature) -> FuncRef {
    let signature = f.builder.import_signature(signature);
    let user = f.builder.func.declare_imported_user_function(name.to_user());
    f.builder.import_function(ExtFuncData {
        name: ExternalName::user(user),
        signature,
        colocated: true,
        patchable: false,
    })
}

fn clif_type(ty: LibcallType) -> Option<Type> {
    match ty {
        LibcallType::Context | LibcallType::I64 => Some(types::I64),
        LibcallType::I32 => Some(types::I32),
        LibcallType::Unit => None,
    }
}
