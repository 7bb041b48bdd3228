//! The driver of the spec suite: a script and the images of its modules are linked to it, and it executes them.
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

mod entry;
mod interpreter;
mod output;
mod thread;
