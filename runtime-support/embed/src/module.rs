//! A compiled module, and what is known of it: exports and imports by name, type and place.
#![allow(unsafe_code, reason = "reads the records that the compiler wrote")]

use crate::types::{Code, Signature, Type};
use aot_runtime::abi::context::{ContextLayout, FuncRef, GlobalCell, LinearMemory, Table};
use aot_runtime::abi::image::{ExternKind, ExternType, ModuleImage, NONE, Slice};
use aot_runtime::instance::slice;
use std::fmt;
use std::sync::OnceLock;

/// What the compiler wrote of a module. There are no values but those.
#[repr(transparent)]
pub struct Image(ModuleImage);

// SAFETY: an image is never changed (rule 1 of the crate).
unsafe impl Sync for Image {}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").finish_non_exhaustive()
    }
}

/// A compiled module: what instances are made of. Bindings have one, in `module()`.
pub struct Module {
    image: &'static Image,
    known: OnceLock<Known>,
}

/// What there is to know, by position in the image.
pub(crate) struct Known {
    pub(crate) exports: Box<[Export]>,
    /// Functions that the host provides.
    pub(crate) functions: Box<[HostFunctionImport]>,
    /// What else is imported, in the module's order.
    pub(crate) others: Box<[OtherImport]>,
}

/// An import that is not a function: each instance gets one of its own.
pub(crate) struct OtherImport {
    pub(crate) module: &'static str,
    pub(crate) field: &'static str,
    pub(crate) kind: ExternKind,
    /// Of a global: its type.
    pub(crate) ty: Option<Type>,
}

/// One export.
pub(crate) struct Export {
    pub(crate) name: &'static str,
    pub(crate) kind: ExportKind,
}

/// What an export is, and where an instance has it.
pub(crate) enum ExportKind {
    Function { code: Option<Code>, signature: Option<Signature>, place: Place<FuncRef> },
    Memory { place: Place<LinearMemory> },
    Table { element: Option<Type>, place: Place<Table> },
    Global { ty: Option<Type>, mutable: bool, place: Place<GlobalCell> },
    Tag,
}

/// A function that the host provides.
pub(crate) struct HostFunctionImport {
    pub(crate) module: &'static str,
    pub(crate) field: &'static str,
    pub(crate) signature: Option<Signature>,
    pub(crate) code: Option<Code>,
}

/// Where a context has something.
pub(crate) struct Place<T> {
    offset: usize,
    /// There is a pointer to it instead.
    behind: bool,
    of: std::marker::PhantomData<fn() -> T>,
}

impl<T> Place<T> {
    fn new(array: u64, index: u32, size: usize, behind: bool) -> Self {
        Place { offset: array as usize + index as usize * size, behind, of: std::marker::PhantomData }
    }

    /// The thing itself.
    ///
    /// # Safety
    /// The context is a live one of the module that this place is of.
    #[inline]
    pub(crate) unsafe fn of(&self, context: *mut u8) -> *mut T {
        // SAFETY: places are computed from the module's own counts, as the context's size is, and imports are stored
        // before anybody else sees the context.
        unsafe {
            let at = context.add(self.offset);
            if self.behind { *at.cast::<*mut T>() } else { at.cast() }
        }
    }
}

impl Module {
    /// For bindings.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(image: &'static Image) -> Module {
        Module { image, known: OnceLock::new() }
    }

    /// Its name: the module's own, or that of its file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        // SAFETY: part of an image.
        text(unsafe { slice(&self.image().name) })
    }

    /// Names of all exports.
    pub fn exports(&'static self) -> impl Iterator<Item = &'static str> {
        self.known().exports.iter().map(|export| export.name)
    }

    /// Module, field and type of the functions that the host provides. The type is missing where one of the types in it
    /// is none that hosts have values of.
    pub fn imported_functions(
        &'static self,
    ) -> impl Iterator<Item = (&'static str, &'static str, Option<&'static Signature>)> {
        self.known().functions.iter().map(|import| (import.module, import.field, import.signature.as_ref()))
    }

    /// Module and field of everything that is imported and that embedders give, functions first.
    pub fn imports(&'static self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let known = self.known();
        let functions = known.functions.iter().map(|import| (import.module, import.field));
        functions.chain(known.others.iter().map(|import| (import.module, import.field)))
    }

    pub(crate) fn image(&self) -> &'static ModuleImage {
        &self.image.0
    }

    pub(crate) fn known(&'static self) -> &'static Known {
        self.known.get_or_init(|| Known::read(self.image()))
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("name", &self.name()).finish_non_exhaustive()
    }
}

impl Known {
    fn read(image: &'static ModuleImage) -> Known {
        let layout = ContextLayout::new(&image.counts);
        // SAFETY: these and all below are parts of an image.
        let (exports, imports) = unsafe { (slice(&image.exports), slice(&image.imports)) };
        let exports = exports.iter().map(|export| {
            let (index, imported) = (export.index, export.imported == 1);
            const POINTER: usize = size_of::<*const u8>();
            let kind = match export.ty.kind {
                // Functions of other instances are nothing that embedders' modules can have.
                ExternKind::Function if imported => ExportKind::Tag,
                ExternKind::Function => {
                    // SAFETY: as above.
                    let signature = unsafe { Signature::of(export.ty.type_descriptor) };
                    let place = Place::new(layout.func_refs, index, size_of::<FuncRef>(), false);
                    ExportKind::Function { code: signature.as_ref().and_then(Signature::code), signature, place }
                }
                ExternKind::Memory => {
                    let place = if imported {
                        Place::new(layout.imported_memories, index, POINTER, true)
                    } else {
                        Place::new(layout.memories, index, size_of::<LinearMemory>(), false)
                    };
                    ExportKind::Memory { place }
                }
                ExternKind::Table => {
                    let place = if imported {
                        Place::new(layout.imported_tables, index, POINTER, true)
                    } else {
                        Place::new(layout.tables, index, size_of::<Table>(), false)
                    };
                    ExportKind::Table { element: Type::of(&export.ty.value_type), place }
                }
                ExternKind::Global => {
                    let place = if imported {
                        Place::new(layout.imported_globals, index, POINTER, true)
                    } else {
                        Place::new(layout.globals, index, size_of::<GlobalCell>(), false)
                    };
                    ExportKind::Global { ty: Type::of(&export.ty.value_type), mutable: is_mutable(&export.ty), place }
                }
                ExternKind::Tag => ExportKind::Tag,
            };
            Export { name: string(&export.name), kind }
        });
        let mut functions: Vec<_> = imports
            .iter()
            .filter(|import| import.ty.kind == ExternKind::Function && import.host != NONE)
            .map(|import| {
                // SAFETY: as above.
                let signature = unsafe { Signature::of(import.ty.type_descriptor) };
                let (module, field) = (string(&import.module), string(&import.field));
                let code = signature.as_ref().and_then(Signature::code);
                (import.host, HostFunctionImport { module, field, signature, code })
            })
            .collect();
        functions.sort_by_key(|(position, _)| *position);
        let others = imports.iter().filter(|import| import.ty.kind != ExternKind::Function && import.slot != NONE);
        let others = others.map(|import| OtherImport {
            module: string(&import.module),
            field: string(&import.field),
            kind: import.ty.kind,
            // Only globals and tables have a value type: for others there are zeros, which are no type at all.
            ty: if import.ty.kind == ExternKind::Global { Type::of(&import.ty.value_type) } else { None },
        });
        Known {
            exports: exports.collect(),
            functions: functions.into_iter().map(|(_, import)| import).collect(),
            others: others.collect(),
        }
    }
}

fn is_mutable(ty: &ExternType) -> bool {
    ty.flags & 1 == 1
}

fn string(bytes: &Slice<u8>) -> &'static str {
    // SAFETY: part of an image.
    text(unsafe { slice(bytes) })
}

fn text(bytes: &'static [u8]) -> &'static str {
    std::str::from_utf8(bytes).expect("names in a valid module are UTF-8")
}

/// Names a compiled module: for bindings. A macro, so that the program's own code has nothing unsafe in it.
#[doc(hidden)]
#[macro_export]
macro_rules! __module {
    ($name:ident, $symbol:literal, $library:literal) => {
        static $name: $crate::Module = {
            #[link(name = $library, kind = "static")]
            unsafe extern "C" {
                #[link_name = $symbol]
                safe static IMAGE: $crate::module::Image;
            }
            $crate::Module::new(&IMAGE)
        };
    };
}
