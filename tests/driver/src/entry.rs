//! From the process entry to the script that was linked in.
//!
//! # Safety
//!
//! The harness emits the symbols below as `aot-spec-script` documents them.
#![allow(unsafe_code, reason = "reads symbols that another object defines, and defines one")]

use crate::interpreter;
use aot_abi::image::ModuleImage;
use aot_freestanding::Process;

unsafe extern "C" {
    static spec_script: u8;
    static spec_script_length: u64;
    static spec_images: *const ModuleImage;
}

// SAFETY: the process entry looks for this symbol with this signature.
#[unsafe(no_mangle)]
extern "C" fn aot_main(_process: &Process) -> i32 {
    // SAFETY: as many bytes as their length says. There is no count of images: the script names none that is not there.
    let script = unsafe { core::slice::from_raw_parts(&raw const spec_script, spec_script_length as usize) };
    interpreter::run(script, image)
}

/// The image of this number.
fn image(number: u32) -> &'static ModuleImage {
    let first = &raw const spec_images;
    // SAFETY: see above; every image is a static of the module's object.
    unsafe { &**first.add(number as usize) }
}
