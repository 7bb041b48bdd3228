//! From the process entry to the routine that the program's configuration names.
//!
//! # Safety
//!
//! Compiler and linker define the symbols below as `aot_abi::symbol` and `aot_abi::config` document them.
#![allow(unsafe_code, reason = "reads symbols that other objects define, and defines one")]

use aot_freestanding::Process;
use aot_freestanding::aot_runtime::abi::config::byte_length;
use aot_freestanding::aot_runtime::abi::version::{ANY_PROCESSOR, Version, Versions};
use aot_freestanding::aot_runtime::{arch, start};

/// The start of `aot_config`.
#[repr(C)]
struct Config {
    enter: start::Enter,
    /// Start of the encoding, which is longer: see `aot_abi::config`.
    byte_length: [u8; 4],
}

// The types have more niches than C knows; the symbols are data that only this crate reads.
#[allow(improper_ctypes, reason = "the layout is `repr(C)` all the way down, with function pointers of our own")]
unsafe extern "C" {
    static aot_versions: Versions;
    static aot_config: Config;
}

// SAFETY: the process entry looks for this symbol with this signature.
#[unsafe(no_mangle)]
extern "C" fn aot_main(process: &Process) -> i32 {
    // SAFETY: both records are there and are never written, and as many versions follow as the first word says; see above.
    let (versions, config) = unsafe {
        let versions = &raw const aot_versions;
        let first = (&raw const (*versions).first).cast::<Version>();
        (core::slice::from_raw_parts(first, (*versions).count as usize), &*(&raw const aot_config))
    };
    let fits = |version: &Version| version.processor == ANY_PROCESSOR || arch::processor_has(version.processor);
    // Without a panic, whose message would be most of this function.
    let Some(version) = versions.iter().rfind(|version| fits(version)) else { return 1 };
    // SAFETY: every version has an image.
    let image = unsafe { &*version.image };
    let length = byte_length(&config.byte_length).expect("four bytes are a length");
    // SAFETY: the encoding starts with its own length, and lies behind the address.
    let bytes = unsafe {
        let start = (&raw const aot_config).cast::<u8>().add(core::mem::offset_of!(Config, byte_length));
        core::slice::from_raw_parts(start, length)
    };
    (config.enter)(&start::Process {
        image,
        config: bytes,
        arguments: process.arguments().map(core::ffi::CStr::to_bytes).collect(),
        environment: process.environment().map(core::ffi::CStr::to_bytes).collect(),
    })
}
