//! An interface as a Rust module: typed methods over the fixed interface of the crate `aot-embed`, which documents what
//! they mean. Nothing in it is unsafe, and nothing in it decides anything: it says names, types and positions.

use super::names::{Names, identifier};
use super::{Export, ExportKind, Interface, NativeType, Reference, Signature};
use crate::error::{Error, ErrorKind, Result};
use std::fmt::Write;

/// Parameters, and results, that a typed function can have. More go as slices of values.
const TYPED_MAX: usize = 16;

/// What bindings are made for.
#[derive(Debug)]
pub struct RustNames<'a> {
    /// The name of the Rust module.
    pub module: &'a str,
    /// What the symbols of the compiled module begin with.
    pub symbol_prefix: &'a str,
    /// The name of the static library that holds it.
    pub library: &'a str,
    /// What the bindings were made from, for a reader.
    pub source: &'a str,
}

/// Methods that every instance has.
const METHODS: &[&str] = &["new", "with", "host", "host_mut", "into_host", "dynamic", "dynamic_mut", "reset"];

impl Interface {
    /// The text of the module, as `aot_embed::include!` takes it.
    pub fn rust_bindings(&self, names: &RustNames<'_>) -> Result<String> {
        self.check_imports()?;
        let mut text = String::new();
        self.write_rust(&mut text, names).expect("a string can always grow");
        Ok(text)
    }

    /// Refuses functions that no host can have.
    fn check_imports(&self) -> Result<()> {
        for import in &self.imports {
            let named = format!("`{}` from `{}` is imported with", import.field, import.module);
            if !import.signature.types().all(|ty| rust_type(ty).is_some()) {
                let message = format!("{named} a reference type that hosts have no values of");
                let help = "hosts have `funcref` and `externref`";
                return Err(Error::new(ErrorKind::Imports, message).with_help(help));
            }
            if !is_typed(&import.signature) {
                let message = format!("{named} more than {TYPED_MAX} parameters or results");
                let help = "hosts provide functions of at most as many; pass the rest in memory";
                return Err(Error::new(ErrorKind::Imports, message).with_help(help));
            }
        }
        Ok(())
    }

    fn write_rust(&self, out: &mut String, names: &RustNames<'_>) -> std::fmt::Result {
        let RustNames { module, symbol_prefix, library, source } = names;
        writeln!(out, "// Bindings to `{}`, as `aot` compiled it. This file is generated.\n", comment(source))?;
        writeln!(out, "/// The module `{}`.", comment(source))?;
        writeln!(
            out,
            "#[allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    non_snake_case,"
        )?;
        writeln!(
            out,
            "    missing_docs,
    clippy::all,
    clippy::pedantic,"
        )?;
        writeln!(
            out,
            "    reason = \"generated; a program does not use all of it\"
)]"
        )?;
        writeln!(out, "pub mod {} {{", keyword_safe(&identifier(module)))?;
        writeln!(out, "    use ::aot_embed::reference::ForeignFunction;")?;
        writeln!(
            out,
            "    use ::aot_embed::{{CallError, CreateError, Error, ExternRef, Function, Memory, MemoryMut, Module}};"
        )?;
        writeln!(out, "    use ::aot_embed::{{Settings, Table, TableMut, Trap, TypedImport, Value}};\n")?;
        writeln!(out, "    ::aot_embed::__module!(MODULE, \"{symbol_prefix}_image\", {});\n", literal(library))?;
        writeln!(
            out,
            "    /// The compiled module, to instantiate it with imports that are known when the program runs."
        )?;
        writeln!(out, "    pub fn module() -> &'static Module {{\n        &MODULE\n    }}\n")?;
        self.write_rust_imports(out)?;
        self.write_rust_types(out)?;
        let methods = self.methods();
        writeln!(out, "    impl<H> Instance<H> {{\n{methods}    }}\n")?;
        writeln!(out, "    impl<H> Caller<'_, H> {{\n{methods}    }}\n}}")
    }

    fn write_rust_imports(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "    /// What the module imports.\n    pub trait Imports: Sized {{")?;
        let mut names = Names::with(&[]);
        let mut table = String::new();
        for import in &self.imports {
            let name = names.unique(&format!("{}_{}", identifier(&import.module), identifier(&import.field)));
            let Signature { params, results } = &import.signature;
            let described = comment(&format!("`{}` from `{}`", import.field, import.module));
            writeln!(out, "        /// {described}: `{}`.", wasm_signature(&import.signature))?;
            let (module, field) = (literal(&import.module), literal(&import.field));
            let (parameters, result) = (parameters(params), results_type(results));
            writeln!(
                out,
                "        fn {name}(caller: &mut Caller<'_, Self>{parameters}) -> \
                 Result<{result}, Error>;"
            )?;
            let (types, tuple) = (tuple_type(params), tuple_of(params.len()));
            let arguments: String = (0..params.len()).map(|index| format!(", arg{index}")).collect();
            writeln!(
                table,
                "            ::aot_embed::TypedImport::new::<{types}, {result}>({module}, {field}, |caller, {tuple}| \
                 H::{name}(&mut Caller(caller){arguments})),"
            )?;
        }
        writeln!(out, "    }}\n")?;
        if self.imports.is_empty() {
            writeln!(out, "    // It imports nothing, which everybody has.\n    impl<H> Imports for H {{}}\n")?;
        }
        let bound = if self.imports.is_empty() { "" } else { ": Imports" };
        let count = self.imports.len();
        writeln!(out, "    fn imports<H{bound}>() -> [TypedImport<H>; {count}] {{")?;
        writeln!(out, "        [\n{table}        ]\n    }}\n")
    }

    fn write_rust_types(&self, out: &mut String) -> std::fmt::Result {
        out.push_str(
            r"    /// A live instance, and what the host keeps with it.
    #[derive(Debug)]
    pub struct Instance<H = ()>(::aot_embed::Instance<H>);

    /// The instance that calls a function of [`Imports`], for as long as the function runs.
    #[derive(Debug)]
    pub struct Caller<'a, H>(::aot_embed::Caller<'a, H>);

    impl<H: Imports> Instance<H> {
        /// Makes an instance, and runs the module's initialisation.
        pub fn new(host: H) -> Result<Self, CreateError> {
            Instance::with(host, &Settings::new())
        }

        /// Likewise, within limits, and with memories, tables and globals for its imports.
        pub fn with(host: H, settings: &Settings) -> Result<Self, CreateError> {
            ::aot_embed::Instance::__typed(&MODULE, &imports(), host, settings).map(Instance)
        }
    }

    impl<H> Instance<H> {
        /// Ends the instance, and gives back what the host kept with it.
        pub fn into_host(self) -> H {
            self.0.into_host()
        }

        /// Makes the instance as if it had just been created. What the host keeps with it stays.
        pub fn reset(&mut self) -> Result<(), CreateError> {
            self.0.reset()
        }

        /// The instance without types.
        pub fn dynamic(&self) -> &::aot_embed::Instance<H> {
            &self.0
        }

        /// The instance without types, to use.
        pub fn dynamic_mut(&mut self) -> &mut ::aot_embed::Instance<H> {
            &mut self.0
        }
    }

    impl<'a, H> Caller<'a, H> {
        /// The caller without types.
        pub fn dynamic(&self) -> &::aot_embed::Caller<'a, H> {
            &self.0
        }

        /// The caller without types, to use.
        pub fn dynamic_mut(&mut self) -> &mut ::aot_embed::Caller<'a, H> {
            &mut self.0
        }
    }

",
        );
        Ok(())
    }

    /// The methods of instances and callers.
    fn methods(&self) -> String {
        let mut out = String::new();
        let mut names = Names::with(METHODS);
        out.push_str(
            "        /// What the host keeps with the instance.
        pub fn host(&self) -> &H {
            self.0.host()
        }

        /// What the host keeps with the instance, to change.
        pub fn host_mut(&mut self) -> &mut H {
            self.0.host_mut()
        }
",
        );
        for (position, export) in self.exports.iter().enumerate() {
            write_export(&mut out, &mut names, position, export).expect("a string can always grow");
        }
        out
    }
}

fn write_export(out: &mut String, names: &mut Names, position: usize, export: &Export) -> std::fmt::Result {
    let described = comment(&format!("`{}`", export.name));
    let mut unique = |name: &str| names.unique(&keyword_safe(&identifier(name)));
    match &export.kind {
        ExportKind::Function(signature) if !signature.types().all(|ty| rust_type(ty).is_some()) => {
            writeln!(out, "\n        // The function {described} has a type that hosts have no values of.")
        }
        ExportKind::Function(signature) => {
            let name = unique(&export.name);
            let Signature { params, results } = signature;
            writeln!(out, "\n        /// Calls {described}: `{}`.", wasm_signature(signature))?;
            if is_typed(signature) {
                let (parameters, result) = (parameters(params), results_type(results));
                writeln!(
                    out,
                    "        #[inline]\n        pub fn {name}(&mut self{parameters}) -> \
                     Result<{result}, Trap> {{"
                )?;
                let (types, tuple) = (tuple_type(params), tuple_of(params.len()));
                writeln!(out, "            self.0.__call::<{types}, {result}>({position}, {tuple})\n        }}")
            } else {
                writeln!(
                    out,
                    "        pub fn {name}(&mut self, arguments: &[Value]) -> \
                     Result<Vec<Value>, CallError> {{"
                )?;
                writeln!(out, "            self.0.__call_values({position}, arguments)\n        }}")
            }
        }
        ExportKind::Memory => {
            let name = unique(&export.name);
            let mutable = unique(&format!("{}_mut", export.name));
            let both = unique(&format!("{}_and_host", export.name));
            writeln!(out, "\n        /// The memory {described}, to read.")?;
            writeln!(out, "        pub fn {name}(&self) -> Memory<'_> {{")?;
            writeln!(out, "            self.0.__memory({position})\n        }}")?;
            writeln!(out, "\n        /// The memory {described}, to read and write.")?;
            writeln!(out, "        pub fn {mutable}(&mut self) -> MemoryMut<'_> {{")?;
            writeln!(out, "            self.0.__memory_mut({position})\n        }}")?;
            writeln!(out, "\n        /// The memory {described} together with what the host keeps with the instance.")?;
            writeln!(out, "        pub fn {both}(&mut self) -> (MemoryMut<'_>, &mut H) {{")?;
            writeln!(out, "            self.0.__memory_and_host({position})\n        }}")
        }
        ExportKind::Global { ty, mutable } => {
            let Some(rust) = rust_type(*ty) else {
                return writeln!(out, "\n        // The global {described} has a type that hosts have no values of.");
            };
            let name = unique(&export.name);
            writeln!(out, "\n        /// The value of the global {described}.")?;
            writeln!(out, "        pub fn {name}(&self) -> {rust} {{")?;
            writeln!(out, "            self.0.__global({position})\n        }}")?;
            if *mutable {
                let setter = unique(&format!("set_{}", export.name));
                writeln!(
                    out,
                    "\n        /// Changes the global {described}. Only a function of another instance is refused."
                )?;
                writeln!(
                    out,
                    "        pub fn {setter}(&mut self, value: {rust}) -> \
                     Result<(), ForeignFunction> {{"
                )?;
                writeln!(out, "            self.0.__set_global({position}, value)\n        }}")?;
            }
            Ok(())
        }
        ExportKind::Table { element } => {
            let Some(rust) = rust_type(*element) else {
                return writeln!(out, "\n        // The table {described} has elements that hosts have no values of.");
            };
            let name = unique(&export.name);
            let mutable = unique(&format!("{}_mut", export.name));
            writeln!(out, "\n        /// The table {described}, to read.")?;
            writeln!(out, "        pub fn {name}(&self) -> Table<'_, {rust}> {{")?;
            writeln!(out, "            self.0.__table({position})\n        }}")?;
            writeln!(out, "\n        /// The table {described}, to read and write.")?;
            writeln!(out, "        pub fn {mutable}(&mut self) -> TableMut<'_, {rust}> {{")?;
            writeln!(out, "            self.0.__table_mut({position})\n        }}")
        }
        ExportKind::Tag => Ok(()),
    }
}

impl Signature {
    fn types(&self) -> impl Iterator<Item = NativeType> + '_ {
        self.params.iter().chain(&self.results).copied()
    }
}

fn is_typed(signature: &Signature) -> bool {
    signature.params.len() <= TYPED_MAX && signature.results.len() <= TYPED_MAX
}

/// `, arg0: i32` and so on.
fn parameters(types: &[NativeType]) -> String {
    types.iter().enumerate().map(|(index, ty)| format!(", arg{index}: {}", named(*ty))).collect()
}

/// `(i32, i64,)`.
fn tuple_type(types: &[NativeType]) -> String {
    let inside: String = types.iter().map(|ty| format!("{}, ", named(*ty))).collect();
    format!("({})", inside.trim_end())
}

/// `(arg0, arg1,)`.
fn tuple_of(count: usize) -> String {
    let inside: String = (0..count).map(|index| format!("arg{index}, ")).collect();
    format!("({})", inside.trim_end())
}

fn results_type(types: &[NativeType]) -> String {
    match types {
        [one] => named(*one).to_owned(),
        several => tuple_type(several),
    }
}

fn named(ty: NativeType) -> &'static str {
    rust_type(ty).expect("functions with other types were left out")
}

fn rust_type(ty: NativeType) -> Option<&'static str> {
    Some(match ty {
        NativeType::I32 => "i32",
        NativeType::I64 => "i64",
        NativeType::F32 => "f32",
        NativeType::F64 => "f64",
        NativeType::V128 => "[u8; 16]",
        NativeType::Reference(Reference::Function) => "Option<Function>",
        NativeType::Reference(Reference::Extern) => "Option<ExternRef>",
        NativeType::Reference(Reference::Other) => return None,
    })
}

fn variant(ty: NativeType) -> &'static str {
    match ty {
        NativeType::I32 => "I32",
        NativeType::I64 => "I64",
        NativeType::F32 => "F32",
        NativeType::F64 => "F64",
        NativeType::V128 => "V128",
        NativeType::Reference(Reference::Extern) => "ExternRef",
        NativeType::Reference(_) => "FuncRef",
    }
}

fn wasm_signature(signature: &Signature) -> String {
    let list =
        |types: &[NativeType]| types.iter().map(|ty| variant(*ty).to_ascii_lowercase()).collect::<Vec<_>>().join(", ");
    format!("({}) -> ({})", list(&signature.params), list(&signature.results))
}

/// A word of the language gets an underscore: not all of them can be raw identifiers.
fn keyword_safe(name: &str) -> String {
    if KEYWORDS.contains(&name) { format!("{name}_") } else { name.to_owned() }
}

/// Strict and reserved, of all editions, and the name that is none.
const KEYWORDS: &[&str] = &[
    "_", "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Any text as a string literal.
fn literal(text: &str) -> String {
    format!("\"{}\"", text.escape_default())
}

/// Any text inside of a comment of one line: what could end the line, or change how it is read, becomes a dot.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || (' '..='~').contains(&c) { c } else { '.' }).collect()
}
