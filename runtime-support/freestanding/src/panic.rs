//! A panic of the runtime is a bug of ours: say where, and die by SIGABRT.
//!
//! The message is printed when it is a plain string. Formatting arguments would link all of `core::fmt` into every
//! executable; file and line find the place just as well.
#![allow(unsafe_code, reason = "defines symbols that the compiler looks for by name")]

use aot_runtime::os;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    os::write_stderr(b"error: the runtime panicked");
    if let Some(location) = info.location() {
        let mut digits = [0u8; 10];
        for part in [b" at ", location.file().as_bytes(), b":", decimal(location.line(), &mut digits)] {
            os::write_stderr(part);
        }
    }
    if let Some(message) = info.message().as_str() {
        os::write_stderr(b": ");
        os::write_stderr(message.as_bytes());
    }
    os::write_stderr(b"\n");
    os::abort()
}

fn decimal(mut value: u32, digits: &mut [u8; 10]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            return &digits[at..];
        }
    }
}

/// Nothing unwinds, but precompiled parts of the standard library name the personality in their unwind tables.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// As above, from landing pads that are never reached.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    os::abort()
}
