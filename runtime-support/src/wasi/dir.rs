//! `fd_readdir` and its cookies.
//!
//! A cookie is the host's own: the position that `getdents64` gives with every entry and `lseek` takes back. It stays good for as
//! long as the descriptor is open, whatever is created or removed meanwhile, and costs no memory; a list of names kept here would
//! grow with the directory and be stale.

use super::WasiState;
use super::fd_table::Descriptor;
use super::guest::GuestMemory;
use super::types::{Errno, FileType, put, rights};
use core::mem::MaybeUninit;
use rustix::fs::{AtFlags, FileType as HostFileType, RawDir, RawDirEntry, SeekFrom};

/// Bytes of `dirent`; the name follows.
const DIRENT_BYTES: usize = 24;
/// Room for the host's entries, about as much as guests give.
const HOST_BUFFER: usize = 4096;

/// Writes entries from `cookie` on. A full buffer, its last entry cut, means that there may be more.
pub(crate) fn fd_readdir(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    buffer: u32,
    buffer_length: u32,
    cookie: u64,
    used: u32,
) -> Result<(), Errno> {
    let directory = state.descriptor(fd)?;
    if directory.file_type != FileType::Directory {
        return Err(Errno::NotDir);
    }
    directory.require(rights::FD_READDIR)?;
    let buffer = memory.slice(buffer, buffer_length)?;
    let used = memory.pointer::<u32>(used)?;
    let host = directory.fd()?;

    // The host's position is part of the descriptor; a second thread must not move it between the two calls.
    let position = directory.reading_directory.lock();
    rustix::fs::seek(host, SeekFrom::Start(cookie))?;
    let mut host_buffer = [MaybeUninit::uninit(); HOST_BUFFER];
    let mut entries = RawDir::new(host, &mut host_buffer);
    let mut filled = 0;
    while filled < buffer.byte_length()
        && let Some(entry) = entries.next()
    {
        let entry = match entry {
            Ok(entry) => entry,
            // The kernel never fails once it has given something, but a second round of its own may.
            Err(_) if filled > 0 => break,
            Err(error) => return Err(error.into()),
        };
        let name = entry.file_name().to_bytes();
        filled += buffer.part(filled, DIRENT_BYTES).copy_from(&header(&directory, &entry)?);
        filled += buffer.part(filled, name.len()).copy_from(name);
    }
    drop(position);
    // At most the buffer's length, which came as a u32.
    used.write(u32::try_from(filled).map_err(|_| Errno::Overflow)?);
    Ok(())
}

fn header(directory: &Descriptor, entry: &RawDirEntry<'_>) -> Result<[u8; DIRENT_BYTES], Errno> {
    let name = entry.file_name();
    let mut file_type = entry.file_type();
    if file_type == HostFileType::Unknown
        && let Ok(stat) = rustix::fs::statat(directory.fd()?, name, AtFlags::SYMLINK_NOFOLLOW)
    {
        // Some file systems do not store types in directories. An entry gone meanwhile stays unknown.
        file_type = HostFileType::from_raw_mode(stat.st_mode);
    }
    let mut inode = entry.ino();
    if directory.grant.is_some() && name == c".." {
        // What is above a granted directory is not the guest's business: as in `/`, `..` is the directory itself.
        inode = rustix::fs::fstat(directory.fd()?)?.st_ino;
    }
    let mut bytes = [0; DIRENT_BYTES];
    put(&mut bytes, 0, &entry.next_entry_cookie().to_le_bytes());
    put(&mut bytes, 8, &inode.to_le_bytes());
    put(&mut bytes, 16, &u32::try_from(name.count_bytes()).map_err(|_| Errno::NameTooLong)?.to_le_bytes());
    put(&mut bytes, 20, &[FileType::from_host(file_type) as u8]);
    Ok(bytes)
}

#[cfg(test)]
#[path = "dir_tests.rs"]
mod tests;
