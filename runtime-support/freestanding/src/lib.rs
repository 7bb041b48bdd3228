//! What a program without libc needs beside the runtime: process entry, allocator, memcpy family, panics.
//!
//! The image crate (a user's executable) and the spec suite's driver link this. Whoever does defines
//!
//! ```ignore
//! #[unsafe(no_mangle)]
//! extern "C" fn aot_main(process: &aot_freestanding::Process) -> i32 { … }
//! ```
//!
//! whose result becomes the exit status.
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

mod allocator;
mod memory;
mod panic;
mod process;
#[cfg(target_arch = "x86_64")]
mod processor;

pub use aot_runtime;
pub use process::Process;
