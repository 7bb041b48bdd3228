//! A panic of the runtime is a bug of ours: say where, and die by SIGABRT. Nothing unwinds into the host.
#![allow(unsafe_code, reason = "defines symbols that the compiler looks for by name")]

use aot_runtime::os;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    os::write_stderr(b"error: the runtime of an aot module panicked");
    if let Some(location) = info.location() {
        os::write_stderr(b" in ");
        os::write_stderr(location.file().as_bytes());
    }
    if let Some(message) = info.message().as_str() {
        os::write_stderr(b": ");
        os::write_stderr(message.as_bytes());
    }
    os::write_stderr(b"\n");
    os::abort()
}

/// Precompiled parts of the standard library name it in their unwind tables. It becomes local when `aot` embeds the
/// runtime, as everything does that is not of the C interface.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// As above, from landing pads that are never reached.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    os::abort()
}
