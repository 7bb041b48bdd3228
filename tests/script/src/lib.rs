//! The program that the spec driver interprets: the harness encodes it, the driver decodes it.
//!
//! A `.wast` script becomes a list of [`Directive`]s. The harness resolves everything that has a name in the script
//! (`$instance`, "the last module") to numbers; what is left for the driver is an action and what it should lead to.
//! Module names of imports stay strings: the driver keeps the registry, as `register` is an action like any other.
//!
//! | Module | What both sides agree on |
//! |---|---|
//! | [`directive`] | actions and expectations |
//! | [`pattern`] | what a result has to look like |
//! | [`encoding`] | the bytes |
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

extern crate alloc;

pub mod directive;
pub mod encoding;
pub mod pattern;

pub use directive::{Action, Directive, Expectation};
pub use pattern::{Lane, Pattern, ReferenceKind, Value};

/// Symbol of the encoded script.
pub const SCRIPT_SYMBOL: &str = "spec_script";
/// Symbol of the script's length in bytes, a `u64`.
pub const SCRIPT_LENGTH_SYMBOL: &str = "spec_script_length";
/// Symbol of an array of pointers to the images of the script's modules.
pub const IMAGES_SYMBOL: &str = "spec_images";

/// Status of a driver that reached the end of its script, whatever failed on the way.
pub const STATUS_COMPLETE: i32 = 0;
/// First word of a line about a failing directive: `fail <index> <reason>`.
pub const FAIL: &str = "fail";
/// The last line: `end <number of directives>`. Without it the driver died.
pub const END: &str = "end";
