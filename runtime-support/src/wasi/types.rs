//! WASI's types and error numbers, laid out as preview 1 (and snapshot 0, where it differs) says.

use rustix::fs::{FileType as HostFileType, Stat};
use rustix::io::Errno as HostErrno;

macro_rules! errno_table {
    ($($name:ident = $number:literal $(from $($host:ident)|+)?;)*) => {
        /// Why a function failed. 0, success, is `Ok`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u16)]
        #[allow(missing_docs, reason = "named as in the specification, which copies POSIX")]
        pub enum Errno { $($name = $number,)* }

        impl From<HostErrno> for Errno {
            fn from(host: HostErrno) -> Errno {
                match host {
                    $($($(HostErrno::$host)|+ => Errno::$name,)?)*
                    // What POSIX does not name, WASI cannot either.
                    _ => Errno::Io,
                }
            }
        }
    };
}

errno_table! {
    TooBig = 1 from TOOBIG;
    Access = 2 from ACCESS;
    AddrInUse = 3 from ADDRINUSE;
    AddrNotAvail = 4 from ADDRNOTAVAIL;
    AfNoSupport = 5 from AFNOSUPPORT;
    Again = 6 from AGAIN;
    Already = 7 from ALREADY;
    BadF = 8 from BADF;
    BadMsg = 9 from BADMSG;
    Busy = 10 from BUSY;
    Canceled = 11 from CANCELED;
    Child = 12 from CHILD;
    ConnAborted = 13 from CONNABORTED;
    ConnRefused = 14 from CONNREFUSED;
    ConnReset = 15 from CONNRESET;
    DeadLk = 16 from DEADLK;
    DestAddrReq = 17 from DESTADDRREQ;
    Dom = 18 from DOM;
    DQuot = 19 from DQUOT;
    Exist = 20 from EXIST;
    Fault = 21 from FAULT;
    FBig = 22 from FBIG;
    HostUnreach = 23 from HOSTUNREACH;
    IdRm = 24 from IDRM;
    IlSeq = 25 from ILSEQ;
    InProgress = 26 from INPROGRESS;
    Intr = 27 from INTR;
    Inval = 28 from INVAL;
    Io = 29 from IO;
    IsConn = 30 from ISCONN;
    IsDir = 31 from ISDIR;
    Loop = 32 from LOOP;
    MFile = 33 from MFILE;
    MLink = 34 from MLINK;
    MsgSize = 35 from MSGSIZE;
    MultiHop = 36 from MULTIHOP;
    NameTooLong = 37 from NAMETOOLONG;
    NetDown = 38 from NETDOWN;
    NetReset = 39 from NETRESET;
    NetUnreach = 40 from NETUNREACH;
    NFile = 41 from NFILE;
    NoBufs = 42 from NOBUFS;
    NoDev = 43 from NODEV;
    NoEnt = 44 from NOENT;
    NoExec = 45 from NOEXEC;
    NoLck = 46 from NOLCK;
    NoLink = 47 from NOLINK;
    NoMem = 48 from NOMEM;
    NoMsg = 49 from NOMSG;
    NoProtoOpt = 50 from NOPROTOOPT;
    NoSpc = 51 from NOSPC;
    NoSys = 52 from NOSYS;
    NotConn = 53 from NOTCONN;
    NotDir = 54 from NOTDIR;
    NotEmpty = 55 from NOTEMPTY;
    NotRecoverable = 56 from NOTRECOVERABLE;
    NotSock = 57 from NOTSOCK;
    NotSup = 58 from OPNOTSUPP;
    NotTy = 59 from NOTTY;
    Nxio = 60 from NXIO;
    Overflow = 61 from OVERFLOW;
    OwnerDead = 62 from OWNERDEAD;
    Perm = 63 from PERM;
    Pipe = 64 from PIPE;
    Proto = 65 from PROTO;
    ProtoNoSupport = 66 from PROTONOSUPPORT;
    ProtoType = 67 from PROTOTYPE;
    Range = 68 from RANGE;
    RoFs = 69 from ROFS;
    SPipe = 70 from SPIPE;
    Srch = 71 from SRCH;
    Stale = 72 from STALE;
    TimedOut = 73 from TIMEDOUT;
    TxtBsy = 74 from TXTBSY;
    Xdev = 75 from XDEV;
    NotCapable = 76;
}

/// What a descriptor refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "named as in the specification")]
pub(crate) enum FileType {
    /// Anything the specification has no word for, pipes among them.
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketDatagram = 5,
    SocketStream = 6,
    SymbolicLink = 7,
}

impl FileType {
    /// The type of a file, as far as its mode tells: every socket counts as a stream.
    pub(crate) fn from_host(host: HostFileType) -> FileType {
        match host {
            HostFileType::RegularFile => FileType::RegularFile,
            HostFileType::Directory => FileType::Directory,
            HostFileType::Symlink => FileType::SymbolicLink,
            HostFileType::Socket => FileType::SocketStream,
            HostFileType::CharacterDevice => FileType::CharacterDevice,
            HostFileType::BlockDevice => FileType::BlockDevice,
            HostFileType::Fifo | HostFileType::Unknown => FileType::Unknown,
        }
    }
}

/// Rights: which functions may be called on a descriptor.
pub(crate) mod rights {
    pub(crate) const FD_DATASYNC: u64 = 1 << 0;
    pub(crate) const FD_READ: u64 = 1 << 1;
    pub(crate) const FD_SEEK: u64 = 1 << 2;
    pub(crate) const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    pub(crate) const FD_SYNC: u64 = 1 << 4;
    pub(crate) const FD_TELL: u64 = 1 << 5;
    pub(crate) const FD_WRITE: u64 = 1 << 6;
    pub(crate) const FD_ADVISE: u64 = 1 << 7;
    pub(crate) const FD_ALLOCATE: u64 = 1 << 8;
    pub(crate) const PATH_CREATE_DIRECTORY: u64 = 1 << 9;
    pub(crate) const PATH_CREATE_FILE: u64 = 1 << 10;
    pub(crate) const PATH_LINK_SOURCE: u64 = 1 << 11;
    pub(crate) const PATH_LINK_TARGET: u64 = 1 << 12;
    pub(crate) const PATH_OPEN: u64 = 1 << 13;
    pub(crate) const FD_READDIR: u64 = 1 << 14;
    pub(crate) const PATH_READLINK: u64 = 1 << 15;
    pub(crate) const PATH_RENAME_SOURCE: u64 = 1 << 16;
    pub(crate) const PATH_RENAME_TARGET: u64 = 1 << 17;
    pub(crate) const PATH_FILESTAT_GET: u64 = 1 << 18;
    pub(crate) const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
    pub(crate) const PATH_FILESTAT_SET_TIMES: u64 = 1 << 20;
    pub(crate) const FD_FILESTAT_GET: u64 = 1 << 21;
    pub(crate) const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    pub(crate) const FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
    pub(crate) const PATH_SYMLINK: u64 = 1 << 24;
    pub(crate) const PATH_REMOVE_DIRECTORY: u64 = 1 << 25;
    pub(crate) const PATH_UNLINK_FILE: u64 = 1 << 26;
    pub(crate) const POLL_FD_READWRITE: u64 = 1 << 27;
    pub(crate) const SOCK_SHUTDOWN: u64 = 1 << 28;
    pub(crate) const SOCK_ACCEPT: u64 = 1 << 29;

    /// What makes sense on a regular file, block device or other seekable thing.
    pub(crate) const FILE: u64 = FD_DATASYNC
        | FD_READ
        | FD_SEEK
        | FD_FDSTAT_SET_FLAGS
        | FD_SYNC
        | FD_TELL
        | FD_WRITE
        | FD_ADVISE
        | FD_ALLOCATE
        | FD_FILESTAT_GET
        | FD_FILESTAT_SET_SIZE
        | FD_FILESTAT_SET_TIMES
        | POLL_FD_READWRITE;

    /// What makes sense on a directory.
    pub(crate) const DIRECTORY: u64 = FD_DATASYNC
        | FD_FDSTAT_SET_FLAGS
        | FD_SYNC
        | PATH_CREATE_DIRECTORY
        | PATH_CREATE_FILE
        | PATH_LINK_SOURCE
        | PATH_LINK_TARGET
        | PATH_OPEN
        | FD_READDIR
        | PATH_READLINK
        | PATH_RENAME_SOURCE
        | PATH_RENAME_TARGET
        | PATH_FILESTAT_GET
        | PATH_FILESTAT_SET_SIZE
        | PATH_FILESTAT_SET_TIMES
        | FD_FILESTAT_GET
        | FD_FILESTAT_SET_TIMES
        | PATH_SYMLINK
        | PATH_REMOVE_DIRECTORY
        | PATH_UNLINK_FILE
        | POLL_FD_READWRITE;

    /// What makes sense on a terminal. Without seek and tell: this is how wasi-libc's `isatty` knows one.
    pub(crate) const TERMINAL: u64 = FD_READ | FD_FDSTAT_SET_FLAGS | FD_WRITE | FD_FILESTAT_GET | POLL_FD_READWRITE;

    /// What makes sense on a socket.
    pub(crate) const SOCKET: u64 = TERMINAL | SOCK_SHUTDOWN | SOCK_ACCEPT;

    /// What changes a file system: a read-only grant lacks all of it. Sources of links and renames are here because
    /// they would carry a file from a read-only grant into a writable one, where it can be opened for writing.
    pub(crate) const MODIFY: u64 = FD_WRITE
        | FD_ALLOCATE
        | PATH_CREATE_DIRECTORY
        | PATH_CREATE_FILE
        | PATH_LINK_SOURCE
        | PATH_LINK_TARGET
        | PATH_RENAME_SOURCE
        | PATH_RENAME_TARGET
        | PATH_FILESTAT_SET_SIZE
        | PATH_FILESTAT_SET_TIMES
        | FD_FILESTAT_SET_SIZE
        | FD_FILESTAT_SET_TIMES
        | PATH_SYMLINK
        | PATH_REMOVE_DIRECTORY
        | PATH_UNLINK_FILE;
}

/// `fdflags`: how a descriptor reads and writes.
pub(crate) mod fd_flags {
    pub(crate) const APPEND: u16 = 1 << 0;
    pub(crate) const DSYNC: u16 = 1 << 1;
    pub(crate) const NONBLOCK: u16 = 1 << 2;
    pub(crate) const RSYNC: u16 = 1 << 3;
    pub(crate) const SYNC: u16 = 1 << 4;
    pub(crate) const ALL: u16 = APPEND | DSYNC | NONBLOCK | RSYNC | SYNC;
}

/// `oflags`: how `path_open` opens.
pub(crate) mod open_flags {
    pub(crate) const CREATE: u16 = 1 << 0;
    pub(crate) const DIRECTORY: u16 = 1 << 1;
    pub(crate) const EXCLUSIVE: u16 = 1 << 2;
    pub(crate) const TRUNCATE: u16 = 1 << 3;
    pub(crate) const ALL: u16 = CREATE | DIRECTORY | EXCLUSIVE | TRUNCATE;
}

/// `lookupflags`: the only one, whether a symbolic link at the end of a path is followed.
pub(crate) const LOOKUP_SYMLINK_FOLLOW: u32 = 1;

/// Bytes of preview 1's `filestat`.
pub(crate) const FILESTAT_BYTES: usize = 64;
/// Bytes of snapshot 0's `filestat`, whose link count is 32 bits.
pub(crate) const UNSTABLE_FILESTAT_BYTES: usize = 56;

/// `filestat`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileStat {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) file_type: FileType,
    pub(crate) links: u64,
    pub(crate) size: u64,
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
}

impl FileStat {
    /// Translates the host's answer; `file_type` is given because a host mode cannot tell kinds of sockets apart.
    #[allow(clippy::unnecessary_cast, reason = "the fields of `Stat` differ in width between architectures")]
    pub(crate) fn from_host(stat: &Stat, file_type: FileType) -> FileStat {
        FileStat {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            file_type,
            links: stat.st_nlink as u64,
            size: stat.st_size as u64,
            accessed: nanoseconds(stat.st_atime as i64, stat.st_atime_nsec as i64),
            modified: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }
    }

    /// Preview 1's layout.
    pub(crate) fn to_bytes(self) -> [u8; FILESTAT_BYTES] {
        let mut bytes = [0; FILESTAT_BYTES];
        put(&mut bytes, 0, &self.device.to_le_bytes());
        put(&mut bytes, 8, &self.inode.to_le_bytes());
        put(&mut bytes, 16, &[self.file_type as u8]);
        put(&mut bytes, 24, &self.links.to_le_bytes());
        put(&mut bytes, 32, &self.size.to_le_bytes());
        put(&mut bytes, 40, &self.accessed.to_le_bytes());
        put(&mut bytes, 48, &self.modified.to_le_bytes());
        put(&mut bytes, 56, &self.changed.to_le_bytes());
        bytes
    }

    /// Snapshot 0's layout.
    pub(crate) fn to_unstable_bytes(self) -> [u8; UNSTABLE_FILESTAT_BYTES] {
        let mut bytes = [0; UNSTABLE_FILESTAT_BYTES];
        put(&mut bytes, 0, &self.device.to_le_bytes());
        put(&mut bytes, 8, &self.inode.to_le_bytes());
        put(&mut bytes, 16, &[self.file_type as u8]);
        put(&mut bytes, 20, &u32::try_from(self.links).unwrap_or(u32::MAX).to_le_bytes());
        put(&mut bytes, 24, &self.size.to_le_bytes());
        put(&mut bytes, 32, &self.accessed.to_le_bytes());
        put(&mut bytes, 40, &self.modified.to_le_bytes());
        put(&mut bytes, 48, &self.changed.to_le_bytes());
        bytes
    }
}

/// Seconds and nanoseconds as WASI's timestamp; a file older than 1970 counts as of 1970, for want of a sign.
pub(crate) fn nanoseconds(seconds: i64, nanoseconds: i64) -> u64 {
    let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    u64::try_from(total.max(0)).unwrap_or(u64::MAX)
}

/// Writes a field of a structure.
pub(crate) fn put(structure: &mut [u8], offset: usize, field: &[u8]) {
    structure[offset..offset + field.len()].copy_from_slice(field);
}

/// Reads a field of a structure.
pub(crate) fn get<const N: usize>(structure: &[u8], offset: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&structure[offset..offset + N]);
    field
}

#[cfg(test)]
mod tests {
    use super::{Errno, FileStat, FileType, HostErrno, nanoseconds};

    #[test]
    fn host_errors_keep_their_meaning() {
        for (host, errno, number) in [
            (HostErrno::TOOBIG, Errno::TooBig, 1),
            (HostErrno::AGAIN, Errno::Again, 6),
            (HostErrno::WOULDBLOCK, Errno::Again, 6),
            (HostErrno::NOSPC, Errno::NoSpc, 51),
            (HostErrno::OPNOTSUPP, Errno::NotSup, 58),
            (HostErrno::NOTSUP, Errno::NotSup, 58),
            (HostErrno::PIPE, Errno::Pipe, 64),
            (HostErrno::XDEV, Errno::Xdev, 75),
        ] {
            assert_eq!(Errno::from(host), errno);
            assert_eq!(errno as u16, number);
        }
        assert_eq!(Errno::from(HostErrno::KEYEXPIRED), Errno::Io);
        assert_eq!(Errno::NotCapable as u16, 76);
    }

    #[test]
    fn filestat_is_laid_out_as_the_snapshots_say() {
        let stat = FileStat {
            device: 1,
            inode: 2,
            file_type: FileType::RegularFile,
            links: 3,
            size: 4,
            accessed: 5,
            modified: 6,
            changed: 7,
        };
        let new = stat.to_bytes();
        assert_eq!([new[0], new[8], new[16], new[24], new[32], new[40], new[48], new[56]], [1, 2, 4, 3, 4, 5, 6, 7]);
        let old = stat.to_unstable_bytes();
        assert_eq!([old[0], old[8], old[16], old[20], old[24], old[32], old[40], old[48]], [1, 2, 4, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn timestamps_saturate() {
        assert_eq!(nanoseconds(1, 5), 1_000_000_005);
        assert_eq!(nanoseconds(-1, 5), 0);
        assert_eq!(nanoseconds(i64::MAX, 999_999_999), u64::MAX);
    }
}
