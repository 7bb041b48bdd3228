//! Runs a linked script and turns what the driver printed into an outcome for each step.

use super::configuration::Configuration;
use super::plan::Plan;
use super::program::{Program, Settled};
use crate::program::{self, Ending, Limits};
use anyhow::{Context, Result};
use aot_spec_script::{END, FAIL};
use std::collections::HashMap;
use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;

/// Of one step: it holds, or why not.
pub type Outcome = Result<(), String>;

/// Runs a program; one outcome for each step of its plan. `scratch` belongs to the caller alone.
pub fn run(
    plan: &Plan,
    program: &Program,
    configuration: Configuration,
    limits: Limits,
    scratch: &Path,
) -> Result<Vec<Outcome>> {
    let driven = match &program.executable {
        Ok(executable) => drive(plan, program, executable, configuration, limits, scratch)?,
        Err(error) => {
            let reason = format!("does not link: {}", one_line(&format!("{error:#}")));
            program.driven.iter().map(|_| Err(reason.clone())).collect()
        }
    };
    let mut driven = driven.into_iter();
    let outcomes = program.steps.iter().map(|step| match step {
        Settled::Already(outcome) => outcome.clone(),
        Settled::ByDriver => driven.next().expect("one outcome for each driven step"),
    });
    Ok(outcomes.collect())
}

fn drive(
    plan: &Plan,
    program: &Program,
    executable: &[u8],
    configuration: Configuration,
    limits: Limits,
    scratch: &Path,
) -> Result<Vec<Outcome>> {
    let path = scratch.join("script");
    write_executable(&path, executable)?;
    // The driver writes the number of the directive at hand to its standard input before it starts on it.
    let progress = program::scratch_file(scratch, "progress")?;
    let mut command = configuration.target.command(&path);
    command.stdin(Stdio::from(progress.try_clone()?));
    let finished = program::run(&mut command, limits, scratch)?;

    let stdout = String::from_utf8_lossy(&finished.stdout);
    let mut failures = HashMap::new();
    let mut complete = false;
    for line in stdout.lines() {
        let mut words = line.splitn(3, ' ');
        match (words.next(), words.next().and_then(|word| word.parse::<usize>().ok()), words.next()) {
            (Some(word), Some(index), Some(reason)) if word == FAIL => drop(failures.insert(index, reason.to_owned())),
            (Some(word), Some(count), None) if word == END => complete = count == program.driven.len(),
            _ => {}
        }
    }
    let at = position(&progress)?;
    let ended_well = complete && finished.ending == Ending::Exited(aot_spec_script::STATUS_COMPLETE);
    let death = || {
        let stderr = one_line(String::from_utf8_lossy(&finished.stderr).trim());
        let separator = if stderr.is_empty() { "" } else { ": " };
        format!("{}{separator}{stderr}", finished.ending)
    };
    let outcome = |index: usize| match failures.get(&index) {
        Some(reason) => Err(reason.clone()),
        None if ended_well || index < at => Ok(()),
        None if index == at => Err(death()),
        None => {
            let line = program.driven.get(at).map_or(0, |step| plan.steps[*step].line);
            Err(format!("not reached: the program died at line {line}"))
        }
    };
    Ok((0..program.driven.len()).map(outcome).collect())
}

fn write_executable(path: &Path, bytes: &[u8]) -> Result<()> {
    // A new file each time: the old one may still be held by a process that is on its way out.
    let _ = std::fs::remove_file(path);
    let mut file = File::create_new(path).with_context(|| path.display().to_string())?;
    file.set_permissions(Permissions::from_mode(0o755))?;
    Ok(file.write_all(bytes)?)
}

fn position(progress: &File) -> Result<usize> {
    let mut bytes = [0; 8];
    // A program that died before its first directive wrote nothing.
    let read = progress.read_at(&mut bytes, 0)?;
    Ok(if read == bytes.len() { usize::try_from(u64::from_le_bytes(bytes))? } else { 0 })
}

/// The text with line breaks replaced: reasons stand on one line.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}
