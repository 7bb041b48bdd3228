//! Standard streams in memory: bytes given as input, and output that is kept for the host.

use super::guest::GuestVectors;
use super::lock::Mutex;
use super::types::Errno;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Whoever has one is part of a host's process. A program of its own has no such streams, and, because this type has no
/// values there, no code for them.
#[derive(Debug, Clone, Copy)]
#[cfg(feature = "hosted")]
pub(crate) struct Hosted;

/// See above.
#[derive(Debug, Clone, Copy)]
#[cfg(not(feature = "hosted"))]
pub(crate) enum Hosted {}

impl Hosted {
    /// One, in a host's process.
    pub(crate) const fn claim() -> Option<Hosted> {
        #[cfg(feature = "hosted")]
        return Some(Hosted);
        #[cfg(not(feature = "hosted"))]
        None
    }
}

/// What a guest reads.
#[derive(Debug)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    position: Mutex<usize>,
    #[expect(dead_code, reason = "it only has to exist")]
    hosted: Hosted,
}

/// Where what a guest writes is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) capture: Arc<Capture>,
    #[expect(dead_code, reason = "it only has to exist")]
    pub(crate) hosted: Hosted,
}

/// What guests write, up to a limit: beyond it they are told that the device is full.
#[derive(Debug)]
pub struct Capture {
    bytes: Mutex<Vec<u8>>,
    limit: usize,
}

impl Input {
    /// A stream of these bytes.
    pub(crate) fn new(bytes: Vec<u8>, hosted: Hosted) -> Input {
        Input { bytes, position: Mutex::new(0), hosted }
    }

    /// How many bytes are left.
    pub(crate) fn available(&self) -> usize {
        self.bytes.len() - *self.position.lock()
    }

    /// Reads what fits.
    pub(crate) fn read(&self, vectors: &GuestVectors<'_>) -> Result<u32, Errno> {
        let mut position = self.position.lock();
        let start = *position;
        for index in 0..vectors.count() {
            // A count has 32 bits.
            let room = u32::MAX as usize - (*position - start);
            *position += vectors.get(index)?.part(0, room).copy_from(&self.bytes[*position..]);
        }
        u32::try_from(*position - start).map_err(|_| Errno::Overflow)
    }
}

impl Capture {
    /// Nothing yet, and at most `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> Capture {
        Capture { bytes: Mutex::new(Vec::new()), limit }
    }

    /// What was written so far.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().clone()
    }

    /// Takes what was written so far, which makes room for as much again.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        core::mem::take(&mut *self.bytes.lock())
    }

    /// Copies what was written from `offset` on; returns how many bytes there are in all.
    pub fn copy_to(&self, offset: usize, to: &mut [u8]) -> usize {
        let bytes = self.bytes.lock();
        let rest = bytes.get(offset..).unwrap_or(&[]);
        let count = rest.len().min(to.len());
        to[..count].copy_from_slice(&rest[..count]);
        bytes.len()
    }

    /// Keeps what fits.
    pub(crate) fn write(&self, vectors: &GuestVectors<'_>) -> Result<u32, Errno> {
        let mut bytes = self.bytes.lock();
        let start = bytes.len();
        let mut wanted = 0;
        for index in 0..vectors.count() {
            let vector = vectors.get(index)?;
            wanted += vector.byte_length() as u64;
            let part = vector.part(0, self.limit.saturating_sub(bytes.len()).min(u32::MAX as usize));
            let end = bytes.len();
            if bytes.try_reserve(part.byte_length()).is_err() {
                // A short count, unless there is nothing to count.
                break;
            }
            bytes.resize(end + part.byte_length(), 0);
            part.copy_to(&mut bytes[end..]);
        }
        match bytes.len() - start {
            0 if wanted > 0 => Err(Errno::NoSpc),
            written => u32::try_from(written).map_err(|_| Errno::Overflow),
        }
    }
}

#[cfg(all(test, feature = "hosted"))]
mod tests {
    use super::super::testing::Guest;
    use super::super::{Stdio, WasiConfig};
    use super::Capture;
    use crate::wasi::types::Errno;
    use alloc::sync::Arc;
    use std::vec::Vec;

    fn guest(output: &Arc<Capture>) -> Guest {
        let stdio =
            [Stdio::Bytes(b"some input".to_vec()), Stdio::Capture(output.clone()), Stdio::Capture(output.clone())];
        Guest::with_config(WasiConfig { stdio, ..WasiConfig::default() })
    }

    #[test]
    fn input_is_read_to_its_end() {
        let mut guest = guest(&Arc::new(Capture::new(0)));
        assert_eq!(guest.read(0, 4).as_deref(), Ok(b"some".as_slice()));
        assert_eq!(guest.read(0, 100).as_deref(), Ok(b" input".as_slice()));
        assert_eq!(guest.read(0, 100).as_deref(), Ok(b"".as_slice()));
        assert_eq!(guest.write(0, b"x").err(), Some(Errno::NotCapable));
    }

    #[test]
    fn output_is_kept_up_to_the_limit() {
        let output = Arc::new(Capture::new(10));
        let mut guest = guest(&output);
        assert_eq!(guest.write(1, b"out "), Ok(4));
        assert_eq!(guest.write(2, b"error"), Ok(5));
        assert_eq!(guest.write(1, b"too long"), Ok(1));
        assert_eq!(guest.write(1, b"x").err(), Some(Errno::NoSpc));
        assert_eq!(guest.write(1, b""), Ok(0));
        assert_eq!(guest.read(1, 10).err(), Some(Errno::NotCapable));
        let mut part = [0; 4];
        assert_eq!((output.copy_to(4, &mut part), &part), (10, b"erro"));
        assert_eq!(output.bytes(), b"out errort");
        assert_eq!(output.take(), b"out errort");
        assert_eq!((guest.write(1, b"more"), output.take()), (Ok(4), b"more".to_vec()));
        assert_eq!(output.take(), Vec::new());
    }
}
