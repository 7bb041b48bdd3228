//! The driver of the spec suite for embedders: as the other one it executes a script with the images that it is linked
//! with, but by nothing except the public interface of `aot-embed`, on std.
//!
//! # Safety
//!
//! The harness emits the symbols below as `aot-spec-script` documents them.
#![allow(unsafe_code, reason = "reads symbols that another object defines, and defines one")]

mod interpreter;
mod typed;

use aot_embed::Module;
use aot_embed::module::Image;

unsafe extern "C" {
    static spec_script: u8;
    static spec_script_length: u64;
    static spec_images: *const Image;
}

// SAFETY: the C library's start looks for this symbol with this signature.
#[unsafe(no_mangle)]
extern "C" fn main(_: i32, _: *const *const u8) -> i32 {
    // SAFETY: as many bytes as their length says. There is no count of images: the script names none that is not there.
    let script = unsafe { std::slice::from_raw_parts(&raw const spec_script, spec_script_length as usize) };
    interpreter::run(script, module)
}

/// The module of this number. Each is made once, and stays.
fn module(number: u32) -> &'static Module {
    let first = &raw const spec_images;
    // SAFETY: see above; every image is a static of the module's object.
    let image: &'static Image = unsafe { &**first.add(number as usize) };
    Box::leak(Box::new(Module::new(image)))
}
