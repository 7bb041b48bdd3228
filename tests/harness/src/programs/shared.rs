//! `cmd.json`: programs of other projects, which are test data beside the checkout. Its README is the description.

use super::case::{self, Case, Directory, Ending, Text};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A program of another project.
#[derive(Debug)]
pub struct SharedProgram {
    /// Name of its folder.
    pub name: String,
    /// `prog.wasm`.
    pub module: PathBuf,
    /// Its size.
    pub byte_length: u64,
    /// What can be done with it.
    pub kind: SharedKind,
}

/// See [`SharedProgram::kind`].
#[derive(Debug)]
pub enum SharedKind {
    /// Runs as a command.
    Command(Vec<Case>),
    /// An export is called, named by a flag of the case.
    Invoke(Vec<Case>),
    /// Only compiles: its imports belong to a host that is not here.
    CompileOnly,
}

#[derive(Debug, Deserialize)]
struct File {
    kind: String,
    size: u64,
    #[serde(default)]
    cases: Vec<FileCase>,
}

#[derive(Debug, Deserialize)]
struct FileCase {
    name: String,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    dirs: Vec<FileDirectory>,
    #[serde(default)]
    stdin: String,
    exit_code: i32,
    stdout: Option<String>,
    stdout_sha256: Option<String>,
    #[serde(default)]
    files_after: BTreeMap<String, String>,
    #[serde(default)]
    verified: String,
}

#[derive(Debug, Deserialize)]
struct FileDirectory {
    guest: String,
    host: Option<String>,
}

/// The folder of these programs: `AOT_PROGRAMS`, or `shared/programs` beside the checkout.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("AOT_PROGRAMS") {
        return Some(folder.into()).filter(|folder: &PathBuf| folder.is_dir());
    }
    // A worktree may lie one folder deeper than the main checkout.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.parent()?;
    root.ancestors().skip(1).take(2).map(|folder| folder.join("shared/programs")).find(|folder| folder.is_dir())
}

/// Reads the program in this folder.
pub fn read(folder: &Path) -> Result<SharedProgram> {
    let name = folder.file_name().context("a folder has a name")?.to_string_lossy().into_owned();
    let text = std::fs::read_to_string(folder.join("cmd.json")).context("cmd.json")?;
    let file: File = serde_json::from_str(&text).context("cmd.json")?;
    let kind = match file.kind.as_str() {
        "preview1-command" => {
            let cases = file.cases.into_iter().map(|case| convert(case, folder));
            SharedKind::Command(cases.collect::<Result<_>>()?)
        }
        "compile-only" => SharedKind::CompileOnly,
        invoke if invoke.starts_with("invoke") => SharedKind::Invoke(invocation(invoke)?),
        other => bail!("cmd.json: the kind {other:?} is not known here"),
    };
    Ok(SharedProgram { name, module: folder.join("prog.wasm"), byte_length: file.size, kind })
}

/// `invoke run = -42691`: an export without parameters and its result.
fn invocation(text: &str) -> Result<Vec<Case>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let ["invoke", export, "=", result] = words.as_slice() else {
        bail!("not of the form `invoke NAME = RESULT`: {text}")
    };
    Ok(vec![Case {
        name: (*export).to_owned(),
        flags: vec!["--entry".to_owned(), (*export).to_owned()],
        stdout: Text::Exactly(format!("{result}\n").into_bytes()),
        ..Case::default()
    }])
}

fn convert(case: FileCase, folder: &Path) -> Result<Case> {
    let ending = match case.exit_code {
        134 => Ending::Trap(None),
        // Which status an uncaught exception gives is up to the engine.
        _ if case.verified.contains("DISAGREE") => Ending::Failure,
        status => Ending::Exit(status),
    };
    let stdout = match (case.stdout, case.stdout_sha256) {
        // Text that JSON cannot hold is described by its sum alone.
        (Some(text), Some(sum)) if case::sum(text.as_bytes()) != sum => Text::Sha256(sum),
        (Some(text), _) => Text::Exactly(text.into_bytes()),
        (None, Some(sum)) => Text::Sha256(sum),
        (None, None) => bail!("case {}: no output is expected", case.name),
    };
    Ok(Case {
        name: case.name,
        args: case.args,
        env: case.env,
        directories: case
            .dirs
            .into_iter()
            .map(|directory| Directory {
                guest: directory.guest,
                copy: directory.host.map(|name| folder.join(name)),
                read_only: false,
            })
            .collect(),
        stdin: case.stdin.into_bytes(),
        ending,
        stdout,
        files_after: case.files_after,
        ..Case::default()
    })
}

#[cfg(test)]
mod tests {
    use super::{Text, invocation};

    #[test]
    fn invocations_name_export_and_result() {
        let cases = invocation("invoke run = -42691").expect("well formed");
        assert_eq!(cases[0].flags, ["--entry", "run"]);
        assert!(matches!(&cases[0].stdout, Text::Exactly(bytes) if bytes == b"-42691\n"));
        assert!(invocation("invoke run").is_err());
    }
}
