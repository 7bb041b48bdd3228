//! What a program gets: a static library with the module's native code, and the bindings.
//!
//! The library holds nothing but the module. What it needs of the runtime is in the crate `aot-embed`, which all crates of
//! a program share. The bindings themselves name the library, so it is linked wherever they are included.

use crate::cargo::{self, Build};
use crate::error::Error;
use aot_compiler::interface::{self, Interface, RustNames};
use aot_compiler::{Options, compile};
use aot_link::archive::{self, Member};
use std::fs;
use std::path::Path;

/// What the symbols of a module begin with. No two modules of a program have the same: two packages differ in their name or
/// version, and two modules of a package in their name.
pub(crate) fn symbol_prefix(build: &Build, name: &str) -> String {
    let identifier =
        |text: &str| -> String { text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect() };
    // Underscores are where the parts meet, so the lengths say which part is which.
    let (package, version) = (identifier(&build.package), identifier(&build.version));
    format!("plugin_{}_{}_{package}_{version}_{name}", package.len(), version.len())
}

/// Compiles, and writes the files.
pub(crate) fn write(wasm: &[u8], options: &Options, name: &str, label: &str, build: &Build) -> Result<(), Error> {
    let about = |error: aot_compiler::Error| Error::new(format!("{label}: {error}"));
    let interface = interface::interface(wasm, options).map_err(about)?;
    warn_of_wasi(&interface, label);
    let library = &options.symbol_prefix;
    let names = RustNames { module: name, symbol_prefix: library, library, source: label };
    let bindings = interface.rust_bindings(&names).map_err(about)?;
    let object = compile(wasm, options).map_err(about)?;
    let member = Member { name: format!("{library}.o"), bytes: &object.bytes };
    let archive = archive::write(&[member]).map_err(|error| Error::new(format!("{label}: {error}")))?;
    write_file(&build.out_dir.join(format!("lib{library}.a")), &archive)?;
    write_file(&build.out_dir.join(format!("{name}.rs")), bindings.as_bytes())
}

/// A module that wants a whole system may be no plugin.
fn warn_of_wasi(interface: &Interface, label: &str) {
    let is_wasi = |module: &str| module.starts_with("wasi_") || module == "wasi";
    let count = interface.imports.iter().filter(|import| is_wasi(&import.module)).count();
    if count > 0 {
        let noun = if count == 1 { "function" } else { "functions" };
        cargo::warn(&format!(
            "{label} imports {count} {noun} of WASI, which the host has to provide like all others; \
             `.import_traps(\"wasi_snapshot_preview1\", \"*\")` makes them trap"
        ));
    }
}

/// Leaves a file alone that is as it should be, so that nothing is compiled again because of it.
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).map_err(|error| Error::new(format!("cannot write {}: {error}", path.display())))
}
