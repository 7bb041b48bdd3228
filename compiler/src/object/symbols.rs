//! Every name the compiler invents.
//!
//! | What | Symbol | Binding |
//! |---|---|---|
//! | image, static context, `initialize` | `<prefix>_image`, `<prefix>_context`, `<prefix>_initialize` | global, hidden |
//! | the image again, for bindings: see `interface` | `<prefix>_image_of_header_<hash>` | global, hidden |
//! | bounds of the code | `<prefix>_text_start`, `<prefix>_text_end` | local |
//! | a function, or the code around an import | its name, made unique by `module::names` | local |
//! | the versions of a function that exists in two | its name with `.any` and `.avx2` | local |
//! | a native entry | `<prefix>_entry_<start of the type's hash>` | local |
//! | the code of a table's elements | `<prefix>_table<index>` | local |
//! | the counters of a function | `<prefix>_counters_<index>` | global, hidden |
//! | a type descriptor | `aot_type_<hash>` | weak, hidden |
//! | a function of the runtime | as `aot_abi::libcall` says | undefined |
//! | a helper of the code generator | `aot_helper_<function>`, see [`helper`] | undefined |
//! | a native function behind an import | as the options say | undefined |
//!
//! Functions keep the name their author gave them, unmangled by us, so that debuggers and profilers can demangle and find
//! them. They are local: whatever a module calls its functions, nothing else of the link can be hit by it.

use crate::clif::Env;
use crate::code_name::CodeName;
use crate::index::FuncIndex;
use crate::options::ImportBinding;
use aot_abi::symbol;
use cranelift_codegen::ir::LibCall;
use std::fmt::Write;

/// Of a type's hash in the name of its entry. Two entries of one name would only confuse readers.
const ENTRY_HASH_BYTES: usize = 6;

/// Names of one object.
pub(crate) struct Symbols<'a> {
    env: Env<'a>,
}

impl<'a> Symbols<'a> {
    pub(crate) fn new(env: Env<'a>) -> Self {
        Symbols { env }
    }

    /// The symbol of a name.
    pub(crate) fn of(&self, name: CodeName) -> String {
        let types = &self.env.module.types.canonical;
        match name {
            CodeName::Wasm(function) | CodeName::ImportWrapper(function) => self.function(function),
            CodeName::AnyProcessor(function) => format!("{}.any", self.function(function)),
            CodeName::Avx2(function) => format!("{}.avx2", self.function(function)),
            CodeName::ImportSymbol(function) => match &self.env.plan.import_bindings[function] {
                ImportBinding::Symbol(symbol) => symbol.clone(),
                other => unreachable!("code refers to the native symbol of an import bound to {other:?}"),
            },
            CodeName::Entry(ty) => self.own(&format!("entry_{}", hexadecimal(&types[ty].hash[..ENTRY_HASH_BYTES]))),
            CodeName::Initialize => self.own(symbol::INITIALIZE),
            CodeName::Libcall(libcall) => libcall.symbol().to_owned(),
            CodeName::Processor => symbol::PROCESSOR.to_owned(),
            CodeName::AskProcessor => symbol::ASK_PROCESSOR.to_owned(),
            CodeName::Context => self.own(symbol::CONTEXT),
            CodeName::Image => self.own(symbol::IMAGE),
            CodeName::CodeTable(table) => self.own(&format!("table{}", table.as_u32())),
            CodeName::Counters(function) => self.own(&format!("counters_{}", function.as_u32())),
            CodeName::TypeDescriptor(ty) => format!("{}{}", symbol::TYPE_PREFIX, hexadecimal(&types[ty].hash)),
        }
    }

    fn function(&self, function: FuncIndex) -> String {
        let name = self.env.module.names.symbol_name(function);
        // A local symbol may share its name with a global one, but then a reader cannot tell them apart.
        if name.starts_with(&self.env.options.symbol_prefix) {
            format!("{name}.{}", function.as_u32())
        } else {
            name.to_owned()
        }
    }

    /// A symbol of the module as a whole.
    pub(crate) fn own(&self, suffix: &str) -> String {
        format!("{}_{suffix}", self.env.options.symbol_prefix)
    }
}

/// The runtime's symbol for a function that the code generator calls on its own account. All have C's convention and
/// C's meaning of the function after `aot_helper_`; `nearest` is `rint` under round-to-even. `None` for helpers that the
/// settings rule out.
pub(crate) fn helper(libcall: LibCall) -> Option<&'static str> {
    Some(match libcall {
        LibCall::CeilF32 => "aot_helper_ceilf",
        LibCall::CeilF64 => "aot_helper_ceil",
        LibCall::FloorF32 => "aot_helper_floorf",
        LibCall::FloorF64 => "aot_helper_floor",
        LibCall::TruncF32 => "aot_helper_truncf",
        LibCall::TruncF64 => "aot_helper_trunc",
        LibCall::NearestF32 => "aot_helper_rintf",
        LibCall::NearestF64 => "aot_helper_rint",
        LibCall::FmaF32 => "aot_helper_fmaf",
        LibCall::FmaF64 => "aot_helper_fma",
        LibCall::Memcpy => "aot_helper_memcpy",
        LibCall::Memset => "aot_helper_memset",
        LibCall::Memmove => "aot_helper_memmove",
        LibCall::Memcmp => "aot_helper_memcmp",
        // Not of C: `i8x16.swizzle` by `pshufb`'s rules, vectors in and out by value.
        LibCall::X86Pshufb => "aot_helper_x86_pshufb",
        // Probes are inline, and there is no thread-local storage.
        LibCall::Probestack | LibCall::ElfTlsGetAddr | LibCall::ElfTlsGetOffset => return None,
    })
}

/// Lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string can always grow");
        text
    })
}
