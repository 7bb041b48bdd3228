//! `random_get`.

use super::WasiState;
use super::guest::GuestMemory;
use super::kernel;
use super::types::Errno;

/// Most bytes to ask for at once: the kernel gives less than 32 MiB to one call, and stays interruptible this way.
const CHUNK: usize = 1 << 20;

/// Fills a buffer from the system's random source.
pub(crate) fn random_get(_: &WasiState, memory: &GuestMemory, buffer: u32, buffer_length: u32) -> Result<(), Errno> {
    let buffer = memory.slice(buffer, buffer_length)?;
    let mut filled = 0;
    while filled < buffer.byte_length() {
        filled += kernel::random(buffer.part(filled, CHUNK))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Errno, random_get};
    use crate::wasi::guest::tests::TestMemory;
    use crate::wasi::{WasiConfig, WasiState};

    #[test]
    fn fills_exactly_what_was_asked_for() {
        let state = WasiState::new(WasiConfig::default()).unwrap();
        let mut memory = TestMemory::new(5 << 20);
        let guest = memory.guest();
        random_get(&state, &guest, 1024, 4 << 20).unwrap();
        let bytes = guest.slice(0, 5 << 20).unwrap().to_vec().unwrap();
        let zeros = |range: core::ops::Range<usize>| bytes[range].iter().filter(|byte| **byte == 0).count();
        assert_eq!(zeros(0..1024), 1024);
        assert_eq!(zeros(1024 + (4 << 20)..5 << 20), (1 << 20) - 1024);
        // 64 KiB hold 256 zeros on average; a page left out would add thousands.
        for block in bytes[1024..1024 + (4 << 20)].chunks(1 << 16) {
            assert!(block.iter().filter(|byte| **byte == 0).count() < 600);
        }
        random_get(&state, &guest, 5 << 20, 0).unwrap();
        assert_eq!(random_get(&state, &guest, 5 << 20, 1).err(), Some(Errno::Fault));
        assert_eq!(random_get(&state, &guest, 0, u32::MAX).err(), Some(Errno::Fault));
    }
}
