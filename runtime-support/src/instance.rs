//! `ModuleImage` → live instance: imports, memories, tables, globals, segments, and the module's own initialization.
//!
//! # Safety
//!
//! An image is written by the compiler, and everything in it is true: slices have their lengths, pointers are null or
//! good for the life of the process, indices are in range. Instances are never freed behind anybody's back, because a
//! table of another instance may hold a reference to one of their functions, even when their instantiation failed.
#![allow(unsafe_code, reason = "builds the structures that compiled code reads")]

use crate::call::{self, Trapped};
use crate::embed::{self, Embedding, Limits, Owned};
use crate::memory::{Budget, MemoryError};
use crate::table::TableError;
use crate::text::{Describe, Text, describe_for_hosts};
use crate::trap::report::broken;
use crate::trap::signal;
use crate::{control, frames, matching, memory, table};
use alloc::alloc::{alloc_zeroed, dealloc};
use alloc::boxed::Box;
use alloc::vec::Vec;
use aot_abi::context::{
    ContextLayout, FuncRef, GlobalCell, HostCall, HostFunction, ImportedFunction, InstanceContext, LinearMemory,
    SegmentState, Table, Tag,
};
use aot_abi::image::{
    ExportDescriptor, ExternKind, IMPORTED_FUNCTION, ImportDescriptor, MODEL_EXECUTABLE, MemoryDescriptor, ModuleImage,
    NONE, Slice, TableDescriptor,
};
use aot_abi::types::ValueType;
use core::alloc::Layout;
use core::ptr::null_mut;

/// Something that can be imported or exported.
#[derive(Debug, Clone, Copy)]
pub enum Extern {
    /// A function, by its reference.
    Function(*const FuncRef),
    /// A table.
    Table(*mut Table),
    /// A memory.
    Memory(*mut LinearMemory),
    /// A global: its storage does not say its type.
    Global {
        /// Where the value is.
        cell: *mut GlobalCell,
        /// Its type.
        ty: ValueType,
        /// Whether it can be written.
        mutable: bool,
    },
    /// An exception tag.
    Tag(*mut Tag),
}

/// Why a module could not be instantiated.
#[derive(Debug, Clone)]
pub enum InstantiateError {
    /// The module was compiled for another version of this runtime.
    AbiVersion {
        /// What the module says.
        found: u32,
    },
    /// The program's only instance exists already.
    AlreadyInstantiated,
    /// Not as many things were given as the module imports.
    ImportCount {
        /// How many it wants.
        wanted: usize,
        /// How many were given.
        given: usize,
    },
    /// A thing that was given does not have the type of the import.
    IncompatibleImport {
        /// The import's module name.
        module: &'static [u8],
        /// The import's field name.
        field: &'static [u8],
    },
    /// A memory could not be created.
    Memory(MemoryError),
    /// A table could not be created.
    Table(TableError),
    /// No memory for the instance itself.
    OutOfMemory,
    /// Initialization trapped: an active segment out of bounds, or the start function.
    Trap(Trapped),
}

impl Describe for InstantiateError {
    fn describe(&self, text: &mut Text) {
        match self {
            InstantiateError::AbiVersion { found } => text
                .words("compiled for version ")
                .number(u64::from(*found))
                .words(" of the runtime; this is version ")
                .number(u64::from(aot_abi::ABI_VERSION)),
            InstantiateError::AlreadyInstantiated => text.words("the program has one instance, and it exists already"),
            InstantiateError::ImportCount { wanted, given } => {
                text.number(*given as u64).words(" imports given for ").number(*wanted as u64)
            }
            InstantiateError::IncompatibleImport { module, field } => {
                text.words("incompatible import type for `").bytes(module).words(".").bytes(field).words("`")
            }
            InstantiateError::Memory(error) => {
                error.describe(text);
                text
            }
            InstantiateError::Table(TableError::TooLarge { elements }) => {
                text.words("a table of ").number(*elements).words(" elements is more than is allowed")
            }
            InstantiateError::Table(TableError::Limit { elements }) => {
                text.words("a table of ").number(*elements).words(" elements is more than the instance may have")
            }
            InstantiateError::Table(TableError::OutOfMemory { elements }) => {
                text.words("no memory for a table of ").number(*elements).words(" elements")
            }
            InstantiateError::OutOfMemory => text.words("out of memory"),
            InstantiateError::Trap(trapped) => text.words(trapped.trap.message()),
        };
    }
}

describe_for_hosts!(InstantiateError);

impl core::error::Error for InstantiateError {}

/// Something of an instance's own that another part of the runtime keeps, and that goes when the instance does.
#[derive(Debug)]
pub(crate) struct Attachment {
    pub(crate) data: *mut u8,
    /// Frees it.
    pub(crate) free: unsafe fn(*mut u8),
}

impl Drop for Attachment {
    fn drop(&mut self) {
        // SAFETY: whoever made the attachment says so, and it is dropped once.
        unsafe { (self.free)(self.data) };
    }
}

/// What the runtime remembers about an instance, behind [`InstanceContext::runtime`].
#[derive(Debug, Default)]
pub(crate) struct InstanceState {
    /// WASI's, where it has one.
    pub(crate) attachment: Option<Attachment>,
    /// What was given for each import that has a slot, in order: an export of an import has the type of the thing
    /// itself, which may be more precise than the import's.
    pub(crate) imports: Vec<Extern>,
    /// For an instance of an embedder, who does not share the imports.
    pub(crate) owned: Option<Owned>,
}

/// How memories and tables are made.
pub(crate) struct Means<'a> {
    pub(crate) create_memory: unsafe fn(&MemoryDescriptor) -> Result<LinearMemory, MemoryError>,
    pub(crate) budget: Option<&'a Budget>,
    pub(crate) table_elements: u64,
}

impl Means<'_> {
    /// What instances get that nobody limits.
    const UNLIMITED: Means<'static> = Means { create_memory: memory::create, budget: None, table_elements: u64::MAX };

    /// A memory.
    ///
    /// # Safety
    /// As [`memory::create`]; the budget lives as long as the memory.
    pub(crate) unsafe fn memory(&self, descriptor: &MemoryDescriptor) -> Result<LinearMemory, InstantiateError> {
        if let Some(budget) = self.budget {
            let bytes = descriptor.minimum.saturating_mul(1 << descriptor.page_log2);
            if !budget.take(bytes) {
                return Err(InstantiateError::Memory(MemoryError::Limit { bytes }));
            }
        }
        // SAFETY: the caller's promise.
        let mut memory = unsafe { (self.create_memory)(descriptor) }.map_err(InstantiateError::Memory)?;
        memory.budget = self.budget.map_or(null_mut(), |budget| core::ptr::from_ref(budget).cast_mut().cast());
        Ok(memory)
    }

    /// A table.
    pub(crate) fn table(&self, descriptor: &TableDescriptor) -> Result<Table, InstantiateError> {
        if descriptor.minimum > self.table_elements {
            return Err(InstantiateError::Table(TableError::Limit { elements: descriptor.minimum }));
        }
        let mut table = table::create(descriptor).map_err(InstantiateError::Table)?;
        table.maximum = table.maximum.min(self.table_elements);
        Ok(table)
    }
}

/// A live instance. Dropping the handle frees nothing; see the module documentation.
#[derive(Debug, Clone, Copy)]
pub struct Instance {
    context: *mut InstanceContext,
}

/// Makes an instance. `imports` has one entry for every import whose slot is not [`NONE`], in order.
///
/// # Safety
/// The image was written by the compiler, and what `imports` point to lives as long as the process.
pub unsafe fn instantiate(image: &'static ModuleImage, imports: &[Extern]) -> Result<Instance, InstantiateError> {
    // SAFETY: the caller's promise.
    unsafe { instantiate_for(image, imports, null_mut()) }
}

/// As [`instantiate`], with a value for [`InstanceContext::host`] that is there before any code of the module runs.
///
/// # Safety
/// As [`instantiate`].
pub unsafe fn instantiate_for(
    image: &'static ModuleImage,
    imports: &[Extern],
    host: *mut u8,
) -> Result<Instance, InstantiateError> {
    check_version(image)?;
    // SAFETY: the caller's promise, here and below.
    unsafe { check_imports(image, imports)? };
    signal::install();
    frames::register(image);
    // SAFETY: see above.
    let context = unsafe { create_context(image)? };
    let instance = Instance { context };
    // SAFETY: see above; every step finds what it needs from the ones before it.
    unsafe {
        (*context).host = host;
        instance.store_imports(image, imports);
        instance.prepare(image, &Means::UNLIMITED)?;
    }
    Ok(instance)
}

/// Makes an instance for an embedder whose module imports nothing but functions; see [`crate::embed::create`].
///
/// # Safety
/// As [`crate::embed::create`].
pub unsafe fn instantiate_embedded(
    image: &'static ModuleImage,
    functions: &[HostFunction],
    host: *mut u8,
) -> Result<Instance, InstantiateError> {
    let embedding = Embedding { functions, others: &[], host, limits: Limits::default() };
    // SAFETY: the caller's promise.
    unsafe { embed::create(image, &embedding) }
}

/// Refuses modules of another version.
pub(crate) fn check_version(image: &ModuleImage) -> Result<(), InstantiateError> {
    match image.abi_version {
        aot_abi::ABI_VERSION => Ok(()),
        found => Err(InstantiateError::AbiVersion { found }),
    }
}

/// The slice that the compiler wrote.
///
/// # Safety
/// It is part of an image.
#[must_use]
pub unsafe fn slice<T>(slice: &Slice<T>) -> &'static [T] {
    if slice.length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts(slice.data, slice.length as usize) }
}

impl Instance {
    /// The instance whose state this is.
    ///
    /// # Safety
    /// The context was made by [`instantiate`].
    #[must_use]
    pub unsafe fn from_context(context: *mut InstanceContext) -> Instance {
        Instance { context }
    }

    /// Its state.
    #[must_use]
    pub fn context(&self) -> *mut InstanceContext {
        self.context
    }

    /// The module it is an instance of.
    #[must_use]
    pub fn image(&self) -> &'static ModuleImage {
        // SAFETY: every context points to its image from the moment it exists.
        unsafe { &*(*self.context).image }
    }

    /// What is attached to it.
    ///
    /// # Safety
    /// The instance is live, and nobody else changes its attachment meanwhile.
    pub(crate) unsafe fn attached(&self) -> Option<*mut u8> {
        // SAFETY: the caller's promise; `runtime` is null or a state.
        let state = unsafe { (*self.context).runtime.cast::<InstanceState>().as_ref() };
        state.and_then(|state| state.attachment.as_ref()).map(|attachment| attachment.data)
    }

    /// Attaches something, in place of what was there.
    ///
    /// # Safety
    /// As [`Instance::attached`], and nobody uses what was there. It may be freed on any thread.
    pub(crate) unsafe fn attach(&self, attachment: Attachment) {
        // SAFETY: the caller's promise.
        unsafe {
            if (*self.context).runtime.is_null() {
                (*self.context).runtime = Box::into_raw(Box::<InstanceState>::default()).cast();
            }
            (*(*self.context).runtime.cast::<InstanceState>()).attachment = Some(attachment);
        }
    }

    /// Frees what is attached to it, if anything is.
    ///
    /// # Safety
    /// As [`Instance::attach`].
    pub(crate) unsafe fn detach(&self) {
        // SAFETY: the caller's promise.
        if let Some(state) = unsafe { (*self.context).runtime.cast::<InstanceState>().as_mut() } {
            state.attachment = None;
        }
    }

    /// What it exports under this name.
    #[must_use]
    pub fn export(&self, name: &[u8]) -> Option<Extern> {
        // SAFETY: part of an image.
        let export = unsafe { slice(&self.image().exports).iter().find(|export| slice(&export.name) == name)? };
        self.exported(export)
    }

    /// The export at this position of the image's exports.
    #[must_use]
    pub fn export_at(&self, position: usize) -> Option<Extern> {
        // SAFETY: part of an image.
        self.exported(unsafe { slice(&self.image().exports) }.get(position)?)
    }

    fn exported(&self, export: &ExportDescriptor) -> Option<Extern> {
        // SAFETY: image and context are what `instantiate` was given and made.
        unsafe {
            let (index, imported) = (export.index, export.imported == 1);
            Some(match export.ty.kind {
                ExternKind::Function if imported => {
                    Extern::Function((*imported_function(self.context, index)).func_ref)
                }
                ExternKind::Function => Extern::Function(func_ref(self.context, index)),
                ExternKind::Memory if imported => Extern::Memory(memory_at(self.context, index)),
                ExternKind::Memory => {
                    Extern::Memory(memory_at(self.context, self.image().counts.imported_memories + index))
                }
                ExternKind::Table if imported => Extern::Table(table_at(self.context, index)),
                ExternKind::Table => Extern::Table(table_at(self.context, self.image().counts.imported_tables + index)),
                ExternKind::Global | ExternKind::Tag if imported => self.imported(export.ty.kind, index)?,
                ExternKind::Global => Extern::Global {
                    cell: self.at::<GlobalCell>(self.layout().globals).add(index as usize),
                    ty: export.ty.value_type,
                    mutable: export.ty.flags & 1 == 1,
                },
                ExternKind::Tag => Extern::Tag(self.at::<Tag>(self.layout().tags).add(index as usize)),
            })
        }
    }

    /// Frees the instance: its own memories and tables, and its state.
    ///
    /// # Safety
    /// Nobody uses the instance or anything it exported any more, it is not running, and it is of the library model.
    pub unsafe fn destroy(self) {
        let layout = context_layout(self.image()).unwrap_or_else(|| broken("it was allocated with this layout"));
        // SAFETY: the caller's promise; all of it was made by `instantiate` or `create`.
        unsafe {
            self.take_apart();
            let state = (*self.context).runtime.cast::<InstanceState>();
            if !state.is_null() {
                drop(Box::from_raw(state));
            }
            dealloc(self.context.cast(), layout);
        }
    }

    /// Frees what [`Instance::prepare`] made, and imports of its own.
    ///
    /// # Safety
    /// As [`Instance::destroy`], but for the instance itself.
    pub(crate) unsafe fn take_apart(&self) {
        let (image, layout) = (self.image(), self.layout());
        // SAFETY: the caller's promise.
        unsafe {
            for position in 0..image.counts.memories as usize {
                memory::destroy(&mut *self.at::<LinearMemory>(layout.memories).add(position));
            }
            for position in 0..image.counts.tables as usize {
                table::destroy(&mut *self.at::<Table>(layout.tables).add(position));
            }
            if let Some(state) = (*self.context).runtime.cast::<InstanceState>().as_mut()
                && state.owned.is_some()
            {
                for given in state.imports.drain(..) {
                    embed::unmake(given);
                }
            }
        }
    }

    /// Creates what the module defines, and runs its initialization. Imports are stored already.
    ///
    /// # Safety
    /// As [`instantiate`].
    pub(crate) unsafe fn prepare(
        &self,
        image: &'static ModuleImage,
        means: &Means<'_>,
    ) -> Result<(), InstantiateError> {
        let layout = self.layout();
        // SAFETY: the caller's promise; as many places as descriptors.
        unsafe {
            let memories = self.at::<LinearMemory>(layout.memories);
            for (position, descriptor) in slice(&image.memories).iter().enumerate() {
                memories.add(position).write(means.memory(descriptor)?);
            }
            let tables = self.at::<Table>(layout.tables);
            for (position, descriptor) in slice(&image.tables).iter().enumerate() {
                tables.add(position).write(means.table(descriptor)?);
            }
            self.fill_tables_of_the_image(image);
            call::initialize(image.initialize, self.context).map_err(InstantiateError::Trap)
        }
    }

    /// What was given for the import of this kind in this slot.
    fn imported(&self, kind: ExternKind, slot: u32) -> Option<Extern> {
        // SAFETY: see `export`; the state was stored by `store_imports` and is never changed.
        unsafe {
            let state = (*self.context).runtime.cast::<InstanceState>().as_ref()?;
            let position =
                imports_with_slots(self.image()).position(|import| import.ty.kind == kind && import.slot == slot)?;
            state.imports.get(position).copied()
        }
    }

    pub(crate) fn layout(&self) -> ContextLayout {
        ContextLayout::new(&self.image().counts)
    }

    pub(crate) fn at<T>(&self, offset: u64) -> *mut T {
        self.context.cast::<u8>().wrapping_add(offset as usize).cast()
    }

    unsafe fn store_imports(&self, image: &'static ModuleImage, imports: &[Extern]) {
        if imports.is_empty() {
            return;
        }
        // SAFETY: kinds were checked.
        unsafe {
            for (import, given) in imports_with_slots(image).zip(imports) {
                self.store_import(import, *given);
            }
            let state = Box::new(InstanceState { imports: imports.to_vec(), owned: None, attachment: None });
            (*self.context).runtime = Box::into_raw(state).cast();
        }
    }

    /// Makes compiled code find what was given for an import.
    ///
    /// # Safety
    /// The import is of the image and has a slot, and what was given is of its kind.
    pub(crate) unsafe fn store_import(&self, import: &ImportDescriptor, given: Extern) {
        let (layout, slot) = (self.layout(), import.slot as usize);
        // SAFETY: slots are below the counts, by which the context's arrays were sized.
        unsafe {
            match given {
                Extern::Function(function) => {
                    let entry = self.at::<ImportedFunction>(layout.imported_functions).add(slot);
                    let FuncRef { code, context, .. } = *function;
                    entry.write(ImportedFunction { code, context, func_ref: function });
                }
                Extern::Table(table) => self.at::<*mut Table>(layout.imported_tables).add(slot).write(table),
                Extern::Memory(memory) => {
                    self.at::<*mut LinearMemory>(layout.imported_memories).add(slot).write(memory);
                }
                Extern::Global { cell, .. } => {
                    self.at::<*mut GlobalCell>(layout.imported_globals).add(slot).write(cell);
                }
                Extern::Tag(tag) => self.at::<*mut Tag>(layout.imported_tags).add(slot).write(tag),
            }
        }
    }

    /// Everything that is a plain number or address in the image.
    unsafe fn fill_tables_of_the_image(&self, image: &'static ModuleImage) {
        let layout = self.layout();
        // SAFETY: as many places as entries in the image; indices in the image are in range.
        unsafe {
            let func_refs = self.at::<FuncRef>(layout.func_refs);
            for (position, descriptor) in slice(&image.func_refs).iter().enumerate() {
                func_refs.add(position).write(FuncRef {
                    code: descriptor.code,
                    context: self.context,
                    type_descriptor: descriptor.type_descriptor,
                    entry: descriptor.entry,
                });
            }
            let data_segments = self.at::<SegmentState>(layout.data_segments);
            for (position, segment) in slice(&image.data_segments).iter().enumerate() {
                data_segments.add(position).write(SegmentState { length: segment.length });
            }
            let element_segments = self.at::<SegmentState>(layout.element_segments);
            for (position, segment) in slice(&image.element_segments).iter().enumerate() {
                element_segments.add(position).write(SegmentState { length: u64::from(segment.length) });
            }
            let globals = self.at::<GlobalCell>(layout.globals);
            for (position, global) in slice(&image.globals).iter().enumerate() {
                globals.add(position).write(GlobalCell { bytes: global.initial });
            }
            let tags = self.at::<Tag>(layout.tags);
            for (position, descriptor) in slice(&image.tags).iter().enumerate() {
                tags.add(position).write(Tag { type_descriptor: *descriptor });
            }
            let tables = self.at::<Table>(layout.tables);
            for (position, descriptor) in slice(&image.tables).iter().enumerate() {
                let contents = slice(&descriptor.contents);
                let elements = table::elements(&mut *tables.add(position));
                for (element, function) in elements.iter_mut().zip(contents) {
                    *element = function_reference(self.context, *function);
                }
            }
        }
    }
}

/// Index of the memory that instances of `image` export under this name, imports first.
#[must_use]
pub fn exported_memory(image: &'static ModuleImage, name: &[u8]) -> Option<u32> {
    // SAFETY: part of an image.
    unsafe {
        let export = slice(&image.exports)
            .iter()
            .find(|export| export.ty.kind == ExternKind::Memory && slice(&export.name) == name)?;
        Some(if export.imported == 1 { export.index } else { image.counts.imported_memories + export.index })
    }
}

/// Imports that live in the context as things of other instances, or of the embedder's making, in order.
pub fn imports_with_slots(image: &'static ModuleImage) -> impl Iterator<Item = &'static ImportDescriptor> {
    // SAFETY: part of an image.
    unsafe { slice(&image.imports) }.iter().filter(|import| import.slot != NONE)
}

unsafe fn check_imports(image: &'static ModuleImage, imports: &[Extern]) -> Result<(), InstantiateError> {
    let wanted = imports_with_slots(image).count();
    if wanted != imports.len() {
        return Err(InstantiateError::ImportCount { wanted, given: imports.len() });
    }
    for (import, given) in imports_with_slots(image).zip(imports) {
        // SAFETY: the caller's promise.
        unsafe {
            if !matching::satisfies(given, &import.ty) {
                let (module, field) = (slice(&import.module), slice(&import.field));
                return Err(InstantiateError::IncompatibleImport { module, field });
            }
        }
    }
    Ok(())
}

pub(crate) unsafe fn create_context(image: &'static ModuleImage) -> Result<*mut InstanceContext, InstantiateError> {
    let context = if image.model == MODEL_EXECUTABLE {
        // SAFETY: the image's own storage, zero until it is used for the first time.
        if unsafe { !(*image.static_context).image.is_null() } {
            return Err(InstantiateError::AlreadyInstantiated);
        }
        image.static_context
    } else {
        let layout = context_layout(image).ok_or(InstantiateError::OutOfMemory)?;
        // SAFETY: the header alone makes the size non-zero.
        let context = unsafe { alloc_zeroed(layout) }.cast::<InstanceContext>();
        if context.is_null() {
            return Err(InstantiateError::OutOfMemory);
        }
        context
    };
    // SAFETY: all-zero storage of the right size is a valid context.
    unsafe {
        (*context).image = image;
        (*context).runtime = null_mut();
    }
    // SAFETY: nobody else knows the context yet.
    unsafe { control::unlimited(context) };
    Ok(context)
}

fn context_layout(image: &ModuleImage) -> Option<Layout> {
    Layout::from_size_align(ContextLayout::new(&image.counts).size as usize, 16).ok()
}

/// The memory with this index, imports first.
///
/// # Safety
/// The context is live, and the index in range.
#[must_use]
pub unsafe fn memory_at(context: *mut InstanceContext, index: u32) -> *mut LinearMemory {
    // SAFETY: the caller's promise.
    unsafe {
        let counts = &(*(*context).image).counts;
        let layout = ContextLayout::new(counts);
        let base = context.cast::<u8>();
        match index.checked_sub(counts.imported_memories) {
            None => *base.add(layout.imported_memories as usize).cast::<*mut LinearMemory>().add(index as usize),
            Some(defined) => base.add(layout.memories as usize).cast::<LinearMemory>().add(defined as usize),
        }
    }
}

/// What the embedder gave for the import whose [`ImportedFunction`] is so many bytes into the context.
///
/// # Safety
/// The context is live, was made by [`instantiate_embedded`], and a slot of it begins at the offset.
#[must_use]
#[inline]
pub unsafe fn host_function(context: *mut InstanceContext, offset: u64) -> HostFunction {
    // SAFETY: the caller's promise; `instantiate_embedded` stored a host function as code and context.
    unsafe {
        let ImportedFunction { code, context, .. } = *context.byte_add(offset as usize).cast::<ImportedFunction>();
        HostFunction { call: core::mem::transmute::<*const u8, HostCall>(code), function: context.cast_const().cast() }
    }
}

/// The table with this index, imports first.
///
/// # Safety
/// The context is live, and the index in range.
#[must_use]
pub unsafe fn table_at(context: *mut InstanceContext, index: u32) -> *mut Table {
    // SAFETY: the caller's promise.
    unsafe {
        let counts = &(*(*context).image).counts;
        let layout = ContextLayout::new(counts);
        let base = context.cast::<u8>();
        match index.checked_sub(counts.imported_tables) {
            None => *base.add(layout.imported_tables as usize).cast::<*mut Table>().add(index as usize),
            Some(defined) => base.add(layout.tables as usize).cast::<Table>().add(defined as usize),
        }
    }
}

/// What is left of a data segment.
///
/// # Safety
/// The context is live, and the index in range.
#[must_use]
pub unsafe fn data_segment(context: *mut InstanceContext, index: u32) -> *mut SegmentState {
    // SAFETY: the caller's promise.
    unsafe {
        let layout = ContextLayout::new(&(*(*context).image).counts);
        context.cast::<u8>().add(layout.data_segments as usize).cast::<SegmentState>().add(index as usize)
    }
}

/// What is left of an element segment.
///
/// # Safety
/// The context is live, and the index in range.
#[must_use]
pub unsafe fn element_segment(context: *mut InstanceContext, index: u32) -> *mut SegmentState {
    // SAFETY: the caller's promise.
    unsafe {
        let layout = ContextLayout::new(&(*(*context).image).counts);
        context.cast::<u8>().add(layout.element_segments as usize).cast::<SegmentState>().add(index as usize)
    }
}

/// An item of an element segment whose items are not plain function indices.
///
/// # Safety
/// The context is live, and the index in range.
#[must_use]
pub unsafe fn element_value(context: *mut InstanceContext, index: u64) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        let layout = ContextLayout::new(&(*(*context).image).counts);
        *context.cast::<u8>().add(layout.element_values as usize).cast::<u64>().add(index as usize)
    }
}

/// The reference that an index in the image's element lists stands for.
///
/// # Safety
/// The context is live, and the index in range or [`NONE`].
#[must_use]
pub unsafe fn function_reference(context: *mut InstanceContext, index: u32) -> u64 {
    if index == NONE {
        return 0;
    }
    // SAFETY: the caller's promise.
    unsafe {
        match index & IMPORTED_FUNCTION {
            0 => func_ref(context, index) as u64,
            _ => (*imported_function(context, index & !IMPORTED_FUNCTION)).func_ref as u64,
        }
    }
}

unsafe fn func_ref(context: *mut InstanceContext, index: u32) -> *const FuncRef {
    // SAFETY: the caller's promise that the index is in range.
    unsafe {
        let layout = ContextLayout::new(&(*(*context).image).counts);
        context.cast::<u8>().add(layout.func_refs as usize).cast::<FuncRef>().add(index as usize)
    }
}

unsafe fn imported_function(context: *mut InstanceContext, index: u32) -> *const ImportedFunction {
    // SAFETY: the caller's promise that the index is in range.
    unsafe {
        let layout = ContextLayout::new(&(*(*context).image).counts);
        context.cast::<u8>().add(layout.imported_functions as usize).cast::<ImportedFunction>().add(index as usize)
    }
}
