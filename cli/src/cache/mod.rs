//! What `aot` made before, by what it was made from: finished outputs here, functions in [`functions`].
//!
//! `$XDG_CACHE_HOME/aot`, else `~/.cache/aot`. An entry's name is a hash of what decides its bytes, this very `aot` included; entries appear by a rename, so that several `aot` can share the folder. When the
//! folder grows beyond [`LIMIT`], entries that were used longest ago are removed.

pub(crate) mod functions;

use crate::output::{Permissions, write_file};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs, io};

/// Bytes that the cache may take.
const LIMIT: u64 = 1 << 30;

/// A place in the cache.
#[derive(Debug)]
pub(crate) struct Entry {
    path: PathBuf,
}

impl Entry {
    /// Where the output of this module, made in this way, belongs. `None` without a home.
    pub(crate) fn of(wasm: &[u8], fingerprint: &str) -> Option<Self> {
        let mut hash = Sha256::new();
        for part in [wasm, fingerprint.as_bytes(), identity().as_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut name = String::new();
        for byte in &hash.finalize()[..16] {
            let _ = write!(name, "{byte:02x}");
        }
        Some(Entry { path: folder()?.join(name) })
    }

    /// The output, if it is there. Marks it as used.
    pub(crate) fn find(&self) -> Option<&Path> {
        use_file(&self.path).then_some(&*self.path)
    }

    /// Puts an output there.
    pub(crate) fn insert(&self, bytes: &[u8]) -> io::Result<&Path> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
            make_room(folder, LIMIT.saturating_sub(bytes.len() as u64));
        }
        write_file(&self.path, bytes, Permissions::Executable)?;
        Ok(&self.path)
    }
}

/// Marks a file as used, if it is there.
fn use_file(path: &Path) -> bool {
    // Not for writing: a file that is being written cannot be executed, nor the other way round.
    let file = fs::File::open(path);
    file.is_ok_and(|file| file.set_modified(SystemTime::now()).is_ok() || path.exists())
}

fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join("aot"))
}

/// What this `aot` is: the same version built twice need not make the same code.
fn identity() -> String {
    let mut identity = env!("CARGO_PKG_VERSION").to_owned();
    if let Ok(metadata) = env::current_exe().and_then(fs::metadata) {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        let _ = write!(identity, " {} {modified:?}", metadata.len());
    }
    for image in crate::link::runtime::images() {
        let _ = write!(identity, " {}", image.len());
    }
    identity
}

/// Removes what was used longest ago, until at most `allowed` bytes are left. What cannot be removed stays.
fn make_room(folder: &Path, allowed: u64) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((metadata.modified().ok()?, metadata.len(), entry.path()))
        })
        .collect();
    files.sort();
    let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
    for (_, length, path) in files {
        if total <= allowed {
            break;
        }
        if fs::remove_file(path).is_ok() {
            total -= length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, make_room};
    use std::fs;
    use std::time::{Duration, SystemTime};

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let folder = std::env::temp_dir().join(format!("aot-cache-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the temporary folder is writable");
        for (name, age) in [("old", 30), ("new", 10), ("middle", 20)] {
            fs::write(folder.join(name), [0; 100]).expect("the folder is writable");
            let file = fs::File::open(folder.join(name)).expect("it was written");
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).expect("it is ours");
        }
        make_room(&folder, 300);
        assert!(folder.join("old").exists(), "there was room");
        make_room(&folder, 150);
        assert!(folder.join("new").exists() && !folder.join("middle").exists() && !folder.join("old").exists());
        let _ = fs::remove_dir_all(folder);
    }

    #[test]
    fn names_depend_on_module_and_options() {
        let name = |wasm: &[u8], fingerprint: &str| Entry::of(wasm, fingerprint).map(|entry| entry.path);
        assert_eq!(name(b"a", "b"), name(b"a", "b"));
        assert_ne!(name(b"a", "b"), name(b"a", "c"));
        assert_ne!(name(b"ab", ""), name(b"a", "b"), "parts do not run into each other");
    }
}
