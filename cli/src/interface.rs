//! What a module imports and exports, as far as the command line has to know: which imports need a flag, whether it
//! starts threads, where it can be entered.
//!
//! A quick look without validation. A module that makes no sense gets its error from the compiler.

use wasmparser::{CompositeInnerType, ExternalKind, Parser, Payload, TypeRef};

/// The outside of a module.
#[derive(Debug, Default)]
pub(crate) struct Interface {
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<Export>,
    /// Types in index order: parameters and results, where they are functions.
    types: Vec<Option<(usize, usize)>>,
    /// Type of each function, imports first.
    functions: Vec<u32>,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) module: String,
    pub(crate) field: String,
    pub(crate) kind: Kind,
}

/// One export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Export {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) index: u32,
}

/// Kinds of imports and exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Function,
    Table,
    Memory,
    Global,
    Tag,
}

impl Kind {
    /// As messages call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Function => "function",
            Kind::Table => "table",
            Kind::Memory => "memory",
            Kind::Global => "global",
            Kind::Tag => "tag",
        }
    }
}

impl Interface {
    /// Reads imports and exports; stops where the module stops making sense.
    pub(crate) fn of(wasm: &[u8]) -> Self {
        let mut interface = Interface::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload {
                Ok(Payload::TypeSection(section)) => {
                    let types = section.into_iter().map_while(Result::ok).flat_map(|group| group.into_types());
                    interface.types.extend(types.map(|ty| match ty.composite_type.inner {
                        CompositeInnerType::Func(function) => Some((function.params().len(), function.results().len())),
                        _ => None,
                    }));
                }
                Ok(Payload::ImportSection(section)) => {
                    for import in section.into_imports().map_while(Result::ok) {
                        if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
                            interface.functions.push(ty);
                        }
                        interface.imports.push(Import {
                            module: import.module.to_owned(),
                            field: import.name.to_owned(),
                            kind: kind_of_import(import.ty),
                        });
                    }
                }
                Ok(Payload::FunctionSection(section)) => {
                    interface.functions.extend(section.into_iter().map_while(Result::ok));
                }
                Ok(Payload::ExportSection(section)) => {
                    interface.exports.extend(section.into_iter().map_while(Result::ok).map(|export| Export {
                        name: export.name.to_owned(),
                        kind: kind_of_export(export.kind),
                        index: export.index,
                    }));
                }
                // Nothing that matters here comes behind.
                Ok(Payload::CodeSectionStart { .. }) | Err(_) => break,
                Ok(_) => {}
            }
        }
        interface
    }

    /// Whether a function of this name is exported.
    pub(crate) fn exports_function(&self, name: &str) -> bool {
        self.exported_function(name).is_some()
    }

    /// Numbers of parameters and results of an exported function.
    pub(crate) fn signature(&self, name: &str) -> Option<(usize, usize)> {
        let ty = *self.functions.get(self.exported_function(name)?.index as usize)?;
        *self.types.get(ty as usize)?
    }

    fn exported_function(&self, name: &str) -> Option<&Export> {
        self.exports.iter().find(|export| export.kind == Kind::Function && export.name == name)
    }

    /// Whether the program starts threads, by wasi-threads.
    pub(crate) fn starts_threads(&self) -> bool {
        self.imports.iter().any(|import| import.module == aot_abi::wasi::THREADS && import.field == "thread-spawn")
    }
}

fn kind_of_import(ty: TypeRef) -> Kind {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => Kind::Function,
        TypeRef::Table(_) => Kind::Table,
        TypeRef::Memory(_) => Kind::Memory,
        TypeRef::Global(_) => Kind::Global,
        TypeRef::Tag(_) => Kind::Tag,
    }
}

fn kind_of_export(kind: ExternalKind) -> Kind {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => Kind::Function,
        ExternalKind::Table => Kind::Table,
        ExternalKind::Memory => Kind::Memory,
        ExternalKind::Global => Kind::Global,
        ExternalKind::Tag => Kind::Tag,
    }
}

#[cfg(test)]
mod tests {
    use super::{Export, Import, Interface, Kind};

    #[test]
    fn imports_and_exports_are_seen() {
        let wasm = wat::parse_str(
            r#"(module
                (import "wasi" "thread-spawn" (func (param i32) (result i32)))
                (import "env" "memory" (memory 1 1 shared))
                (func (export "_start")))"#,
        )
        .expect("the text is valid");
        let interface = Interface::of(&wasm);
        assert!(interface.starts_threads());
        assert_eq!(interface.signature("_start"), Some((0, 0)));
        assert_eq!(interface.signature("nobody"), None);
        assert_eq!(interface.imports[1], Import { module: "env".into(), field: "memory".into(), kind: Kind::Memory });
        assert_eq!(interface.exports, [Export { name: "_start".into(), kind: Kind::Function, index: 1 }]);
    }

    #[test]
    fn nonsense_has_no_outside() {
        assert!(Interface::of(b"\0asm\x01\0\0\0\x02\xff").imports.is_empty());
    }
}
