//! An interface as a C header: C99 and C++, warning-free, self-contained. Typed functions are inline over the fixed C
//! interface of `embed.h`, which is part of every header and documented there.

use super::names::{Names, identifier};
use super::{ExportKind, Interface, NativeType, OtherKind, Signature};
use std::fmt::Write;

/// What is the same for every module.
const COMMON: &str = include_str!("embed.h");

/// What is the same for every module that imports WASI.
const WASI: &str = include_str!("embed_wasi.h");

impl Interface {
    /// The header of a module whose symbols begin with `prefix`.
    #[must_use]
    pub fn c_header(&self, prefix: &str) -> String {
        self.c_header_for(prefix, &self.image_symbol(prefix))
    }

    /// The same, referring to this symbol as the image.
    pub(super) fn c_header_for(&self, prefix: &str, image: &str) -> String {
        let mut text = String::new();
        self.write(&mut text, prefix, image).expect("a string can always grow");
        text
    }

    fn write(&self, out: &mut String, p: &str, image: &str) -> std::fmt::Result {
        let guard = format!("AOT_MODULE_{}_H", p.to_ascii_uppercase());
        writeln!(
            out,
            "/* The module `{p}`, as `aot` compiled it. Link with its archive. This file is generated. */\n"
        )?;
        writeln!(out, "{COMMON}")?;
        if self.wasi {
            writeln!(out, "{WASI}")?;
        }
        writeln!(out, "#ifndef {guard}\n#define {guard}\n\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n")?;
        writeln!(
            out,
            "/* Not found when linking? Then this header and the archive were not made together from one module. */\n\
             extern const aot_image {image};\n"
        )?;
        writeln!(out, "/* A live instance of `{p}`. */\ntypedef struct {p}_instance {p}_instance;\n")?;
        self.write_imports(out, p)?;
        self.write_create(out, p, image)?;
        self.write_exports(out, p)?;
        writeln!(out, "#ifdef __cplusplus\n}}\n#endif\n\n#endif")
    }

    fn write_imports(&self, out: &mut String, p: &str) -> std::fmt::Result {
        if !self.has_imports() {
            return Ok(());
        }
        let (names, other_names) = self.import_names();
        writeln!(
            out,
            "/* What the host provides. Each function gets the `host` that the instance was created with, and the instance;\n \
             * it returns 0, or an error that ends the guest and reaches the caller as `host_error`. Memories, tables and\n \
             * globals are made for each instance, as this says. */\n\
             typedef struct {p}_imports {{"
        )?;
        for (import, name) in self.imports.iter().zip(&names) {
            writeln!(out, "    /* {} */", comment(&format!("`{}` from `{}`", import.field, import.module)))?;
            writeln!(out, "    int (*{name})({});", host_parameters(p, &import.signature, true))?;
        }
        for (import, name) in self.others.iter().zip(&other_names) {
            let described = comment(&format!("`{}` from `{}`", import.field, import.module));
            match import.kind {
                OtherKind::Memory => writeln!(out, "    /* {described}: its pages */\n    aot_size {name};")?,
                OtherKind::Table => writeln!(out, "    /* {described}: its elements */\n    aot_size {name};")?,
                OtherKind::Global { ty: NativeType::V128, .. } => {
                    writeln!(out, "    /* {described}: its value */\n    uint8_t {name}[16];")?;
                }
                OtherKind::Global { ty, .. } => {
                    writeln!(out, "    /* {described}: its value */\n    {} {name};", c_type(ty))?;
                }
                OtherKind::Tag => {}
            }
        }
        if self.imports.is_empty() && self.others.iter().all(|other| other.kind == OtherKind::Tag) {
            writeln!(out, "    char nothing;")?;
        }
        writeln!(out, "}} {p}_imports;\n")?;
        for (import, name) in self.imports.iter().zip(&names) {
            let Signature { params, results } = &import.signature;
            writeln!(
                out,
                "static inline int {p}_host_{name}(aot_instance *instance, void *host, aot_any_function *function,\n\
                 {:1$}aot_value *values)\n{{",
                "",
                "static inline int _host_(".len() + p.len() + name.len()
            )?;
            writeln!(out, "    typedef int typed({});", host_parameters(p, &import.signature, false))?;
            for (index, &ty) in results.iter().enumerate() {
                match ty {
                    NativeType::V128 => writeln!(out, "    uint8_t result{index}[16] = {{0}};")?,
                    _ => writeln!(out, "    {} result{index} = 0;", c_type(ty))?,
                }
            }
            write!(out, "    int status = ((typed *)function)(host, ({p}_instance *)instance")?;
            for (index, &ty) in params.iter().enumerate() {
                write!(out, ", values[{index}].{}", member(ty))?;
            }
            for (index, &ty) in results.iter().enumerate() {
                let address = if ty == NativeType::V128 { "" } else { "&" };
                write!(out, ", {address}result{index}")?;
            }
            writeln!(out, ");")?;
            for (index, &ty) in results.iter().enumerate() {
                store(out, "    ", index, ty, &format!("result{index}"))?;
            }
            if params.is_empty() && results.is_empty() {
                writeln!(out, "    (void)values;")?;
            }
            writeln!(out, "    return status;\n}}\n")?;
        }
        Ok(())
    }

    fn has_imports(&self) -> bool {
        !(self.imports.is_empty() && self.others.is_empty())
    }

    fn write_create(&self, out: &mut String, p: &str, image: &str) -> std::fmt::Result {
        let (count, other_count) = (self.imports.len(), self.others.len());
        let (names, other_names) = self.import_names();
        let (parameters, arguments) = match self.has_imports() {
            true => (format!("const {p}_imports *imports, void *host, "), "imports, host, "),
            false => (String::new(), ""),
        };
        writeln!(
            out,
            "/* Makes an instance with these options and runs its start function; see aot_instance_create. */"
        )?;
        writeln!(
            out,
            "static inline int {p}_create_with({parameters}const aot_options *options, {p}_instance **instance, \
             aot_trap *trap)\n{{"
        )?;
        if count > 0 {
            writeln!(out, "    aot_host_function functions[{count}];")?;
        }
        if other_count > 0 {
            writeln!(out, "    aot_provided others[{other_count}];")?;
        }
        writeln!(out, "    aot_instance *made = NULL;\n    int status;")?;
        for (index, name) in names.iter().enumerate() {
            writeln!(out, "    functions[{index}].call = {p}_host_{name};")?;
            writeln!(out, "    functions[{index}].function = (aot_any_function *)imports->{name};")?;
        }
        if other_count > 0 {
            writeln!(out, "    memset(others, 0, sizeof others);")?;
        }
        for (index, (import, name)) in self.others.iter().zip(&other_names).enumerate() {
            match import.kind {
                OtherKind::Memory | OtherKind::Table => writeln!(out, "    others[{index}].size = imports->{name};")?,
                OtherKind::Global { ty: NativeType::V128, .. } => {
                    writeln!(out, "    memcpy(others[{index}].value.v128, imports->{name}, 16);")?;
                }
                OtherKind::Global { ty, .. } => {
                    writeln!(out, "    others[{index}].value.{} = imports->{name};", member(ty))?;
                }
                OtherKind::Tag => {}
            }
        }
        if self.has_imports() && names.is_empty() && self.others.iter().all(|other| other.kind == OtherKind::Tag) {
            writeln!(out, "    (void)imports;")?;
        }
        let functions = if count == 0 { "NULL, 0".to_owned() } else { format!("functions, {count}") };
        let others = if other_count == 0 { "NULL, 0".to_owned() } else { format!("others, {other_count}") };
        let host = if self.has_imports() { "host" } else { "NULL" };
        writeln!(
            out,
            "    status = aot_instance_create(&{image}, {functions}, {others}, options, {host}, &made, trap);"
        )?;
        writeln!(out, "    *instance = ({p}_instance *)made;\n    return status;\n}}\n")?;
        writeln!(out, "/* Makes an instance and runs its start function; see aot_instance_create. */")?;
        writeln!(out, "static inline int {p}_create({parameters}{p}_instance **instance, aot_trap *trap)\n{{")?;
        writeln!(out, "    return {p}_create_with({arguments}NULL, instance, trap);\n}}\n")?;
        writeln!(out, "/* Makes an instance as if it had just been created; see aot_instance_reset. */")?;
        writeln!(out, "static inline int {p}_reset({p}_instance *instance, aot_trap *trap)\n{{")?;
        writeln!(out, "    return aot_instance_reset((aot_instance *)instance, trap);\n}}\n")?;
        writeln!(out, "/* Frees an instance and its memories. It must not be running. NULL is none. */")?;
        writeln!(out, "static inline void {p}_destroy({p}_instance *instance)\n{{")?;
        writeln!(out, "    aot_instance_destroy((aot_instance *)instance);\n}}\n")
    }

    fn write_exports(&self, out: &mut String, p: &str) -> std::fmt::Result {
        let mut names = Names::default();
        for (position, export) in self.exports.iter().enumerate() {
            let name = match export.kind {
                ExportKind::Tag => continue,
                _ => names.unique(&export.name),
            };
            let described = comment(&format!("`{}`", export.name));
            match &export.kind {
                ExportKind::Function(signature) => {
                    writeln!(out, "/* Calls {described}. */")?;
                    let reference = export.reference.expect("every exported function has a reference");
                    write_call(out, p, &name, reference, signature)?;
                }
                ExportKind::Memory => {
                    writeln!(out, "/* The memory {described}. */")?;
                    writeln!(out, "static inline aot_memory *{p}_memory_{name}({p}_instance *instance)\n{{")?;
                    writeln!(out, "    return aot_exported_memory((aot_instance *)instance, {position});\n}}\n")?;
                }
                ExportKind::Global { ty, mutable } => {
                    writeln!(
                        out,
                        "/* The value of the global {described}, to read{}. */",
                        if *mutable { " and write" } else { "" }
                    )?;
                    let constant = if *mutable { "" } else { "const " };
                    let (pointer, address) = match ty {
                        NativeType::V128 => ("uint8_t", "value->v128".to_owned()),
                        ty => (c_type(*ty), format!("&value->{}", member(*ty))),
                    };
                    writeln!(out, "static inline {constant}{pointer} *{p}_global_{name}({p}_instance *instance)\n{{")?;
                    writeln!(out, "    aot_value *value = aot_exported_global((aot_instance *)instance, {position});")?;
                    writeln!(out, "    return {address};\n}}\n")?;
                }
                ExportKind::Table { .. } => {
                    writeln!(out, "/* The table {described}. */")?;
                    writeln!(out, "static inline aot_table *{p}_table_{name}({p}_instance *instance)\n{{")?;
                    writeln!(out, "    return aot_exported_table((aot_instance *)instance, {position});\n}}\n")?;
                }
                ExportKind::Tag => {}
            }
        }
        Ok(())
    }

    /// Those of functions and of the others.
    fn import_names(&self) -> (Vec<String>, Vec<String>) {
        let mut names = Names::with(C_KEYWORDS);
        let mut name =
            |module: &str, field: &str| names.unique(&format!("{}_{}", identifier(module), identifier(field)));
        let functions = self.imports.iter().map(|import| name(&import.module, &import.field)).collect();
        let others = self.others.iter().map(|import| name(&import.module, &import.field)).collect();
        (functions, others)
    }
}

/// Words of C and C++ with an underscore in them, which a module and a field might make together.
const C_KEYWORDS: &[&str] = &[
    "and_eq",
    "char8_t",
    "char16_t",
    "char32_t",
    "co_await",
    "co_return",
    "co_yield",
    "const_cast",
    "dynamic_cast",
    "not_eq",
    "or_eq",
    "reinterpret_cast",
    "static_assert",
    "static_cast",
    "thread_local",
    "wchar_t",
    "xor_eq",
];

fn write_call(out: &mut String, p: &str, name: &str, reference: u64, signature: &Signature) -> std::fmt::Result {
    let Signature { params, results } = signature;
    write!(out, "static inline int {p}_call_{name}({p}_instance *instance")?;
    for (index, &ty) in params.iter().enumerate() {
        write!(out, ", {}", parameter(ty, &format!("arg{index}")))?;
    }
    for (index, &ty) in results.iter().enumerate() {
        write!(out, ", {}", result(ty, &format!("result{index}")))?;
    }
    writeln!(out, ", aot_trap *trap)\n{{")?;
    writeln!(out, "    aot_value values[{}];\n    uint64_t outcome;", params.len().max(results.len()).max(1))?;
    for (index, &ty) in params.iter().enumerate() {
        store(out, "    ", index, ty, &format!("arg{index}"))?;
    }
    writeln!(out, "    outcome = aot_enter((const char *)instance + {reference}, values);")?;
    writeln!(out, "    if (outcome != 0)\n        return aot_take_trap(outcome, trap);")?;
    for (index, &ty) in results.iter().enumerate() {
        match ty {
            NativeType::V128 => writeln!(out, "    memcpy(result{index}, values[{index}].v128, 16);")?,
            _ => writeln!(out, "    *result{index} = values[{index}].{};", member(ty))?,
        }
    }
    writeln!(out, "    return AOT_OK;\n}}\n")
}

/// The parameters of a function of the host, with or without their names.
fn host_parameters(p: &str, signature: &Signature, named: bool) -> String {
    let mut text = format!("void *host, {p}_instance *instance");
    if !named {
        text = format!("void *, {p}_instance *");
    }
    let name = |kind: &str, index: usize| if named { format!("{kind}{index}") } else { String::new() };
    for (index, &ty) in signature.params.iter().enumerate() {
        let _ = write!(text, ", {}", parameter(ty, &name("arg", index)));
    }
    for (index, &ty) in signature.results.iter().enumerate() {
        let _ = write!(text, ", {}", result(ty, &name("result", index)));
    }
    text
}

fn store(out: &mut String, indent: &str, index: usize, ty: NativeType, value: &str) -> std::fmt::Result {
    match ty {
        NativeType::V128 => writeln!(out, "{indent}memcpy(values[{index}].v128, {value}, 16);"),
        _ => writeln!(out, "{indent}values[{index}].{} = {value};", member(ty)),
    }
}

fn parameter(ty: NativeType, name: &str) -> String {
    match ty {
        NativeType::V128 => format!("const uint8_t {name}[16]"),
        _ => format!("{} {name}", c_type(ty)).trim_end().to_owned(),
    }
}

fn result(ty: NativeType, name: &str) -> String {
    match ty {
        NativeType::V128 => format!("uint8_t {name}[16]"),
        _ => format!("{} *{name}", c_type(ty)),
    }
}

fn c_type(ty: NativeType) -> &'static str {
    match ty {
        NativeType::I32 => "int32_t",
        NativeType::I64 => "int64_t",
        NativeType::F32 => "float",
        NativeType::F64 => "double",
        NativeType::V128 => "uint8_t",
        NativeType::Reference(_) => "aot_reference",
    }
}

/// The member of `aot_value`.
fn member(ty: NativeType) -> &'static str {
    match ty {
        NativeType::I32 => "i32",
        NativeType::I64 => "i64",
        NativeType::F32 => "f32",
        NativeType::F64 => "f64",
        NativeType::V128 => "v128",
        NativeType::Reference(_) => "reference",
    }
}

/// Names are any text, and must not end a comment or a line, nor begin another comment or a trigraph.
fn comment(text: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || (' '..='~').contains(&c) && c != '\\' { c } else { '.' };
    text.replace("*/", "*./").replace("/*", "/.*").replace("??", "?.").chars().map(plain).collect()
}
