//! What an architecture must provide; each file beside this one provides it.
//!
//! | Item | Meaning |
//! |---|---|
//! | `enter` | saves callee-saved registers, switches stacks, calls; the only way into compiled code |
//! | `aot_enter` | the same for the usual call of a host, as short as can be; with the feature `hosted` |
//! | `land` | the other way out of `enter`: with a trap, from anywhere above it |
//! | `landing_address` | where a signal handler resumes to do the same |
//! | `MachineContext` | the registers of an interrupted thread, as the kernel passes them to a handler |
//! | `clone_thread` | a new thread of this process |
//! | `syscall` | the few system calls that no public module of rustix offers |
//! | `frame_pointer`, `stack_pointer` | of the caller |
//! | `processor_has` | whether it is one of `aot_abi::version` |

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(all(target_arch = "aarch64", feature = "hosted"))]
pub use aarch64::aot_enter;
#[cfg(target_arch = "aarch64")]
pub use aarch64::{
    MachineContext, STACK_ALIGNMENT, clone_thread, enter, frame_pointer, land, landing_address, processor_has,
    restorer, stack_pointer, syscall,
};
#[cfg(all(target_arch = "x86_64", feature = "hosted"))]
pub use x86_64::aot_enter;
#[cfg(target_arch = "x86_64")]
pub use x86_64::{
    MachineContext, STACK_ALIGNMENT, clone_thread, enter, frame_pointer, land, landing_address, processor_has,
    restorer, stack_pointer, syscall,
};
