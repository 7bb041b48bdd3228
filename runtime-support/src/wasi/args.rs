//! `args_get` and `args_sizes_get`; and `Strings`, the list behind them and behind the environment.

use super::WasiState;
use super::guest::GuestMemory;
use super::types::Errno;
use alloc::vec::Vec;

/// Byte strings as the guest gets them: one after the other, each ended by NUL.
#[derive(Debug, Clone, Default)]
pub struct Strings {
    bytes: Vec<u8>,
    count: u32,
}

impl Strings {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Strings {
        Strings { bytes: Vec::new(), count: 0 }
    }

    /// Appends a string. What follows a NUL in it is left out: the guest could not tell it from the next string.
    pub fn push(&mut self, string: &[u8]) {
        let end = string.iter().position(|byte| *byte == 0).unwrap_or(string.len());
        self.bytes.extend_from_slice(&string[..end]);
        self.bytes.push(0);
        self.count += 1;
    }

    /// Writes the number of strings and of bytes.
    pub(crate) fn write_sizes(&self, memory: &GuestMemory, count: u32, byte_length: u32) -> Result<(), Errno> {
        let count = memory.pointer::<u32>(count)?;
        let byte_length = memory.pointer::<u32>(byte_length)?;
        count.write(self.count);
        byte_length.write(self.byte_length()?);
        Ok(())
    }

    /// Writes the strings to `bytes` and their addresses to `pointers`.
    pub(crate) fn write(&self, memory: &GuestMemory, pointers: u32, bytes: u32) -> Result<(), Errno> {
        let target = memory.slice(bytes, self.byte_length()?)?;
        memory.array(pointers, self.count, 4)?;
        target.copy_from(&self.bytes);
        let mut address = bytes;
        for (index, string) in (0..).zip(self.bytes.split_inclusive(|byte| *byte == 0)) {
            memory.pointer::<u32>(pointers + 4 * index)?.write(address);
            // Both sums stay inside the ranges checked above.
            address += u32::try_from(string.len()).map_err(|_| Errno::TooBig)?;
        }
        Ok(())
    }

    fn byte_length(&self) -> Result<u32, Errno> {
        u32::try_from(self.bytes.len()).map_err(|_| Errno::TooBig)
    }
}

impl<S: AsRef<[u8]>> FromIterator<S> for Strings {
    fn from_iter<I: IntoIterator<Item = S>>(strings: I) -> Strings {
        let mut list = Strings::new();
        for string in strings {
            list.push(string.as_ref());
        }
        list
    }
}

/// Writes the arguments.
pub(crate) fn args_get(state: &WasiState, memory: &GuestMemory, pointers: u32, bytes: u32) -> Result<(), Errno> {
    state.arguments.write(memory, pointers, bytes)
}

/// Writes the arguments' number and size.
pub(crate) fn args_sizes_get(
    state: &WasiState,
    memory: &GuestMemory,
    count: u32,
    byte_length: u32,
) -> Result<(), Errno> {
    state.arguments.write_sizes(memory, count, byte_length)
}

#[cfg(test)]
mod tests {
    use super::{Errno, Strings, args_get, args_sizes_get};
    use crate::wasi::guest::tests::TestMemory;
    use crate::wasi::{WasiConfig, WasiState};

    fn state(arguments: &[&[u8]]) -> WasiState {
        WasiState::new(WasiConfig { arguments: arguments.iter().collect(), ..WasiConfig::default() }).unwrap()
    }

    #[test]
    fn arguments_arrive_in_order() {
        let state = state(&[b"prog", b"", b"a b"]);
        let mut memory = TestMemory::new(64);
        let guest = memory.guest();
        args_sizes_get(&state, &guest, 0, 4).unwrap();
        assert_eq!(guest.pointer::<u32>(0).unwrap().read(), 3);
        assert_eq!(guest.pointer::<u32>(4).unwrap().read(), 10);
        args_get(&state, &guest, 0, 50).unwrap();
        assert_eq!(guest.pointer::<[u8; 10]>(50).unwrap().read(), *b"prog\0\0a b\0");
        assert_eq!([0, 4, 8].map(|address| guest.pointer::<u32>(address).unwrap().read()), [50, 55, 56]);
    }

    #[test]
    fn nothing_is_written_outside() {
        let state = state(&[b"prog"]);
        let mut memory = TestMemory::new(64);
        let guest = memory.guest();
        assert_eq!(args_get(&state, &guest, 0, 60).err(), Some(Errno::Fault));
        assert_eq!(args_get(&state, &guest, 61, 0).err(), Some(Errno::Fault));
        assert_eq!(args_get(&state, &guest, u32::MAX, u32::MAX).err(), Some(Errno::Fault));
        assert_eq!(args_sizes_get(&state, &guest, 61, 0).err(), Some(Errno::Fault));
        assert_eq!(args_sizes_get(&state, &guest, 0, u32::MAX - 1).err(), Some(Errno::Fault));
        assert_eq!(guest.slice(0, 64).unwrap().to_vec().unwrap(), [0; 64]);
    }

    #[test]
    fn an_embedded_nul_ends_a_string() {
        let strings: Strings = ["a\0b", "c"].into_iter().collect();
        assert_eq!((strings.count, strings.bytes.as_slice()), (2, b"a\0c\0".as_slice()));
    }
}
