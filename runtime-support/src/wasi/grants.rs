//! What a program is given before it runs: arguments, environment, standard streams, directories, listening sockets.
#![allow(unsafe_code, reason = "borrows the process's standard streams by number")]

use super::WasiState;
use super::args::Strings;
use super::fd_table::{Descriptor, FdTable, Host};
use super::lock::Mutex;
use super::sandbox::Resolution;
use super::sock;
use super::stream::{Capture, Hosted, Input, Kept};
use super::types::{Errno, FileType, rights};
use crate::os;
use crate::text::{Describe, Text, describe_for_hosts};
use alloc::ffi::CString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};
use rustix::fs::{CWD, FileType as HostFileType, OFlags, fstat};
use rustix::io::Errno as HostErrno;

/// Everything a program is given. The default is nothing at all.
#[derive(Debug, Default)]
pub struct WasiConfig {
    /// The program's name and its arguments.
    pub arguments: Strings,
    /// `NAME=value` strings.
    pub environment: Strings,
    /// Standard input, output and error.
    pub stdio: [Stdio; 3],
    /// Granted directories, descriptors 3 and up.
    pub preopens: Vec<Preopen>,
    /// Listening sockets, the descriptors after the directories. wasi-libc looks for directories from 3 on and stops at the first
    /// descriptor that is none.
    pub listeners: Vec<Listener>,
    /// Whether the process is the program's: then it may signal itself.
    pub owns_process: bool,
    /// Who resolves paths.
    pub resolution: Resolution,
    /// How many descriptors it may have at once, standard streams and grants included. A host's process has only so many.
    pub descriptor_maximum: Option<u32>,
}

/// A standard stream.
#[derive(Debug, Default)]
pub enum Stdio {
    /// Reads as empty, swallows what is written.
    #[default]
    Null,
    /// The process's own.
    Inherit,
    /// This file, pipe or socket.
    Open(OwnedFd),
    /// Reads as these bytes.
    Bytes(Vec<u8>),
    /// Keeps what is written.
    Capture(Arc<Capture>),
}

/// A granted directory.
#[derive(Debug)]
pub struct Preopen {
    /// The directory.
    pub host: HostDirectory,
    /// What the guest calls it.
    pub guest_path: Vec<u8>,
    /// Whether nothing in it can be changed through this grant.
    pub read_only: bool,
}

/// A directory of the host.
#[derive(Debug)]
pub enum HostDirectory {
    /// By path, opened at start.
    Path(Vec<u8>),
    /// Already open.
    Open(OwnedFd),
}

/// A listening socket.
#[derive(Debug)]
pub enum Listener {
    /// To be bound to an address at start: see [`Listener::at`].
    Address {
        /// The address.
        text: Vec<u8>,
        /// Makes the socket. A value rather than a call, so that programs that listen nowhere are linked without it.
        open: fn(&[u8]) -> Result<OwnedFd, HostErrno>,
    },
    /// Already listening.
    Open(OwnedFd),
}

impl Listener {
    /// A socket to be bound to this address, `ADDRESS:PORT`, at start.
    #[must_use]
    pub fn at(address: &[u8]) -> Listener {
        Listener::Address { text: address.to_vec(), open: sock::listen }
    }
}

/// Why a program cannot get what it was granted.
#[derive(Debug)]
pub struct StartError {
    /// The directory's host path, or the socket's address.
    pub grant: Vec<u8>,
    /// What went wrong with it.
    pub error: HostErrno,
}

impl Describe for StartError {
    fn describe(&self, text: &mut Text) {
        text.words("cannot grant `").bytes(&self.grant).words("`: ");
        let reason = match self.error {
            HostErrno::NOENT => "it does not exist",
            HostErrno::NOTDIR => "it is not a directory",
            HostErrno::ACCESS | HostErrno::PERM => "permission denied",
            HostErrno::LOOP => "too many symbolic links",
            HostErrno::MFILE | HostErrno::NFILE => "too many open files",
            HostErrno::ADDRINUSE => "the address is in use",
            HostErrno::ADDRNOTAVAIL => "the address is not one of this machine",
            HostErrno::NOTSOCK => "it is not a socket",
            HostErrno::DESTADDRREQ => "it is not of the form ADDRESS:PORT",
            HostErrno::INVAL => "it is not valid",
            error => {
                text.words("error ").number(u64::from(error.raw_os_error().unsigned_abs()));
                return;
            }
        };
        text.words(reason);
    }
}

describe_for_hosts!(StartError);

impl WasiState {
    /// Opens what is granted.
    ///
    /// # Errors
    /// When a directory cannot be opened or a socket not be bound. A program must not run with less than it was promised.
    pub fn new(config: WasiConfig) -> Result<WasiState, StartError> {
        let WasiConfig {
            arguments,
            environment,
            stdio,
            preopens,
            listeners,
            owns_process,
            resolution,
            descriptor_maximum,
        } = config;
        let mut table = FdTable::with_maximum(descriptor_maximum);
        let mut grant = |descriptor| match table.insert(Arc::new(descriptor)) {
            Ok(_) => Ok(()),
            Err(Errno::MFile) => Err(HostErrno::MFILE),
            Err(_) => Err(HostErrno::NOMEM),
        };
        // Before anything is opened: closed standard streams leave holes that the files would fall into.
        for (stream, (own, name)) in stdio.into_iter().zip(STREAMS) {
            standard_stream(stream, own)
                .and_then(&mut grant)
                .map_err(|error| StartError { grant: name.into(), error })?;
        }
        for preopen in preopens {
            let name = match &preopen.host {
                HostDirectory::Path(path) => path.clone(),
                HostDirectory::Open(_) => preopen.guest_path.clone(),
            };
            directory(preopen).and_then(&mut grant).map_err(|error| StartError { grant: name, error })?;
        }
        for listener in listeners {
            let name = match &listener {
                Listener::Address { text, .. } => text.clone(),
                Listener::Open(_) => b"listening socket".to_vec(),
            };
            listening_socket(listener).and_then(&mut grant).map_err(|error| StartError { grant: name, error })?;
        }
        Ok(WasiState { arguments, environment, descriptors: Mutex::new(table), resolution, owns_process })
    }
}

/// The process's own standard streams.
// SAFETY: nobody closes a standard stream of the process: the guest's `fd_close` drops its own entry only, and a number
// that is closed already is only used to find that out, and then reserved.
const STREAMS: [(BorrowedFd<'static>, &str); 3] = unsafe {
    [
        (BorrowedFd::borrow_raw(0), "standard input"),
        (BorrowedFd::borrow_raw(1), "standard output"),
        (BorrowedFd::borrow_raw(2), "standard error"),
    ]
};

/// Descriptor 0, 1 or 2, of which the process's is `own`.
fn standard_stream(stream: Stdio, own: BorrowedFd<'static>) -> Result<Descriptor, HostErrno> {
    let (host, kind) = match stream {
        Stdio::Null => return Ok(Descriptor::new(Host::Null, FileType::CharacterDevice, rights::FILE, 0)),
        // Pipes, as far as the guest can see.
        Stdio::Bytes(bytes) => {
            let hosted = Hosted::claim().ok_or(HostErrno::NOTSUP)?;
            let rights = rights::TERMINAL & !rights::FD_WRITE;
            return Ok(Descriptor::new(Host::Input(Input::new(bytes, hosted)), FileType::Unknown, rights, 0));
        }
        Stdio::Capture(capture) => {
            let hosted = Hosted::claim().ok_or(HostErrno::NOTSUP)?;
            let rights = rights::TERMINAL & !rights::FD_READ;
            return Ok(Descriptor::new(Host::Captured(Kept { capture, hosted }), FileType::Unknown, rights, 0));
        }
        Stdio::Open(fd) => {
            let kind = stream_kind(fd.as_fd())?;
            (Host::Owned(fd), kind)
        }
        Stdio::Inherit => match stream_kind(own) {
            Err(HostErrno::BADF) => {
                reserve(own.as_raw_fd());
                (Host::Closed, (FileType::Unknown, rights::TERMINAL))
            }
            kind => (Host::Inherited(own), kind?),
        },
    };
    Ok(Descriptor::new(host, kind.0, kind.1, 0))
}

/// What a standard stream is, and which rights make sense for it.
fn stream_kind(fd: BorrowedFd<'_>) -> Result<(FileType, u64), HostErrno> {
    Ok(match file_type(fd)? {
        FileType::CharacterDevice if rustix::termios::isatty(fd) => (FileType::CharacterDevice, rights::TERMINAL),
        socket @ (FileType::SocketStream | FileType::SocketDatagram) => (socket, rights::SOCKET),
        // `program < directory` must not grant the directory.
        FileType::Directory => (FileType::Unknown, rights::TERMINAL),
        other => (other, rights::FILE),
    })
}

/// Occupies the number of a closed standard stream for good, so that no file the program opens gets it and then receives what
/// the runtime has to say about a trap. `O_PATH` needs no device file and fails on reading and writing like a closed descriptor.
fn reserve(number: i32) {
    if let Ok(placeholder) = os::open_at(CWD, c"/", OFlags::PATH | OFlags::CLOEXEC)
        && placeholder.as_raw_fd() == number
    {
        let _ = placeholder.into_raw_fd();
    }
}

/// A granted directory's descriptor.
fn directory(preopen: Preopen) -> Result<Descriptor, HostErrno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = match preopen.host {
        HostDirectory::Path(path) => os::open_at(CWD, &CString::new(path).map_err(|_| HostErrno::INVAL)?, flags)?,
        // Opened again, for a position of its own: `fd_readdir` moves it.
        HostDirectory::Open(fd) => os::open_at(fd.as_fd(), c".", flags)?,
    };
    let allowed = if preopen.read_only { !rights::MODIFY } else { !0 };
    let base = rights::DIRECTORY & allowed;
    let inheriting = (rights::DIRECTORY | rights::FILE) & allowed;
    let mut descriptor = Descriptor::new(Host::Owned(fd), FileType::Directory, base, inheriting);
    descriptor.read_only = preopen.read_only;
    descriptor.grant = Some(preopen.guest_path);
    Ok(descriptor)
}

/// A listening socket's descriptor.
fn listening_socket(listener: Listener) -> Result<Descriptor, HostErrno> {
    let fd = match listener {
        Listener::Address { text, open } => open(&text)?,
        Listener::Open(fd) => fd,
    };
    match file_type(fd.as_fd())? {
        socket @ (FileType::SocketStream | FileType::SocketDatagram) => {
            Ok(Descriptor::new(Host::Owned(fd), socket, rights::SOCKET, rights::SOCKET))
        }
        _ => Err(HostErrno::NOTSOCK),
    }
}

/// What a host descriptor is, sockets told apart.
pub(crate) fn file_type(fd: BorrowedFd<'_>) -> Result<FileType, HostErrno> {
    match HostFileType::from_raw_mode(fstat(fd)?.st_mode) {
        HostFileType::Socket => Ok(match os::socket_type(fd)? {
            rustix::net::SocketType::DGRAM => FileType::SocketDatagram,
            _ => FileType::SocketStream,
        }),
        other => Ok(FileType::from_host(other)),
    }
}

impl From<StartError> for Errno {
    fn from(error: StartError) -> Errno {
        error.error.into()
    }
}
