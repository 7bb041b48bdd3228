//! What native code costs: a static C program with glibc, and one without anything.

use super::Missing;
use std::path::Path;
use std::process::Command;

/// A static executable of a C program.
pub(crate) fn static_c(source: &Path, out: &Path) -> Result<(), Missing> {
    gcc(&["-O2", "-static"], source, out)
}

/// An executable of nothing but this assembly.
pub(crate) fn assembly(source: &Path, out: &Path) -> Result<(), Missing> {
    gcc(&["-nostdlib", "-static"], source, out)
}

fn gcc(flags: &[&str], source: &Path, out: &Path) -> Result<(), Missing> {
    let missing = |why: String| Missing { tool: "gcc".to_owned(), why };
    let output = Command::new("gcc")
        .args(flags)
        .arg("-o")
        .args([out, source])
        .output()
        .map_err(|error| missing(format!("does not run: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(missing(format!("{} fails: {}", flags.join(" "), errors.lines().last().unwrap_or_default())))
}
