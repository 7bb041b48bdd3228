//! Repeated runs, median and spread.
//!
//! # What is measured
//!
//! *Spawn to exit*: from before `posix_spawn` until the parent has been told of the child's end, standard output being
//! `/dev/null`. Programs that are compared take turns, so that what else happens on the machine meets all of them
//! alike, and parent and children stay on one CPU.
//!
//! *CPU*: user and system time of a child and all its threads, as the kernel adds it up for the parent. It is exact
//! inside the kernel and shown in ticks of 10 ms, so a sample is the mean over [`RUNS_IN_SAMPLE`] runs.

use anyhow::{Context, Result, ensure};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many runs make a sample of CPU time.
const RUNS_IN_SAMPLE: u32 = 20;
/// Runs before the first that counts.
const WARM_UP: u32 = 20;

/// Times in ascending order.
#[derive(Clone, Debug)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    fn new(mut samples: Vec<Duration>) -> Samples {
        samples.sort_unstable();
        Samples(samples)
    }

    pub(crate) fn median(&self) -> Duration {
        self.quantile(50)
    }

    pub(crate) fn fastest(&self) -> Duration {
        self.quantile(0)
    }

    /// The sample that this many in a hundred do not exceed.
    pub(crate) fn quantile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() - 1) * percent / 100]
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Stays on the CPU it is on, children included, as long as the result lives. `None` where that is not allowed.
pub(crate) fn pin() -> Option<Pinned> {
    let before = sched_getaffinity(None).ok()?;
    // The last one: the first serves the most interrupts.
    let cpu = (0..CpuSet::MAX_CPU).rev().find(|&cpu| before.is_set(cpu))?;
    let mut one = CpuSet::new();
    one.set(cpu);
    sched_setaffinity(None, &one).ok()?;
    Some(Pinned { before })
}

pub(crate) struct Pinned {
    before: CpuSet,
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let _ = sched_setaffinity(None, &self.before);
    }
}

/// Times from spawn to exit of each program, which take turns.
pub(crate) fn spawn_to_exit(programs: &[&Path], runs: u32) -> Result<Vec<Samples>> {
    let null = OpenOptions::new().write(true).open("/dev/null").context("cannot open /dev/null")?;
    let mut samples = vec![Vec::new(); programs.len()];
    for run in 0..WARM_UP + runs {
        for (program, samples) in programs.iter().zip(&mut samples) {
            let mut command = Command::new(program);
            command.env_clear().stdin(Stdio::inherit()).stdout(null.try_clone()?);
            let start = Instant::now();
            let status = command.status();
            let time = start.elapsed();
            let status = status.with_context(|| format!("cannot run {}", program.display()))?;
            ensure!(status.success(), "{}: {status}", program.display());
            if run >= WARM_UP {
                samples.push(time);
            }
        }
    }
    Ok(samples.into_iter().map(Samples::new).collect())
}

/// CPU time of a command that `make` makes anew for each run.
pub(crate) fn cpu_time(make: impl Fn() -> Command, runs: u32) -> Result<Samples> {
    let mut samples = Vec::new();
    for sample in 0..=runs.div_ceil(RUNS_IN_SAMPLE) {
        let before = children_cpu()?;
        for _ in 0..RUNS_IN_SAMPLE {
            let output = make().stdin(Stdio::null()).output().context("cannot run what is to be measured")?;
            ensure!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        }
        let after = children_cpu()?;
        // The first fills caches.
        if sample > 0 {
            samples.push((after - before) / RUNS_IN_SAMPLE);
        }
    }
    Ok(Samples::new(samples))
}

/// CPU time of all children that have ended.
fn children_cpu() -> Result<Duration> {
    let text = fs::read_to_string("/proc/self/stat").context("cannot read /proc/self/stat")?;
    // The second field is a file name in parentheses, which may contain anything. Behind it, the process state is field
    // 3, and the children's user and system time are fields 16 and 17.
    let (_, fields) = text.rsplit_once(')').context("/proc/self/stat has no name")?;
    let mut fields = fields.split_ascii_whitespace().skip(13);
    let mut ticks = || -> Result<u64> { Ok(fields.next().context("/proc/self/stat is short")?.parse()?) };
    let ticks = ticks()? + ticks()?;
    Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_samples() {
        let samples = Samples::new([5, 1, 4, 2, 3].map(Duration::from_micros).into());
        assert_eq!(samples.fastest(), Duration::from_micros(1));
        assert_eq!(samples.median(), Duration::from_micros(3));
        assert_eq!(samples.quantile(90), Duration::from_micros(4));
    }

    #[test]
    fn cpu_time_of_a_busy_child_is_seen() {
        let busy = || {
            let mut command = Command::new("sh");
            command.args(["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done"]);
            command
        };
        let samples = cpu_time(busy, 1).expect("there is a shell");
        assert!(samples.median() > Duration::from_micros(100), "{samples:?}");
    }
}
