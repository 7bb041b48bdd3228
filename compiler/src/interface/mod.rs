//! `Interface`: what an embedder of a library module sees, in native types; and the text of bindings to it.
//!
//! In: the module and the plan, which decides what is exported and which imports are the host's. Out: tables that
//! [`Interface::c_header`] and [`Interface::rust_bindings`] turn into text. Positions in these tables are positions in the image: exports are numbered as
//! in `ModuleImage::exports`, host functions as in the context's imported functions.

mod c_header;
mod names;
mod rust_bindings;

pub use rust_bindings::RustNames;

use crate::error::{Error, ErrorKind, Result};
use crate::module::{Entity, FunctionType, HeapType, Module, RefType, ValType};
use crate::options::{ImportBinding, Model, Options};
use crate::plan::Plan;
use crate::{facts, module, plan};
use aot_abi::context::FuncRef;

/// See the module documentation.
#[derive(Debug)]
pub struct Interface {
    /// Functions that the host provides, by slot.
    pub imports: Vec<HostImport>,
    /// What else the host provides, in the order of the module's imports.
    pub others: Vec<OtherImport>,
    /// Everything exported, by position in the image.
    pub exports: Vec<Export>,
    /// Whether functions of the runtime's WASI are imported.
    pub wasi: bool,
}

/// An import that is not a function: each instance gets one of its own.
#[derive(Debug)]
pub struct OtherImport {
    /// Module name of the import.
    pub module: String,
    /// Field name of the import.
    pub field: String,
    /// What it is.
    pub kind: OtherKind,
}

/// What an import is that is not a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherKind {
    /// A memory.
    Memory,
    /// A table.
    Table,
    /// A global.
    Global {
        /// Its type.
        ty: NativeType,
        /// Whether it can be written.
        mutable: bool,
    },
    /// An exception tag.
    Tag,
}

/// A function that the host provides.
#[derive(Debug)]
pub struct HostImport {
    /// Module name of the import.
    pub module: String,
    /// Field name of the import.
    pub field: String,
    /// Its type.
    pub signature: Signature,
}

/// One export.
#[derive(Debug)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ExportKind,
    /// For a function: how many bytes into the instance's context its reference is.
    pub reference: Option<u64>,
}

/// What an export is, as far as an embedder can use it.
#[derive(Debug)]
pub enum ExportKind {
    /// A function.
    Function(Signature),
    /// A memory.
    Memory,
    /// A global.
    Global {
        /// Its type.
        ty: NativeType,
        /// Whether it can be written.
        mutable: bool,
    },
    /// A table.
    Table {
        /// Type of its elements.
        element: NativeType,
    },
    /// A tag, which embedders cannot reach.
    Tag,
}

/// Parameters and results of a function.
#[derive(Debug)]
pub struct Signature {
    /// Parameters.
    pub params: Vec<NativeType>,
    /// Results.
    pub results: Vec<NativeType>,
}

/// A value as a host sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the Wasm specification")]
pub enum NativeType {
    I32,
    I64,
    F32,
    F64,
    V128,
    Reference(Reference),
}

/// What a reference refers to, as far as a host can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// `funcref`: any function, or null.
    Function,
    /// `externref`: something of the host's, or null.
    Extern,
    /// All others: they cannot be null, say more about the function, or are into the collected heap.
    Other,
}

/// The interface of a module under these options.
pub fn interface(wasm: &[u8], options: &Options) -> Result<Interface> {
    options.check()?;
    let module = module::read(wasm, options)?;
    let facts = facts::prove(&module, options);
    let plan = plan::make(&module, &facts, options)?;
    Interface::of(&module, &plan)
}

/// A second symbol for the image of a library, which says what bindings to it were made from; `None` where there can be no
/// bindings.
pub(crate) fn image_symbol(module: &Module<'_>, plan: &Plan, options: &Options) -> Option<String> {
    let interface = (options.model == Model::Library).then(|| Interface::of(module, plan).ok())??;
    Some(interface.image_symbol(&options.symbol_prefix))
}

impl Interface {
    /// The symbol of the image that bindings refer to. It has a hash of everything they rely on, so that a header and an
    /// archive that do not belong together do not link.
    #[must_use]
    pub fn image_symbol(&self, prefix: &str) -> String {
        // FNV-1a: nobody is to be kept from making two interfaces with one hash.
        let text = self.c_header_for(prefix, "");
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        format!("{prefix}_image_of_header_{hash:016x}")
    }

    fn of(module: &Module<'_>, plan: &Plan) -> Result<Interface> {
        let (mut imports, mut others) = (Vec::new(), Vec::new());
        let mut of_others = Vec::new();
        for import in &module.imports {
            let kind = match import.entity {
                Entity::Function(function) => {
                    match plan.import_bindings[function] {
                        ImportBinding::Host => imports.push(HostImport {
                            module: import.module.clone(),
                            field: import.field.clone(),
                            signature: signature(module.function_type(function)),
                        }),
                        ImportBinding::Slot => of_others.push(format!("`{}.{}`", import.module, import.field)),
                        ImportBinding::Symbol(_) | ImportBinding::Zero | ImportBinding::Trap => {}
                    }
                    continue;
                }
                Entity::Memory(_) => OtherKind::Memory,
                Entity::Table(_) => OtherKind::Table,
                Entity::Global(global) => {
                    let global = &module.globals[global];
                    OtherKind::Global { ty: native(global.ty), mutable: global.mutable }
                }
                Entity::Tag(_) => OtherKind::Tag,
            };
            others.push(OtherImport { module: import.module.clone(), field: import.field.clone(), kind });
        }
        if !of_others.is_empty() {
            let message = format!("a host cannot provide what is bound to other instances: {}", of_others.join(", "));
            return Err(Error::new(ErrorKind::Imports, message));
        }
        let exports = plan.exports.iter().map(|&index| {
            let export = &module.exports[index];
            let kind = match export.entity {
                Entity::Function(function) => ExportKind::Function(signature(module.function_type(function))),
                Entity::Memory(_) => ExportKind::Memory,
                Entity::Global(global) => {
                    let global = &module.globals[global];
                    ExportKind::Global { ty: native(global.ty), mutable: global.mutable }
                }
                Entity::Table(table) => {
                    ExportKind::Table { element: native(ValType::Ref(module.tables[table].element)) }
                }
                Entity::Tag(_) => ExportKind::Tag,
            };
            let reference = match export.entity {
                Entity::Function(function) => plan.func_ref_of[function]
                    .expand()
                    .map(|index| plan.layout.func_refs + u64::from(index.as_u32()) * size_of::<FuncRef>() as u64),
                _ => None,
            };
            Export { name: export.name.clone(), kind, reference }
        });
        // Only WASI's functions have such names: nobody may give those of the runtime to functions of his own.
        let is_wasi = |symbol: &str| aot_abi::wasi::WASI_FUNCTIONS.iter().any(|function| function.symbol == symbol);
        let wasi = plan
            .import_bindings
            .values()
            .any(|binding| matches!(binding, ImportBinding::Symbol(symbol) if is_wasi(symbol)));
        Ok(Interface { imports, others, exports: exports.collect(), wasi })
    }
}

fn signature(ty: &FunctionType) -> Signature {
    let types = |list: &[ValType]| list.iter().map(|&ty| native(ty)).collect();
    Signature { params: types(&ty.params), results: types(&ty.results) }
}

fn native(ty: ValType) -> NativeType {
    match ty {
        ValType::I32 => NativeType::I32,
        ValType::I64 => NativeType::I64,
        ValType::F32 => NativeType::F32,
        ValType::F64 => NativeType::F64,
        ValType::V128 => NativeType::V128,
        ValType::Ref(reference) => NativeType::Reference(referent(reference)),
    }
}

fn referent(ty: RefType) -> Reference {
    match ty {
        RefType { nullable: true, heap: HeapType::Func } => Reference::Function,
        RefType { nullable: true, heap: HeapType::Extern } => Reference::Extern,
        _ => Reference::Other,
    }
}
