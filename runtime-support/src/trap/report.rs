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
use crate::text::Text;
use alloc::string::String;

/// The report of a trap, with frames unless they are silenced.
#[must_use]
pub fn text(trapped: &Trapped, with_frames: bool) -> String {
    let mut text = Text::default();
    text.words("trap: ").words(trapped.trap.message()).words("\n");
    if !with_frames {
        return text.into();
    }
    let Backtrace { frames, omitted, omitted_after } = &trapped.backtrace;
    let (inner, outer) = frames.split_at(*omitted_after);
    write_frames(&mut text, inner);
    if *omitted > 0 {
        text.words("  … ").number(*omitted as u64).words(" more frames …\n");
    }
    write_frames(&mut text, outer);
    text.into()
}

/// One line for each frame, or for each run of frames at the same place: recursion is long and says little.
fn write_frames(text: &mut Text, frames: &[Frame]) {
    let same_place = |left: &Frame, right: &Frame| {
        core::ptr::eq(left.image, right.image) && left.location.wasm_offset == right.location.wasm_offset
    };
    for run in frames.chunk_by(same_place) {
        let frame = &run[0];
        let location = &frame.location;
        if location.name.is_empty() {
            text.words("  at function ").number(u64::from(location.function_index));
        } else {
            text.words("  at `").words(location.name).words("`");
        }
        text.words(" (")
            .words(frame.module_name())
            .words("+")
            .hexadecimal(u64::from(location.wasm_offset), 4)
            .words(")");
        if run.len() > 1 {
            text.words(", ").number(run.len() as u64).words(" times");
        }
        text.words("\n");
    }
}

/// What cannot happen has happened. Says which, where `Option::expect` would link the formatting machinery, and lose the
/// message on the way to a panic handler without it.
pub fn broken(invariant: &str) -> ! {
    fatal("this does not hold", invariant)
}

/// Says that the runtime itself is broken, and dies.
pub fn fatal(what: &str, detail: &str) -> ! {
    for part in ["error: the runtime failed: ", what, ": ", detail, "\n"] {
        os::write_stderr(part.as_bytes());
    }
    os::abort()
}
