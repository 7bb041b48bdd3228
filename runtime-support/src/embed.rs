//! Instances that an embedder owns: what it provides, what it allows, and the way back to a fresh state.
//!
//! Besides functions, an embedder provides memories, tables, globals and tags by saying what they are: each instance gets
//! some of its own. So instances never share anything, can go to any thread, and leave nothing behind.
//!
//! # Safety
//!
//! Nobody but the embedder refers to such an instance. Its references, memories and tables are its own, so nothing of
//! another instance can be in them unless the embedder puts it there.
#![allow(unsafe_code, reason = "builds the structures that compiled code reads")]

use crate::instance::{
    Extern, Instance, InstanceState, InstantiateError, Means, check_version, create_context, imports_with_slots, slice,
};
use crate::memory::{self, Budget};
use crate::trap::signal;
use crate::{frames, matching, pool, table};
use alloc::boxed::Box;
use alloc::vec::Vec;
use aot_abi::context::{GlobalCell, HostFunction, ImportedFunction, Tag};
use aot_abi::image::{ExternKind, ImportDescriptor, ModuleImage, Slice, TableDescriptor};
use core::ptr::null;

/// What an instance may have at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all its memories together. Growth beyond fails, by -1.
    pub memory_bytes: Option<u64>,
    /// Elements of each of its tables. Growth beyond fails, by -1.
    pub table_elements: Option<u64>,
    /// Bytes of stack that a call may use; otherwise as much as the thread's guest stack has. More than that, as well as
    /// less, makes calls a little slower.
    pub stack_bytes: Option<usize>,
    /// Fuel to begin with, which the start function uses as well; otherwise more than enough. Modules that were compiled
    /// without fuel do not use any.
    pub fuel: Option<i64>,
}

/// What an import other than a function is to be. Where nothing is said, what the module declares.
#[derive(Debug, Clone, Copy)]
pub enum Provided {
    /// A memory of zeros.
    Memory {
        /// Its pages.
        minimum: Option<u64>,
        /// How many it can have.
        maximum: Option<u64>,
    },
    /// A table of nulls.
    Table {
        /// Its elements.
        minimum: Option<u64>,
        /// How many it can have.
        maximum: Option<u64>,
    },
    /// A global with this value. A reference is null, or an `externref`.
    Global(GlobalCell),
    /// An exception tag.
    Tag,
}

/// What an instance is made with.
#[derive(Debug, Clone, Copy)]
pub struct Embedding<'a> {
    /// The functions of the imports that are bound to the host, in the module's order.
    pub functions: &'a [HostFunction],
    /// Everything else that is imported, in the module's order.
    pub others: &'a [Provided],
    /// For [`aot_abi::context::InstanceContext::host`].
    pub host: *mut u8,
    /// What it may have.
    pub limits: Limits,
}

/// What is remembered for [`reset`].
#[derive(Debug)]
pub(crate) struct Owned {
    provided: Vec<Provided>,
    budget: Option<Budget>,
    limits: Limits,
}

/// A value of `stack_bytes` that no thread can satisfy: the instance cannot be called, because it lost its memories.
pub(crate) const UNUSABLE: u64 = u64::MAX;

/// Makes an instance. A failure leaves nothing behind.
///
/// # Safety
/// The image was written by the compiler, and lives as long as the process; the functions belong to its imports.
pub unsafe fn create(image: &'static ModuleImage, embedding: &Embedding<'_>) -> Result<Instance, InstantiateError> {
    // SAFETY: the caller's promise.
    unsafe { create_with(image, embedding, &mut |_| Ok(())) }
}

/// As [`create`], and does something with the instance before any code of the guest runs, its start function included: what
/// the guest gets of WASI, and its deadline. It must not call the guest, nor look at what the module defines.
///
/// # Safety
/// As [`create`].
pub unsafe fn create_with<E: From<InstantiateError>>(
    image: &'static ModuleImage,
    embedding: &Embedding<'_>,
    before: &mut dyn FnMut(&Instance) -> Result<(), E>,
) -> Result<Instance, E> {
    check_version(image)?;
    let others = imports_with_slots(image).count();
    let wanted = image.counts.imported_functions as usize + others;
    let given = embedding.functions.len() + embedding.others.len();
    if wanted != given || others != embedding.others.len() {
        return Err(InstantiateError::ImportCount { wanted, given }.into());
    }
    signal::install();
    frames::register(image);
    let Embedding { functions, others, host, limits } = *embedding;
    let owned = Owned { provided: others.to_vec(), budget: limits.memory_bytes.map(Budget::new), limits };
    let state = Box::new(InstanceState { imports: Vec::new(), owned: Some(owned), attachment: None });
    // SAFETY: the caller's promise. Nobody else can refer to the instance before it is returned.
    unsafe {
        let context = create_context(image)?;
        let instance = Instance::from_context(context);
        (*context).host = host;
        (*context).runtime = Box::into_raw(state).cast();
        let slots = instance.at::<ImportedFunction>(instance.layout().imported_functions);
        for (position, function) in functions.iter().enumerate() {
            slots.add(position).write(ImportedFunction {
                code: function.call as *const u8,
                context: function.function.cast_mut().cast(),
                func_ref: null(),
            });
        }
        match before(&instance).and_then(|()| Ok(populate(&instance)?)) {
            Ok(()) => Ok(instance),
            Err(error) => {
                instance.destroy();
                Err(error)
            }
        }
    }
}

/// Makes the instance as if it had just been created: its memories, tables, globals and segments, and its start function
/// runs again. It has nothing of WASI then, and the fuel that [`Limits`] give it, if they do. After a failure, which creation could have had as well, every call ends with an "allocation failed" trap;
/// the instance can be destroyed, or reset once more.
///
/// # Safety
/// The instance was made by [`create`], and is not running. What it exported is only good by way of a new look at it.
pub unsafe fn reset(instance: &Instance) -> Result<(), InstantiateError> {
    // SAFETY: the caller's promise.
    unsafe {
        (*instance.context()).stack_bytes = UNUSABLE;
        instance.take_apart();
        // Files that the guest opened before are closed.
        instance.detach();
        let result = populate(instance);
        if result.is_err() {
            (*instance.context()).stack_bytes = UNUSABLE;
        }
        result
    }
}

/// Everything that the instance has, imports included, and its initialization.
///
/// # Safety
/// The instance is new, or was taken apart.
unsafe fn populate(instance: &Instance) -> Result<(), InstantiateError> {
    let image = instance.image();
    // SAFETY: `create` made the state.
    unsafe {
        let context = instance.context();
        let state = (*context).runtime.cast::<InstanceState>();
        let Some(owned) = (*state).owned.as_mut() else { return Err(InstantiateError::AlreadyInstantiated) };
        let limits = owned.limits;
        owned.budget = limits.memory_bytes.map(Budget::new);
        let means = Means {
            create_memory: pool::create,
            budget: owned.budget.as_ref(),
            table_elements: limits.table_elements.unwrap_or(u64::MAX),
        };
        for (import, provided) in imports_with_slots(image).zip(&owned.provided) {
            let given = make(import, provided, &means)?;
            (*state).imports.push(given);
            if !matching::satisfies(&given, &import.ty) {
                return Err(incompatible(import));
            }
            instance.store_import(import, given);
        }
        if let Some(fuel) = limits.fuel {
            (*context).fuel = fuel;
        }
        // The start function is a call like others.
        (*context).stack_bytes =
            limits.stack_bytes.map_or(0, |bytes| (bytes as u64).clamp(SMALLEST_STACK, UNUSABLE - 1));
        instance.prepare(image, &means)
    }
}

/// Less than this is not worth a name: a signal, a host function or a frame of the guest would not fit.
const SMALLEST_STACK: u64 = 16 << 10;

fn incompatible(import: &'static ImportDescriptor) -> InstantiateError {
    // SAFETY: part of an image.
    let (module, field) = unsafe { (slice(&import.module), slice(&import.field)) };
    InstantiateError::IncompatibleImport { module, field }
}

/// The thing itself, which the instance owns.
///
/// # Safety
/// The import is part of an image.
unsafe fn make(
    import: &'static ImportDescriptor,
    provided: &Provided,
    means: &Means<'_>,
) -> Result<Extern, InstantiateError> {
    let ty = &import.ty;
    Ok(match (*provided, ty.kind) {
        (Provided::Memory { minimum, maximum }, ExternKind::Memory) => {
            let mut descriptor = memory::descriptor_of(ty);
            descriptor.minimum = minimum.unwrap_or(ty.minimum);
            descriptor.maximum = maximum.unwrap_or(ty.maximum);
            // SAFETY: the descriptor has neither contents nor a fixed base.
            let memory = unsafe { means.memory(&descriptor)? };
            Extern::Memory(Box::into_raw(Box::new(memory)))
        }
        (Provided::Table { minimum, maximum }, ExternKind::Table) => {
            let descriptor = TableDescriptor {
                minimum: minimum.unwrap_or(ty.minimum),
                maximum: maximum.unwrap_or(ty.maximum),
                flags: u64::from(ty.flags),
                element_type: ty.value_type,
                contents: Slice { data: null(), length: 0 },
            };
            Extern::Table(Box::into_raw(Box::new(means.table(&descriptor)?)))
        }
        (Provided::Global(cell), ExternKind::Global) => {
            let cell = Box::into_raw(Box::new(cell));
            Extern::Global { cell, ty: ty.value_type, mutable: ty.flags & 1 == 1 }
        }
        (Provided::Tag, ExternKind::Tag) => {
            Extern::Tag(Box::into_raw(Box::new(Tag { type_descriptor: ty.type_descriptor })))
        }
        _ => return Err(incompatible(import)),
    })
}

/// Frees what [`make`] made.
///
/// # Safety
/// The instance that owns it does not run again with it.
pub(crate) unsafe fn unmake(given: Extern) {
    // SAFETY: each was a box, and the caller's promise.
    unsafe {
        match given {
            Extern::Memory(memory) => memory::destroy(&mut Box::from_raw(memory)),
            Extern::Table(table) => table::destroy(&mut Box::from_raw(table)),
            Extern::Global { cell, .. } => drop(Box::from_raw(cell)),
            Extern::Tag(tag) => drop(Box::from_raw(tag)),
            Extern::Function(_) => {}
        }
    }
}
