//! The text a user reads: message, Wasm frames, offsets.
//!
//! ```text
//! trap: out of bounds memory access
//!   at `parse_header` (app.wasm+0x2c41)
//!   at `_start` (app.wasm+0x0312)
//! ```
//!
//! In deep recursion, frames at the same place share a line, and the middle is left out.

use crate::call::Trapped;
use crate::frames::{Backtrace, Frame};
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
    let Backtrace { frames, omitted, omitted_after } = &trapped.backtrace;
    let (inner, outer) = frames.split_at(*omitted_after);
    write_frames(&mut text, inner);
    if *omitted > 0 {
        let _ = writeln!(text, "  … {omitted} more frames …");
    }
    write_frames(&mut text, outer);
    text
}

/// One line for each frame, or for each run of frames at the same place: recursion is long and says little.
fn write_frames(text: &mut String, frames: &[Frame]) {
    let same_place = |left: &Frame, right: &Frame| {
        core::ptr::eq(left.image, right.image) && left.location.wasm_offset == right.location.wasm_offset
    };
    for run in frames.chunk_by(same_place) {
        let frame = &run[0];
        let (location, module) = (&frame.location, frame.module_name());
        let _ = if location.name.is_empty() {
            write!(text, "  at function {} ({module}+{:#06x})", location.function_index, location.wasm_offset)
        } else {
            write!(text, "  at `{}` ({module}+{:#06x})", location.name, location.wasm_offset)
        };
        let _ = match run.len() {
            1 => writeln!(text),
            times => writeln!(text, ", {times} times"),
        };
    }
}

/// Says that the runtime itself is broken, and dies.
pub fn fatal(what: &str, detail: &str) -> ! {
    for part in ["error: the runtime failed: ", what, ": ", detail, "\n"] {
        os::write_stderr(part.as_bytes());
    }
    os::abort()
}
