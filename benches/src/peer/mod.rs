//! What an executable is compared with; one file per peer. Each makes an executable, or says what is missing for that.

pub(crate) mod aot;
pub(crate) mod gcc;
pub(crate) mod native;
pub(crate) mod v8;
pub(crate) mod wasm2c;
pub(crate) mod wasmtime;

use crate::child::{Cost, Words};
use crate::program::{Folders, Program};
use std::fmt;

/// A tool that this machine does not have, or that does not do what it should.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) tool: String,
    pub(crate) why: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` {}", self.tool, self.why)
    }
}

/// A program that is ready to run.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The command, without the program's own arguments.
    pub(crate) words: Words,
    /// What it cost to make it from the module, and how large it is; not for native programs.
    pub(crate) made: Option<(Cost, u64)>,
    /// What is different about it.
    pub(crate) remark: Option<&'static str>,
}

/// Something that runs programs.
pub(crate) trait Peer {
    fn name(&self) -> &str;
    /// What it is, with its version.
    fn describe(&self, folders: &Folders) -> String;
    fn prepare(&self, program: &Program, vectors: bool, folders: &Folders) -> Result<Ready, Missing>;
}

/// Any error of making something, as what is missing.
fn fails(tool: &str, error: &anyhow::Error) -> Missing {
    Missing { tool: tool.to_owned(), why: format!("fails: {error:#}") }
}

fn byte_length(path: &std::path::Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// The first line that a tool says about its version.
fn version(program: &std::path::Path, flag: &str) -> String {
    let output = std::process::Command::new(program).arg(flag).output();
    let line = output.ok().and_then(|output| Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned()));
    line.unwrap_or_else(|| "not there".to_owned())
}
