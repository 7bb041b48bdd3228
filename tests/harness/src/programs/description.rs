//! `expect.toml`: where a program comes from, and what it does when it runs. `tests/programs/README.md` is the manual.

use super::case::{Case, Directory, Ending, Text};
use super::conversation::Connection;
use super::way::Way;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A program and its cases.
#[derive(Debug)]
pub struct Program {
    /// Name of its folder.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// The module: `prog.wasm`, or `prog.wat` where that is the source.
    pub module: PathBuf,
    /// Language and compiler family, as in "C++"; empty when it is not ours.
    pub toolchain: String,
    /// The ways in which it is compiled.
    pub ways: Vec<Way>,
    /// Flags of `aot compile` for every case.
    pub flags: Vec<String>,
    /// What is tried.
    pub cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    toolchain: String,
    /// Exact versions of what made the module; for wat, what it is about stands in the source.
    #[serde(default)]
    tools: String,
    /// How it was made, in its folder.
    #[serde(default)]
    command: String,
    /// Who else printed the same.
    checked: String,
    #[serde(default)]
    flags: Vec<String>,
    /// Ways to compile, where not all of them; and why.
    #[serde(default)]
    only: Vec<String>,
    #[serde(default, rename = "only-because")]
    only_because: String,
    #[serde(default, rename = "case")]
    cases: Vec<FileCase>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FileCase {
    name: String,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    dirs: Vec<FileDirectory>,
    stdin: Option<String>,
    stdin_file: Option<String>,
    /// Grants are compiled in instead of given when the program runs.
    #[serde(default)]
    baked: bool,
    exit: Option<i32>,
    trap: Option<String>,
    stdout: Option<String>,
    stdout_file: Option<String>,
    stdout_sha256: Option<String>,
    #[serde(default)]
    stderr_has: Vec<String>,
    #[serde(default)]
    files_after: BTreeMap<String, String>,
    #[serde(default)]
    connections: Vec<Connection>,
    seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileDirectory {
    guest: String,
    copy: Option<String>,
    #[serde(default, rename = "read-only")]
    read_only: bool,
}

/// Reads the program in this folder.
pub fn read(folder: &Path) -> Result<Program> {
    let name = folder.file_name().context("a folder has a name")?.to_string_lossy().into_owned();
    let text = std::fs::read_to_string(folder.join("expect.toml"))?;
    let file: File = toml::from_str(&text)?;
    let wat = folder.join("prog.wat");
    let module = if wat.is_file() { wat } else { folder.join("prog.wasm") };
    ensure!(module.is_file(), "there is neither prog.wat nor prog.wasm");
    if module.extension().is_some_and(|extension| extension == "wasm") {
        ensure!(!file.tools.is_empty() && !file.command.is_empty(), "a prog.wasm comes with `tools` and `command`");
    }
    ensure!(!file.checked.is_empty(), "`checked` says who else printed the same");
    ensure!(file.only.is_empty() == file.only_because.is_empty(), "`only` and `only-because` come together");
    ensure!(!file.cases.is_empty(), "a program has cases");
    let mut names = std::collections::BTreeSet::new();
    let cases = file.cases.into_iter().map(|case| {
        let name = case.name.clone();
        ensure!(names.insert(name.clone()), "two cases are called {name}");
        convert(case, folder).with_context(|| format!("case {name}"))
    });
    Ok(Program {
        name,
        folder: folder.to_path_buf(),
        module,
        toolchain: file.toolchain,
        ways: Way::chosen(&file.only)?,
        flags: file.flags,
        cases: cases.collect::<Result<_>>()?,
    })
}

fn convert(case: FileCase, folder: &Path) -> Result<Case> {
    let contents = |name: &String| std::fs::read(folder.join(name)).with_context(|| name.clone());
    let stdin = match (&case.stdin, &case.stdin_file) {
        (Some(text), None) => text.clone().into_bytes(),
        (None, Some(file)) => contents(file)?,
        (None, None) => Vec::new(),
        (Some(_), Some(_)) => bail!("`stdin` or `stdin-file`"),
    };
    let stdout = match (case.stdout, &case.stdout_file, case.stdout_sha256) {
        (Some(text), None, None) => Text::Exactly(text.into_bytes()),
        (None, Some(file), None) => Text::Exactly(contents(file)?),
        (None, None, Some(sum)) => Text::Sha256(sum),
        _ => bail!("exactly one of `stdout`, `stdout-file` and `stdout-sha256`"),
    };
    let ending = match (case.exit, case.trap) {
        (Some(status), None) => Ending::Exit(status),
        (None, Some(message)) => Ending::Trap(Some(message)),
        _ => bail!("exactly one of `exit` and `trap`"),
    };
    Ok(Case {
        name: case.name,
        flags: case.flags,
        args: case.args,
        env: case.env,
        directories: case
            .dirs
            .into_iter()
            .map(|directory| Directory {
                guest: directory.guest,
                copy: directory.copy.map(|name| folder.join(name)),
                read_only: directory.read_only,
            })
            .collect(),
        stdin,
        baked: case.baked,
        ending,
        stdout,
        stderr_has: case.stderr_has,
        files_after: case.files_after,
        connections: case.connections,
        seconds: case.seconds.unwrap_or(60),
    })
}
