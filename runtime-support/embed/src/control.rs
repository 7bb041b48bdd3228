//! Stopping a guest: epochs and fuel, for modules that were compiled for it.
#![allow(unsafe_code, reason = "tells the runtime about an instance that it has by pointer")]

use crate::guest::Guest;
use aot_runtime::Instance as RuntimeInstance;
pub use aot_runtime::control::{Epoch, NEVER};
use std::fmt;
use std::sync::Arc;

/// The module was not compiled for it: its code does not look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotCompiledIn;

impl fmt::Display for NotCompiledIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the module was not compiled for this: `aot_build::Config` has `interruptible()` for epochs and `fuel()` for fuel",
        )
    }
}

impl std::error::Error for NotCompiledIn {}

impl From<aot_runtime::control::NotCompiledIn> for NotCompiledIn {
    fn from(_: aot_runtime::control::NotCompiledIn) -> NotCompiledIn {
        NotCompiledIn
    }
}

impl<H> Guest<H> {
    fn runtime(&self) -> RuntimeInstance {
        // SAFETY: the context is one of an instance that lives.
        unsafe { RuntimeInstance::from_context(self.context.as_ptr()) }
    }

    /// For the owner only, while the guest does not run.
    pub(crate) fn set_epoch(&mut self, epoch: &Arc<Epoch>, ticks: u64) -> Result<(), NotCompiledIn> {
        // SAFETY: the owner has exclusive access, so nothing of the instance runs; the counter is kept with the instance,
        // and the one before it is dropped when the context does not have it any more.
        unsafe {
            self.runtime().set_epoch(Arc::as_ptr(epoch), epoch.after(ticks))?;
            (*self.state.as_ptr()).epoch = Some(Arc::clone(epoch));
        }
        Ok(())
    }

    pub(crate) fn set_ticks(&mut self, ticks: u64) -> Result<(), NotCompiledIn> {
        let runtime = self.runtime();
        // SAFETY: rule 2: at most a host function runs, which does this.
        unsafe { Ok(runtime.set_epoch_deadline(runtime.epoch().saturating_add(ticks))?) }
    }

    pub(crate) fn fuel(&self) -> Result<i64, NotCompiledIn> {
        // SAFETY: as above.
        unsafe { Ok(self.runtime().fuel()?) }
    }

    pub(crate) fn set_fuel(&mut self, units: u64) -> Result<(), NotCompiledIn> {
        // SAFETY: as above.
        unsafe { Ok(self.runtime().set_fuel(i64::try_from(units).unwrap_or(i64::MAX))?) }
    }

    pub(crate) fn add_fuel(&mut self, units: u64) -> Result<i64, NotCompiledIn> {
        // SAFETY: as above.
        unsafe { Ok(self.runtime().add_fuel(i64::try_from(units).unwrap_or(i64::MAX))?) }
    }
}
