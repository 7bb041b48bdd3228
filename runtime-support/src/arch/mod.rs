//! What an architecture must provide; each file beside this one provides it.
//!
//! | Item | Meaning |
//! |---|---|
//! | `enter` | saves callee-saved registers, switches stacks, calls; the only way into compiled code |
//! | `land` | the other way out of `enter`: with a trap, from anywhere above it |
//! | `LANDING` | where a signal handler resumes to do the same |
//! | `MachineContext` | the registers of an interrupted thread, as the kernel passes them to a handler |
//! | `clone_thread` | a new thread of this process |
//! | `syscall` | the few system calls that no public module of rustix offers |
//! | `frame_pointer`, `stack_pointer` | of the caller |

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub use aarch64::{
    MachineContext, STACK_ALIGNMENT, clone_thread, enter, frame_pointer, land, landing_address, restorer,
    stack_pointer, syscall,
};
#[cfg(target_arch = "x86_64")]
pub use x86_64::{
    MachineContext, STACK_ALIGNMENT, clone_thread, enter, frame_pointer, land, landing_address, restorer,
    stack_pointer, syscall,
};

/// What [`enter`] calls: a [`aot_abi::context::NativeEntry`] or a function of the runtime with that signature.
pub type Target = extern "C" fn(*const u8, *mut aot_abi::context::InstanceContext, *mut aot_abi::context::ValueSlot);
