//! `fd_readdir` and its cookies.
//!
//! A cookie stands for the host's own: the position that `getdents64` gives with every entry and `lseek` takes back. It stays good
//! for as long as the descriptor is open, whatever is created or removed meanwhile; a list of names kept here would be stale.
//!
//! Cookies have 64 bits, and those of ext4, which are hashes, need 63. But the `telldir` of 32-bit guests returns a `long`, so
//! a position beyond it gets a number that fits ([`Cookies`]), at a cost of 12 bytes an entry. Others cost nothing.

use super::WasiState;
use super::fd_table::Descriptor;
use super::guest::GuestMemory;
use super::types::{Errno, FileType, put, rights};
use alloc::vec::Vec;
use core::mem::MaybeUninit;
use rustix::fs::{AtFlags, FileType as HostFileType, RawDir, RawDirEntry, SeekFrom};

/// Bytes of `dirent`; the name follows.
const DIRENT_BYTES: usize = 24;
/// Room for the host's entries, about as much as guests give.
const HOST_BUFFER: usize = 4096;
/// Host positions below it are cookies as they are; numbers of others begin here.
const FIRST_NUMBER: u64 = 1 << 30;

/// The numbers of a descriptor's host positions, the same one for as long as it is open.
#[derive(Debug, Default)]
pub(crate) struct Cookies {
    positions: Vec<u64>,
    /// Indices of `positions`, by position. Directories are listed in this order, so that new ones come last.
    sorted: Vec<u32>,
}

impl Cookies {
    pub(crate) const fn new() -> Cookies {
        Cookies { positions: Vec::new(), sorted: Vec::new() }
    }

    fn position(&self, cookie: u64) -> Result<u64, Errno> {
        let Some(number) = cookie.checked_sub(FIRST_NUMBER) else { return Ok(cookie) };
        let position = usize::try_from(number).ok().and_then(|number| self.positions.get(number));
        position.copied().ok_or(Errno::Inval)
    }

    fn cookie(&mut self, position: u64) -> Result<u64, Errno> {
        if position < FIRST_NUMBER {
            return Ok(position);
        }
        let known = self.sorted.binary_search_by_key(&position, |number| self.positions[*number as usize]);
        let number = match known {
            Ok(place) => self.sorted[place],
            Err(place) => {
                let number =
                    u32::try_from(self.positions.len()).ok().filter(|number| u64::from(*number) < FIRST_NUMBER);
                let number = number.ok_or(Errno::Overflow)?;
                self.positions.try_reserve(1).map_err(|_| Errno::NoMem)?;
                self.sorted.try_reserve(1).map_err(|_| Errno::NoMem)?;
                self.positions.push(position);
                self.sorted.insert(place, number);
                number
            }
        };
        Ok(FIRST_NUMBER + u64::from(number))
    }
}

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
    let mut cookies = directory.reading_directory.lock();
    rustix::fs::seek(host, SeekFrom::Start(cookies.position(cookie)?))?;
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
        let next = cookies.cookie(entry.next_entry_cookie())?;
        filled += buffer.part(filled, DIRENT_BYTES).copy_from(&header(&directory, &entry, next)?);
        filled += buffer.part(filled, name.len()).copy_from(name);
    }
    drop(cookies);
    // At most the buffer's length, which came as a u32.
    used.write(u32::try_from(filled).map_err(|_| Errno::Overflow)?);
    Ok(())
}

fn header(directory: &Descriptor, entry: &RawDirEntry<'_>, next: u64) -> Result<[u8; DIRENT_BYTES], Errno> {
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
    put(&mut bytes, 0, &next.to_le_bytes());
    put(&mut bytes, 8, &inode.to_le_bytes());
    put(&mut bytes, 16, &u32::try_from(name.count_bytes()).map_err(|_| Errno::NameTooLong)?.to_le_bytes());
    put(&mut bytes, 20, &[FileType::from_host(file_type) as u8]);
    Ok(bytes)
}

#[cfg(test)]
#[path = "dir_tests.rs"]
mod tests;
