//! An instance, which its owner calls.
#![allow(unsafe_code, reason = "owns an instance of the runtime by pointer")]

use crate::control::{Epoch, NotCompiledIn};
use crate::guest::{CallError, GlobalError, Guest, Pending, State, guest_methods};
use crate::import::{BoundModule, HostFunctions, HostImports, TypedImport};
use crate::memory::{Memory, MemoryMut};
use crate::module::Module;
use crate::reference::{ForeignFunction, Function, Identity};
use crate::settings::Settings;
use crate::table::{Table, TableMut};
use crate::trap::Trap;
use crate::typed::{WasmParameters, WasmResults, WasmType};
use crate::types::Signature;
use crate::value::Value;
use crate::wasi::WasiError;
use aot_runtime::Instance as RuntimeInstance;
use aot_runtime::abi::context::HostFunction;
use aot_runtime::embed::{self, Embedding};
use aot_runtime::instance::InstantiateError;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::Arc;

/// A live instance of a module. Instances are independent: each has its own memories, tables and globals, which go with
/// it. Any thread can use one, one thread at a time.
pub struct Instance<H> {
    guest: Guest<H>,
}

// SAFETY: an instance is plain memory that it owns (rule 2), and what the host keeps with it. Closures that it may call are
// `Send + Sync`.
unsafe impl<H: Send> Send for Instance<H> {}
// SAFETY: through a shared reference, only `H` and numbers that nobody writes can be read.
unsafe impl<H: Sync> Sync for Instance<H> {}

/// Why there is no instance.
#[derive(Debug)]
pub enum CreateError {
    /// The module imports a function that the host does not give.
    Missing {
        /// Module name of the import.
        module: String,
        /// Field name of the import.
        field: String,
        /// Its type, unless hosts have no values of one of its types.
        wanted: Option<Signature>,
    },
    /// The host's function has another type than the import.
    Mismatch {
        /// Module name of the import.
        module: String,
        /// Field name of the import.
        field: String,
        /// The type of the import.
        wanted: Option<Signature>,
        /// The type of the host's function.
        given: Signature,
    },
    /// Something else that the module imports is not as it has to be: module and field name, and why.
    Other(String, String, String),
    /// The runtime cannot make an instance.
    Instantiate(InstantiateError),
    /// Something that was granted cannot be opened.
    Wasi(WasiError),
    /// The settings have fuel or an epoch, which the module was not compiled for.
    NotCompiledIn(NotCompiledIn),
    /// The initialisation of the module trapped: a segment out of bounds, or its start function.
    Trap(Trap),
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ty =
            |ty: &Option<Signature>| ty.as_ref().map_or("of a type that hosts have not".into(), Signature::to_string);
        match self {
            CreateError::Missing { module, field, wanted } => {
                write!(f, "the module imports `{field}` from `{module}`, {}, which nothing gives", ty(wanted))
            }
            CreateError::Mismatch { module, field, wanted, given } => {
                write!(f, "`{field}` from `{module}` is {}, and was given {given}", ty(wanted))
            }
            CreateError::Other(module, field, why) => write!(f, "the module imports `{field}` from `{module}`, {why}"),
            CreateError::Instantiate(error) => error.fmt(f),
            CreateError::Wasi(error) => error.fmt(f),
            CreateError::NotCompiledIn(error) => error.fmt(f),
            CreateError::Trap(trap) => trap.fmt(f),
        }
    }
}

impl std::error::Error for CreateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CreateError::Trap(trap) => trap.source(),
            CreateError::Missing { .. }
            | CreateError::Mismatch { .. }
            | CreateError::Other(..)
            | CreateError::Wasi(_)
            | CreateError::NotCompiledIn(_)
            | CreateError::Instantiate(_) => None,
        }
    }
}

/// Why the runtime made no instance.
enum Failure {
    Runtime(InstantiateError),
    Host(CreateError),
}

impl From<InstantiateError> for Failure {
    fn from(error: InstantiateError) -> Failure {
        Failure::Runtime(error)
    }
}

/// What is to be said to an instance before any of its code runs.
fn prepare(instance: &RuntimeInstance, settings: &Settings) -> Result<(), Failure> {
    let not_compiled_in =
        |error: aot_runtime::control::NotCompiledIn| Failure::Host(CreateError::NotCompiledIn(error.into()));
    if let Some(fuel) = settings.limits().fuel {
        // SAFETY: it is not running yet, here and below.
        unsafe { instance.set_fuel(fuel) }.map_err(not_compiled_in)?;
    }
    if let Some((epoch, ticks)) = &settings.epoch {
        // SAFETY: as above; the state of the instance has the counter.
        unsafe { instance.set_epoch(Arc::as_ptr(epoch), epoch.after(*ticks)) }.map_err(not_compiled_in)?;
    }
    if let Some((wasi, give)) = &settings.wasi {
        // SAFETY: as above.
        unsafe { give(wasi, instance) }.map_err(|error| Failure::Host(CreateError::Wasi(error)))?;
    }
    Ok(())
}

impl<H> Instance<H> {
    /// Makes an instance that calls these functions, and runs the module's initialisation. To make many, use
    /// [`HostImports::bind`] once.
    pub fn new(module: &'static Module, imports: &HostImports<H>, host: H) -> Result<Self, CreateError>
    where
        H: 'static,
    {
        imports.bind(module)?.instantiate(host, &Settings::new())
    }

    /// For bindings.
    #[doc(hidden)]
    pub fn __typed(
        module: &'static Module,
        imports: &[TypedImport<H>],
        host: H,
        settings: &Settings,
    ) -> Result<Self, CreateError> {
        TypedImport::check(module, imports)?;
        let functions: Vec<HostFunction> = imports.iter().map(TypedImport::function).collect();
        // SAFETY: the functions were found to fit, are for instances with an `H`, and need nothing else to live.
        unsafe { Instance::create(module, &functions, None, host, settings) }
    }

    /// Makes an instance from a module whose imports are bound.
    pub(crate) fn of(bound: &BoundModule<H>, host: H, settings: &Settings) -> Result<Self, CreateError> {
        let functions = Arc::clone(&bound.functions);
        // SAFETY: `bind` found that they fit; they live with the instance.
        unsafe { Instance::create(bound.module, &bound.functions.calls, Some(functions), host, settings) }
    }

    /// # Safety
    /// The functions have the types of the module's imports, take instances with an `H`, and what they point to lives as
    /// long as `keep`.
    unsafe fn create(
        module: &'static Module,
        functions: &[HostFunction],
        keep: Option<Arc<HostFunctions>>,
        host: H,
        settings: &Settings,
    ) -> Result<Self, CreateError> {
        let (known, identity) = (module.known(), Identity::new());
        let others = settings.provided(known, identity)?;
        let epoch = settings.epoch.as_ref().map(|(epoch, _)| Arc::clone(epoch));
        let state = Box::new(State { host, identity, known, pending: None, keep, epoch });
        let state = NonNull::from(Box::leak(state));
        let host = state.as_ptr().cast();
        let embedding = Embedding { functions, others: &others, host, limits: settings.limits() };
        // SAFETY: the image is one by rule 1, and the functions fit by the caller's promise.
        match unsafe { embed::create_with(module.image(), &embedding, &mut |instance| prepare(instance, settings)) } {
            Ok(instance) => {
                let context = NonNull::new(instance.context()).expect("a context is never null");
                Ok(Instance { guest: Guest { context, state } })
            }
            Err(error) => {
                // SAFETY: the runtime has freed what it made; nobody else knows of the state.
                let state = unsafe { Box::from_raw(state.as_ptr()) };
                Err(match error {
                    Failure::Runtime(error) => failure(error, state.pending),
                    Failure::Host(error) => error,
                })
            }
        }
    }

    /// For the part about WASI.
    pub(crate) fn context(&self) -> *mut aot_runtime::abi::context::InstanceContext {
        self.guest.context.as_ptr()
    }

    /// Ends the instance, and gives back what the host kept with it.
    #[must_use]
    pub fn into_host(self) -> H {
        let instance = ManuallyDrop::new(self);
        // SAFETY: nobody uses the instance again.
        let state = unsafe { instance.destroy() };
        state.host
    }

    /// Makes the instance as if it had just been created: its memories, tables and globals, and its start function runs
    /// again. What the host keeps with it stays. References to its functions from before are refused from now on.
    ///
    /// After an error, every call ends with a trap; it can be reset once more, or dropped.
    pub fn reset(&mut self) -> Result<(), CreateError> {
        // SAFETY: rule 2: nothing of the instance runs, and views of it would have borrowed it. The pending error of a
        // start function is taken as after any call.
        unsafe {
            (*self.guest.state.as_ptr()).identity = Identity::new();
            let result = embed::reset(&RuntimeInstance::from_context(self.guest.context.as_ptr()));
            result.map_err(|error| failure(error, (*self.guest.state.as_ptr()).pending.take()))
        }
    }

    /// From now on the guest stops with [`TrapCode::Interrupted`](crate::TrapCode) after so many increments of this epoch,
    /// which any thread may do. An error where the module was not compiled for it.
    pub fn set_epoch(&mut self, epoch: &Arc<Epoch>, ticks: u64) -> Result<(), NotCompiledIn> {
        self.guest.set_epoch(epoch, ticks)
    }

    /// # Safety
    /// Nobody uses the instance again.
    unsafe fn destroy(&self) -> Box<State<H>> {
        // SAFETY: rule 2: it is not running, because whoever runs it borrows it; both were made by `create`.
        unsafe {
            RuntimeInstance::from_context(self.guest.context.as_ptr()).destroy();
            Box::from_raw(self.guest.state.as_ptr())
        }
    }

    guest_methods!();
}

fn failure(error: InstantiateError, pending: Option<Pending>) -> CreateError {
    match (error, pending) {
        (_, Some(Pending::Panic(payload))) => std::panic::resume_unwind(payload),
        (InstantiateError::Trap(trapped), Some(Pending::Error(error))) => {
            CreateError::Trap(Trap::new(trapped, Some(error)))
        }
        (InstantiateError::Trap(trapped), None) => CreateError::Trap(Trap::new(trapped, None)),
        (error, _) => CreateError::Instantiate(error),
    }
}

impl<H> Drop for Instance<H> {
    fn drop(&mut self) {
        // SAFETY: this is the end of it.
        drop(unsafe { self.destroy() });
    }
}

impl<H: fmt::Debug> fmt::Debug for Instance<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").field("host", self.host()).finish_non_exhaustive()
    }
}
