//! The spec suite: scripts in, a table of passed and failed directives out.
//!
//! A script is read once into a [`plan::Plan`] and then run in every [`configuration`]: its modules are compiled and
//! linked with the runtime and the driver (`tests/driver`) into a program that executes the plan's directives.
//!
//! | Module | What it does |
//! |---|---|
//! | [`suite`] | which scripts there are |
//! | [`plan`], `value` | text → directives and modules |
//! | [`configuration`] | the ways to run a script |
//! | [`toolbox`] | the border to compiler and linker |
//! | [`aot`] | what stands behind it |
//! | [`program`] | a plan in one configuration → an executable |
//! | [`run`] | the executable → an outcome for each directive |
//! | [`report`] | outcomes and expectations → verdict and table |

pub mod aot;
pub mod configuration;
pub mod plan;
pub mod program;
pub mod report;
pub mod run;
pub mod suite;
pub mod toolbox;
mod value;

use crate::program::Limits;
use anyhow::{Context, Result};
use configuration::Configuration;
use plan::Plan;
use report::ScriptReport;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use suite::Script;
use toolbox::Toolbox;

/// The host module that scripts import from, in binary form.
#[derive(Debug)]
pub struct Spectest {
    /// All of it.
    pub whole: Vec<u8>,
    /// Without its memories, for the many scripts that do not ask for them: reserving address space for them takes an
    /// emulator longer than most scripts.
    pub without_memories: Vec<u8>,
}

impl Spectest {
    /// From its text, `tests/spec/spectest.wat`, where each export stands on a line.
    pub fn new() -> Result<Self> {
        const TEXT: &str = include_str!("../../../spec/spectest.wat");
        let lines = TEXT.lines().filter(|line| !line.trim_start().starts_with("(memory "));
        let without_memories = lines.collect::<Vec<_>>().join("\n");
        Ok(Spectest { whole: wat::parse_str(TEXT)?, without_memories: wat::parse_str(&without_memories)? })
    }
}

/// How to run scripts.
#[derive(Debug)]
pub struct Run {
    /// In which ways.
    pub configurations: Vec<Configuration>,
    /// The host module.
    pub spectest: Spectest,
    /// For each program.
    pub limits: Limits,
    /// A folder for executables and outputs.
    pub scratch: PathBuf,
    /// Scripts at a time.
    pub jobs: usize,
}

impl Run {
    /// Runs scripts, several at a time. Reports come in the order of the scripts.
    pub fn scripts(&self, scripts: &[Script], toolbox: &dyn Toolbox) -> Result<Vec<ScriptReport>> {
        // Long ones first, so that the last thread to finish does not start on one at the end.
        let mut order: Vec<usize> = (0..scripts.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(scripts[*index].text.len()));
        let next = AtomicUsize::new(0);
        let worker = |number: usize| -> Result<Vec<(usize, ScriptReport)>> {
            let scratch = self.scratch.join(format!("job{number}"));
            std::fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
            let mut reports = Vec::new();
            while let Some(index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                let script = &scripts[*index];
                reports.push((*index, self.script(script, toolbox, &scratch).context(script.key.clone())?));
            }
            Ok(reports)
        };
        let mut reports = std::thread::scope(|scope| {
            let worker = &worker;
            let threads: Vec<_> = (0..self.jobs).map(|number| scope.spawn(move || worker(number))).collect();
            let results = threads.into_iter().map(|thread| thread.join().expect("workers return their errors"));
            results.collect::<Result<Vec<_>>>()
        })?
        .concat();
        reports.sort_by_key(|(index, _)| *index);
        Ok(reports.into_iter().map(|(_, report)| report).collect())
    }

    fn script(&self, script: &Script, toolbox: &dyn Toolbox, scratch: &Path) -> Result<ScriptReport> {
        let plan = Plan::read(&script.key, &script.text, &self.spectest);
        let mut outcomes = Vec::new();
        for configuration in &self.configurations {
            let program = program::build(&plan, &script.group, *configuration, toolbox);
            outcomes.push((*configuration, run::run(&plan, &program, *configuration, self.limits, scratch)?));
        }
        Ok(ScriptReport {
            key: script.key.clone(),
            group: script.group.clone(),
            lines: plan.steps.iter().map(|step| step.line).collect(),
            outcomes,
        })
    }
}
