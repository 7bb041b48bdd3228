//! Stopping a guest: what a host says about epochs and fuel, which compiled code looks at.
//!
//! A module compiled with `--interruptible` compares the counter of an [`Epoch`] with the instance's deadline at the entry of
//! every function and at the head of every loop; one compiled with `--fuel` takes a unit for every operator, and looks there
//! as well. Either ends the guest with a trap of its own, after which the instance can be dropped, or called again once it
//! has another deadline or more fuel: what the guest left in its memories, tables and globals is as it was when it was stopped.
//!
//! Instances start without limits: with a deadline that never comes, and more fuel than anybody uses in a lifetime.
//!
//! # Safety
//!
//! A context is only touched by whoever may use the instance, while the guest does not run.
#![allow(unsafe_code, reason = "reads and writes contexts by address")]

use crate::instance::Instance;
use aot_abi::context::InstanceContext;
use aot_abi::image::{CHECKS_EPOCH, CHECKS_FUEL};
use core::sync::atomic::{AtomicU64, Ordering};

/// The deadline of those that have none.
pub const NEVER: u64 = u64::MAX;

/// The fuel of those that nobody gave any: 292 years of a unit in every nanosecond.
pub const UNLIMITED_FUEL: i64 = i64::MAX;

/// The counter of instances that were given none.
static STILL: Epoch = Epoch::new();

/// A counter that instances share, and that any thread may advance, in signal handlers too.
#[repr(transparent)]
#[derive(Debug, Default)]
pub struct Epoch(AtomicU64);

/// The module was not compiled for it: its code does not look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotCompiledIn;

impl Epoch {
    /// A counter at 0.
    #[must_use]
    pub const fn new() -> Epoch {
        Epoch(AtomicU64::new(0))
    }

    /// Advances it by one. Guests whose deadline this is stop soon. One atomic instruction.
    pub fn increment(&self) {
        // What a guest finds out this way is that it has to stop, and nothing about other memory.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Where it is.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The counter after this many more increments; [`NEVER`] at the most.
    #[must_use]
    pub fn after(&self, increments: u64) -> u64 {
        self.now().saturating_add(increments)
    }
}

/// Lets an instance run for as long as it wants.
///
/// # Safety
/// The context is not running, and its image is set.
pub(crate) unsafe fn unlimited(context: *mut InstanceContext) {
    // SAFETY: the caller's promise.
    unsafe {
        (*context).epoch = (&raw const STILL).cast();
        (*context).epoch_deadline = NEVER;
        (*context).fuel = UNLIMITED_FUEL;
    }
}

/// Whether the instance is to be stopped at some time.
///
/// # Safety
/// The context is live.
pub(crate) unsafe fn has_deadline(context: *mut InstanceContext) -> bool {
    // SAFETY: the caller's promise.
    unsafe { (*context).epoch_deadline != NEVER }
}

/// Whether that time has come.
///
/// # Safety
/// The context is live.
pub(crate) unsafe fn is_over(context: *mut InstanceContext) -> bool {
    // SAFETY: the caller's promise; every context has a counter.
    unsafe { (*(*context).epoch.cast::<Epoch>()).now() >= (*context).epoch_deadline }
}

impl Instance {
    /// Whether its code looks at the epoch.
    #[must_use]
    pub fn is_interruptible(&self) -> bool {
        self.image().checks & CHECKS_EPOCH != 0
    }

    /// Whether its code counts fuel.
    #[must_use]
    pub fn has_fuel(&self) -> bool {
        self.image().checks & CHECKS_FUEL != 0
    }

    /// From now on, the guest stops when this counter reaches the deadline.
    ///
    /// # Safety
    /// The instance is not running, not even a host function that it called, and the counter lives as long as it does.
    pub unsafe fn set_epoch(&self, epoch: *const Epoch, deadline: u64) -> Result<(), NotCompiledIn> {
        if !self.is_interruptible() {
            return Err(NotCompiledIn);
        }
        // SAFETY: the caller's promise.
        unsafe {
            (*self.context()).epoch = epoch.cast();
            (*self.context()).epoch_deadline = deadline;
        }
        Ok(())
    }

    /// The guest stops when its counter reaches this.
    ///
    /// # Safety
    /// The guest is not running; a host function that it called may do this.
    pub unsafe fn set_epoch_deadline(&self, deadline: u64) -> Result<(), NotCompiledIn> {
        if !self.is_interruptible() {
            return Err(NotCompiledIn);
        }
        // SAFETY: the caller's promise.
        unsafe { (*self.context()).epoch_deadline = deadline };
        Ok(())
    }

    /// Where the guest's counter is now.
    ///
    /// # Safety
    /// The instance is live.
    #[must_use]
    pub unsafe fn epoch(&self) -> u64 {
        // SAFETY: the caller's promise; every context has a counter, which others may advance.
        unsafe { (*(*self.context()).epoch.cast::<Epoch>()).now() }
    }

    /// The fuel that is left. Less than nothing when it is used up: a run of operators is charged as a whole.
    ///
    /// # Safety
    /// The guest is not running; a host function that it called may do this.
    pub unsafe fn fuel(&self) -> Result<i64, NotCompiledIn> {
        if !self.has_fuel() {
            return Err(NotCompiledIn);
        }
        // SAFETY: the caller's promise.
        Ok(unsafe { (*self.context()).fuel })
    }

    /// Gives the guest this much fuel instead of what is left.
    ///
    /// # Safety
    /// As for [`Instance::fuel`].
    pub unsafe fn set_fuel(&self, units: i64) -> Result<(), NotCompiledIn> {
        if !self.has_fuel() {
            return Err(NotCompiledIn);
        }
        // SAFETY: the caller's promise.
        unsafe { (*self.context()).fuel = units };
        Ok(())
    }

    /// Gives the guest more fuel; returns what it has then.
    ///
    /// # Safety
    /// As for [`Instance::fuel`].
    pub unsafe fn add_fuel(&self, units: i64) -> Result<i64, NotCompiledIn> {
        // SAFETY: the caller's promise.
        unsafe {
            let fuel = self.fuel()?.saturating_add(units);
            self.set_fuel(fuel)?;
            Ok(fuel)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_do_not_wrap() {
        let epoch = Epoch::new();
        epoch.increment();
        assert_eq!((epoch.now(), epoch.after(2), epoch.after(u64::MAX)), (1, 3, NEVER));
    }
}
