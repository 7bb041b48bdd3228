//! What can be done with an instance, by whoever has exclusive access: its owner, or a function of the host that it calls.
//!
//! [`Instance`](crate::Instance) and [`Caller`](crate::Caller) have these as methods of their own. They do not lend a
//! `Guest`: two of those could be exchanged, and an instance be dropped while it runs.
#![allow(unsafe_code, reason = "enters compiled code and reads an instance's state")]

use crate::control::Epoch;
use crate::import::HostFunctions;
use crate::memory::{Memory, MemoryMut};
use crate::module::{Export, ExportKind, Known};
use crate::reference::{ForeignFunction, Function, Identity};
use crate::table::{Table, TableMut};
use crate::trap::Trap;
use crate::typed::sealed::{Tuple, Value as SlotValue};
use crate::typed::{self, COUNT_MAX, Slots, WasmParameters, WasmResults, WasmType};
use crate::types::{Code, Signature, Type};
use crate::value::Value;
use crate::{Error, TrapCode};
use aot_runtime::abi::context::{FuncRef, GlobalCell, InstanceContext, LinearMemory, Table as RawTable, ValueSlot};
use aot_runtime::{Trapped, call};
use std::any::Any;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

/// Access to an instance. It is exclusive where it is `&mut` (rule 2 of the crate).
pub(crate) struct Guest<H> {
    pub(crate) context: NonNull<InstanceContext>,
    /// What the context's `host` points to, too.
    pub(crate) state: NonNull<State<H>>,
}

/// What belongs to an instance besides its context. It is only ever reached by a pointer, field by field, because host
/// functions reach it while a call of the owner is under way.
pub(crate) struct State<H> {
    pub(crate) host: H,
    pub(crate) identity: Identity,
    pub(crate) known: &'static Known,
    /// What a host function ended with, on its way to the call that the guest was entered by.
    pub(crate) pending: Option<Pending>,
    /// Closures that the instance may call.
    #[expect(dead_code, reason = "it only has to be there")]
    pub(crate) keep: Option<Arc<HostFunctions>>,
    /// The counter that the context points to, unless it is the runtime's own.
    pub(crate) epoch: Option<Arc<Epoch>>,
}

/// See [`State::pending`].
pub(crate) enum Pending {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

/// Why a call by name did not happen, or how it ended.
#[derive(Debug)]
pub enum CallError {
    /// Nothing of this name is exported, or it is no function that a host can call.
    NoSuchFunction(String),
    /// The arguments are not what the function takes.
    Arguments {
        /// Which function.
        function: String,
        /// What it takes and gives.
        wanted: Signature,
        /// What was given.
        given: Box<[Type]>,
    },
    /// The guest stopped.
    Trap(Trap),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::NoSuchFunction(name) => write!(f, "there is no exported function `{name}` that a host can call"),
            CallError::Arguments { function, wanted, given } => {
                let given = Signature { parameters: given.clone(), results: Box::default() };
                let given = given.to_string();
                let given = given.split(" -> ").next().unwrap_or_default();
                write!(f, "`{function}` is {wanted}, and was given {given}")
            }
            CallError::Trap(trap) => trap.fmt(f),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CallError::Trap(trap) => trap.source(),
            CallError::NoSuchFunction(_) | CallError::Arguments { .. } => None,
        }
    }
}

impl From<Trap> for CallError {
    fn from(trap: Trap) -> CallError {
        CallError::Trap(trap)
    }
}

/// Why a global cannot be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalError {
    /// Nothing of this name is exported, or it is no global that a host has values of.
    NoSuchGlobal,
    /// It cannot be changed.
    Immutable,
    /// It is of another type.
    Type {
        /// The type it is of.
        wanted: Type,
    },
    /// A function of another instance.
    Foreign,
}

impl fmt::Display for GlobalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GlobalError::NoSuchGlobal => f.write_str("there is no such exported global"),
            GlobalError::Immutable => f.write_str("the global cannot be changed"),
            GlobalError::Type { wanted } => write!(f, "the global is of type {wanted}"),
            GlobalError::Foreign => ForeignFunction.fmt(f),
        }
    }
}

impl std::error::Error for GlobalError {}

/// Bindings are for another module than they are used with, which is a bug of whoever wrote them.
#[cold]
fn other_module(position: usize) -> ! {
    panic!("export {position} of the module is not what its bindings say: they were made from another module")
}

impl<H> Guest<H> {
    pub(crate) fn host(&self) -> &H {
        // SAFETY: rule 2; the state lives as long as its instance.
        unsafe { &(*self.state.as_ptr()).host }
    }

    pub(crate) fn host_mut(&mut self) -> &mut H {
        // SAFETY: rule 2.
        unsafe { &mut (*self.state.as_ptr()).host }
    }

    pub(crate) fn identity(&self) -> Identity {
        // SAFETY: rule 2; it is never changed.
        unsafe { (*self.state.as_ptr()).identity }
    }

    #[inline]
    pub(crate) fn known(&self) -> &'static Known {
        // SAFETY: rule 2; it is never changed.
        unsafe { (*self.state.as_ptr()).known }
    }

    fn context(&self) -> *mut u8 {
        self.context.as_ptr().cast()
    }

    /// Calls the export at this position, which has this type or the bindings are wrong.
    #[inline]
    pub(crate) fn call<P: WasmParameters, R: WasmResults>(
        &mut self,
        position: usize,
        parameters: P,
    ) -> Result<R, Trap> {
        let function = match self.known().exports.get(position) {
            Some(Export { kind: ExportKind::Function { code: Some(code), place, .. }, .. })
                if *code == const { typed::code::<P, R>() } =>
            {
                // SAFETY: the place is one of this module, whose live context this is.
                unsafe { place.of(self.context()) }
            }
            _ => other_module(position),
        };
        // SAFETY: the function is this instance's, and was just found to have the type of these.
        unsafe { self.enter(function, parameters) }
    }

    /// Calls a function of this instance by its reference, if it is one and has this type.
    pub(crate) fn call_function<P: WasmParameters, R: WasmResults>(
        &mut self,
        function: Function,
        parameters: P,
    ) -> Result<R, Trap> {
        let function = function.belonging_to(self.identity()).map_err(|error| Trap::of_host(error.into()))?;
        // SAFETY: rule 3: a reference into this instance, which lives; types are parts of an image.
        let signature = unsafe { Signature::of((*function).type_descriptor) };
        let code: Option<Code> = signature.as_ref().and_then(Signature::code);
        if code != Some(const { typed::code::<P, R>() }) {
            let wanted = signature.map_or_else(|| "of another type".to_owned(), |signature| signature.to_string());
            return Err(Trap::of_host(format!("the function is {wanted}").into()));
        }
        // SAFETY: the function is this instance's, and was just found to have the type of these.
        unsafe { self.enter(function, parameters) }
    }

    /// # Safety
    /// The function belongs to this instance, and has this type.
    #[inline]
    unsafe fn enter<P: Tuple, R: Tuple>(&mut self, function: *const FuncRef, parameters: P) -> Result<R, Trap> {
        let identity = self.identity();
        let mut slots: Slots = [const { MaybeUninit::uninit() }; COUNT_MAX];
        if let Err(foreign) = parameters.store(&mut slots, identity) {
            return Err(Trap::of_host(foreign.into()));
        }
        // SAFETY: the caller's promise, and there is room for the arguments and the results.
        match unsafe { call::enter(function, slots.as_mut_ptr().cast()) } {
            0 => {
                // SAFETY: results have been written to as many slots.
                let results = unsafe { std::slice::from_raw_parts(slots.as_ptr().cast::<ValueSlot>(), R::TYPES.len()) };
                Ok(R::load(results, identity))
            }
            // SAFETY: it was just returned.
            outcome => Err(self.ended(unsafe { call::trapped(outcome) })),
        }
    }

    /// Calls an export by its name.
    pub(crate) fn call_by_name(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Value>, CallError> {
        let position = self.known().exports.iter().position(|export| export.name == name);
        self.call_values(position.ok_or_else(|| CallError::NoSuchFunction(name.to_owned()))?, arguments)
    }

    /// Calls the export at this position, whatever its type.
    pub(crate) fn call_values(&mut self, position: usize, arguments: &[Value]) -> Result<Vec<Value>, CallError> {
        let Some(export) = self.known().exports.get(position) else { other_module(position) };
        let ExportKind::Function { signature: Some(signature), place, .. } = &export.kind else {
            return Err(CallError::NoSuchFunction(export.name.to_owned()));
        };
        // SAFETY: the place is one of this module, whose live context this is.
        let function = unsafe { place.of(self.context()) };
        // SAFETY: the function is this instance's, and this is its type.
        unsafe { self.enter_values(function, export.name, signature, arguments) }
    }

    /// Calls a function of this instance by its reference, whatever its type.
    pub(crate) fn call_function_values(
        &mut self,
        function: Function,
        arguments: &[Value],
    ) -> Result<Vec<Value>, CallError> {
        let foreign = |error: ForeignFunction| CallError::Trap(Trap::of_host(error.into()));
        let function = function.belonging_to(self.identity()).map_err(foreign)?;
        // SAFETY: rule 3: a reference into this instance, which lives; types are parts of an image.
        let signature = unsafe { Signature::of((*function).type_descriptor) };
        let signature = signature.ok_or_else(|| CallError::NoSuchFunction("a reference".to_owned()))?;
        // SAFETY: the function is this instance's, and this is its type.
        unsafe { self.enter_values(function, "a reference", &signature, arguments) }
    }

    /// # Safety
    /// The function belongs to this instance, and has this type.
    unsafe fn enter_values(
        &mut self,
        function: *const FuncRef,
        name: &str,
        signature: &Signature,
        arguments: &[Value],
    ) -> Result<Vec<Value>, CallError> {
        if !arguments.iter().map(Value::ty).eq(signature.parameters.iter().copied()) {
            let given = arguments.iter().map(Value::ty).collect();
            return Err(CallError::Arguments { function: name.to_owned(), wanted: signature.clone(), given });
        }
        let identity = self.identity();
        let count = signature.parameters.len().max(signature.results.len()).max(1);
        let mut values = vec![ValueSlot::default(); count];
        for (slot, argument) in values.iter_mut().zip(arguments) {
            slot.bytes = argument.store(identity).map_err(|foreign| Trap::of_host(foreign.into()))?;
        }
        // SAFETY: the caller's promise; there is room for the arguments, which have the function's types, and the results.
        match unsafe { aot_runtime::call(function, &mut values) } {
            Ok(()) => {
                let results = signature.results.iter().zip(&values);
                Ok(results.map(|(ty, slot)| Value::load(*ty, slot.bytes, identity)).collect())
            }
            Err(trapped) => Err(self.ended(trapped).into()),
        }
    }

    /// What the caller of the guest gets to know; a panic of a host function goes on from here.
    #[cold]
    pub(crate) fn ended(&mut self, trapped: Trapped) -> Trap {
        // SAFETY: rule 2.
        let pending = unsafe { (*self.state.as_ptr()).pending.take() };
        match pending {
            Some(Pending::Panic(payload)) => std::panic::resume_unwind(payload),
            Some(Pending::Error(error)) if trapped.trap == TrapCode::HostError => Trap::new(trapped, Some(error)),
            Some(Pending::Error(_)) | None => Trap::new(trapped, None),
        }
    }

    pub(crate) fn function_type(&self, function: Function) -> Option<Signature> {
        let function = function.belonging_to(self.identity()).ok()?;
        // SAFETY: rule 3: a reference into this instance, which lives; types are parts of an image.
        unsafe { Signature::of((*function).type_descriptor) }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.known().exports.iter().position(|export| export.name == name)
    }

    fn memory_place(&self, position: usize) -> Option<*mut LinearMemory> {
        match &self.known().exports.get(position)?.kind {
            // SAFETY: the place is one of this module, whose live context this is.
            ExportKind::Memory { place } => Some(unsafe { place.of(self.context()) }),
            _ => None,
        }
    }

    pub(crate) fn memory_at(&self, position: usize) -> Memory<'_> {
        let memory = self.memory_place(position).unwrap_or_else(|| other_module(position));
        // SAFETY: the view borrows this, so that the instance does not run as long.
        unsafe { Memory::new(memory) }
    }

    pub(crate) fn memory_at_mut(&mut self, position: usize) -> MemoryMut<'_> {
        let memory = self.memory_place(position).unwrap_or_else(|| other_module(position));
        // SAFETY: as above, exclusively.
        unsafe { MemoryMut::new(memory) }
    }

    /// The memory and the host's state, which do not overlap.
    pub(crate) fn memory_at_and_host(&mut self, position: usize) -> (MemoryMut<'_>, &mut H) {
        let memory = self.memory_place(position).unwrap_or_else(|| other_module(position));
        // SAFETY: as above; the host's state is in an allocation of its own.
        unsafe { (MemoryMut::new(memory), &mut (*self.state.as_ptr()).host) }
    }

    pub(crate) fn memory(&self, name: &str) -> Option<Memory<'_>> {
        // SAFETY: as in `memory_at`.
        self.memory_place(self.position(name)?).map(|memory| unsafe { Memory::new(memory) })
    }

    pub(crate) fn memory_mut(&mut self, name: &str) -> Option<MemoryMut<'_>> {
        // SAFETY: as in `memory_at_mut`.
        self.memory_place(self.position(name)?).map(|memory| unsafe { MemoryMut::new(memory) })
    }

    fn table_place<T: WasmType>(&self, position: usize) -> Option<*mut RawTable> {
        match &self.known().exports.get(position)?.kind {
            ExportKind::Table { element: Some(element), place } if *element == T::TYPE => {
                // SAFETY: the place is one of this module, whose live context this is.
                Some(unsafe { place.of(self.context()) })
            }
            _ => None,
        }
    }

    pub(crate) fn table_at<T: WasmType>(&self, position: usize) -> Table<'_, T> {
        let table = self.table_place::<T>(position).unwrap_or_else(|| other_module(position));
        // SAFETY: the view borrows this, so that the instance does not run as long; the type was compared.
        unsafe { Table::new(table, self.identity()) }
    }

    pub(crate) fn table_at_mut<T: WasmType>(&mut self, position: usize) -> TableMut<'_, T> {
        let table = self.table_place::<T>(position).unwrap_or_else(|| other_module(position));
        // SAFETY: as above, exclusively.
        unsafe { TableMut::new(table, self.identity()) }
    }

    pub(crate) fn table<T: WasmType>(&self, name: &str) -> Option<Table<'_, T>> {
        let table = self.table_place::<T>(self.position(name)?)?;
        // SAFETY: as in `table_at`.
        Some(unsafe { Table::new(table, self.identity()) })
    }

    pub(crate) fn table_mut<T: WasmType>(&mut self, name: &str) -> Option<TableMut<'_, T>> {
        let table = self.table_place::<T>(self.position(name)?)?;
        // SAFETY: as in `table_at_mut`.
        Some(unsafe { TableMut::new(table, self.identity()) })
    }

    fn global_place(&self, position: usize) -> Option<(*mut GlobalCell, Type, bool)> {
        match &self.known().exports.get(position)?.kind {
            ExportKind::Global { ty: Some(ty), mutable, place } => {
                // SAFETY: the place is one of this module, whose live context this is.
                let cell = unsafe { place.of(self.context()) };
                Some((cell, *ty, *mutable))
            }
            _ => None,
        }
    }

    pub(crate) fn global_at<T: WasmType>(&self, position: usize) -> T {
        match self.global_place(position) {
            // SAFETY: the cell lives as long as the instance, which does not run now.
            Some((cell, ty, _)) if ty == T::TYPE => <T as SlotValue>::load(unsafe { (*cell).bytes }, self.identity()),
            _ => other_module(position),
        }
    }

    pub(crate) fn set_global_at<T: WasmType>(&mut self, position: usize, value: T) -> Result<(), ForeignFunction> {
        match self.global_place(position) {
            Some((cell, ty, true)) if ty == T::TYPE => {
                let bytes = SlotValue::store(value, self.identity())?;
                // SAFETY: the cell lives as long as the instance, which does not run now; the type was compared.
                unsafe { (*cell).bytes = bytes };
                Ok(())
            }
            _ => other_module(position),
        }
    }

    pub(crate) fn global(&self, name: &str) -> Option<Value> {
        let (cell, ty, _) = self.global_place(self.position(name)?)?;
        // SAFETY: the cell lives as long as the instance, which does not run now.
        Some(Value::load(ty, unsafe { (*cell).bytes }, self.identity()))
    }

    pub(crate) fn set_global(&mut self, name: &str, value: Value) -> Result<(), GlobalError> {
        let place = self.position(name).and_then(|position| self.global_place(position));
        let (cell, ty, mutable) = place.ok_or(GlobalError::NoSuchGlobal)?;
        if !mutable {
            return Err(GlobalError::Immutable);
        }
        if ty != value.ty() {
            return Err(GlobalError::Type { wanted: ty });
        }
        let bytes = value.store(self.identity()).map_err(|ForeignFunction| GlobalError::Foreign)?;
        // SAFETY: the cell lives as long as the instance, which does not run now; the type was compared.
        unsafe { (*cell).bytes = bytes };
        Ok(())
    }

    pub(crate) fn function(&self, name: &str) -> Option<Function> {
        match &self.known().exports.get(self.position(name)?)?.kind {
            ExportKind::Function { place, .. } => {
                // SAFETY: the place is one of this module, whose live context this is.
                let reference = unsafe { place.of(self.context()) };
                Function::found(reference.expose_provenance() as u64, self.identity())
            }
            _ => None,
        }
    }
}

/// The methods that [`Instance`](crate::Instance) and [`Caller`](crate::Caller) have in common, for a type with a field
/// `guest`.
macro_rules! guest_methods {
    () => {
        /// What the host keeps with the instance.
        #[must_use]
        pub fn host(&self) -> &H {
            self.guest.host()
        }

        /// What the host keeps with the instance, to change.
        #[must_use]
        pub fn host_mut(&mut self) -> &mut H {
            self.guest.host_mut()
        }

        /// Calls an exported function by its name.
        pub fn call(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Value>, CallError> {
            self.guest.call_by_name(name, arguments)
        }

        /// Calls a function that the guest has given, if it has this type.
        pub fn call_function<P: WasmParameters, R: WasmResults>(
            &mut self,
            function: Function,
            parameters: P,
        ) -> Result<R, Trap> {
            self.guest.call_function(function, parameters)
        }

        /// Calls a function that the guest has given, whatever its type.
        pub fn call_function_values(
            &mut self,
            function: Function,
            arguments: &[Value],
        ) -> Result<Vec<Value>, CallError> {
            self.guest.call_function_values(function, arguments)
        }

        /// An exported function, as a reference to hand to the guest or to call.
        #[must_use]
        pub fn function(&self, name: &str) -> Option<Function> {
            self.guest.function(name)
        }

        /// The type of a function of this instance, where hosts have values of all types in it.
        #[must_use]
        pub fn function_type(&self, function: Function) -> Option<Signature> {
            self.guest.function_type(function)
        }

        /// An exported memory, to read.
        #[must_use]
        pub fn memory(&self, name: &str) -> Option<Memory<'_>> {
            self.guest.memory(name)
        }

        /// An exported memory, to read and write.
        #[must_use]
        pub fn memory_mut(&mut self, name: &str) -> Option<MemoryMut<'_>> {
            self.guest.memory_mut(name)
        }

        /// An exported table, to read, if its elements are of this type: `Option<Function>` or `Option<ExternRef>`.
        #[must_use]
        pub fn table<T: WasmType>(&self, name: &str) -> Option<Table<'_, T>> {
            self.guest.table(name)
        }

        /// An exported table, to read and write, if its elements are of this type.
        #[must_use]
        pub fn table_mut<T: WasmType>(&mut self, name: &str) -> Option<TableMut<'_, T>> {
            self.guest.table_mut(name)
        }

        /// The value of an exported global.
        #[must_use]
        pub fn global(&self, name: &str) -> Option<Value> {
            self.guest.global(name)
        }

        /// Changes an exported global.
        pub fn set_global(&mut self, name: &str, value: Value) -> Result<(), GlobalError> {
            self.guest.set_global(name, value)
        }

        /// From now on the guest stops with [`TrapCode::Interrupted`](crate::TrapCode) after so many more increments of its
        /// epoch. An error where the module was not compiled for it.
        pub fn set_ticks(&mut self, ticks: u64) -> Result<(), NotCompiledIn> {
            self.guest.set_ticks(ticks)
        }

        /// The fuel that is left; less than nothing when it is used up. An error where the module was not compiled for it.
        pub fn fuel(&self) -> Result<i64, NotCompiledIn> {
            self.guest.fuel()
        }

        /// Gives the guest this much fuel instead of what is left. When it is used up, it stops with
        /// [`TrapCode::OutOfFuel`](crate::TrapCode).
        pub fn set_fuel(&mut self, units: u64) -> Result<(), NotCompiledIn> {
            self.guest.set_fuel(units)
        }

        /// Gives the guest more fuel; returns what it has then.
        pub fn add_fuel(&mut self, units: u64) -> Result<i64, NotCompiledIn> {
            self.guest.add_fuel(units)
        }

        /// For bindings, as are those below.
        #[doc(hidden)]
        #[inline]
        pub fn __call<P: WasmParameters, R: WasmResults>(&mut self, position: usize, parameters: P) -> Result<R, Trap> {
            self.guest.call(position, parameters)
        }

        #[doc(hidden)]
        pub fn __call_values(&mut self, position: usize, arguments: &[Value]) -> Result<Vec<Value>, CallError> {
            self.guest.call_values(position, arguments)
        }

        #[doc(hidden)]
        #[must_use]
        pub fn __memory(&self, position: usize) -> Memory<'_> {
            self.guest.memory_at(position)
        }

        #[doc(hidden)]
        #[must_use]
        pub fn __memory_mut(&mut self, position: usize) -> MemoryMut<'_> {
            self.guest.memory_at_mut(position)
        }

        #[doc(hidden)]
        #[must_use]
        pub fn __memory_and_host(&mut self, position: usize) -> (MemoryMut<'_>, &mut H) {
            self.guest.memory_at_and_host(position)
        }

        #[doc(hidden)]
        #[must_use]
        pub fn __table<T: WasmType>(&self, position: usize) -> Table<'_, T> {
            self.guest.table_at(position)
        }

        #[doc(hidden)]
        #[must_use]
        pub fn __table_mut<T: WasmType>(&mut self, position: usize) -> TableMut<'_, T> {
            self.guest.table_at_mut(position)
        }

        #[doc(hidden)]
        #[must_use]
        pub fn __global<T: WasmType>(&self, position: usize) -> T {
            self.guest.global_at(position)
        }

        #[doc(hidden)]
        pub fn __set_global<T: WasmType>(&mut self, position: usize, value: T) -> Result<(), ForeignFunction> {
            self.guest.set_global_at(position, value)
        }
    };
}

pub(crate) use guest_methods;
