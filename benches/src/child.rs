//! One run of one program, by a process in between: its own children's times and memory are those of the one program.
//!
//! The kernel adds up what all children of a process used, and keeps the highest memory of any. So the bench starts
//! itself again, that process starts the program and says on its last line what it cost.

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, io};

/// First argument of the process in between; nobody types it.
const IN_BETWEEN: &str = "run-one-child";
/// What its last line starts with.
const MARK: &str = "\u{1}cost";
/// Runs that take longer than this are broken.
const LIMIT: &str = "300";

/// A command line, argument by argument.
pub(crate) type Words = Vec<OsString>;

pub(crate) fn words(parts: &[&dyn AsRef<OsStr>]) -> Words {
    parts.iter().map(|part| part.as_ref().to_owned()).collect()
}

#[derive(Clone, Debug)]
pub(crate) struct Cost {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
    pub(crate) wall: Duration,
    /// Most memory at any time.
    pub(crate) peak_bytes: u64,
    pub(crate) output: Vec<u8>,
}

impl Cost {
    pub(crate) fn cpu(&self) -> Duration {
        self.user + self.system
    }
}

/// Runs it to its end, standard input empty.
pub(crate) fn run(words: &Words) -> Result<Cost> {
    let own = env::current_exe().context("this program has no path")?;
    let output = Command::new(own)
        .arg(IN_BETWEEN)
        .args(words)
        .stdin(Stdio::null())
        // The last line should say what happened, whatever was asked of this program.
        .env("RUST_LIB_BACKTRACE", "0")
        .output()
        .context("cannot start another process")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.trim().lines().last().unwrap_or_default();
    ensure!(output.status.success(), "{}: {last}", output.status);
    let at = find(&output.stdout, MARK.as_bytes()).context("the process in between says nothing")?;
    let numbers = String::from_utf8_lossy(&output.stdout[at + MARK.len()..]).into_owned();
    let mut numbers = numbers.split_ascii_whitespace().map(str::parse::<u64>);
    let mut next = || -> Result<u64> { numbers.next().context("a number is missing")?.context("not a number") };
    Ok(Cost {
        user: Duration::from_micros(next()?),
        system: Duration::from_micros(next()?),
        wall: Duration::from_micros(next()?),
        peak_bytes: next()? * 1024,
        output: output.stdout[..at].to_vec(),
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).rposition(|window| window == wanted)
}

/// Is this process the one in between? Then does its work and returns how it ended.
pub(crate) fn in_between() -> Option<Result<()>> {
    let mut arguments = env::args_os().skip(1);
    (arguments.next()? == IN_BETWEEN).then(|| {
        let start = Instant::now();
        let arguments: Words = arguments.collect();
        let status = Command::new("timeout").arg(LIMIT).args(&arguments).status().context("cannot run `timeout`")?;
        let wall = start.elapsed();
        ensure!(status.success(), "{} ends with {status}", arguments[0].to_string_lossy());
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let (user, system) = (usage.user_time().num_microseconds(), usage.system_time().num_microseconds());
        let mut out = io::stdout().lock();
        writeln!(out, "{MARK} {user} {system} {} {}", wall.as_micros(), usage.max_rss())?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_found_at_the_end() {
        assert_eq!(find(b"a\x01cost b\x01cost 1", MARK.as_bytes()), Some(8));
        assert_eq!(find(b"nothing", MARK.as_bytes()), None);
    }
}
