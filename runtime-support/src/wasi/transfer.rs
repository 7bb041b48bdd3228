//! Bytes between descriptors and guest memory: many vectors, short counts, blocking or not.

use super::fd_table::{Descriptor, Host};
use super::guest::GuestVectors;
use super::kernel::{self, Vector};
use super::types::{Errno, FileType, fd_flags};
use crate::os;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::BorrowedFd;
use rustix::io::Errno as HostErrno;

/// Vectors handed to the kernel at once. Nearly every guest uses one or two; a kilobyte of stack is affordable.
const CHUNK: usize = 64;

/// Reads into the vectors, at the descriptor's position or at `offset`.
pub(crate) fn read(descriptor: &Descriptor, vectors: &GuestVectors<'_>, offset: Option<u64>) -> Result<u32, Errno> {
    match &descriptor.host {
        Host::Null => return Ok(0),
        // Rights to seek are what reading at an offset takes; these have none.
        Host::Input(input) => return input.read(vectors),
        _ => {}
    }
    let fd = descriptor.fd()?;
    // Once a stream has filled some vectors, asking for more could block although there is something to return.
    let may_continue = descriptor.file_type == FileType::RegularFile;
    each_chunk(vectors, offset, may_continue, |chunk, offset| match offset {
        Some(offset) => kernel::read_at(fd, chunk, offset),
        None => patiently(descriptor, fd, PollFlags::IN, || kernel::read(fd, chunk)),
    })
}

/// Writes the vectors, at the descriptor's position or at `offset`.
pub(crate) fn write(descriptor: &Descriptor, vectors: &GuestVectors<'_>, offset: Option<u64>) -> Result<u32, Errno> {
    match &descriptor.host {
        Host::Null => {
            return each_chunk(vectors, offset, true, |chunk, _| Ok(chunk.iter().map(Vector::byte_length).sum()));
        }
        Host::Captured(kept) => return kept.capture.write(vectors),
        _ => {}
    }
    let fd = descriptor.fd()?;
    let is_socket = matches!(descriptor.file_type, FileType::SocketStream | FileType::SocketDatagram);
    let appends = descriptor.flags() & fd_flags::APPEND != 0;
    fits_datagram(descriptor, vectors)?;
    let written = each_chunk(vectors, offset, true, |chunk, offset| match offset {
        Some(offset) if appends => match kernel::write_at_without_append(fd, chunk, offset) {
            // Before Linux 6.9 an appending descriptor appends wherever one wants to write.
            Err(Errno::NotSup | Errno::NoSys | Errno::Inval) => kernel::write_at(fd, chunk, offset),
            result => result,
        },
        Some(offset) => kernel::write_at(fd, chunk, offset),
        None if is_socket => {
            patiently(descriptor, fd, PollFlags::OUT, || kernel::send(fd, chunk, kernel::MSG_NOSIGNAL))
        }
        // A pipe that nobody reads would end the process of a host. Programs of their own ignore the signal.
        None if cfg!(feature = "hosted") && descriptor.file_type == FileType::Unknown => {
            patiently(descriptor, fd, PollFlags::OUT, || os::without_sigpipe(|| kernel::write(fd, chunk)))
        }
        None => patiently(descriptor, fd, PollFlags::OUT, || kernel::write(fd, chunk)),
    })?;
    synchronize(descriptor, fd)?;
    Ok(written)
}

/// `sock_send`.
pub(crate) fn send(descriptor: &Descriptor, vectors: &GuestVectors<'_>) -> Result<u32, Errno> {
    fits_datagram(descriptor, vectors)?;
    let fd = descriptor.fd()?;
    each_chunk(vectors, None, false, |chunk, _| kernel::send(fd, chunk, kernel::MSG_NOSIGNAL))
}

/// A datagram is one message: what does not go with one call is not part of it.
fn fits_datagram(descriptor: &Descriptor, vectors: &GuestVectors<'_>) -> Result<(), Errno> {
    if descriptor.file_type == FileType::SocketDatagram && vectors.count() as usize > CHUNK {
        return Err(Errno::MsgSize);
    }
    Ok(())
}

/// `sock_recv`: the number of bytes, and the kernel's flags for the message.
pub(crate) fn receive(fd: BorrowedFd<'_>, vectors: &GuestVectors<'_>, flags: u32) -> Result<(u32, u32), Errno> {
    let mut answer = 0;
    let received = each_chunk(vectors, None, false, |chunk, _| {
        let (count, flags) = kernel::receive(fd, chunk, flags)?;
        answer = flags;
        Ok(count)
    })?;
    Ok((received, answer))
}

/// Calls `transfer` with one chunk of vectors after the other until one is transferred in part only.
fn each_chunk<'m>(
    vectors: &GuestVectors<'m>,
    mut offset: Option<u64>,
    may_continue: bool,
    mut transfer: impl FnMut(&[Vector<'m>], Option<u64>) -> Result<usize, Errno>,
) -> Result<u32, Errno> {
    let mut total: u32 = 0;
    let mut index = 0;
    loop {
        let mut chunk = [Vector::EMPTY; CHUNK];
        let mut length = 0;
        let mut wanted: u64 = 0;
        while length < CHUNK && index < vectors.count() {
            chunk[length] = Vector::new(vectors.get(index)?);
            wanted += chunk[length].byte_length() as u64;
            index += 1;
            length += 1;
        }
        if total > 0 && u64::from(total) + wanted > u64::from(u32::MAX) {
            // The count would not fit: a short transfer says the same.
            return Ok(total);
        }
        let done = match transfer(&chunk[..length], offset) {
            Ok(done) => done,
            Err(_) if total > 0 => return Ok(total),
            Err(error) => return Err(error),
        };
        // The kernel transfers less than 2 GiB at once.
        total += u32::try_from(done).map_err(|_| Errno::Overflow)?;
        if index == vectors.count() || (done as u64) < wanted || !may_continue {
            return Ok(total);
        }
        offset = offset.map(|offset| offset.wrapping_add(done as u64));
    }
}

/// Makes a standard stream block exactly when the guest says so, whatever its shared description says.
///
/// A description that another process made non-blocking would give EAGAIN to a guest that never asked for it, and most would
/// lose output: then wait and try again. A guest that did ask gets EAGAIN although the description blocks: then look first.
fn patiently(
    descriptor: &Descriptor,
    fd: BorrowedFd<'_>,
    events: PollFlags,
    mut transfer: impl FnMut() -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    if !descriptor.is_shared() {
        return transfer();
    }
    if descriptor.flags() & fd_flags::NONBLOCK != 0 {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        if poll(&mut [PollFd::from_borrowed_fd(fd, events)], Some(&now)) == Ok(0) {
            return Err(Errno::Again);
        }
        return transfer();
    }
    loop {
        match transfer() {
            Err(Errno::Again) => match poll(&mut [PollFd::from_borrowed_fd(fd, events)], None) {
                Ok(_) | Err(HostErrno::INTR) => {}
                Err(error) => return Err(error.into()),
            },
            result => return result,
        }
    }
}

/// After a write: what `DSYNC`, `SYNC` and `RSYNC` promise.
fn synchronize(descriptor: &Descriptor, fd: BorrowedFd<'_>) -> Result<(), Errno> {
    let flags = descriptor.flags();
    if !matches!(descriptor.file_type, FileType::RegularFile | FileType::BlockDevice) {
        return Ok(());
    }
    if flags & (fd_flags::SYNC | fd_flags::RSYNC) != 0 {
        rustix::fs::fsync(fd)?;
    } else if flags & fd_flags::DSYNC != 0 {
        rustix::fs::fdatasync(fd)?;
    }
    Ok(())
}
