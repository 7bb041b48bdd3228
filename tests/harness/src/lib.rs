//! What the suites share.
//!
//! | Module | For |
//! |---|---|
//! | [`expectations`] | what does not pass yet, in a file that may only shrink |
//! | [`program`] | running a program with limits |
//! | [`spec`] | the spec suite |
#![forbid(unsafe_code)]

pub mod expectations;
pub mod program;
pub mod spec;
