//! What unit tests of WASI functions share: a tree of files, a guest with grants in it, and calls spelled shortly.

use super::guest::tests::TestMemory;
use super::types::rights;
use super::{Errno, GuestMemory, HostDirectory, Preopen, Resolution, WasiConfig, WasiState, dir, fd, path};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::string::String;
use std::sync::atomic::{AtomicU32, Ordering};
use std::vec::Vec;
use std::{env, format, fs, process};

/// Every right there is.
pub(crate) const ALL_RIGHTS: u64 = (1 << 30) - 1;

/// A directory of its own, removed in the end.
pub(crate) struct TempDir {
    path: PathBuf,
}

impl TempDir {
    pub(crate) fn new() -> TempDir {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("aot-wasi-{}-{number}", process::id()));
        fs::create_dir(&path).unwrap();
        TempDir { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A guest with three grants, in a tree that has more than what is granted:
///
/// ```text
/// outside/secret  outside/dir/
/// granted/file  granted/dir/nested/file      descriptor 3, `/`
/// other/                                     descriptor 4, `/other`
/// read_only/file  read_only/dir/             descriptor 5, `/read-only`
/// ```
pub(crate) struct Guest {
    pub(crate) state: WasiState,
    pub(crate) tree: TempDir,
    memory: TestMemory,
}

/// The writable grant.
pub(crate) const GRANTED: u32 = 3;
/// Another writable grant.
pub(crate) const OTHER: u32 = 4;
/// The read-only grant.
pub(crate) const READ_ONLY: u32 = 5;

/// Where calls put results.
pub(crate) const RESULT: u32 = 0;
/// Where calls put `iovec`s.
const VECTORS: u32 = 256;
/// Where calls put paths and data.
pub(crate) const DATA: u32 = 1024;
/// Where calls put a second path.
const SECOND_DATA: u32 = DATA + 8192;
/// Size of the memory.
pub(crate) const MEMORY: usize = 1 << 20;

/// Runs a test with each way to resolve paths.
pub(crate) fn with_both(test: impl Fn(&mut Guest)) {
    for resolution in [Resolution::Automatic, Resolution::Walk] {
        test(&mut Guest::new(resolution));
    }
}

impl Guest {
    pub(crate) fn new(resolution: Resolution) -> Guest {
        let tree = TempDir::new();
        for directory in ["outside/dir", "granted/dir/nested", "other", "read_only/dir"] {
            fs::create_dir_all(tree.path().join(directory)).unwrap();
        }
        for file in ["granted/file", "granted/dir/nested/file", "read_only/file"] {
            fs::write(tree.path().join(file), "inside").unwrap();
        }
        fs::write(tree.path().join("outside/secret"), "outside").unwrap();
        let grant = |host: &str, guest: &str, read_only| Preopen {
            host: HostDirectory::Path(tree.path().join(host).as_os_str().as_bytes().to_vec()),
            guest_path: guest.as_bytes().to_vec(),
            read_only,
        };
        let preopens =
            [grant("granted", "/", false), grant("other", "/other", false), grant("read_only", "/read-only", true)];
        let config = WasiConfig { preopens: preopens.into(), resolution, ..WasiConfig::default() };
        Guest { state: WasiState::new(config).unwrap(), tree, memory: TestMemory::new(MEMORY) }
    }

    /// A guest with these grants only, and no tree.
    pub(crate) fn with_config(config: WasiConfig) -> Guest {
        Guest { state: WasiState::new(config).unwrap(), tree: TempDir::new(), memory: TestMemory::new(MEMORY) }
    }

    /// The host's path of something in the tree.
    pub(crate) fn host(&self, path: &str) -> PathBuf {
        self.tree.path().join(path)
    }

    pub(crate) fn memory(&mut self) -> GuestMemory {
        self.memory.guest()
    }

    fn put(&mut self, address: u32, bytes: &[u8]) -> u32 {
        let length = u32::try_from(bytes.len()).unwrap();
        self.memory().slice(address, length).unwrap().copy_from(bytes);
        length
    }

    pub(crate) fn result(&mut self) -> u32 {
        self.memory().pointer::<u32>(RESULT).unwrap().read()
    }

    pub(crate) fn bytes<const N: usize>(&mut self, address: u32) -> [u8; N] {
        self.memory().pointer(address).unwrap().read()
    }

    /// `path_open` with every argument.
    pub(crate) fn open_with(
        &mut self,
        fd: u32,
        lookup: u32,
        name: &str,
        open_flags: u16,
        rights: u64,
        flags: u16,
    ) -> Result<u32, Errno> {
        let length = self.put(DATA, name.as_bytes());
        let memory = self.memory();
        let (open_flags, flags) = (u32::from(open_flags), u32::from(flags));
        path::path_open(&self.state, &memory, fd, lookup, DATA, length, open_flags, rights, ALL_RIGHTS, flags, RESULT)?;
        Ok(self.result())
    }

    /// Opens to read, following links.
    pub(crate) fn open(&mut self, fd: u32, name: &str) -> Result<u32, Errno> {
        self.open_with(
            fd,
            1,
            name,
            0,
            rights::FD_READ | rights::FD_SEEK | rights::FD_TELL | rights::POLL_FD_READWRITE,
            0,
        )
    }

    /// Opens a directory with all rights, following links.
    pub(crate) fn open_directory(&mut self, fd: u32, name: &str) -> Result<u32, Errno> {
        self.open_with(
            fd,
            1,
            name,
            2,
            ALL_RIGHTS & !(rights::FD_WRITE | rights::FD_ALLOCATE | rights::FD_FILESTAT_SET_SIZE),
            0,
        )
    }

    pub(crate) fn close(&mut self, fd: u32) {
        let memory = self.memory();
        fd::fd_close(&self.state, &memory, fd).unwrap();
    }

    /// Opens and reads all of a small file.
    pub(crate) fn read_file(&mut self, fd: u32, name: &str) -> Result<String, Errno> {
        let file = self.open(fd, name)?;
        let content = self.read(file, 4096);
        self.close(file);
        Ok(String::from_utf8(content?).unwrap())
    }

    pub(crate) fn read(&mut self, fd: u32, byte_length: u32) -> Result<Vec<u8>, Errno> {
        self.put(VECTORS, &[DATA.to_le_bytes(), byte_length.to_le_bytes()].concat());
        let memory = self.memory();
        fd::fd_read(&self.state, &memory, fd, VECTORS, 1, RESULT)?;
        let count = self.result();
        self.memory().slice(DATA, count).unwrap().to_vec()
    }

    pub(crate) fn write(&mut self, fd: u32, bytes: &[u8]) -> Result<u32, Errno> {
        let length = self.put(DATA, bytes);
        self.put(VECTORS, &[DATA.to_le_bytes(), length.to_le_bytes()].concat());
        let memory = self.memory();
        fd::fd_write(&self.state, &memory, fd, VECTORS, 1, RESULT)?;
        Ok(self.result())
    }

    pub(crate) fn pread(&mut self, fd: u32, byte_length: u32, offset: u64) -> Result<Vec<u8>, Errno> {
        self.put(VECTORS, &[DATA.to_le_bytes(), byte_length.to_le_bytes()].concat());
        let memory = self.memory();
        fd::fd_pread(&self.state, &memory, fd, VECTORS, 1, offset, RESULT)?;
        let count = self.result();
        self.memory().slice(DATA, count).unwrap().to_vec()
    }

    pub(crate) fn pwrite(&mut self, fd: u32, bytes: &[u8], offset: u64) -> Result<u32, Errno> {
        let length = self.put(DATA, bytes);
        self.put(VECTORS, &[DATA.to_le_bytes(), length.to_le_bytes()].concat());
        let memory = self.memory();
        fd::fd_pwrite(&self.state, &memory, fd, VECTORS, 1, offset, RESULT)?;
        Ok(self.result())
    }

    pub(crate) fn seek(&mut self, fd: u32, offset: i64, whence: u32) -> Result<u64, Errno> {
        let memory = self.memory();
        fd::fd_seek(&self.state, &memory, fd, offset.cast_unsigned(), whence, RESULT)?;
        Ok(u64::from_le_bytes(self.bytes(RESULT)))
    }

    /// The `filestat` of a path.
    pub(crate) fn stat(&mut self, fd: u32, lookup: u32, name: &str) -> Result<[u8; 64], Errno> {
        let length = self.put(DATA, name.as_bytes());
        let memory = self.memory();
        path::path_filestat_get(&self.state, &memory, fd, lookup, DATA, length, RESULT)?;
        Ok(self.bytes(RESULT))
    }

    /// Sets the modification time of a path, in seconds.
    pub(crate) fn set_times(&mut self, fd: u32, lookup: u32, name: &str, seconds: u64) -> Result<(), Errno> {
        let length = self.put(DATA, name.as_bytes());
        let memory = self.memory();
        path::path_filestat_set_times(&self.state, &memory, fd, lookup, DATA, length, 0, seconds * 1_000_000_000, 4)
    }

    pub(crate) fn read_link(&mut self, fd: u32, name: &str) -> Result<String, Errno> {
        let length = self.put(DATA, name.as_bytes());
        let memory = self.memory();
        path::path_readlink(&self.state, &memory, fd, DATA, length, SECOND_DATA, 4096, RESULT)?;
        let count = self.result();
        let link = self.memory().slice(SECOND_DATA, count).unwrap().to_vec()?;
        Ok(String::from_utf8(link).unwrap())
    }

    pub(crate) fn create_directory(&mut self, fd: u32, name: &str) -> Result<(), Errno> {
        let length = self.put(DATA, name.as_bytes());
        let memory = self.memory();
        path::path_create_directory(&self.state, &memory, fd, DATA, length)
    }

    pub(crate) fn remove_directory(&mut self, fd: u32, name: &str) -> Result<(), Errno> {
        let length = self.put(DATA, name.as_bytes());
        let memory = self.memory();
        path::path_remove_directory(&self.state, &memory, fd, DATA, length)
    }

    pub(crate) fn unlink(&mut self, fd: u32, name: &str) -> Result<(), Errno> {
        let length = self.put(DATA, name.as_bytes());
        let memory = self.memory();
        path::path_unlink_file(&self.state, &memory, fd, DATA, length)
    }

    pub(crate) fn symlink(&mut self, target: &str, fd: u32, name: &str) -> Result<(), Errno> {
        let target_length = self.put(DATA, target.as_bytes());
        let length = self.put(SECOND_DATA, name.as_bytes());
        let memory = self.memory();
        path::path_symlink(&self.state, &memory, DATA, target_length, fd, SECOND_DATA, length)
    }

    pub(crate) fn rename(&mut self, old_fd: u32, old: &str, new_fd: u32, new: &str) -> Result<(), Errno> {
        let old_length = self.put(DATA, old.as_bytes());
        let new_length = self.put(SECOND_DATA, new.as_bytes());
        let memory = self.memory();
        path::path_rename(&self.state, &memory, old_fd, DATA, old_length, new_fd, SECOND_DATA, new_length)
    }

    pub(crate) fn link(&mut self, old_fd: u32, lookup: u32, old: &str, new_fd: u32, new: &str) -> Result<(), Errno> {
        let old_length = self.put(DATA, old.as_bytes());
        let new_length = self.put(SECOND_DATA, new.as_bytes());
        let memory = self.memory();
        path::path_link(&self.state, &memory, old_fd, lookup, DATA, old_length, new_fd, SECOND_DATA, new_length)
    }

    /// `fd_readdir` into a buffer of this size: the bytes used.
    pub(crate) fn read_directory(&mut self, fd: u32, byte_length: u32, cookie: u64) -> Result<Vec<u8>, Errno> {
        let memory = self.memory();
        dir::fd_readdir(&self.state, &memory, fd, DATA, byte_length, cookie, RESULT)?;
        let count = self.result();
        self.memory().slice(DATA, count).unwrap().to_vec()
    }
}
