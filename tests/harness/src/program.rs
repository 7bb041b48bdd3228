//! Running a program with limits on its time, its memory and what it writes.

use anyhow::{Context, Result};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What a program may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Wall-clock time until it is killed.
    pub time: Duration,
    /// Writable private memory. Reserved address space does not count: guard pages need plenty of it.
    pub data_bytes: u64,
    /// Size of each file it writes, and so of its standard output and error.
    pub output_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { time: Duration::from_secs(60), data_bytes: 12 << 30, output_bytes: 16 << 20 }
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// Killed when its time was up.
    TimedOut,
}

impl std::fmt::Display for Ending {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ending::Exited(status) => write!(formatter, "exited with status {status}"),
            Ending::Signalled(signal) => write!(formatter, "killed by signal {signal}"),
            Ending::TimedOut => formatter.write_str("did not end in time"),
        }
    }
}

/// What is left of a program that ended.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub ending: Ending,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

/// Runs a program to its end. Its output goes through two files in `scratch`, so that nothing has to be read while it
/// runs and a limit on file sizes covers it. Standard input is the caller's choice.
pub fn run(command: &mut Command, limits: Limits, scratch: &Path) -> Result<Finished> {
    let mut stdout = scratch_file(scratch, "stdout")?;
    let mut stderr = scratch_file(scratch, "stderr")?;
    command.stdout(Stdio::from(stdout.try_clone()?)).stderr(Stdio::from(stderr.try_clone()?));
    let mut child = loop {
        match command.spawn() {
            Ok(child) => break child,
            // Another thread forked while this file was open for writing; its child lets go of it when it executes.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => std::thread::sleep(Duration::from_millis(1)),
            Err(error) => return Err(error).with_context(|| format!("cannot run {command:?}")),
        }
    };
    let pid = Pid::from_child(&child);
    for (resource, bytes) in [
        (Resource::Data, limits.data_bytes),
        (Resource::Fsize, limits.output_bytes),
        // A crash is a result here, not something to keep.
        (Resource::Core, 0),
    ] {
        // The program may already have ended, which is fine.
        let _ = prlimit(Some(pid), resource, Rlimit { current: Some(bytes), maximum: Some(bytes) });
    }
    let start = Instant::now();
    let mut pause = Duration::from_micros(100);
    let ending = loop {
        if let Some(status) = child.try_wait()? {
            break ending(status);
        }
        if start.elapsed() > limits.time {
            child.kill()?;
            child.wait()?;
            break Ending::TimedOut;
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(10));
    };
    Ok(Finished { ending, stdout: contents(&mut stdout)?, stderr: contents(&mut stderr)? })
}

fn ending(status: ExitStatus) -> Ending {
    match status.code() {
        Some(code) => Ending::Exited(code),
        None => Ending::Signalled(status.signal().unwrap_or_default()),
    }
}

/// A new file for reading and writing that has no name any more.
pub fn scratch_file(scratch: &Path, name: &str) -> Result<File> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let path = scratch.join(format!("{name}.{}.{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    let file = File::options().read(true).write(true).create_new(true).open(&path);
    let file = file.with_context(|| path.display().to_string())?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// All of a file, from its start.
pub fn contents(file: &mut File) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limits: Limits) -> Finished {
        run(Command::new("/bin/sh").args(["-c", script]), limits, &std::env::temp_dir()).expect("there is a shell")
    }

    #[test]
    fn output_and_status_come_back() {
        let finished = shell("echo out; echo err >&2; exit 3", Limits::default());
        assert_eq!(finished.ending, Ending::Exited(3));
        assert_eq!((finished.stdout.as_slice(), finished.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(shell("kill -SEGV $$", Limits::default()).ending, Ending::Signalled(11));
    }

    #[test]
    fn time_and_output_are_limited() {
        let limits = Limits { time: Duration::from_millis(100), ..Limits::default() };
        assert_eq!(shell("exec sleep 10", limits).ending, Ending::TimedOut);
        let limits = Limits { output_bytes: 4096, ..Limits::default() };
        assert!(shell("sleep 0.1; while :; do echo more than a page in the end; done", limits).stdout.len() <= 4096);
    }
}
