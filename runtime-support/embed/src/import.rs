//! Functions of the host, behind the one calling convention that guests know.
//!
//! A guest calls with its arguments in slots. What is called reads them as the Rust function's parameters, runs it inside
//! `catch_unwind`, and leaves the results in the same slots; or it leaves an error or a panic with the instance, and
//! tells the runtime to end the guest.
#![allow(unsafe_code, reason = "is called by compiled code")]

use crate::Error;
use crate::caller::Caller;
use crate::guest::{Guest, Pending, State};
use crate::instance::{CreateError, Instance};
use crate::module::{HostFunctionImport, Module};
use crate::reference::Identity;
use crate::settings::Settings;
use crate::typed::{WasmParameters, WasmResults};
use crate::types::{Code, Signature, Type};
use crate::value::Value;
use aot_runtime::abi::context::{HostFunction, InstanceContext, ValueSlot};
use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;

/// A host function of a type: what bindings have for each method of their `Imports`.
pub struct TypedImport<H> {
    module: &'static str,
    field: &'static str,
    parameters: &'static [Type],
    results: &'static [Type],
    code: Option<Code>,
    function: HostFunction,
    host: PhantomData<fn(H)>,
}

impl<H> TypedImport<H> {
    /// For bindings.
    #[doc(hidden)]
    #[must_use]
    pub const fn new<P: WasmParameters, R: WasmResults>(
        module: &'static str,
        field: &'static str,
        function: for<'a> fn(Caller<'a, H>, P) -> Result<R, Error>,
    ) -> Self {
        let function = HostFunction { call: call_pointer::<H, P, R>, function: function as *const u8 };
        let (parameters, results) = (P::TYPES, R::TYPES);
        let code = Code::of(parameters, results);
        TypedImport { module, field, parameters, results, code, function, host: PhantomData }
    }

    pub(crate) fn function(&self) -> HostFunction {
        self.function
    }

    /// Whether these are the imports of the module, in its order.
    pub(crate) fn check(module: &'static Module, given: &[TypedImport<H>]) -> Result<(), CreateError> {
        let wanted = &module.known().functions;
        for (position, import) in wanted.iter().enumerate() {
            if let Some(given) = given.get(position) {
                debug_assert_eq!((given.module, given.field), (import.module, import.field));
            }
            match given.get(position) {
                Some(given) if given.code.is_some() && given.code == import.code => {}
                Some(given) => given.check_one(import)?,
                None => return Err(import.missing()),
            }
        }
        assert_eq!(wanted.len(), given.len(), "bindings have as many imports as their module");
        Ok(())
    }

    /// The slow way, by type and not by number.
    #[cold]
    fn check_one(&self, import: &HostFunctionImport) -> Result<(), CreateError> {
        let given = Signature { parameters: self.parameters.into(), results: self.results.into() };
        if import.signature.as_ref() == Some(&given) { Ok(()) } else { Err(import.mismatch(given)) }
    }
}

/// What a host offers to modules that are known when the program runs: functions by name.
pub struct HostImports<H> {
    functions: HashMap<(String, String), Given<H>>,
}

/// One function.
struct Given<H> {
    /// Its type; `None` when it takes any.
    signature: Option<Signature>,
    call: aot_runtime::abi::context::HostCall,
    /// The closure of a typed function, or an `Arc<AnyFunction<H>>`.
    closure: Closure<H>,
}

enum Closure<H> {
    Typed(Arc<dyn Any + Send + Sync>),
    Any(Arc<AnyFunction<H>>),
}

type AnyFunction<H> = dyn for<'a> Fn(Caller<'a, H>, &[Value]) -> Result<Vec<Value>, Error> + Send + Sync;

/// A function that takes any values, with the type of the import that it is bound to.
struct AnyBound<H> {
    function: Arc<AnyFunction<H>>,
    signature: &'static Signature,
}

impl HostFunctionImport {
    fn missing(&self) -> CreateError {
        let (module, field) = (self.module.to_owned(), self.field.to_owned());
        CreateError::Missing { module, field, wanted: self.signature.clone() }
    }

    fn mismatch(&self, given: Signature) -> CreateError {
        let (module, field) = (self.module.to_owned(), self.field.to_owned());
        CreateError::Mismatch { module, field, wanted: self.signature.clone(), given }
    }
}

impl<H: 'static> HostImports<H> {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        HostImports { functions: HashMap::new() }
    }

    /// Offers a function. Its type is that of the closure: parameters as a tuple.
    pub fn function<P, R, F>(&mut self, module: &str, field: &str, function: F) -> &mut Self
    where
        P: WasmParameters,
        R: WasmResults,
        F: for<'a> Fn(Caller<'a, H>, P) -> Result<R, Error> + Send + Sync + 'static,
    {
        let signature = Signature { parameters: P::TYPES.into(), results: R::TYPES.into() };
        let closure = Closure::Typed(Arc::new(function));
        let given = Given { signature: Some(signature), call: call_closure::<H, P, R, F>, closure };
        self.functions.insert((module.to_owned(), field.to_owned()), given);
        self
    }

    /// Offers a function of whatever type the module imports it with. It has to return values of the result types.
    pub fn any_function<F>(&mut self, module: &str, field: &str, function: F) -> &mut Self
    where
        F: for<'a> Fn(Caller<'a, H>, &[Value]) -> Result<Vec<Value>, Error> + Send + Sync + 'static,
    {
        let given = Given { signature: None, call: call_any::<H>, closure: Closure::Any(Arc::new(function)) };
        self.functions.insert((module.to_owned(), field.to_owned()), given);
        self
    }

    /// Finds what the module imports, once for all instances.
    pub fn bind(&self, module: &'static Module) -> Result<BoundModule<H>, CreateError> {
        let mut functions = HostFunctions::default();
        for import in &module.known().functions {
            let names = (import.module.to_owned(), import.field.to_owned());
            let (Some(given), Some(signature)) = (self.functions.get(&names), &import.signature) else {
                return Err(import.missing());
            };
            if let Some(given) = given.signature.as_ref().filter(|given| *given != signature) {
                return Err(import.mismatch(given.clone()));
            }
            let (kept, pointer): (Arc<dyn Any + Send + Sync>, *const u8) = match &given.closure {
                Closure::Typed(closure) => (Arc::clone(closure), Arc::as_ptr(closure).cast()),
                Closure::Any(function) => {
                    let bound = Arc::new(AnyBound { function: Arc::clone(function), signature });
                    let pointer = Arc::as_ptr(&bound).cast();
                    (bound, pointer)
                }
            };
            functions.calls.push(HostFunction { call: given.call, function: pointer });
            functions.closures.push(kept);
        }
        Ok(BoundModule { module, functions: Arc::new(functions), host: PhantomData })
    }
}

impl<H: 'static> Default for HostImports<H> {
    fn default() -> Self {
        HostImports::new()
    }
}

impl<H> fmt::Debug for HostImports<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.functions.keys()).finish()
    }
}

/// A module with the functions that its instances call.
pub struct BoundModule<H> {
    pub(crate) module: &'static Module,
    pub(crate) functions: Arc<HostFunctions>,
    host: PhantomData<fn(H)>,
}

/// The functions by position, and what keeps their closures alive.
#[derive(Default)]
pub(crate) struct HostFunctions {
    pub(crate) calls: Vec<HostFunction>,
    closures: Vec<Arc<dyn Any + Send + Sync>>,
}

// SAFETY: the pointers are to the closures, which are kept, and are `Send + Sync`.
unsafe impl Send for HostFunctions {}
// SAFETY: as above.
unsafe impl Sync for HostFunctions {}

impl<H> BoundModule<H> {
    /// Makes an instance, and runs the module's initialisation.
    pub fn instantiate(&self, host: H, settings: &Settings) -> Result<Instance<H>, CreateError> {
        Instance::of(self, host, settings)
    }
}

impl<H> Clone for BoundModule<H> {
    fn clone(&self) -> Self {
        BoundModule { module: self.module, functions: Arc::clone(&self.functions), host: PhantomData }
    }
}

impl<H> fmt::Debug for BoundModule<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundModule").field("module", &self.module).finish_non_exhaustive()
    }
}

/// The status of a host function that ends its guest: why is left with the instance.
const ENDED: i32 = 1;

/// Runs a host function for the instance that calls it.
///
/// # Safety
/// The context and the host are those of a live instance with an `H`, which is calling.
unsafe fn run<H>(
    context: *mut InstanceContext,
    host: *mut u8,
    function: impl FnOnce(Caller<'_, H>, Identity) -> Result<(), Error>,
) -> i32 {
    let state = host.cast::<State<H>>();
    // SAFETY: `Instance::create` gave the state as the host; see rule 2.
    let identity = unsafe { (*state).identity };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: neither is null: a live instance has both.
        let guest = unsafe { Guest { context: NonNull::new_unchecked(context), state: NonNull::new_unchecked(state) } };
        function(Caller::new(guest), identity)
    }));
    let pending = match outcome {
        Ok(Ok(())) => return 0,
        Ok(Err(error)) => Pending::Error(error),
        Err(payload) => Pending::Panic(payload),
    };
    // SAFETY: rule 2; the caller that was made is gone.
    unsafe { (*state).pending = Some(pending) };
    ENDED
}

/// Reads the parameters from the slots, and leaves the results there.
///
/// # Safety
/// There are slots for the larger of the two counts, and the first hold values of the parameters' types.
unsafe fn with_slots<P: WasmParameters, R: WasmResults>(
    values: *mut ValueSlot,
    identity: Identity,
    function: impl FnOnce(P) -> Result<R, Error>,
) -> Result<(), Error> {
    // SAFETY: the caller's promise. The slices do not live while the function runs.
    let parameters = P::load(unsafe { std::slice::from_raw_parts(values, P::TYPES.len()) }, identity);
    let results = function(parameters)?;
    // SAFETY: as above.
    let slots = unsafe { std::slice::from_raw_parts_mut(values.cast::<MaybeUninit<ValueSlot>>(), R::TYPES.len()) };
    Ok(results.store(slots, identity)?)
}

extern "C" fn call_pointer<H, P: WasmParameters, R: WasmResults>(
    context: *mut InstanceContext,
    host: *mut u8,
    function: *const u8,
    values: *mut ValueSlot,
) -> i32 {
    type Pointer<H, P, R> = for<'a> fn(Caller<'a, H>, P) -> Result<R, Error>;
    // SAFETY: `TypedImport::new` made it of such a pointer.
    let function = unsafe { std::mem::transmute::<*const u8, Pointer<H, P, R>>(function) };
    // SAFETY: compiled code calls this for the live instance that it runs, with slots for a function of this type.
    unsafe {
        run::<H>(context, host, |caller, identity| {
            with_slots::<P, R>(values, identity, |parameters| function(caller, parameters))
        })
    }
}

extern "C" fn call_closure<H, P, R, F>(
    context: *mut InstanceContext,
    host: *mut u8,
    function: *const u8,
    values: *mut ValueSlot,
) -> i32
where
    P: WasmParameters,
    R: WasmResults,
    F: for<'a> Fn(Caller<'a, H>, P) -> Result<R, Error>,
{
    // SAFETY: `bind` gave the address of such a closure, which the instance keeps.
    let function = unsafe { &*function.cast::<F>() };
    // SAFETY: as in `call_pointer`.
    unsafe {
        run::<H>(context, host, |caller, identity| {
            with_slots::<P, R>(values, identity, |parameters| function(caller, parameters))
        })
    }
}

extern "C" fn call_any<H>(
    context: *mut InstanceContext,
    host: *mut u8,
    function: *const u8,
    values: *mut ValueSlot,
) -> i32 {
    // SAFETY: `bind` gave the address of this, which the instance keeps.
    let AnyBound { function, signature } = unsafe { &*function.cast::<AnyBound<H>>() };
    let body = |caller: Caller<'_, H>, identity: Identity| {
        let value = |(index, ty): (usize, &Type)| {
            // SAFETY: compiled code gives slots for a function of this type.
            Value::load(*ty, unsafe { (*values.add(index)).bytes }, identity)
        };
        let arguments: Vec<Value> = signature.parameters.iter().enumerate().map(value).collect();
        let results = function(caller, &arguments)?;
        if !results.iter().map(Value::ty).eq(signature.results.iter().copied()) {
            return Err(format!("a host function of type {signature} returned {results:?}").into());
        }
        for (index, result) in results.into_iter().enumerate() {
            let bytes = result.store(identity)?;
            // SAFETY: as above.
            unsafe { (*values.add(index)).bytes = bytes };
        }
        Ok(())
    };
    // SAFETY: as in `call_pointer`.
    unsafe { run::<H>(context, host, body) }
}
