//! The programs of the table, as `programs/programs.toml` lists them.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Group {
    Real,
    Vector,
    Scalar,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Language {
    #[serde(rename = "c")]
    C,
    #[serde(rename = "c++")]
    Cpp,
    #[serde(rename = "rust")]
    Rust,
    #[serde(rename = "go")]
    Go,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) group: Group,
    pub(crate) language: Language,
    sources: Vec<String>,
    /// Names that patterns in `sources` do not stand for.
    #[serde(default)]
    exclude: Vec<String>,
    /// Folders to look for headers in.
    #[serde(default)]
    include: Vec<String>,
    /// Of every build.
    #[serde(default)]
    pub(crate) flags: Vec<String>,
    #[serde(default)]
    pub(crate) wasm_flags: Vec<String>,
    #[serde(default)]
    pub(crate) native_flags: Vec<String>,
    /// The size argument.
    pub(crate) work: u32,
}

impl Program {
    pub(crate) fn sources(&self, folders: &Folders) -> Vec<PathBuf> {
        self.sources.iter().flat_map(|path| self.expand(folders.resolve(path))).collect()
    }

    /// A path whose file name may have a `*` in it. Without a match it stays as it is, for a compiler to complain of.
    fn expand(&self, path: PathBuf) -> Vec<PathBuf> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((start, end)) = name.split_once('*') else { return vec![path] };
        let entries = path.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
        let is_meant = |name: &str| {
            name.len() >= start.len() + end.len()
                && name.starts_with(start)
                && name.ends_with(end)
                && !self.exclude.iter().any(|excluded| excluded == name)
        };
        let mut found: Vec<PathBuf> =
            entries.filter(|entry| is_meant(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect();
        found.sort();
        if found.is_empty() { vec![path] } else { found }
    }

    pub(crate) fn include(&self, folders: &Folders) -> Vec<PathBuf> {
        self.include.iter().map(|path| folders.resolve(path)).collect()
    }
}

/// Where things are.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    /// `benches/programs`.
    pub(crate) programs: PathBuf,
    /// What the set-up script made: `bin`, `sources`, and what was compiled with them, `built`.
    pub(crate) kit: PathBuf,
    /// What was run, to be looked at afterwards.
    pub(crate) kept: PathBuf,
}

impl Folders {
    fn resolve(&self, path: &str) -> PathBuf {
        match path.strip_prefix('@') {
            Some(inside) => self.kit.join("sources").join(inside),
            None => self.programs.join(path),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    program: Vec<Program>,
}

/// Those that are asked for, by name or by group, in the order of the file.
pub(crate) fn list(folder: &Path, wanted: &[String]) -> Result<Vec<Program>> {
    let path = folder.join("programs.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let list: List = toml::from_str(&text).with_context(|| path.display().to_string())?;
    for name in wanted {
        if group(name).is_none() && !list.program.iter().any(|program| program.name == *name) {
            let names: Vec<&str> = list.program.iter().map(|program| program.name.as_str()).collect();
            bail!("there is no program `{name}`; there are real, vector, scalar: {}", names.join(", "));
        }
    }
    let is_wanted = |program: &Program| {
        wanted.is_empty() || wanted.iter().any(|name| *name == program.name || group(name) == Some(program.group))
    };
    Ok(list.program.into_iter().filter(is_wanted).collect())
}

fn group(name: &str) -> Option<Group> {
    match name {
        "real" => Some(Group::Real),
        "vector" => Some(Group::Vector),
        "scalar" => Some(Group::Scalar),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_well_formed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
        let all = list(&folder, &[]).expect("the list is well-formed");
        let count = |group| all.iter().filter(|program| program.group == group).count();
        assert!(all.len() >= 16 && count(Group::Vector) >= 8 && count(Group::Scalar) >= 5, "{}", all.len());
        for program in &all {
            for source in program.sources.iter().filter(|source| !source.starts_with('@')) {
                assert!(folder.join(source).is_file(), "{}: {source}", program.name);
            }
        }
        assert_eq!(
            list(&folder, &["scalar".into(), "json".into()]).expect("both exist").len(),
            count(Group::Scalar) + 1
        );
        assert!(list(&folder, &["no-such-program".into()]).is_err());
    }
}
