//! Handles of functions and of things of the host.
#![allow(unsafe_code, reason = "a handle is a number as long as its instance is not at hand")]

use aot_runtime::abi::context::FuncRef;
use std::num::NonZeroU64;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which instance something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity(u64);

impl Identity {
    /// One that nobody has had.
    pub(crate) fn new() -> Identity {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Identity(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A function of an instance, as a value: a `funcref` that is not null. It is good for the instance that it comes from,
/// and refused by all others, also when that instance is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Function {
    reference: NonNull<FuncRef>,
    identity: Identity,
}

// SAFETY: the pointer is only followed by whoever has exclusive access to the instance (rule 3 of the crate).
unsafe impl Send for Function {}
// SAFETY: as above; sharing a handle shares two numbers.
unsafe impl Sync for Function {}

impl Function {
    /// A reference found in the instance of this identity.
    pub(crate) fn found(word: u64, identity: Identity) -> Option<Function> {
        let reference = NonNull::new(std::ptr::with_exposed_provenance_mut::<FuncRef>(word as usize))?;
        Some(Function { reference, identity })
    }

    /// What it points to, when it belongs to the instance of this identity.
    pub(crate) fn belonging_to(self, identity: Identity) -> Result<*const FuncRef, ForeignFunction> {
        if self.identity == identity { Ok(self.reference.as_ptr()) } else { Err(ForeignFunction) }
    }
}

/// A [`Function`] was given to another instance than the one it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForeignFunction;

impl std::fmt::Display for ForeignFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a function of another instance")
    }
}

impl std::error::Error for ForeignFunction {}

/// Something of the host's that a guest can hold and hand back, and do nothing else with: an `externref` that is not
/// null. It is a number that the host chooses, for instance an index into a table of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExternRef(pub NonZeroU64);

impl ExternRef {
    /// The reference with this number, which is not 0: that is null.
    #[must_use]
    pub fn new(number: u64) -> Option<ExternRef> {
        NonZeroU64::new(number).map(ExternRef)
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0.get()
    }
}
