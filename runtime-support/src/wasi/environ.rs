//! `environ_get` and `environ_sizes_get`: `NAME=value` strings, as for arguments.

use super::WasiState;
use super::guest::GuestMemory;
use super::types::Errno;

/// Writes the environment variables.
pub(crate) fn environ_get(state: &WasiState, memory: &GuestMemory, pointers: u32, bytes: u32) -> Result<(), Errno> {
    state.environment.write(memory, pointers, bytes)
}

/// Writes the environment variables' number and size.
pub(crate) fn environ_sizes_get(
    state: &WasiState,
    memory: &GuestMemory,
    count: u32,
    byte_length: u32,
) -> Result<(), Errno> {
    state.environment.write_sizes(memory, count, byte_length)
}

#[cfg(test)]
mod tests {
    use super::{environ_get, environ_sizes_get};
    use crate::wasi::guest::tests::TestMemory;
    use crate::wasi::{WasiConfig, WasiState};

    #[test]
    fn variables_arrive_and_arguments_are_something_else() {
        let environment = ["A=1", "B="].into_iter().collect();
        let arguments = ["prog"].into_iter().collect();
        let state = WasiState::new(WasiConfig { environment, arguments, ..WasiConfig::default() }).unwrap();
        let mut memory = TestMemory::new(64);
        let guest = memory.guest();
        environ_sizes_get(&state, &guest, 0, 4).unwrap();
        assert_eq!([0, 4].map(|address| guest.pointer::<u32>(address).unwrap().read()), [2, 7]);
        environ_get(&state, &guest, 0, 16).unwrap();
        assert_eq!(guest.pointer::<[u8; 7]>(16).unwrap().read(), *b"A=1\0B=\0");
        assert_eq!([0, 4].map(|address| guest.pointer::<u32>(address).unwrap().read()), [16, 20]);
    }
}
