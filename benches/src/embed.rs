//! `cargo table embed`: plugins in a host's process, beside the wasmtime crate. A package of its own, because nobody else
//! should have to build wasmtime; the first time takes minutes.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

/// Builds it and lets it print its table.
pub(crate) fn run(root: &Path) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let folder = root.join("benches/embed");
    let with = |words: &[&str]| -> Result<()> {
        let mut command = Command::new(&cargo);
        command.args(words).args(["--release", "--locked"]).current_dir(&folder);
        let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
        ensure!(status.success(), "{command:?}: {status}");
        Ok(())
    };
    // All of its programs, because it weighs them.
    with(&["build", "--bins"])?;
    with(&["run", "--quiet"])
}
