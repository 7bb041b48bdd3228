//! `aot` itself, built for release, as a user has it.

use super::{Missing, Peer, Ready, byte_length, fails};
use crate::built::{Build, built};
use crate::child;
use crate::program::{Folders, Program};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

#[derive(Debug)]
pub(crate) struct Aot {
    pub(crate) path: PathBuf,
}

impl Aot {
    /// Builds it from this checkout: an old one would give old numbers.
    pub(crate) fn build(root: &Path) -> Result<Aot> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(["build", "--release", "--locked", "-p", "aot"])
            .current_dir(root)
            .status()
            .context("cannot run cargo")?;
        ensure!(status.success(), "aot does not build");
        let own = env::current_exe().context("this program has no path")?;
        Aot::existing(&own.with_file_name("aot"))
    }

    pub(crate) fn existing(path: &Path) -> Result<Aot> {
        let path = fs::canonicalize(path).with_context(|| format!("there is no {}", path.display()))?;
        Ok(Aot { path })
    }

    /// The command that makes the executable `out` from `wasm`.
    pub(crate) fn compile(&self, wasm: &Path, out: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.arg("compile").arg(wasm).arg("-o").arg(out).args(more);
        command
    }

    /// Makes the executable.
    pub(crate) fn executable(&self, wasm: &Path, out: &Path, more: &[&str]) -> Result<()> {
        let output = self.compile(wasm, out, more).output().context("cannot run aot")?;
        let errors = String::from_utf8_lossy(&output.stderr);
        // The message goes into a report for others, to whom a path of this machine says nothing.
        let message = errors.lines().next().unwrap_or_default().replace(&wasm.display().to_string(), "");
        ensure!(output.status.success(), "{}", message.trim_start_matches("error: ").trim_start_matches(": "));
        Ok(())
    }
}

/// `aot` with some flags, as one of those that are compared.
#[derive(Debug)]
pub(crate) struct AotPeer {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) flags: Vec<String>,
}

impl Peer for AotPeer {
    fn name(&self) -> &str {
        &self.name
    }

    fn describe(&self, _folders: &Folders) -> String {
        format!("aot compile {}", self.flags.join(" ")).trim_end().to_owned()
    }

    fn prepare(&self, program: &Program, vectors: bool, folders: &Folders) -> Result<Ready, Missing> {
        let wasm = built(program, Build::Wasm { vectors }, folders)?;
        let out = folders.kept.join(format!("{}.{}", program.name, self.name));
        let mut words = child::words(&[&self.path, &"compile", &wasm, &"-o", &out]);
        words.extend(self.flags.iter().map(Into::into));
        let cost = child::run(&words).map_err(|error| fails(&self.name, &error))?;
        let bytes = byte_length(&out);
        Ok(Ready { words: vec![out.into()], made: Some((cost, bytes)), remark: None })
    }
}
