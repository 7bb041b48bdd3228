//! The official WASI test suite: programs, and beside each what it is given and what has to come of it.
//!
//! The suite is data of another project and does not live in this repository; the caller knows where it is. A test is
//! `NAME.wasm` or `NAME.wat`, and `NAME.json` beside it says what differs from the defaults of [`Description`].

use super::{Bench, Test, expect_status, expect_text};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders of the suite, and what we call each.
const GROUPS: [(&str, &str); 4] = [
    ("wasm32-wasip1/assemblyscript", "AssemblyScript"),
    ("wasm32-wasip1/c", "C"),
    ("wasm32-wasip1/rust", "Rust"),
    ("wasi-threads", "wasi-threads"),
];

/// How many tests the suite has: with fewer, something was not found.
pub const EXPECTED: usize = 72 + 14;

/// What a test is given and what has to come of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Description {
    args: Vec<String>,
    env: BTreeMap<String, String>,
    /// A folder beside the test; a copy of it is granted as `/`.
    root: Option<String>,
    exit_code: i32,
    stdout: Option<String>,
    stderr: Option<String>,
}

/// Every test of the suite in `folder`.
pub fn tests(folder: &Path) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for (below, group) in GROUPS {
        let below = folder.join(below);
        let mut modules: BTreeMap<String, PathBuf> = BTreeMap::new();
        for entry in fs::read_dir(&below).with_context(|| below.display().to_string())? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "wasm" || extension == "wat")
                && let Some(stem) = path.file_stem()
            {
                modules.insert(stem.to_string_lossy().into_owned(), path);
            }
        }
        for (name, module) in modules {
            let json = module.with_extension("json");
            let description = match fs::read_to_string(&json) {
                Ok(text) => serde_json::from_str(&text).with_context(|| json.display().to_string())?,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Description::default(),
                Err(error) => return Err(error).with_context(|| json.display().to_string()),
            };
            let body = Box::new(move |bench: &Bench<'_>| run(&module, &description, bench));
            tests.push(Test { group: group.to_owned(), name, emulated: true, body });
        }
    }
    Ok(tests)
}

fn run(module: &Path, description: &Description, bench: &Bench<'_>) -> Result<()> {
    let mut flags: Vec<String> = Vec::new();
    for argument in &description.args {
        flags.extend(["--arg".to_owned(), argument.clone()]);
    }
    for (name, value) in &description.env {
        flags.extend(["--env".to_owned(), format!("{name}={value}")]);
    }
    if let Some(root) = &description.root {
        let beside = module.parent().context("a module is in a folder")?;
        copy(&beside.join(root), &bench.folder.join("root"))?;
        flags.extend(["--dir".to_owned(), "root::/".to_owned()]);
    }
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    bench.compile(module, "program", &flags)?;
    let finished = bench.run(&mut bench.command("program"))?;
    expect_status(description.exit_code, &finished)?;
    if let Some(stdout) = &description.stdout {
        expect_text("standard output", stdout, &finished.stdout)?;
    }
    if let Some(stderr) = &description.stderr {
        expect_text("standard error", stderr, &finished.stderr)?;
    }
    Ok(())
}

/// Copies a folder, without what an earlier run of the suite may have left there.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let (kind, path, target) = (entry.file_type()?, entry.path(), to.join(entry.file_name()));
        if path.extension().is_some_and(|extension| extension == "cleanup") {
            continue;
        }
        if kind.is_dir() {
            copy(&path, &target)?;
        } else {
            ensure!(kind.is_file(), "{}: neither a file nor a folder", path.display());
            // Contents only: the original may be read-only.
            fs::write(&target, fs::read(&path)?)?;
        }
    }
    Ok(())
}
