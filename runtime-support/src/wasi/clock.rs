//! `clock_res_get` and `clock_time_get`.

use super::WasiState;
use super::guest::GuestMemory;
use super::types::{Errno, nanoseconds};
use crate::os;
use rustix::time::{ClockId, clock_getres};

/// The host's clock for a WASI clock.
pub(crate) fn host_clock(clock: u32) -> Result<ClockId, Errno> {
    match clock {
        0 => Ok(ClockId::Realtime),
        1 => Ok(ClockId::Monotonic),
        2 => Ok(ClockId::ProcessCPUTime),
        3 => Ok(ClockId::ThreadCPUTime),
        _ => Err(Errno::Inval),
    }
}

/// A clock's time.
pub(crate) fn now(clock: ClockId) -> u64 {
    let time = os::clock_time(clock);
    nanoseconds(time.tv_sec, time.tv_nsec)
}

/// Writes a clock's resolution.
pub(crate) fn clock_res_get(_: &WasiState, memory: &GuestMemory, clock: u32, resolution: u32) -> Result<(), Errno> {
    let clock = host_clock(clock)?;
    let resolution = memory.pointer::<u64>(resolution)?;
    let host = clock_getres(clock);
    resolution.write(nanoseconds(host.tv_sec, host.tv_nsec));
    Ok(())
}

/// Writes a clock's time. `precision` is how imprecise the answer may be; ours is always as precise as the host's.
pub(crate) fn clock_time_get(
    _: &WasiState,
    memory: &GuestMemory,
    clock: u32,
    _precision: u64,
    time: u32,
) -> Result<(), Errno> {
    let clock = host_clock(clock)?;
    let time = memory.pointer::<u64>(time)?;
    time.write(now(clock));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Errno, clock_res_get, clock_time_get};
    use crate::wasi::guest::GuestMemory;
    use crate::wasi::guest::tests::TestMemory;
    use crate::wasi::{WasiConfig, WasiState};
    use std::time::{SystemTime, UNIX_EPOCH};

    fn time(state: &WasiState, guest: &GuestMemory, clock: u32) -> u64 {
        clock_time_get(state, guest, clock, 0, 8).unwrap();
        guest.pointer::<u64>(8).unwrap().read()
    }

    #[test]
    fn four_clocks_tick() {
        let state = WasiState::new(WasiConfig::default()).unwrap();
        let mut memory = TestMemory::new(16);
        let guest = memory.guest();
        for clock in 0..4 {
            clock_res_get(&state, &guest, clock, 0).unwrap();
            let resolution = guest.pointer::<u64>(0).unwrap().read();
            assert!((1..1_000_000_000).contains(&resolution), "clock {clock} resolves {resolution} ns");
            let before = time(&state, &guest, clock);
            assert!(time(&state, &guest, clock) >= before);
        }
        let system = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap();
        assert!(time(&state, &guest, 0).abs_diff(system) < 10_000_000_000);
    }

    #[test]
    fn other_clocks_and_addresses_are_refused() {
        let state = WasiState::new(WasiConfig::default()).unwrap();
        let mut memory = TestMemory::new(16);
        let guest = memory.guest();
        for clock in [4, u32::MAX] {
            assert_eq!(clock_time_get(&state, &guest, clock, 0, 0).err(), Some(Errno::Inval));
            assert_eq!(clock_res_get(&state, &guest, clock, 0).err(), Some(Errno::Inval));
        }
        for address in [9, 16, u32::MAX - 7, u32::MAX] {
            assert_eq!(clock_time_get(&state, &guest, 0, 0, address).err(), Some(Errno::Fault));
            assert_eq!(clock_res_get(&state, &guest, 0, address).err(), Some(Errno::Fault));
        }
    }
}
