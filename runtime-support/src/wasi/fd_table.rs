//! Descriptors, their rights, and their numbering.
//!
//! The table holds shared descriptors: a function takes one out by number under the lock and then works without the lock, so
//! that a blocking read stops nobody, and a descriptor closed meanwhile by another thread lives until the read returns.

use super::dir::Cookies;
use super::lock::Mutex;
use super::stream::{Input, Kept};
use super::types::{Errno, FileType, fd_flags, rights};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::OFlags;

/// What stands behind a descriptor.
#[derive(Debug)]
pub(crate) enum Host {
    /// A host descriptor of our own.
    Owned(OwnedFd),
    /// A host descriptor shared with the process, and its open file description with other processes: standard streams.
    Inherited(BorrowedFd<'static>),
    /// A standard stream that reads as empty and swallows what is written.
    Null,
    /// Bytes of the host's, to be read.
    Input(Input),
    /// What is written is kept for the host.
    Captured(Kept),
    /// A standard stream that was closed when the program started. It keeps its number, so that no file can take its place
    /// and receive what the program prints; using it fails as it would natively.
    Closed,
}

/// An open file, directory, stream or socket.
#[derive(Debug)]
pub(crate) struct Descriptor {
    pub(crate) host: Host,
    pub(crate) file_type: FileType,
    /// For a granted directory: its guest path.
    pub(crate) grant: Option<Vec<u8>>,
    /// Comes from a read-only grant: explains why a right is missing.
    pub(crate) read_only: bool,
    /// Directories: held while the host descriptor's position belongs to one `fd_readdir`.
    pub(crate) reading_directory: Mutex<Cookies>,
    base: AtomicU64,
    inheriting: AtomicU64,
    flags: AtomicU16,
}

impl Descriptor {
    /// A descriptor with what its type allows of the given rights.
    pub(crate) fn new(host: Host, file_type: FileType, base: u64, inheriting: u64) -> Descriptor {
        Descriptor {
            host,
            file_type,
            grant: None,
            read_only: false,
            reading_directory: Mutex::new(Cookies::new()),
            base: AtomicU64::new(base),
            inheriting: AtomicU64::new(inheriting),
            flags: AtomicU16::new(0),
        }
    }

    /// The same with flags, which are already those of the host descriptor.
    pub(crate) fn with_flags(self, flags: u16) -> Descriptor {
        self.flags.store(flags, Ordering::Relaxed);
        self
    }

    /// The host's descriptor.
    pub(crate) fn fd(&self) -> Result<BorrowedFd<'_>, Errno> {
        match &self.host {
            Host::Owned(fd) => Ok(fd.as_fd()),
            Host::Inherited(fd) => Ok(*fd),
            Host::Null | Host::Input(_) | Host::Captured(_) | Host::Closed => Err(Errno::BadF),
        }
    }

    /// Rights on the descriptor itself.
    pub(crate) fn base(&self) -> u64 {
        self.base.load(Ordering::Relaxed)
    }

    /// Rights that descriptors opened through it may have.
    pub(crate) fn inheriting(&self) -> u64 {
        self.inheriting.load(Ordering::Relaxed)
    }

    /// `fdflags`.
    pub(crate) fn flags(&self) -> u16 {
        self.flags.load(Ordering::Relaxed)
    }

    /// Fails unless the descriptor has all of `wanted`.
    pub(crate) fn require(&self, wanted: u64) -> Result<(), Errno> {
        self.missing(wanted & !self.base())
    }

    /// Fails unless descriptors opened through this one may have all of `wanted`.
    pub(crate) fn require_inheriting(&self, wanted: u64) -> Result<(), Errno> {
        self.missing(wanted & !self.inheriting())
    }

    fn missing(&self, missing: u64) -> Result<(), Errno> {
        if missing == 0 {
            Ok(())
        } else if self.read_only && missing & rights::MODIFY == missing {
            Err(Errno::RoFs)
        } else {
            Err(Errno::NotCapable)
        }
    }

    /// Gives up all rights but these.
    pub(crate) fn narrow(&self, base: u64, inheriting: u64) -> Result<(), Errno> {
        if base & !self.base() != 0 || inheriting & !self.inheriting() != 0 {
            return Err(Errno::NotCapable);
        }
        // "And" instead of "store": of two threads that narrow at once, neither brings back what the other gave up.
        self.base.fetch_and(base, Ordering::Relaxed);
        self.inheriting.fetch_and(inheriting, Ordering::Relaxed);
        Ok(())
    }

    /// Changes `fdflags`.
    ///
    /// Appending and not blocking are the host's business where the open file description is ours. Standard streams share
    /// theirs with other processes (a shell would find its terminal non-blocking), so for them all flags are kept here and
    /// obeyed in `transfer`. Synchronous writing is kept here always: Linux does not change it on an open file.
    pub(crate) fn set_flags(&self, flags: u16) -> Result<(), Errno> {
        if flags & !fd_flags::ALL != 0 {
            return Err(Errno::Inval);
        }
        if let Host::Owned(fd) = &self.host {
            let mut host = rustix::fs::fcntl_getfl(fd)?;
            host.set(OFlags::APPEND, flags & fd_flags::APPEND != 0);
            host.set(OFlags::NONBLOCK, flags & fd_flags::NONBLOCK != 0);
            rustix::fs::fcntl_setfl(fd, host)?;
        }
        self.flags.store(flags, Ordering::Relaxed);
        Ok(())
    }

    /// Whether `NONBLOCK` is only a promise of ours, because the host descriptor is shared.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.host, Host::Inherited(_))
    }
}

/// The table. Numbers are handed out lowest first.
#[derive(Debug, Default)]
pub(crate) struct FdTable {
    slots: Vec<Option<Arc<Descriptor>>>,
    maximum: Option<u32>,
}

impl FdTable {
    /// An empty table for so many descriptors at most.
    pub(crate) fn with_maximum(maximum: Option<u32>) -> FdTable {
        FdTable { slots: Vec::new(), maximum }
    }

    /// The descriptor with this number.
    pub(crate) fn get(&self, fd: u32) -> Result<Arc<Descriptor>, Errno> {
        self.slots.get(fd as usize).and_then(Option::as_ref).cloned().ok_or(Errno::BadF)
    }

    /// Gives the descriptor the lowest free number.
    pub(crate) fn insert(&mut self, descriptor: Arc<Descriptor>) -> Result<u32, Errno> {
        let free = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        let number = u32::try_from(free).map_err(|_| Errno::MFile)?;
        if self.maximum.is_some_and(|maximum| number >= maximum) {
            return Err(Errno::MFile);
        }
        self.put(free, descriptor)?;
        Ok(number)
    }

    /// Takes the descriptor out.
    pub(crate) fn remove(&mut self, fd: u32) -> Result<Arc<Descriptor>, Errno> {
        self.slots.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::BadF)
    }

    /// Moves `from` to the number `to`, which must be in use; returns what was there, to be closed without the lock.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<Option<Arc<Descriptor>>, Errno> {
        self.get(to)?;
        if from == to {
            return Ok(None);
        }
        let descriptor = self.remove(from)?;
        Ok(self.slots[to as usize].replace(descriptor))
    }

    fn put(&mut self, index: usize, descriptor: Arc<Descriptor>) -> Result<(), Errno> {
        while self.slots.len() <= index {
            self.slots.try_reserve(1).map_err(|_| Errno::NoMem)?;
            self.slots.push(None);
        }
        self.slots[index] = Some(descriptor);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Descriptor, FdTable, Host};
    use crate::wasi::types::{Errno, FileType, fd_flags, rights};
    use alloc::sync::Arc;

    fn null(base: u64) -> Arc<Descriptor> {
        Arc::new(Descriptor::new(Host::Null, FileType::Unknown, base, base))
    }

    #[test]
    fn numbers_are_lowest_first() {
        let mut table = FdTable::default();
        for expected in 0..5 {
            assert_eq!(table.insert(null(0)).unwrap(), expected);
        }
        table.remove(3).unwrap();
        table.remove(1).unwrap();
        assert_eq!(table.insert(null(0)).unwrap(), 1);
        assert_eq!(table.insert(null(0)).unwrap(), 3);
        assert_eq!(table.insert(null(0)).unwrap(), 5);
        assert_eq!(table.remove(6).err(), Some(Errno::BadF));
        assert_eq!(table.get(u32::MAX).err(), Some(Errno::BadF));
    }

    #[test]
    fn there_can_be_a_maximum() {
        let mut table = FdTable::with_maximum(Some(2));
        assert_eq!((table.insert(null(0)), table.insert(null(0))), (Ok(0), Ok(1)));
        assert_eq!(table.insert(null(0)).err(), Some(Errno::MFile));
        table.remove(0).unwrap();
        assert_eq!(table.insert(null(0)), Ok(0));
    }

    #[test]
    fn renumbering_moves_and_closes() {
        let mut table = FdTable::default();
        let first = null(1);
        table.insert(first.clone()).unwrap();
        table.insert(null(2)).unwrap();
        assert_eq!(table.renumber(0, 2).err(), Some(Errno::BadF));
        assert_eq!(table.renumber(2, 0).err(), Some(Errno::BadF));
        assert!(table.renumber(0, 0).unwrap().is_none());
        assert_eq!(table.renumber(0, 1).unwrap().map(|closed| closed.base()), Some(2));
        assert!(Arc::ptr_eq(&table.get(1).unwrap(), &first));
        assert_eq!(table.get(0).err(), Some(Errno::BadF));
    }

    #[test]
    fn rights_only_shrink() {
        let descriptor = null(rights::FD_READ | rights::FD_WRITE);
        assert_eq!(descriptor.require(rights::FD_SEEK).err(), Some(Errno::NotCapable));
        assert_eq!(descriptor.narrow(rights::FD_SEEK, 0).err(), Some(Errno::NotCapable));
        descriptor.narrow(rights::FD_READ, 0).unwrap();
        assert_eq!(descriptor.require(rights::FD_WRITE).err(), Some(Errno::NotCapable));
        assert_eq!(descriptor.narrow(rights::FD_READ | rights::FD_WRITE, 0).err(), Some(Errno::NotCapable));
        assert_eq!(descriptor.base(), rights::FD_READ);
    }

    #[test]
    fn a_read_only_grant_says_so() {
        let mut descriptor = Descriptor::new(Host::Null, FileType::Directory, rights::FD_READDIR, 0);
        descriptor.read_only = true;
        assert_eq!(descriptor.require(rights::PATH_SYMLINK).err(), Some(Errno::RoFs));
        assert_eq!(descriptor.require(rights::FD_SEEK).err(), Some(Errno::NotCapable));
    }

    #[test]
    fn unknown_flags_are_invalid() {
        let descriptor = null(0);
        assert_eq!(descriptor.set_flags(1 << 5).err(), Some(Errno::Inval));
        descriptor.set_flags(fd_flags::APPEND | fd_flags::SYNC).unwrap();
        assert_eq!(descriptor.flags(), fd_flags::APPEND | fd_flags::SYNC);
    }
}
