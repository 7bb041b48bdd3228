//! What an executable was told when it was made: stack size, entry, grants. Writer and reader side by side.
//!
//! The symbol [`crate::symbol::CONFIG`] is 8-aligned data: the address of the routine that runs the program
//! (one of the `ENTER_…` of [`crate::symbol`], so that the linker keeps only that one), then the bytes that [`ProgramConfig::write`] makes:
//!
//! ```text
//! u32 byte_length     // of the whole, this field included
//! u32 abi_version
//! u64 stack_bytes     // 0: the default
//! u32 flags
//! u32 0
//! records…            // u8 tag, u32 byte_length, bytes
//! ```
//!
//! Numbers are little-endian. The same bytes fit into a note, from which `aot inspect` shows them.

use alloc::vec::Vec;

/// Flag: the program sees the whole environment of the process.
pub const INHERIT_ENVIRONMENT: u32 = 1;
/// Flag: the environment variable [`GRANTS_VARIABLE`] may grant more when the program runs.
pub const RUNTIME_GRANTS: u32 = 2;

/// Grants more to an executable that was compiled with `--runtime-grants`. Entries are separated by `;`:
/// `dir=HOST[::GUEST][:ro]`, `env=NAME[=VALUE]`, `inherit-env`, `listen=ADDRESS`.
pub const GRANTS_VARIABLE: &str = "AOT_GRANTS";

/// Set to `0`, it silences the frames in a trap's report.
pub const BACKTRACE_VARIABLE: &str = "AOT_BACKTRACE";

/// Stack of a program that does not say.
pub const DEFAULT_STACK_BYTES: u64 = 8 << 20;

const HEADER_BYTES: usize = 24;

const TAG_ENTRY: u8 = 1;
const TAG_ARGUMENT: u8 = 2;
const TAG_ENVIRONMENT: u8 = 3;
const TAG_DIRECTORY: u8 = 4;
const TAG_DIRECTORY_READ_ONLY: u8 = 5;
const TAG_LISTENER: u8 = 6;
const TAG_PROFILE: u8 = 7;

/// What an executable was told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProgramConfig<'a> {
    /// Bytes of stack; 0 for [`DEFAULT_STACK_BYTES`].
    pub stack_bytes: u64,
    /// [`INHERIT_ENVIRONMENT`], [`RUNTIME_GRANTS`].
    pub flags: u32,
    /// The rest, in the order it was given.
    pub records: Vec<Record<'a>>,
}

/// One thing an executable was told. No string contains a NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record<'a> {
    /// Name of the exported function to call, where it is not `_start`.
    Entry(&'a [u8]),
    /// An argument that comes before those of the command line.
    Argument(&'a [u8]),
    /// `NAME=VALUE`, or `NAME` to hand on the process's.
    Environment(&'a [u8]),
    /// A directory, opened when the program runs.
    Directory {
        /// Path on the host.
        host: &'a [u8],
        /// What the program calls it.
        guest: &'a [u8],
        /// Nothing in it can be changed.
        read_only: bool,
    },
    /// An address to listen on.
    Listener(&'a [u8]),
    /// Path of the file that a program leaves which counts.
    Profile(&'a [u8]),
}

impl<'a> ProgramConfig<'a> {
    /// The encoding.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&0u32.to_le_bytes());
        out.extend_from_slice(&crate::ABI_VERSION.to_le_bytes());
        out.extend_from_slice(&self.stack_bytes.to_le_bytes());
        out.extend_from_slice(&self.flags.to_le_bytes());
        out.extend_from_slice(&0u32.to_le_bytes());
        for record in &self.records {
            let (tag, first, second) = match *record {
                Record::Entry(name) => (TAG_ENTRY, name, None),
                Record::Argument(argument) => (TAG_ARGUMENT, argument, None),
                Record::Environment(variable) => (TAG_ENVIRONMENT, variable, None),
                Record::Directory { host, guest, read_only: false } => (TAG_DIRECTORY, host, Some(guest)),
                Record::Directory { host, guest, read_only: true } => (TAG_DIRECTORY_READ_ONLY, host, Some(guest)),
                Record::Listener(address) => (TAG_LISTENER, address, None),
                Record::Profile(path) => (TAG_PROFILE, path, None),
            };
            let length = first.len() + second.map_or(0, |second| 1 + second.len());
            out.push(tag);
            out.extend_from_slice(&u32::try_from(length).expect("grants are short").to_le_bytes());
            out.extend_from_slice(first);
            if let Some(second) = second {
                out.push(0);
                out.extend_from_slice(second);
            }
        }
        let length = u32::try_from(out.len()).expect("grants are short");
        out[..4].copy_from_slice(&length.to_le_bytes());
        out
    }

    /// Decodes; `None` when the bytes are not what [`ProgramConfig::write`] makes. Never panics, whatever the bytes.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<ProgramConfig<'a>> {
        let length = byte_length(bytes)?;
        let bytes = bytes.get(..length)?;
        let version = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?);
        if version != crate::ABI_VERSION || length < HEADER_BYTES {
            return None;
        }
        let stack_bytes = u64::from_le_bytes(bytes[8..16].try_into().ok()?);
        let flags = u32::from_le_bytes(bytes[16..20].try_into().ok()?);
        let mut records = Vec::new();
        let mut rest = &bytes[HEADER_BYTES..];
        while let [tag, after @ ..] = rest {
            let length = u32::from_le_bytes(after.get(..4)?.try_into().ok()?) as usize;
            let body = after.get(4..4usize.checked_add(length)?)?;
            rest = &after[4 + length..];
            let directory = |read_only| {
                let split = body.iter().position(|byte| *byte == 0)?;
                Some(Record::Directory { host: &body[..split], guest: &body[split + 1..], read_only })
            };
            records.push(match *tag {
                TAG_ENTRY => Record::Entry(body),
                TAG_ARGUMENT => Record::Argument(body),
                TAG_ENVIRONMENT => Record::Environment(body),
                TAG_DIRECTORY => directory(false)?,
                TAG_DIRECTORY_READ_ONLY => directory(true)?,
                TAG_LISTENER => Record::Listener(body),
                TAG_PROFILE => Record::Profile(body),
                _ => return None,
            });
        }
        Some(ProgramConfig { stack_bytes, flags, records })
    }

    /// Name of the exported function to call.
    #[must_use]
    pub fn entry(&self) -> &'a [u8] {
        let named = self.records.iter().find_map(|record| match record {
            Record::Entry(name) => Some(*name),
            _ => None,
        });
        named.unwrap_or(b"_start")
    }
}

/// How many bytes the encoding that starts here has.
#[must_use]
pub fn byte_length(bytes: &[u8]) -> Option<usize> {
    Some(u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn sample() -> ProgramConfig<'static> {
        ProgramConfig {
            stack_bytes: 1 << 20,
            flags: RUNTIME_GRANTS,
            records: vec![
                Record::Entry(b"run"),
                Record::Argument(b""),
                Record::Environment(b"A=b=c"),
                Record::Directory { host: b"/tmp", guest: b"", read_only: true },
                Record::Directory { host: b".", guest: b"/", read_only: false },
                Record::Listener(b"[::1]:80"),
                Record::Profile(b"default.aotprof"),
            ],
        }
    }

    #[test]
    fn round_trip() {
        let config = sample();
        let mut bytes = config.write();
        assert_eq!(byte_length(&bytes), Some(bytes.len()));
        assert_eq!(ProgramConfig::read(&bytes), Some(config));
        bytes.extend_from_slice(b"what follows does not matter");
        assert_eq!(ProgramConfig::read(&bytes), Some(sample()));
        assert_eq!(ProgramConfig::read(&ProgramConfig::default().write()), Some(ProgramConfig::default()));
        assert_eq!(sample().entry(), b"run");
        assert_eq!(ProgramConfig::default().entry(), b"_start");
    }

    #[test]
    fn broken_bytes_never_panic() {
        let bytes = sample().write();
        for length in 0..bytes.len() {
            assert_eq!(ProgramConfig::read(&bytes[..length]), None);
        }
        for position in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[position] ^= 0xff;
            let _ = ProgramConfig::read(&broken);
        }
    }
}
