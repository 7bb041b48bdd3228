//! The C functions about epochs and fuel.
//!
//! # Safety
//!
//! As the header says: the instance is live, its guest does not run, and the counter lives longer than it does.
#![allow(unsafe_code, reason = "a C interface deals in raw pointers")]

use crate::report::NOT_COMPILED_IN;
use aot_runtime::Instance;
use aot_runtime::abi::context::InstanceContext;
use aot_runtime::abi::trap::Trap;
use aot_runtime::control::{Epoch, NotCompiledIn};

const _: () = assert!(size_of::<Epoch>() == 8 && align_of::<Epoch>() == 8);
const _: () = assert!(Trap::Interrupted.code() == 19 && Trap::OutOfFuel.code() == 20);

#[unsafe(no_mangle)]
extern "C" fn aot_epoch_increment(epoch: &Epoch) {
    epoch.increment();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_instance_set_epoch(instance: *mut InstanceContext, epoch: &Epoch, increments: u64) -> i32 {
    // SAFETY: see the module documentation, here and below.
    status(unsafe { Instance::from_context(instance).set_epoch(epoch, epoch.after(increments)) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_instance_set_deadline(instance: *mut InstanceContext, increments: u64) -> i32 {
    // SAFETY: see above.
    status(unsafe {
        let instance = Instance::from_context(instance);
        instance.set_epoch_deadline(instance.epoch().saturating_add(increments))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_instance_fuel(instance: *mut InstanceContext, units: &mut i64) -> i32 {
    // SAFETY: see above.
    status(unsafe { Instance::from_context(instance).fuel() }.map(|fuel| *units = fuel))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_instance_set_fuel(instance: *mut InstanceContext, units: i64) -> i32 {
    // SAFETY: see above.
    status(unsafe { Instance::from_context(instance).set_fuel(units) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_instance_add_fuel(instance: *mut InstanceContext, units: i64) -> i32 {
    // SAFETY: see above.
    status(unsafe { Instance::from_context(instance).add_fuel(units) }.map(|_| ()))
}

fn status(result: Result<(), NotCompiledIn>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(NotCompiledIn) => NOT_COMPILED_IN,
    }
}
