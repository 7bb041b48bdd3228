//! Real programs from many toolchains: each compiles in every model, memory strategy and optimisation level.
//!
//! The programs are data of other projects and do not live in this repository: they are looked for in
//! `../shared/programs` beside the checkout, or where `AOT_PROGRAMS` says. Without them this suite says so loudly and
//! passes, except on the CI machine (`CI` is set), where it fails.
//!
//! `cargo test -p aot-tests --test programs [-- FILTER…]`

use anyhow::{Context, Result, bail};
use aot_compiler::options::{MemoryStrategy, Model, Optimize};
use aot_compiler::{ErrorKind, Options, Target};
use serde::Deserialize;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// `cmd.json`: as much of it as matters here.
#[derive(Debug, Deserialize)]
struct Description {
    /// Proposals that the module needs.
    #[serde(default)]
    features: Vec<String>,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool> {
    let filters: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--").collect();
    let Some(folder) = folder() else {
        let message = "there is no ../shared/programs beside this checkout, and AOT_PROGRAMS names no folder";
        if std::env::var_os("CI").is_some() {
            bail!("{message}");
        }
        println!("programs: SKIPPED, NOTHING WAS TESTED: {message}");
        return Ok(true);
    };
    let mut names: Vec<String> = std::fs::read_dir(&folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    names.retain(|name| folder.join(name).join("prog.wasm").is_file());
    names.retain(|name| filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str())));
    names.sort();
    if names.is_empty() {
        bail!("no program in {} has a name that contains {}", folder.display(), filters.join(" or "));
    }
    let mut failed = 0;
    for name in &names {
        let start = Instant::now();
        match program(&folder.join(name)) {
            Ok(how) => println!("{name}: {how} ({:.1} s)", start.elapsed().as_secs_f64()),
            Err(error) => {
                failed += 1;
                println!("{name}: FAILED: {error:#}");
            }
        }
    }
    println!("programs: {} passed, {failed} failed", names.len() - failed);
    Ok(failed == 0)
}

fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("AOT_PROGRAMS") {
        return Some(folder.into()).filter(|folder: &PathBuf| folder.is_dir());
    }
    // A worktree may lie one folder deeper than the main checkout.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    root.ancestors().skip(1).take(2).map(|folder| folder.join("shared/programs")).find(|folder| folder.is_dir())
}

fn program(folder: &Path) -> Result<String> {
    let description = std::fs::read_to_string(folder.join("cmd.json")).context("cmd.json")?;
    let description: Description = serde_json::from_str(&description).context("cmd.json")?;
    let wasm = std::fs::read(folder.join("prog.wasm")).context("prog.wasm")?;
    let unsupported: Vec<&str> = description
        .features
        .iter()
        .map(String::as_str)
        .filter(|feature| ["exceptions", "gc"].contains(feature))
        .collect();
    let mut compiled = 0;
    for target in ["x86_64-linux", "aarch64-linux"] {
        for (model, memory, optimize) in [
            (Model::Executable, MemoryStrategy::Guard, Optimize::Speed),
            (Model::Library, MemoryStrategy::Bounds, Optimize::None),
        ] {
            // Large programs in a debug build of the compiler take their time: once for each target is enough for them.
            if wasm.len() > 2_000_000 && model == Model::Library {
                continue;
            }
            let mut options = Options::new(Target::parse(target)?);
            (options.model, options.memory, options.optimize) = (model, memory, optimize);
            options.facts = optimize != Optimize::None;
            options.memory_in_place = model == Model::Executable;
            options.imports.wasi = true;
            let place = format!("{target}, {model:?}, {memory:?}");
            match catch_unwind(|| aot_compiler::compile(&wasm, &options)) {
                Ok(Ok(object)) if unsupported.is_empty() => {
                    if !object.bytes.starts_with(b"\x7fELF") {
                        bail!("{place}: no ELF file came out");
                    }
                    compiled += 1;
                }
                Ok(Ok(_)) => {
                    bail!("{place}: compiles now; {} can leave the list in programs.rs", unsupported.join(", "))
                }
                Ok(Err(error)) if error.kind() == ErrorKind::Unsupported && !unsupported.is_empty() => {
                    // The error names what is missing and where.
                    if !unsupported.iter().any(|feature| error.to_string().contains(feature))
                        || error.offset().is_none()
                    {
                        bail!("{place}: the error should name {} and the offset: {error}", unsupported.join(" or "));
                    }
                }
                Ok(Err(error)) => bail!("{place}: {error}"),
                Err(_) => bail!("{place}: the compiler panicked"),
            }
        }
    }
    Ok(if unsupported.is_empty() {
        format!("compiles in {compiled} configurations")
    } else {
        format!("refused, for want of {}", unsupported.join(", "))
    })
}
