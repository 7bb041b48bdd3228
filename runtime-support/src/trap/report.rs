//! The text a user reads: message, Wasm frames, offsets.
//!
//! ```text
//! trap: out of bounds memory access
//!   at `parse_header` (app.wasm+0x2c41)
//!   at `_start` (app.wasm+0x0312)
//! ```

use crate::call::Trapped;
use crate::os;
use alloc::string::String;
use core::fmt::Write;

/// The report of a trap, with frames unless they are silenced.
#[must_use]
pub fn text(trapped: &Trapped, with_frames: bool) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "trap: {}", trapped.trap.message());
    if !with_frames {
        return text;
    }
    let backtrace = &trapped.backtrace;
    for (position, frame) in backtrace.frames.iter().enumerate() {
        if position == backtrace.omitted_after && backtrace.omitted > 0 {
            let _ = writeln!(text, "  … {} more frames …", backtrace.omitted);
        }
        let location = &frame.location;
        let module = frame.module_name();
        let _ = if location.name.is_empty() {
            writeln!(text, "  at function {} ({module}+{:#06x})", location.function_index, location.wasm_offset)
        } else {
            writeln!(text, "  at `{}` ({module}+{:#06x})", location.name, location.wasm_offset)
        };
    }
    text
}

/// Says that the runtime itself is broken, and dies.
pub fn fatal(what: &str, detail: &str) -> ! {
    for part in ["error: the runtime failed: ", what, ": ", detail, "\n"] {
        os::write_stderr(part.as_bytes());
    }
    os::abort()
}
