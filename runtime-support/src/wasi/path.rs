//! Operations on names: open, create, link, rename, remove, stat.

use super::WasiState;
use super::fd::timestamps;
use super::fd_table::{Descriptor, Host};
use super::grants::file_type;
use super::guest::{GuestMemory, PATH_MAX};
use super::sandbox::Sandbox;
use super::types::{Errno, FileStat, FileType, LOOKUP_SYMLINK_FOLLOW, fd_flags, open_flags, rights};
use alloc::ffi::CString;
use alloc::sync::Arc;
use core::mem::MaybeUninit;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType as HostFileType, Mode, OFlags};

/// What new files may be, before the process's umask.
const FILE_MODE: Mode = Mode::from_bits_retain(0o666);
/// What new directories may be, before the process's umask.
const DIRECTORY_MODE: Mode = Mode::from_bits_retain(0o777);

/// Rights for which the host's descriptor has to be open for writing.
const NEED_WRITING: u64 = rights::FD_WRITE | rights::FD_ALLOCATE | rights::FD_FILESTAT_SET_SIZE;
/// Rights for which the host's descriptor has to be open for reading.
const NEED_READING: u64 = rights::FD_READ | rights::FD_READDIR;

/// Creates a directory.
pub(crate) fn path_create_directory(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    path: u32,
    path_length: u32,
) -> Result<(), Errno> {
    let directory = directory(state, fd, rights::PATH_CREATE_DIRECTORY)?;
    let path = memory.path(path, path_length)?;
    let place = sandbox(state, &directory)?.place(&path)?;
    Ok(rustix::fs::mkdirat(place.parent(), place.entry(Errno::Exist)?, DIRECTORY_MODE)?)
}

/// Writes a `filestat`.
pub(crate) fn path_filestat_get(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    lookup: u32,
    path: u32,
    path_length: u32,
    filestat: u32,
) -> Result<(), Errno> {
    let stat = stat(state, memory, fd, lookup, path, path_length);
    let filestat = memory.pointer(filestat)?;
    filestat.write(stat?.to_bytes());
    Ok(())
}

/// Writes a `filestat` in snapshot 0's layout.
pub(crate) fn unstable_path_filestat_get(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    lookup: u32,
    path: u32,
    path_length: u32,
    filestat: u32,
) -> Result<(), Errno> {
    let stat = stat(state, memory, fd, lookup, path, path_length);
    let filestat = memory.pointer(filestat)?;
    filestat.write(stat?.to_unstable_bytes());
    Ok(())
}

fn stat(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    lookup: u32,
    path: u32,
    path_length: u32,
) -> Result<FileStat, Errno> {
    let directory = directory(state, fd, rights::PATH_FILESTAT_GET)?;
    let follow = follows(lookup)?;
    let path = memory.path(path, path_length)?;
    let sandbox = sandbox(state, &directory)?;
    let place = sandbox.place(&path)?;
    let mut stat = None;
    if !place.has_trailing_slash() {
        stat = Some(rustix::fs::statat(place.parent(), place.name(), AtFlags::SYMLINK_NOFOLLOW)?);
    }
    let stat = match stat {
        Some(stat) if !follow || HostFileType::from_raw_mode(stat.st_mode) != HostFileType::Symlink => stat,
        // A slash follows links too, and wants a directory, as `open` knows.
        _ => rustix::fs::fstat(sandbox.open(&path, OFlags::PATH, Mode::empty())?)?,
    };
    Ok(FileStat::from_host(&stat, FileType::from_host(HostFileType::from_raw_mode(stat.st_mode))))
}

/// Sets the times of last access and modification.
#[expect(clippy::too_many_arguments, reason = "as the specification has it")]
pub(crate) fn path_filestat_set_times(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    lookup: u32,
    path: u32,
    path_length: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Result<(), Errno> {
    let directory = directory(state, fd, rights::PATH_FILESTAT_SET_TIMES)?;
    let follow = follows(lookup)?;
    let times = timestamps(accessed, modified, flags)?;
    let path = memory.path(path, path_length)?;
    let place = sandbox(state, &directory)?.target(&path, follow)?;
    // Were the entry swapped for a link just now, the link's own times would change.
    Ok(rustix::fs::utimensat(place.parent(), place.name(), &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Gives a file another name.
#[expect(clippy::too_many_arguments, reason = "as the specification has it")]
pub(crate) fn path_link(
    state: &WasiState,
    memory: &GuestMemory,
    old_fd: u32,
    old_lookup: u32,
    old_path: u32,
    old_path_length: u32,
    new_fd: u32,
    new_path: u32,
    new_path_length: u32,
) -> Result<(), Errno> {
    let old_directory = directory(state, old_fd, rights::PATH_LINK_SOURCE)?;
    let new_directory = directory(state, new_fd, rights::PATH_LINK_TARGET)?;
    let follow = follows(old_lookup)?;
    let old_path = memory.path(old_path, old_path_length)?;
    let new_path = memory.path(new_path, new_path_length)?;
    let old = sandbox(state, &old_directory)?.target(&old_path, follow)?;
    let new = sandbox(state, &new_directory)?.place(&new_path)?;
    if old.is_directory_itself() {
        // Directories have one name.
        return Err(Errno::Perm);
    }
    Ok(rustix::fs::linkat(old.parent(), old.name(), new.parent(), new.entry(Errno::Exist)?, AtFlags::empty())?)
}

/// Opens a file or directory.
///
/// The new descriptor has those of the wanted rights that the directory lets through and that make sense for what was opened.
/// Wanting to read or write where the directory lets neither through is an error; other rights are left out silently, because
/// programs ask for everything they know (Go, for one) and use little of it.
#[expect(clippy::too_many_arguments, reason = "as the specification has it")]
pub(crate) fn path_open(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    lookup: u32,
    path: u32,
    path_length: u32,
    open_flags: u32,
    base: u64,
    inheriting: u64,
    flags: u32,
    opened: u32,
) -> Result<(), Errno> {
    let directory = directory(state, fd, rights::PATH_OPEN)?;
    let opened = memory.pointer::<u32>(opened)?;
    let path = memory.path(path, path_length)?;
    let follow = follows(lookup)?;
    let open_flags = valid(open_flags, open_flags::ALL)?;
    let flags = valid(flags, fd_flags::ALL)?;

    let mut host_flags = OFlags::empty();
    if open_flags & open_flags::DIRECTORY != 0 {
        if open_flags & !open_flags::DIRECTORY != 0 {
            return Err(Errno::Inval);
        }
        host_flags |= OFlags::DIRECTORY;
    }
    if open_flags & open_flags::CREATE != 0 {
        directory.require(rights::PATH_CREATE_FILE)?;
        host_flags |= OFlags::CREATE;
        host_flags.set(OFlags::EXCL, open_flags & open_flags::EXCLUSIVE != 0);
    }
    if open_flags & open_flags::TRUNCATE != 0 {
        directory.require(rights::PATH_FILESTAT_SET_SIZE)?;
        host_flags |= OFlags::TRUNC;
    }
    directory.require_inheriting(base & (rights::FD_READ | rights::FD_WRITE))?;
    host_flags.set(OFlags::NOFOLLOW, !follow);
    host_flags.set(OFlags::APPEND, flags & fd_flags::APPEND != 0);
    host_flags.set(OFlags::NONBLOCK, flags & fd_flags::NONBLOCK != 0);

    let sandbox = sandbox(state, &directory)?;
    let mut allowed = base & directory.inheriting();
    let open = |access: OFlags| sandbox.open(&path, host_flags | access, FILE_MODE);
    let fd = match open(access(allowed)) {
        // Allocating and cutting need a descriptor open for writing but are not worth failing for.
        Err(Errno::IsDir | Errno::Access | Errno::RoFs | Errno::TxtBsy)
            if allowed & NEED_WRITING != 0 && allowed & rights::FD_WRITE == 0 =>
        {
            allowed &= !NEED_WRITING;
            open(access(allowed))?
        }
        result => result?,
    };
    let number = state.descriptors.lock().insert(Arc::new(describe(fd, &directory, allowed, inheriting, flags)?))?;
    opened.write(number);
    Ok(())
}

fn access(rights: u64) -> OFlags {
    match (rights & NEED_READING != 0, rights & NEED_WRITING != 0) {
        (_, false) => OFlags::RDONLY,
        (false, true) => OFlags::WRONLY,
        (true, true) => OFlags::RDWR,
    }
}

/// The descriptor for what was just opened.
fn describe(fd: OwnedFd, through: &Descriptor, base: u64, inheriting: u64, flags: u16) -> Result<Descriptor, Errno> {
    let file_type = file_type(fd.as_fd())?;
    let (sensible, inheriting) = match file_type {
        FileType::Directory => (rights::DIRECTORY, inheriting & through.inheriting()),
        FileType::SocketStream | FileType::SocketDatagram => (rights::SOCKET, 0),
        FileType::CharacterDevice if rustix::termios::isatty(&fd) => (rights::TERMINAL, 0),
        _ => (rights::FILE, 0),
    };
    let mut descriptor = Descriptor::new(Host::Owned(fd), file_type, base & sensible, inheriting).with_flags(flags);
    descriptor.read_only = through.read_only;
    Ok(descriptor)
}

/// Writes what a symbolic link says, cut where the buffer ends.
#[expect(clippy::too_many_arguments, reason = "as the specification has it")]
pub(crate) fn path_readlink(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    path: u32,
    path_length: u32,
    buffer: u32,
    buffer_length: u32,
    used: u32,
) -> Result<(), Errno> {
    let directory = directory(state, fd, rights::PATH_READLINK)?;
    let path = memory.path(path, path_length)?;
    let buffer = memory.slice(buffer, buffer_length)?;
    let used = memory.pointer::<u32>(used)?;
    // A slash at the end follows the link, and a directory is no link.
    let place = sandbox(state, &directory)?.target(&path, false)?;
    if place.is_directory_itself() {
        return Err(Errno::Inval);
    }
    let mut link = [MaybeUninit::uninit(); PATH_MAX];
    let (link, _) = rustix::fs::readlinkat_raw(place.parent(), place.name(), &mut link)?;
    // At most the buffer's length, which came as a u32.
    used.write(u32::try_from(buffer.copy_from(link)).map_err(|_| Errno::Overflow)?);
    Ok(())
}

/// Removes an empty directory.
pub(crate) fn path_remove_directory(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    path: u32,
    path_length: u32,
) -> Result<(), Errno> {
    let directory = directory(state, fd, rights::PATH_REMOVE_DIRECTORY)?;
    let path = memory.path(path, path_length)?;
    let place = sandbox(state, &directory)?.place(&path)?;
    Ok(rustix::fs::unlinkat(place.parent(), place.entry(Errno::Inval)?, AtFlags::REMOVEDIR)?)
}

/// Renames.
#[expect(clippy::too_many_arguments, reason = "as the specification has it")]
pub(crate) fn path_rename(
    state: &WasiState,
    memory: &GuestMemory,
    old_fd: u32,
    old_path: u32,
    old_path_length: u32,
    new_fd: u32,
    new_path: u32,
    new_path_length: u32,
) -> Result<(), Errno> {
    let old_directory = directory(state, old_fd, rights::PATH_RENAME_SOURCE)?;
    let new_directory = directory(state, new_fd, rights::PATH_RENAME_TARGET)?;
    let old_path = memory.path(old_path, old_path_length)?;
    let new_path = memory.path(new_path, new_path_length)?;
    let old = sandbox(state, &old_directory)?.place(&old_path)?;
    let new = sandbox(state, &new_directory)?.place(&new_path)?;
    Ok(rustix::fs::renameat(old.parent(), old.entry(Errno::Busy)?, new.parent(), new.entry(Errno::Busy)?)?)
}

/// Creates a symbolic link. An absolute one is refused: it would lead out of every sandbox that looks at it.
pub(crate) fn path_symlink(
    state: &WasiState,
    memory: &GuestMemory,
    target: u32,
    target_length: u32,
    fd: u32,
    path: u32,
    path_length: u32,
) -> Result<(), Errno> {
    let directory = directory(state, fd, rights::PATH_SYMLINK)?;
    let target: CString = memory.path(target, target_length)?;
    let path = memory.path(path, path_length)?;
    if target.as_bytes().first() == Some(&b'/') {
        return Err(Errno::Perm);
    }
    let place = sandbox(state, &directory)?.place(&path)?;
    Ok(rustix::fs::symlinkat(&target, place.parent(), place.entry(Errno::Exist)?)?)
}

/// Removes a name of a file.
pub(crate) fn path_unlink_file(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    path: u32,
    path_length: u32,
) -> Result<(), Errno> {
    let directory = directory(state, fd, rights::PATH_UNLINK_FILE)?;
    let path = memory.path(path, path_length)?;
    let place = sandbox(state, &directory)?.place(&path)?;
    Ok(rustix::fs::unlinkat(place.parent(), place.entry(Errno::IsDir)?, AtFlags::empty())?)
}

/// The directory with this number, which must have these rights.
fn directory(state: &WasiState, fd: u32, rights: u64) -> Result<Arc<Descriptor>, Errno> {
    let descriptor = state.descriptor(fd)?;
    if descriptor.file_type != FileType::Directory {
        return Err(Errno::NotDir);
    }
    descriptor.require(rights)?;
    Ok(descriptor)
}

fn sandbox<'d>(state: &WasiState, directory: &'d Descriptor) -> Result<Sandbox<'d>, Errno> {
    Ok(Sandbox::new(directory.fd()?, state.resolution))
}

fn follows(lookup: u32) -> Result<bool, Errno> {
    match lookup {
        0 => Ok(false),
        LOOKUP_SYMLINK_FOLLOW => Ok(true),
        _ => Err(Errno::Inval),
    }
}

fn valid(flags: u32, all: u16) -> Result<u16, Errno> {
    match u16::try_from(flags) {
        Ok(flags) if flags & !all == 0 => Ok(flags),
        _ => Err(Errno::Inval),
    }
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
