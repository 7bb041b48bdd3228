//! `proc_raise`. (`proc_exit` does not return to WASI at all: see `entry`.)

use super::WasiState;
use super::guest::GuestMemory;
use super::types::Errno;
use rustix::process::{Signal, getpid, kill_process};

/// Sends a signal to the process itself.
///
/// A program that owns its process may; an instance inside another program may not signal its host.
pub(crate) fn proc_raise(state: &WasiState, _: &GuestMemory, signal: u32) -> Result<(), Errno> {
    let signal = match signal {
        // Not a signal; asks nothing of anybody.
        0 => return Ok(()),
        1 => Signal::HUP,
        2 => Signal::INT,
        3 => Signal::QUIT,
        4 => Signal::ILL,
        5 => Signal::TRAP,
        6 => Signal::ABORT,
        7 => Signal::BUS,
        8 => Signal::FPE,
        9 => Signal::KILL,
        10 => Signal::USR1,
        11 => Signal::SEGV,
        12 => Signal::USR2,
        13 => Signal::PIPE,
        14 => Signal::ALARM,
        15 => Signal::TERM,
        16 => Signal::CHILD,
        17 => Signal::CONT,
        18 => Signal::STOP,
        19 => Signal::TSTP,
        20 => Signal::TTIN,
        21 => Signal::TTOU,
        22 => Signal::URG,
        23 => Signal::XCPU,
        24 => Signal::XFSZ,
        25 => Signal::VTALARM,
        26 => Signal::PROF,
        27 => Signal::WINCH,
        28 => Signal::IO,
        29 => Signal::POWER,
        30 => Signal::SYS,
        _ => return Err(Errno::Inval),
    };
    if !state.owns_process {
        return Err(Errno::NotSup);
    }
    Ok(kill_process(getpid(), signal)?)
}

#[cfg(test)]
mod tests {
    use super::{Errno, proc_raise};
    use crate::wasi::guest::tests::TestMemory;
    use crate::wasi::{WasiConfig, WasiState};

    #[test]
    fn a_guest_cannot_signal_its_host() {
        let state = WasiState::new(WasiConfig::default()).unwrap();
        let mut memory = TestMemory::new(0);
        let guest = memory.guest();
        assert_eq!(proc_raise(&state, &guest, 0), Ok(()));
        for signal in 1..=30 {
            assert_eq!(proc_raise(&state, &guest, signal), Err(Errno::NotSup));
        }
        assert_eq!(proc_raise(&state, &guest, 31), Err(Errno::Inval));
    }

    #[test]
    fn a_program_can_signal_itself() {
        let state = WasiState::new(WasiConfig { owns_process: true, ..WasiConfig::default() }).unwrap();
        // Ignored by default, so that the test survives what it tests.
        assert_eq!(proc_raise(&state, &TestMemory::new(0).guest(), 27), Ok(()));
    }
}
