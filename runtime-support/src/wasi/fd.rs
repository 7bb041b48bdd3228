//! Operations on an open descriptor: read, write, seek, sync, stat, and the table's own.

use super::WasiState;
use super::fd_table::{Descriptor, Host};
use super::guest::GuestMemory;
use super::transfer;
use super::types::{Errno, FileStat, FileType, put, rights};
use alloc::sync::Arc;
use rustix::fs::{Advice, FallocateFlags, SeekFrom, Timespec, Timestamps};

/// Bytes of `fdstat`.
const FDSTAT_BYTES: usize = 24;
/// Bytes of `prestat`.
const PRESTAT_BYTES: usize = 8;

/// Tells the kernel how the file will be used.
pub(crate) fn fd_advise(
    state: &WasiState,
    _: &GuestMemory,
    fd: u32,
    offset: u64,
    length: u64,
    advice: u32,
) -> Result<(), Errno> {
    let descriptor = file(state, fd, rights::FD_ADVISE)?;
    let advice = match advice {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::Inval),
    };
    if offset > i64::MAX as u64 || length > i64::MAX as u64 {
        return Err(Errno::Inval);
    }
    // As for POSIX, which libraries pass on: no length is the rest of the file.
    Ok(rustix::fs::fadvise(descriptor.fd()?, offset, core::num::NonZeroU64::new(length), advice)?)
}

/// Makes sure that a range of the file has storage.
pub(crate) fn fd_allocate(state: &WasiState, _: &GuestMemory, fd: u32, offset: u64, length: u64) -> Result<(), Errno> {
    let descriptor = file(state, fd, rights::FD_ALLOCATE)?;
    let host = descriptor.fd()?;
    Ok(rustix::io::retry_on_intr(|| rustix::fs::fallocate(host, FallocateFlags::empty(), offset, length))?)
}

/// Closes a descriptor: its number is free at once, the host's descriptor when the last call that uses it returns.
pub(crate) fn fd_close(state: &WasiState, _: &GuestMemory, fd: u32) -> Result<(), Errno> {
    let closed = state.descriptors.lock().remove(fd)?;
    // Closing can take long (a network file system flushes), so it happens without the lock.
    drop(closed);
    Ok(())
}

/// Writes the file's data to storage.
pub(crate) fn fd_datasync(state: &WasiState, _: &GuestMemory, fd: u32) -> Result<(), Errno> {
    let descriptor = state.descriptor_with(fd, rights::FD_DATASYNC)?;
    let host = descriptor.fd()?;
    Ok(rustix::io::retry_on_intr(|| rustix::fs::fdatasync(host))?)
}

/// Writes the file to storage.
pub(crate) fn fd_sync(state: &WasiState, _: &GuestMemory, fd: u32) -> Result<(), Errno> {
    let descriptor = state.descriptor_with(fd, rights::FD_SYNC)?;
    let host = descriptor.fd()?;
    Ok(rustix::io::retry_on_intr(|| rustix::fs::fsync(host))?)
}

/// Writes type, flags and rights.
pub(crate) fn fd_fdstat_get(state: &WasiState, memory: &GuestMemory, fd: u32, fdstat: u32) -> Result<(), Errno> {
    let descriptor = state.descriptor(fd)?;
    let fdstat = memory.pointer::<[u8; FDSTAT_BYTES]>(fdstat)?;
    let mut bytes = [0; FDSTAT_BYTES];
    put(&mut bytes, 0, &[descriptor.file_type as u8]);
    put(&mut bytes, 2, &descriptor.flags().to_le_bytes());
    put(&mut bytes, 8, &descriptor.base().to_le_bytes());
    put(&mut bytes, 16, &descriptor.inheriting().to_le_bytes());
    fdstat.write(bytes);
    Ok(())
}

/// Sets the flags.
pub(crate) fn fd_fdstat_set_flags(state: &WasiState, _: &GuestMemory, fd: u32, flags: u32) -> Result<(), Errno> {
    let descriptor = state.descriptor_with(fd, rights::FD_FDSTAT_SET_FLAGS)?;
    descriptor.set_flags(u16::try_from(flags).map_err(|_| Errno::Inval)?)
}

/// Narrows the rights.
pub(crate) fn fd_fdstat_set_rights(
    state: &WasiState,
    _: &GuestMemory,
    fd: u32,
    base: u64,
    inheriting: u64,
) -> Result<(), Errno> {
    state.descriptor(fd)?.narrow(base, inheriting)
}

/// Writes a `filestat`.
pub(crate) fn fd_filestat_get(state: &WasiState, memory: &GuestMemory, fd: u32, filestat: u32) -> Result<(), Errno> {
    let descriptor = state.descriptor_with(fd, rights::FD_FILESTAT_GET)?;
    let filestat = memory.pointer(filestat)?;
    filestat.write(stat(&descriptor)?.to_bytes());
    Ok(())
}

/// Writes a `filestat` in snapshot 0's layout.
pub(crate) fn unstable_fd_filestat_get(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    filestat: u32,
) -> Result<(), Errno> {
    let descriptor = state.descriptor_with(fd, rights::FD_FILESTAT_GET)?;
    let filestat = memory.pointer(filestat)?;
    filestat.write(stat(&descriptor)?.to_unstable_bytes());
    Ok(())
}

fn stat(descriptor: &Descriptor) -> Result<FileStat, Errno> {
    if let Host::Null | Host::Input(_) | Host::Captured(_) = descriptor.host {
        let file_type = descriptor.file_type;
        return Ok(FileStat {
            device: 0,
            inode: 0,
            file_type,
            links: 1,
            size: 0,
            accessed: 0,
            modified: 0,
            changed: 0,
        });
    }
    Ok(FileStat::from_host(&rustix::fs::fstat(descriptor.fd()?)?, descriptor.file_type))
}

/// Cuts or extends the file.
pub(crate) fn fd_filestat_set_size(state: &WasiState, _: &GuestMemory, fd: u32, size: u64) -> Result<(), Errno> {
    let descriptor = file(state, fd, rights::FD_FILESTAT_SET_SIZE)?;
    let host = descriptor.fd()?;
    Ok(rustix::io::retry_on_intr(|| rustix::fs::ftruncate(host, size))?)
}

/// Sets the times of last access and modification.
pub(crate) fn fd_filestat_set_times(
    state: &WasiState,
    _: &GuestMemory,
    fd: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Result<(), Errno> {
    let descriptor = state.descriptor_with(fd, rights::FD_FILESTAT_SET_TIMES)?;
    let times = timestamps(accessed, modified, flags)?;
    Ok(rustix::fs::futimens(descriptor.fd()?, &times)?)
}

/// `fstflags` and two times as the host wants them.
pub(crate) fn timestamps(accessed: u64, modified: u64, flags: u32) -> Result<Timestamps, Errno> {
    if flags & !0b1111 != 0 {
        return Err(Errno::Inval);
    }
    let time = |time: u64, flags: u32| {
        #[allow(
            clippy::cast_possible_wrap,
            reason = "seconds and nanoseconds of a u64 of nanoseconds are far from the sign"
        )]
        match flags & 0b11 {
            0b00 => Ok(Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT }),
            0b01 => Ok(Timespec { tv_sec: (time / 1_000_000_000) as i64, tv_nsec: (time % 1_000_000_000) as i64 }),
            0b10 => Ok(Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW }),
            // A given time and now at once.
            _ => Err(Errno::Inval),
        }
    };
    Ok(Timestamps { last_access: time(accessed, flags)?, last_modification: time(modified, flags >> 2)? })
}

/// Reads at an offset, leaving the position alone.
pub(crate) fn fd_pread(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    iovs: u32,
    iovs_count: u32,
    offset: u64,
    read: u32,
) -> Result<(), Errno> {
    let descriptor = file(state, fd, rights::FD_READ | rights::FD_SEEK)?;
    let read = memory.pointer::<u32>(read)?;
    let vectors = memory.vectors(iovs, iovs_count)?;
    read.write(transfer::read(&descriptor, &vectors, Some(offset))?);
    Ok(())
}

/// Writes at an offset, leaving the position alone.
pub(crate) fn fd_pwrite(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    iovs: u32,
    iovs_count: u32,
    offset: u64,
    written: u32,
) -> Result<(), Errno> {
    let descriptor = file(state, fd, rights::FD_WRITE | rights::FD_SEEK)?;
    let written = memory.pointer::<u32>(written)?;
    let vectors = memory.vectors(iovs, iovs_count)?;
    written.write(transfer::write(&descriptor, &vectors, Some(offset))?);
    Ok(())
}

/// Reads.
pub(crate) fn fd_read(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    iovs: u32,
    iovs_count: u32,
    read: u32,
) -> Result<(), Errno> {
    let descriptor = file(state, fd, rights::FD_READ)?;
    let read = memory.pointer::<u32>(read)?;
    let vectors = memory.vectors(iovs, iovs_count)?;
    read.write(transfer::read(&descriptor, &vectors, None)?);
    Ok(())
}

/// Writes.
pub(crate) fn fd_write(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    iovs: u32,
    iovs_count: u32,
    written: u32,
) -> Result<(), Errno> {
    let descriptor = file(state, fd, rights::FD_WRITE)?;
    let written = memory.pointer::<u32>(written)?;
    let vectors = memory.vectors(iovs, iovs_count)?;
    written.write(transfer::write(&descriptor, &vectors, None)?);
    Ok(())
}

/// Writes what kind of grant the descriptor is, and the length of its name. All are directories.
pub(crate) fn fd_prestat_get(state: &WasiState, memory: &GuestMemory, fd: u32, prestat: u32) -> Result<(), Errno> {
    let descriptor = state.descriptor(fd)?;
    // Libraries look for grants from 3 on and stop at this error; others they report.
    let name = descriptor.grant.as_deref().ok_or(Errno::BadF)?;
    let prestat = memory.pointer::<[u8; PRESTAT_BYTES]>(prestat)?;
    let mut bytes = [0; PRESTAT_BYTES];
    put(&mut bytes, 4, &u32::try_from(name.len()).map_err(|_| Errno::NameTooLong)?.to_le_bytes());
    prestat.write(bytes);
    Ok(())
}

/// Writes the guest path of a granted directory, without a NUL.
pub(crate) fn fd_prestat_dir_name(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    path: u32,
    path_length: u32,
) -> Result<(), Errno> {
    let descriptor = state.descriptor(fd)?;
    let name = descriptor.grant.as_deref().ok_or(Errno::BadF)?;
    let path = memory.slice(path, path_length)?;
    if path.byte_length() < name.len() {
        return Err(Errno::NameTooLong);
    }
    path.copy_from(name);
    Ok(())
}

/// Moves a descriptor to the number of another, which is closed.
pub(crate) fn fd_renumber(state: &WasiState, _: &GuestMemory, from: u32, to: u32) -> Result<(), Errno> {
    let closed: Option<Arc<Descriptor>> = state.descriptors.lock().renumber(from, to)?;
    drop(closed);
    Ok(())
}

/// Moves the position; `whence` is 0 from the start, 1 from here, 2 from the end.
pub(crate) fn fd_seek(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    offset: u64,
    whence: u32,
    position: u32,
) -> Result<(), Errno> {
    let descriptor = state.descriptor(fd)?;
    #[allow(clippy::cast_possible_wrap, reason = "WASI's `filedelta` is signed; Wasm has no sign")]
    let delta = offset as i64;
    let seek = match whence {
        // Beyond `i64::MAX` nothing exists; the kernel says so.
        0 => SeekFrom::Start(offset),
        1 => SeekFrom::Current(delta),
        2 => SeekFrom::End(delta),
        _ => return Err(Errno::Inval),
    };
    // Asking where one is takes less of a right.
    let needed = if whence == 1 && delta == 0 { rights::FD_TELL } else { rights::FD_SEEK };
    seekable(&descriptor, needed)?;
    let position = memory.pointer::<u64>(position)?;
    position.write(rustix::fs::seek(descriptor.fd()?, seek)?);
    Ok(())
}

/// Moves the position; snapshot 0 numbers `whence` differently.
pub(crate) fn unstable_fd_seek(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    offset: u64,
    whence: u32,
    position: u32,
) -> Result<(), Errno> {
    let whence = match whence {
        0 => 1,
        1 => 2,
        2 => 0,
        _ => return Err(Errno::Inval),
    };
    fd_seek(state, memory, fd, offset, whence, position)
}

/// Writes the position.
pub(crate) fn fd_tell(state: &WasiState, memory: &GuestMemory, fd: u32, position: u32) -> Result<(), Errno> {
    let descriptor = state.descriptor(fd)?;
    seekable(&descriptor, rights::FD_TELL)?;
    let position = memory.pointer::<u64>(position)?;
    position.write(rustix::fs::tell(descriptor.fd()?)?);
    Ok(())
}

/// A descriptor that is not a directory, with these rights.
fn file(state: &WasiState, fd: u32, rights: u64) -> Result<Arc<Descriptor>, Errno> {
    let descriptor = state.descriptor(fd)?;
    if descriptor.file_type == FileType::Directory {
        return Err(Errno::IsDir);
    }
    descriptor.require(rights)?;
    Ok(descriptor)
}

fn seekable(descriptor: &Descriptor, rights: u64) -> Result<(), Errno> {
    match (&descriptor.host, descriptor.file_type) {
        (_, FileType::Directory) => Err(Errno::BadF),
        // What has no position at all fails as natively, right or not.
        (_, FileType::SocketStream | FileType::SocketDatagram) => Err(Errno::SPipe),
        (Host::Null | Host::Input(_) | Host::Captured(_), _) => Err(Errno::SPipe),
        (Host::Inherited(_), FileType::CharacterDevice) if descriptor.base() & rights == 0 => Err(Errno::SPipe),
        _ => descriptor.require(rights),
    }
}

#[cfg(test)]
#[path = "fd_tests.rs"]
mod tests;
