//! What the suite needs from the rest of the repository, as one trait: compile a module, link a program.
//!
//! The suite itself lives on the other side of this border, so that its own tests need neither compiler nor linker.

use super::configuration::Configuration;
use anyhow::Result;

/// A module to compile.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// How.
    pub configuration: Configuration,
    /// Start of all its symbols.
    pub symbol_prefix: &'a str,
    /// Executable model: address of its first memory, `None` for the target's default.
    pub memory_base: Option<u64>,
    /// Executable model: no other module's code can reach its functions.
    pub only_module: bool,
    /// Which suite the script belongs to: older ones expect modules to be rejected that later proposals allow.
    pub group: &'a str,
}

/// Why a module was not compiled.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The compiler holds the module to be malformed or invalid, rather than to need what is not supported.
    pub invalid: bool,
    /// What it said, on one line.
    pub message: String,
}

/// See the file's documentation.
pub trait Toolbox: Sync {
    /// Compiles a module to an object.
    fn compile(&self, wasm: &[u8], request: &Request<'_>) -> Result<Vec<u8>, Refusal>;

    /// Links objects with the driver and the runtime into an executable.
    fn link(&self, configuration: Configuration, objects: &[Vec<u8>]) -> Result<Vec<u8>>;
}
