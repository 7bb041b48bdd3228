//! Errors and traps in a form that C can read: `aot_trap`.

use alloc::string::{String, ToString};
use aot_runtime::abi::trap::Trap;
use aot_runtime::instance::InstantiateError;
use aot_runtime::{Trapped, trap};

/// `AOT_ERROR_VERSION` of the header, and so on.
pub const VERSION: i32 = 100;
/// See [`VERSION`].
pub const IMPORTS: i32 = 101;
/// See [`VERSION`].
pub const OUT_OF_MEMORY: i32 = 102;
/// See [`VERSION`].
pub const EXPORT: i32 = 103;

/// See [`VERSION`].
pub const NOT_COMPILED_IN: i32 = 104;
/// See [`VERSION`].
pub const REFERENCE: i32 = 105;

/// See [`VERSION`].
pub const GRANT: i32 = 106;

/// `aot_trap` of the header.
#[repr(C)]
#[derive(Debug)]
pub struct Report {
    status: i32,
    host_error: i32,
    message: [u8; 248],
    backtrace: [u8; 768],
}

const _: () = assert!(size_of::<Report>() == 1024);

impl Report {
    /// Fills it, if there is one, and returns the status.
    pub fn write(report: Option<&mut Report>, status: i32, message: &str) -> i32 {
        if let Some(report) = report {
            (report.status, report.host_error) = (status, 0);
            put(&mut report.message, message);
            put(&mut report.backtrace, "");
        }
        status
    }

    /// Likewise, from a trap.
    pub fn write_trap(report: Option<&mut Report>, trapped: &Trapped) -> i32 {
        let status = i32::from(trapped.trap.code());
        if let Some(report) = report {
            report.status = status;
            report.host_error =
                if matches!(trapped.trap, Trap::HostError | Trap::Exited) { trapped.host_error } else { 0 };
            put(&mut report.message, trapped.trap.message());
            let text = trap::report::text(trapped, true);
            // The first line is the message.
            put(&mut report.backtrace, text.split_once('\n').map_or("", |(_, frames)| frames));
        }
        status
    }

    /// Likewise, from a failed instantiation.
    pub fn write_error(report: Option<&mut Report>, error: &InstantiateError) -> i32 {
        let status = match error {
            InstantiateError::Trap(trapped) => return Report::write_trap(report, trapped),
            InstantiateError::AbiVersion { .. } => VERSION,
            InstantiateError::ImportCount { .. }
            | InstantiateError::IncompatibleImport { .. }
            | InstantiateError::AlreadyInstantiated => IMPORTS,
            InstantiateError::Memory(_) | InstantiateError::Table(_) | InstantiateError::OutOfMemory => OUT_OF_MEMORY,
        };
        let message: String = if report.is_some() { error.to_string() } else { String::new() };
        Report::write(report, status, &message)
    }
}

/// As much of the text as fits, whole characters only, and a null.
fn put(field: &mut [u8], text: &str) {
    let mut length = text.len().min(field.len() - 1);
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    field[..length].copy_from_slice(&text.as_bytes()[..length]);
    field[length] = 0;
}
