//! Compiles WebAssembly modules from a build script, for `aot-embed` to run.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), aot_build::Error> {
//!     aot_build::compile("plugin.wasm")
//! }
//! ```
//!
//! The program gets a static library with the module's native code, and Rust bindings to it, which
//! `aot_embed::include!(plugin);` includes. Nothing else is needed: no file, no tool and no network.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod cargo;
mod config;
mod error;
mod input;
mod output;

pub use config::{Config, Memory};
pub use error::Error;

/// Compiles a module, `.wasm` or `.wat`, by the path from the package's folder. The bindings are called like the file.
pub fn compile(path: impl AsRef<std::path::Path>) -> Result<(), Error> {
    Config::new(path).compile()
}
