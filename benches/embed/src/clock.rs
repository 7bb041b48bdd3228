//! CPU time of this process, by which a busy machine matters less.

use rustix::time::{ClockId, clock_gettime};

fn now() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// What this takes, in seconds.
pub fn seconds(work: impl FnOnce()) -> f64 {
    let start = now();
    work();
    now() - start
}

/// What one of so many takes, in seconds.
pub fn each(count: u32, mut work: impl FnMut(u32)) -> f64 {
    seconds(|| (0..count).for_each(&mut work)) / f64::from(count)
}
