//! What the suites share.
//!
//! | Module | For |
//! |---|---|
//! | [`directives`] | the head of a file test |
//! | [`ending`] | how a suite ends |
//! | [`expectations`] | what does not pass yet, in a file that may only shrink |
//! | [`golden`] | expectations in the file itself, and blessing them |
//! | [`program`] | running a program with limits |
//! | [`programs`] | whole programs and what they should do |
//! | [`spec`] | the spec suite |
//! | [`wasi`] | executables as hosts of WASI |
#![forbid(unsafe_code)]

pub mod directives;
pub mod ending;
pub mod expectations;
pub mod golden;
pub mod program;
pub mod programs;
pub mod spec;
pub mod wasi;
