//! `sock_accept`, `sock_recv`, `sock_send`, `sock_shutdown`, and making the listening sockets that a program is given.

use super::WasiState;
use super::fd_table::{Descriptor, Host};
use super::guest::GuestMemory;
use super::kernel;
use super::transfer;
use super::types::{Errno, FileType, fd_flags, rights};
use alloc::sync::Arc;
use core::net::SocketAddr;
use rustix::fd::OwnedFd;
use rustix::io::Errno as HostErrno;
use rustix::net::{AddressFamily, Shutdown, SocketFlags, SocketType};

/// Connections that wait to be accepted; the kernel lowers it to its own limit.
const BACKLOG: i32 = 1024;

/// `sock_recv`: leave what was read in the queue.
const RECEIVE_PEEK: u32 = 1 << 0;
/// `sock_recv`: wait until the buffers are full.
const RECEIVE_WAIT_ALL: u32 = 1 << 1;
/// `sock_recv`, in the answer: the message was longer than the buffers.
const RECEIVED_TRUNCATED: u16 = 1 << 0;

/// Takes a connection from a listening socket.
pub(crate) fn sock_accept(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    flags: u32,
    accepted: u32,
) -> Result<(), Errno> {
    let listener = socket(state, fd, rights::SOCK_ACCEPT)?;
    let accepted = memory.pointer::<u32>(accepted)?;
    let host_flags = match u16::try_from(flags) {
        Ok(0) => SocketFlags::CLOEXEC,
        Ok(fd_flags::NONBLOCK) => SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        _ => return Err(Errno::Inval),
    };
    let host = listener.fd()?;
    let connection = rustix::io::retry_on_intr(|| rustix::net::accept_with(host, host_flags))?;
    let descriptor = Descriptor::new(Host::Owned(connection), listener.file_type, rights::SOCKET, 0);
    let flags = if host_flags.contains(SocketFlags::NONBLOCK) { fd_flags::NONBLOCK } else { 0 };
    let number = state.descriptors.lock().insert(Arc::new(descriptor.with_flags(flags)))?;
    accepted.write(number);
    Ok(())
}

/// Receives.
#[expect(clippy::too_many_arguments, reason = "as the specification has it")]
pub(crate) fn sock_recv(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    iovs: u32,
    iovs_count: u32,
    flags: u32,
    received: u32,
    out_flags: u32,
) -> Result<(), Errno> {
    let descriptor = socket(state, fd, rights::FD_READ)?;
    if flags & !(RECEIVE_PEEK | RECEIVE_WAIT_ALL) != 0 {
        return Err(Errno::Inval);
    }
    let received = memory.pointer::<u32>(received)?;
    let out_flags = memory.pointer::<u16>(out_flags)?;
    let vectors = memory.vectors(iovs, iovs_count)?;
    let mut host_flags = 0;
    if flags & RECEIVE_PEEK != 0 {
        host_flags |= kernel::MSG_PEEK;
    }
    if flags & RECEIVE_WAIT_ALL != 0 {
        host_flags |= kernel::MSG_WAITALL;
    }
    let (count, answer) = transfer::receive(descriptor.fd()?, &vectors, host_flags)?;
    received.write(count);
    out_flags.write(if answer & kernel::MSG_TRUNC != 0 { RECEIVED_TRUNCATED } else { 0 });
    Ok(())
}

/// Sends.
pub(crate) fn sock_send(
    state: &WasiState,
    memory: &GuestMemory,
    fd: u32,
    iovs: u32,
    iovs_count: u32,
    flags: u32,
    sent: u32,
) -> Result<(), Errno> {
    let descriptor = socket(state, fd, rights::FD_WRITE)?;
    if flags != 0 {
        // The specification has none yet.
        return Err(Errno::Inval);
    }
    let sent = memory.pointer::<u32>(sent)?;
    let vectors = memory.vectors(iovs, iovs_count)?;
    sent.write(transfer::send(&descriptor, &vectors)?);
    Ok(())
}

/// Ends one or both directions.
pub(crate) fn sock_shutdown(state: &WasiState, _: &GuestMemory, fd: u32, how: u32) -> Result<(), Errno> {
    let descriptor = socket(state, fd, rights::SOCK_SHUTDOWN)?;
    let how = match how {
        1 => Shutdown::Read,
        2 => Shutdown::Write,
        3 => Shutdown::Both,
        _ => return Err(Errno::Inval),
    };
    Ok(rustix::net::shutdown(descriptor.fd()?, how)?)
}

/// A socket that listens on a TCP address.
pub(crate) fn listen(address: &[u8]) -> Result<OwnedFd, HostErrno> {
    let address: Option<SocketAddr> = core::str::from_utf8(address).ok().and_then(|address| address.parse().ok());
    let address = address.ok_or(HostErrno::DESTADDRREQ)?;
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = rustix::net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    // A server started again must not wait until old connections have timed out.
    rustix::net::sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &address)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}

/// The socket with this number, which must have these rights.
fn socket(state: &WasiState, fd: u32, rights: u64) -> Result<Arc<Descriptor>, Errno> {
    let descriptor = state.descriptor(fd)?;
    if !matches!(descriptor.file_type, FileType::SocketStream | FileType::SocketDatagram) {
        return Err(Errno::NotSock);
    }
    descriptor.require(rights)?;
    Ok(descriptor)
}

#[cfg(test)]
#[path = "sock_tests.rs"]
mod tests;
