//! `sched_yield`.

use super::WasiState;
use super::guest::GuestMemory;
use super::types::Errno;

/// Lets other threads run.
pub(crate) fn sched_yield(_: &WasiState, _: &GuestMemory) -> Result<(), Errno> {
    rustix::thread::sched_yield();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::sched_yield;
    use crate::wasi::guest::tests::TestMemory;
    use crate::wasi::{WasiConfig, WasiState};

    #[test]
    fn returns() {
        let state = WasiState::new(WasiConfig::default()).unwrap();
        sched_yield(&state, &TestMemory::new(0).guest()).unwrap();
    }
}
