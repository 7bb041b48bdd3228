//! How the freestanding libraries are built: a nested cargo, for any target whose Rust library is installed.
//!
//! Two users: `cli/build.rs` embeds the runtime image of every target in `aot`, and the test harness builds the spec
//! suite's driver. Both packages stand outside the workspace with profiles of their own, so cargo cannot build them as
//! ordinary dependencies.
//!
//! Environment, with `<T>` a triple whose dashes are underscores (`aarch64_unknown_linux_gnu`):
//!
//! | Variable | Meaning |
//! |---|---|
//! | `AOT_RUNTIME_<T>` | take this archive for the runtime image, build nothing |
//! | `AOT_RUNTIME_RUSTC_<T>` | use this rustc for the target |
//! | `AOT_TOOLS` | where `.ci/setup` puts its tools; default `$HOME/.cache/aot-tools` |

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The targets that `aot` supports.
pub const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// What to build.
#[derive(Debug, Clone)]
pub struct Recipe<'a> {
    /// The folder of the package: a `staticlib` with its own `Cargo.lock`.
    pub package: &'a Path,
    /// The target triple.
    pub target: &'a str,
    /// Where cargo may put everything; one folder may serve several packages and targets.
    pub target_directory: &'a Path,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The static library is here.
    Built(PathBuf),
    /// The Rust library for the target is not installed.
    MissingTarget {
        /// What a user can do about it.
        help: String,
    },
    /// The build failed.
    Failed {
        /// What cargo said.
        log: String,
    },
}

/// The archive of the runtime image: built from source, or the one that the environment names.
#[must_use]
pub fn runtime_image(package: &Path, target: &str, target_directory: &Path) -> Outcome {
    if let Some(archive) = env::var_os(format!("AOT_RUNTIME_{}", variable_part(target))) {
        let archive = PathBuf::from(archive);
        return if archive.is_file() {
            Outcome::Built(archive)
        } else {
            Outcome::Failed { log: format!("AOT_RUNTIME_{} names no file", variable_part(target)) }
        };
    }
    build(&Recipe { package, target, target_directory })
}

/// Environment variables whose change should build again: for `cargo::rerun-if-env-changed`.
#[must_use]
pub fn variables(target: &str) -> Vec<String> {
    let part = variable_part(target);
    vec![format!("AOT_RUNTIME_{part}"), format!("AOT_RUNTIME_RUSTC_{part}"), "AOT_TOOLS".into()]
}

/// Folders and files whose change should build again: for `cargo::rerun-if-changed`. `package` is as in [`Recipe`],
/// inside `runtime-support`.
#[must_use]
pub fn sources(runtime_support: &Path) -> Vec<PathBuf> {
    [
        "abi/src",
        "abi/Cargo.toml",
        "src",
        "Cargo.toml",
        "freestanding",
        "image/src",
        "image/Cargo.toml",
        "image/Cargo.lock",
        "library/src",
        "library/Cargo.toml",
        "library/Cargo.lock",
    ]
    .map(|name| runtime_support.join(name))
    .into()
}

/// Builds the static library.
#[must_use]
pub fn build(recipe: &Recipe<'_>) -> Outcome {
    let Some(rustc) = rustc_for(recipe.target, recipe.package) else {
        return Outcome::MissingTarget { help: help_for(recipe.target) };
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["rustc", "--release", "--locked", "--lib", "--message-format=json-render-diagnostics"])
        .arg("--manifest-path")
        .arg(recipe.package.join("Cargo.toml"))
        .args(["--target", recipe.target])
        .arg("--target-dir")
        // Artefacts of two compilers must not meet: cargo would rebuild everything each time.
        .arg(recipe.target_directory.join(recipe.target));
    clean_environment(&mut command);
    let flags: Vec<String> = flags(recipe.target).into_iter().map(str::to_owned).chain(remapped_paths()).collect();
    command.env("RUSTC", rustc).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => return Outcome::Failed { log: format!("cannot run {command:?}: {error}") },
    };
    if !output.status.success() {
        return Outcome::Failed { log: String::from_utf8_lossy(&output.stderr).into_owned() };
    }
    match static_library(&String::from_utf8_lossy(&output.stdout)) {
        Some(path) => Outcome::Built(path),
        None => Outcome::Failed { log: "cargo reported no static library; is the package a `staticlib`?".into() },
    }
}

/// Flags for every crate of a freestanding build.
fn flags(target: &str) -> Vec<&'static str> {
    let mut flags = vec![
        // Backtraces and the unwinding of traps walk frame pointers through runtime functions.
        "-Cforce-frame-pointers=yes",
        // Links at a fixed address as well as position-independently.
        "-Crelocation-model=pic",
        "-Cpanic=abort",
    ];
    if target.starts_with("aarch64") {
        // Outlined atomics come from a C library that asks libc for the processor's features.
        flags.push("-Ctarget-feature=-outline-atomics");
    }
    flags
}

/// Flags that keep folders of this machine out of what is built: the places that panics name are relative to the folder of
/// `runtime-support`, or of the dependencies. The same source gives the same executables wherever it is built.
fn remapped_paths() -> Vec<String> {
    let mut folders = Vec::new();
    if let Some(own) = Path::new(env!("CARGO_MANIFEST_DIR")).parent() {
        folders.push(own.to_path_buf());
    }
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    if let Some(registries) = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok()) {
        folders.extend(registries.flatten().map(|registry| registry.path()));
    }
    // Cargo builds again with other flags, so their order must not change.
    folders.sort();
    folders.iter().map(|folder| format!("--remap-path-prefix={}=", folder.display())).collect()
}

/// What cargo and rustup leave in the environment of build scripts and tests, and what users set for their own builds:
/// none of it is meant for this one.
fn clean_environment(command: &mut Command) {
    const NAMES: [&str; 8] = [
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_TARGET_DIR",
        "CARGO_BUILD_TARGET",
        "CARGO_MAKEFLAGS",
        "MAKEFLAGS",
    ];
    const PREFIXES: [&str; 5] = ["CARGO_PROFILE_", "CARGO_FEATURE_", "CARGO_CFG_", "DEP_", "CARGO_BUILD_"];
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if NAMES.contains(&text.as_ref()) || PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}

/// The path of the `.a` in cargo's messages. They are JSON, one a line, and the paths we are after need no unescaping
/// beyond backslashes and quotes, so no JSON parser is needed in build scripts.
fn static_library(messages: &str) -> Option<PathBuf> {
    let artefacts = messages.lines().filter(|line| line.contains(r#""reason":"compiler-artifact""#));
    let mut found = None;
    for line in artefacts {
        let Some((_, rest)) = line.split_once(r#""filenames":["#) else { continue };
        let Some((names, _)) = rest.split_once(']') else { continue };
        for name in names.split(r#"",""#) {
            let name = name.trim_matches('"').replace(r#"\""#, "\"").replace(r"\\", r"\");
            if name.ends_with(".a") {
                found = Some(PathBuf::from(name));
            }
        }
    }
    found
}

/// A rustc that has the library of `target`: the one the environment names, then the one cargo uses, then the one that
/// `.ci/setup` installs.
#[must_use]
pub fn rustc_for(target: &str, working_directory: &Path) -> Option<OsString> {
    if let Some(rustc) = env::var_os(format!("AOT_RUNTIME_RUSTC_{}", variable_part(target))) {
        return has_target(&rustc, target, working_directory).then_some(rustc);
    }
    let ordinary = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let installed = tools_directory().map(|tools| tools.join("rustc-web").join("rustc").into_os_string());
    [Some(ordinary), installed].into_iter().flatten().find(|rustc| has_target(rustc, target, working_directory))
}

/// Where `.ci/setup` puts its tools.
#[must_use]
pub fn tools_directory() -> Option<PathBuf> {
    match env::var_os("AOT_TOOLS") {
        Some(directory) => Some(directory.into()),
        None => Some(PathBuf::from(env::var_os("HOME")?).join(".cache").join("aot-tools")),
    }
}

fn has_target(rustc: &OsString, target: &str, working_directory: &Path) -> bool {
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", target])
        .current_dir(working_directory)
        .output();
    let Ok(output) = output else { return false };
    let directory = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    output.status.success()
        && fs::read_dir(directory).is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                name.starts_with("libcore-") && name.ends_with(".rlib")
            })
        })
}

fn help_for(target: &str) -> String {
    format!(
        "the Rust library for {target} is not installed: run `rustup target add {target}`, or on Debian \
         `.ci/setup`, or set AOT_RUNTIME_RUSTC_{} to a rustc that has it",
        variable_part(target)
    )
}

fn variable_part(target: &str) -> String {
    target.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_found_in_the_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","filenames":["/t/deps/libcore.rlib","/t/deps/libcore.rmeta"],"fresh":true}"#,
            "\n",
            r#"{"reason":"compiler-artifact","filenames":["/t/release/lib\"odd\".a"],"executable":null}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(static_library(messages), Some(PathBuf::from(r#"/t/release/lib"odd".a"#)));
        assert_eq!(static_library(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn a_target_that_nobody_has_is_missing() {
        let directory = env::temp_dir();
        let recipe = Recipe { package: &directory, target: "avr-none", target_directory: &directory };
        assert!(matches!(build(&recipe), Outcome::MissingTarget { help } if help.contains("rustup target add")));
    }
}
