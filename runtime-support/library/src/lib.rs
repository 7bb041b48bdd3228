//! The runtime as a part of somebody else's program, in whatever language: what static libraries made by `aot` contain.
//!
//! | Module | Its job |
//! |---|---|
//! | [`interface`] | the C functions that headers and bindings declare |
//! | [`control`] | the same, about epochs and fuel |
//! | [`references`] | those about tables and references to functions |
//! | [`report`] | errors and traps in a form that C can read |
//! | [`wasi`] | the same, about WASI; linked where it is imported |
//! | [`libc`] | what the host's libc provides: memory |
//! | `panic` | a bug of ours ends the process |
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

pub mod control;
pub mod interface;
pub mod libc;
mod panic;
pub mod references;
pub mod report;
pub mod wasi;
