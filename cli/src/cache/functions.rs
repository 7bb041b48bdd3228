//! The compiler's packs of functions, as files of the cache.

use super::{LIMIT, folder, identity, make_room, use_file};
use crate::output::{Permissions, write_file};
use aot_compiler::FunctionStore;
use std::fs;
use std::path::PathBuf;

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Functions {
    folder: PathBuf,
}

impl Functions {
    /// The cache's folder; `None` without a home.
    pub(crate) fn open() -> Option<Self> {
        folder().map(|folder| Functions { folder })
    }
}

impl FunctionStore for Functions {
    fn identity(&self) -> String {
        identity()
    }

    fn load(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.folder.join(name);
        use_file(&path).then(|| fs::read(path).ok())?
    }

    fn save(&self, name: &str, pack: &[u8]) {
        // A cache that cannot be written is one that is slow.
        if fs::create_dir_all(&self.folder).is_ok() {
            make_room(&self.folder, LIMIT.saturating_sub(pack.len() as u64));
            let _ = write_file(&self.folder.join(name), pack, Permissions::Data);
        }
    }
}
