//! `aot targets`: what can be compiled for, and what each target needs.

use crate::args::resolve::{TARGETS, host_target};
use crate::console::Console;
use crate::diagnostic::Failure;
use crate::link::runtime;
use std::fmt::Write as _;

pub(crate) fn run(console: &mut Console<'_>) -> Result<(), Failure> {
    let mut text = String::new();
    for target in TARGETS {
        let levels =
            if target.starts_with("x86_64") { "baseline (x86-64-v2), x86-64-v3" } else { "baseline (armv8-a)" };
        let host = if host_target() == Some(target) { ", native; this machine" } else { "" };
        let runtime = if runtime::is_embedded(target) { "" } else { "; objects only: built without its runtime" };
        let _ = writeln!(text, "{target:<28} {levels}{host}{runtime}");
    }
    console.print(text.as_bytes())
}
