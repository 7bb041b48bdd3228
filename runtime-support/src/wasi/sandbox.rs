//! Path resolution that cannot leave a granted directory.
//!
//! A guest names files by a descriptor of a directory and a path relative to it. Absolute paths, `..` above that directory and
//! symbolic links that lead out of it are refused with `perm`, wherever they stand and however the tree changes meanwhile:
//! other processes, and other threads of the guest, may rename directories and swap them for links during every step.
//!
//! Two implementations agree on this:
//!
//! * **the kernel's**: `openat2` with `RESOLVE_BENEATH` (Linux 5.6) checks each step while it makes it;
//! * **the walk**: one component at a time, each opened with `O_NOFOLLOW` relative to the descriptor of the one before. Links are
//!   read and expanded here, at most 40 of them as in the kernel, and `..` drops the last descriptor of a stack, so that the
//!   kernel never sees `..`, never follows a link, and never resolves more than one name at a time.
//!
//! Operations that create, remove or rename an entry must not go through a descriptor of the entry. They resolve its parent the
//! same way and then name the entry, a single component that is neither `.` nor `..`, relative to the parent's descriptor with a
//! call that does not follow a link in the last place ([`Place`]).

use super::guest::PATH_MAX;
use super::types::Errno;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fstat, openat, openat2, readlinkat_raw};
use rustix::io::Errno as HostErrno;

/// Who resolves paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resolution {
    /// The kernel if it can, the walk if not.
    #[default]
    Automatic,
    /// The walk, so that it can be tested on kernels that can.
    Walk,
}

/// The kernel has no `openat2`, or a filter forbids it.
static WITHOUT_OPENAT2: AtomicBool = AtomicBool::new(false);

/// Symbolic links in one path; the kernel's own limit.
const LINKS_MAX: usize = 40;

/// How often to ask the kernel again when the tree changes under it, before walking.
const KERNEL_ATTEMPTS: usize = 64;

/// What to open a directory with in order to go through it.
const THROUGH: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A directory that paths cannot leave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sandbox<'d> {
    root: BorrowedFd<'d>,
    resolution: Resolution,
}

/// An entry of a directory inside the sandbox, which need not exist.
#[derive(Debug)]
pub(crate) struct Place<'d> {
    parent: Parent<'d>,
    name: CString,
    is_directory_itself: bool,
    spelled: Option<CString>,
}

#[derive(Debug)]
enum Parent<'d> {
    Root(BorrowedFd<'d>),
    Opened(OwnedFd),
}

impl Place<'_> {
    /// The directory.
    pub(crate) fn parent(&self) -> BorrowedFd<'_> {
        match &self.parent {
            Parent::Root(root) => *root,
            Parent::Opened(directory) => directory.as_fd(),
        }
    }

    /// The entry's name: one component. It is `.` for paths that name a directory by `.` or `..`, and then `parent` is that very
    /// directory.
    pub(crate) fn name(&self) -> &CStr {
        &self.name
    }

    /// The entry's name for calls that create, remove or rename, with the slash that the path ended in: the kernel then insists
    /// on a directory, without following a link. `.` and `..` cannot be created, removed or renamed: `otherwise` says so.
    pub(crate) fn entry(&self, otherwise: Errno) -> Result<&CStr, Errno> {
        if self.is_directory_itself {
            return Err(otherwise);
        }
        Ok(self.spelled.as_deref().unwrap_or(&self.name))
    }

    /// Whether the path ended in `.` or `..`.
    pub(crate) fn is_directory_itself(&self) -> bool {
        self.is_directory_itself
    }

    /// Whether the path ended in a slash, and so must mean a directory.
    pub(crate) fn has_trailing_slash(&self) -> bool {
        self.spelled.is_some()
    }
}

impl<'d> Sandbox<'d> {
    /// The sandbox below `root`.
    pub(crate) fn new(root: BorrowedFd<'d>, resolution: Resolution) -> Sandbox<'d> {
        Sandbox { root, resolution }
    }

    /// `openat` inside the sandbox. `O_NOFOLLOW` means what it means there.
    pub(crate) fn open(&self, path: &CStr, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        let bytes = path.to_bytes();
        if bytes.is_empty() {
            return Err(Errno::NoEnt);
        }
        if bytes[0] == b'/' {
            return Err(Errno::Perm);
        }
        let flags = flags | OFlags::CLOEXEC | OFlags::NOCTTY;
        // `O_NOCTTY` is an error beside `O_PATH` for `openat2`.
        let flags = if flags.contains(OFlags::PATH) { flags - OFlags::NOCTTY } else { flags };
        let mode = if flags.contains(OFlags::CREATE) { mode } else { Mode::empty() };
        if self.resolution == Resolution::Automatic
            && !WITHOUT_OPENAT2.load(Ordering::Relaxed)
            && let Some(result) = self.ask_kernel(path, flags, mode)
        {
            return result;
        }
        walk(self.root, bytes, flags, mode)
    }

    /// The place that a path names, without following a link in the last place.
    pub(crate) fn place(&self, path: &CStr) -> Result<Place<'d>, Errno> {
        let bytes = path.to_bytes();
        if bytes.is_empty() {
            return Err(Errno::NoEnt);
        }
        if bytes[0] == b'/' {
            return Err(Errno::Perm);
        }
        let (directory, name, slash) = split(bytes);
        if name == b"." || name == b".." {
            return self.directory_itself(path);
        }
        let parent = if directory.is_empty() {
            Parent::Root(self.root)
        } else {
            Parent::Opened(self.open(&c_string(directory)?, THROUGH, Mode::empty())?)
        };
        let spelled = if slash { Some(c_string(&[name, b"/"].concat())?) } else { None };
        Ok(Place { parent, name: c_string(name)?, is_directory_itself: false, spelled })
    }

    /// The place that a path means when `follow` says whether a link in the last place is followed; what is there may be missing
    /// but is, barring a race, not a link that should have been followed.
    pub(crate) fn target(&self, path: &CStr, follow: bool) -> Result<Place<'d>, Errno> {
        let mut path = c_string(path.to_bytes())?;
        for _ in 0..=LINKS_MAX {
            let place = self.place(&path)?;
            if place.is_directory_itself {
                return Ok(place);
            }
            if place.has_trailing_slash() {
                // The slash follows links and insists on a directory.
                return self.directory_itself(&path);
            }
            if !follow {
                return Ok(place);
            }
            let Some(link) = read_link(place.parent(), place.name())? else { return Ok(place) };
            // A relative link starts at the directory it is in. Spelling that out and starting again from the root keeps `..` in
            // the link inside the sandbox.
            let (directory, _, _) = split(path.to_bytes());
            path = expand(directory, &link, &[])?;
        }
        Err(Errno::Loop)
    }

    /// The place of a directory that has no other name than `.`.
    fn directory_itself(&self, path: &CStr) -> Result<Place<'d>, Errno> {
        let directory = self.open(path, THROUGH, Mode::empty())?;
        Ok(Place { parent: Parent::Opened(directory), name: c".".into(), is_directory_itself: true, spelled: None })
    }

    /// `None` when somebody else has to answer.
    fn ask_kernel(&self, path: &CStr, flags: OFlags, mode: Mode) -> Option<Result<OwnedFd, Errno>> {
        let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        for _ in 0..KERNEL_ATTEMPTS {
            return match openat2(self.root, path, flags, mode, beneath) {
                // Interrupted (opening a FIFO waits), or something was renamed and `..` could not be checked.
                Err(HostErrno::INTR | HostErrno::AGAIN) => continue,
                Err(HostErrno::XDEV) => Some(Err(Errno::Perm)),
                Err(HostErrno::NOSYS) => {
                    WITHOUT_OPENAT2.store(true, Ordering::Relaxed);
                    None
                }
                // Either this file is protected, or a filter from before `openat2` forbids the call altogether.
                Err(HostErrno::PERM) if openat2(self.root, c".", THROUGH, Mode::empty(), beneath).is_err() => {
                    WITHOUT_OPENAT2.store(true, Ordering::Relaxed);
                    None
                }
                Err(error) => Some(Err(error.into())),
                Ok(fd) => Some(Ok(fd)),
            };
        }
        None
    }
}

/// Resolves and opens without the kernel's help. `path` is neither empty nor absolute.
fn walk(root: BorrowedFd<'_>, path: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    // The directories entered from the root on; the last is where we are.
    let mut entered: Vec<OwnedFd> = Vec::new();
    let mut pending = path.to_vec();
    // For each round that does not consume a component: a link, or a race lost.
    let mut links = 0;
    loop {
        let name_end = pending.iter().position(|byte| *byte == b'/').unwrap_or(pending.len());
        let rest_start = name_end + pending[name_end..].iter().take_while(|byte| **byte == b'/').count();
        let (name, rest) = (&pending[..name_end], &pending[name_end..]);
        let is_last = rest_start == pending.len();

        if name == b".." && entered.pop().is_none() {
            return Err(Errno::Perm);
        }
        let here = entered.last().map_or(root, AsFd::as_fd);
        if name == b"." || name == b".." {
            if is_last {
                return Ok(openat_patiently(here, c".", flags | OFlags::NOFOLLOW, mode)?);
            }
            pending.drain(..rest_start);
            continue;
        }

        let name = c_string(name)?;
        let link = if is_last {
            match open_last(here, &name, !rest.is_empty(), flags, mode)? {
                Last::Opened(fd) => return Ok(fd),
                Last::Link(link) => link,
            }
        } else {
            match openat(here, &name, THROUGH | OFlags::NOFOLLOW, Mode::empty()) {
                Ok(directory) => {
                    entered.push(directory);
                    pending.drain(..rest_start);
                    continue;
                }
                Err(error @ (HostErrno::NOTDIR | HostErrno::LOOP)) => read_link(here, &name)?.ok_or(error)?,
                Err(error) => return Err(error.into()),
            }
        };
        links += 1;
        if links > LINKS_MAX {
            return Err(Errno::Loop);
        }
        pending = expand(&[], &link, rest)?.into_bytes();
    }
}

enum Last {
    Opened(OwnedFd),
    Link(Vec<u8>),
}

/// Opens the last component of a walk, or reads it when it is a link to follow.
fn open_last(here: BorrowedFd<'_>, name: &CStr, slash: bool, flags: OFlags, mode: Mode) -> Result<Last, Errno> {
    // A slash at the end follows links even where the caller does not, and wants a directory.
    let follow = slash || !flags.contains(OFlags::NOFOLLOW);
    if slash && flags.contains(OFlags::CREATE) {
        return Err(Errno::IsDir);
    }
    let mut attempt = flags | OFlags::NOFOLLOW;
    attempt.set(OFlags::DIRECTORY, slash || flags.contains(OFlags::DIRECTORY));
    match openat_patiently(here, name, attempt, mode) {
        Ok(fd) => {
            // `O_PATH` with `O_NOFOLLOW` opens a link itself.
            if follow
                && flags.contains(OFlags::PATH)
                && FileType::from_raw_mode(fstat(&fd)?.st_mode) == FileType::Symlink
            {
                return Ok(Last::Link(read_link(here, name)?.ok_or(Errno::Loop)?));
            }
            Ok(Last::Opened(fd))
        }
        Err(error @ (HostErrno::LOOP | HostErrno::NOTDIR)) if follow => {
            Ok(Last::Link(read_link(here, name)?.ok_or(error)?))
        }
        Err(error) => Err(error.into()),
    }
}

/// `openat`, again when a signal interrupts it: opening a FIFO waits for the other side.
fn openat_patiently(directory: BorrowedFd<'_>, name: &CStr, flags: OFlags, mode: Mode) -> Result<OwnedFd, HostErrno> {
    rustix::io::retry_on_intr(|| openat(directory, name, flags, mode))
}

/// What a link says; `None` if the entry is no link.
fn read_link(directory: BorrowedFd<'_>, name: &CStr) -> Result<Option<Vec<u8>>, Errno> {
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    match readlinkat_raw(directory, name, &mut buffer) {
        Ok((link, _)) => Ok(Some(link.to_vec())),
        Err(HostErrno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The path that remains when a link takes the place of its name: `directory`, the link, `rest`.
fn expand(directory: &[u8], link: &[u8], rest: &[u8]) -> Result<CString, Errno> {
    match link.first() {
        None => Err(Errno::NoEnt),
        Some(b'/') => Err(Errno::Perm),
        // The kernel would not limit the sum, but each part. Twice the limit is more than enough for both and bounds the work.
        Some(_) if directory.len() + link.len() + rest.len() >= 2 * PATH_MAX => Err(Errno::NameTooLong),
        Some(_) => c_string(&[directory, link, rest].concat()),
    }
}

/// The part up to and including the last slash before the name, the name, and whether slashes follow it.
fn split(path: &[u8]) -> (&[u8], &[u8], bool) {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    let start = path[..end].iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    (&path[..start], &path[start..end], end < path.len())
}

fn c_string(bytes: &[u8]) -> Result<CString, Errno> {
    CString::new(bytes).map_err(|_| Errno::IlSeq)
}

#[cfg(test)]
#[path = "sandbox_attacks.rs"]
mod attacks;

#[cfg(test)]
#[path = "sandbox_races.rs"]
mod races;
