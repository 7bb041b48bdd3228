//! What the driver tells the harness: lines on standard output, and the directive at hand through standard input.
//!
//! # Safety
//!
//! Descriptors 0 and 1 are open from start to end: nothing here closes them.
#![allow(unsafe_code, reason = "without std, standard descriptors are borrowed on our word")]

use alloc::format;
use alloc::string::String;
use aot_spec_script::{END, FAIL};

/// One line.
pub struct Line(String);

impl Line {
    /// A directive does not hold.
    pub fn fail(index: u64, reason: &str) -> Self {
        Line(format!("{FAIL} {index} {reason}\n"))
    }

    /// The end of the script.
    pub fn end(count: u64) -> Self {
        Line(format!("{END} {count}\n"))
    }

    /// Prints it. A harness that does not listen misses a result, which it notices.
    pub fn write(&self) {
        let mut rest = self.0.as_bytes();
        while !rest.is_empty() {
            // SAFETY: see above.
            match rustix::io::write(unsafe { rustix::stdio::stdout() }, rest) {
                Ok(written) => rest = &rest[written..],
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }
}

/// Says which directive comes next, so that a crash can be attributed. Standard input is a file of the harness.
pub fn progress(index: u64) {
    // Without such a file, as when a person runs the program, there is nobody to tell.
    // SAFETY: see above.
    let _ = rustix::io::pwrite(unsafe { rustix::stdio::stdin() }, &index.to_le_bytes(), 0);
}
