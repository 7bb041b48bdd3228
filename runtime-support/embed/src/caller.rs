//! The instance that calls a host function, for as long as the function runs.

use crate::control::NotCompiledIn;
use crate::guest::{CallError, GlobalError, Guest, guest_methods};
use crate::memory::{Memory, MemoryMut};
use crate::reference::{ForeignFunction, Function};
use crate::table::{Table, TableMut};
use crate::trap::Trap;
use crate::typed::{WasmParameters, WasmResults, WasmType};
use crate::types::Signature;
use crate::value::Value;
use std::fmt;
use std::marker::PhantomData;

/// The instance that calls. A host function can use it like its owner does, and call it again.
pub struct Caller<'a, H> {
    guest: Guest<H>,
    /// Invariant: a caller cannot be exchanged with that of another call.
    call: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl<H> Caller<'_, H> {
    /// The guest is exclusively the caller's for its lifetime; see rule 2 of the crate.
    pub(crate) fn new(guest: Guest<H>) -> Self {
        Caller { guest, call: PhantomData }
    }

    guest_methods!();
}

impl<H: fmt::Debug> fmt::Debug for Caller<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("host", self.host()).finish_non_exhaustive()
    }
}
