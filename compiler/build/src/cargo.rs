//! What Cargo tells a build script, and what a build script tells Cargo.

use crate::error::Error;
use std::path::{Path, PathBuf};

/// What is known of the package that is built.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    /// The triple that the package is built for.
    pub(crate) target: String,
    /// Where outputs go.
    pub(crate) out_dir: PathBuf,
    /// `0` to `3`, `s` or `z`.
    pub(crate) opt_level: String,
    /// Whether debug information is wanted.
    pub(crate) debug: bool,
    /// The package's name and version.
    pub(crate) package: String,
    pub(crate) version: String,
    /// The package's folder.
    pub(crate) folder: PathBuf,
}

impl Build {
    /// What the variables say by which Cargo tells it.
    pub(crate) fn from_environment() -> Result<Build, Error> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_| {
                Error::new(format!(
                    "{name} is not set: `aot_build` is for build scripts, which Cargo runs (`build.rs`)"
                ))
            })
        };
        Ok(Build {
            target: variable("TARGET")?,
            out_dir: variable("OUT_DIR")?.into(),
            opt_level: variable("OPT_LEVEL")?,
            // `false`, `none` and `0` mean none; `true` and the names of levels mean some.
            debug: !matches!(variable("DEBUG")?.as_str(), "false" | "none" | "0"),
            package: variable("CARGO_PKG_NAME")?,
            version: variable("CARGO_PKG_VERSION")?,
            folder: variable("CARGO_MANIFEST_DIR")?.into(),
        })
    }
}

/// Runs the build script again when this file changes.
pub(crate) fn rerun_if_changed(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}

/// Looks for libraries there.
pub(crate) fn link_search(folder: &Path) {
    println!("cargo::rustc-link-search=native={}", folder.display());
}

/// Says something that worked, but probably not as intended.
pub(crate) fn warn(message: &str) {
    for line in message.lines() {
        println!("cargo::warning={line}");
    }
}

/// Says why the build fails.
pub(crate) fn fail(message: &str) {
    for line in message.lines() {
        println!("cargo::error={line}");
    }
}
