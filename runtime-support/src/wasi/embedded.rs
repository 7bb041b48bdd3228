//! WASI for instances that an embedder owns: each has a state of its own.
//!
//! What an instance gets, it is given by [`Instance::set_wasi`]. One that was given nothing has a state all the same, the one
//! of an empty [`WasiConfig`]: no arguments, no variables, empty standard streams, no directories. Clocks and random numbers
//! are there for everybody.
//!
//! `proc_exit` ends the guest's call with the trap [`Exited`](aot_abi::trap::Trap::Exited), which carries the code; the process is
//! the host's. Threads cannot be started, and signals not be raised.
//!
//! # Safety
//!
//! An instance is used by one thread at a time, so that its attachment is: WASI's functions run while the guest waits for
//! them, and the host changes the attachment only while the guest does not run.
#![allow(unsafe_code, reason = "keeps its state behind an untyped pointer of the instance")]

use super::host::{Hooks, Spawn};
use super::{Capture, GuestMemory, StartError, Stdio, WasiConfig, WasiState};
use crate::instance::{Attachment, Instance, exported_memory, memory_at};
use crate::trap::report::broken;
use crate::{call, memory};
use alloc::boxed::Box;
use alloc::sync::Arc;
use aot_abi::context::InstanceContext;
use core::ptr::dangling_mut;

/// The hooks where nobody else gave some.
pub static HOOKS: Hooks = Hooks {
    current,
    exit: |_, code| call::raise_exit(code),
    // A thread is an instance on the same memory, and an embedder's memories belong to one instance.
    spawn: Spawn::Host(|_, _| -1),
};

/// What is attached to an instance.
struct Attached {
    state: WasiState,
    /// Index of the memory that WASI's functions use.
    memory: Option<u32>,
    /// What is kept of the standard streams.
    captures: [Option<Arc<Capture>>; 3],
}

impl Instance {
    /// Gives the instance a state of WASI's, in place of the one that it has.
    ///
    /// # Errors
    /// When something that is granted cannot be opened; then nothing has changed.
    ///
    /// # Safety
    /// The instance belongs to an embedder, and is not running.
    pub unsafe fn set_wasi(&self, config: WasiConfig) -> Result<(), StartError> {
        let captures = [0, 1, 2].map(|stream: usize| match &config.stdio[stream] {
            Stdio::Capture(capture) => Some(capture.clone()),
            _ => None,
        });
        let state = WasiState::new(WasiConfig { owns_process: false, ..config })?;
        let attached = Attached { state, memory: exported_memory(self.image(), b"memory"), captures };
        // SAFETY: the caller's promise; `free` takes what the box was.
        unsafe { self.attach(Attachment { data: Box::into_raw(Box::new(attached)).cast(), free }) };
        Ok(())
    }

    /// What the instance's state keeps of a standard stream, if it does.
    ///
    /// # Safety
    /// As [`Instance::set_wasi`]; a host function may ask as well.
    #[must_use]
    pub unsafe fn captured(&self, stream: usize) -> Option<Arc<Capture>> {
        // SAFETY: the caller's promise; what is attached was attached here.
        let attached = unsafe { self.attached()?.cast::<Attached>().as_ref()? };
        attached.captures.get(stream)?.clone()
    }
}

unsafe fn free(attached: *mut u8) {
    // SAFETY: `set_wasi` made it from a box.
    drop(unsafe { Box::from_raw(attached.cast::<Attached>()) });
}

fn current(context: *mut InstanceContext) -> (&'static WasiState, GuestMemory) {
    // SAFETY: compiled code passes its own live context, and waits.
    unsafe {
        let instance = Instance::from_context(context);
        let attached = match instance.attached() {
            Some(attached) => attached,
            None => {
                let made = instance.set_wasi(WasiConfig::default());
                made.ok()
                    .and_then(|()| instance.attached())
                    .unwrap_or_else(|| broken("there is nothing in an empty configuration that could fail"))
            }
        };
        let attached = &*attached.cast::<Attached>();
        let (base, length) = match attached.memory {
            None => (dangling_mut(), 0),
            Some(index) => {
                let memory = memory_at(context, index);
                ((*memory).base, memory::byte_length(memory))
            }
        };
        (&attached.state, GuestMemory::new(base, length))
    }
}
