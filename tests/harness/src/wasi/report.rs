//! Who passes: a line for each surprise, then a table. Excuses are in a file that may only shrink.
//!
//! ```toml
//! [[fail]]
//! test = "Rust/fd_readdir"
//! on   = "aarch64"
//! why  = "the emulator has no getdents64"
//! peers = "wasmtime 48 fails it there too"
//! ```

use super::{Configuration, Outcome, Test};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The tests that a platform keeps from passing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excuses {
    #[serde(default, rename = "fail")]
    entries: Vec<Excuse>,
}

/// A test that fails.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Excuse {
    test: String,
    /// Words of a configuration, all of which must match; empty for every configuration.
    on: String,
    why: String,
    /// Which other runtimes fail it too.
    peers: String,
}

impl Excuses {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let excuses: Excuses = toml::from_str(&text).with_context(|| path.display().to_string())?;
        for entry in &excuses.entries {
            ensure!(!entry.why.is_empty() && !entry.peers.is_empty(), "{}: says neither why nor who else", entry.test);
        }
        Ok(excuses)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    fn of(&self, key: &str, configuration: Configuration) -> Option<&Excuse> {
        let name = configuration.to_string();
        self.entries.iter().find(|entry| {
            entry.test == key && entry.on.split_whitespace().all(|word| name.split(' ').any(|part| part == word))
        })
    }
}

/// What came out.
#[derive(Debug)]
pub struct Verdict {
    /// A line for each test that failed, or passed in spite of its excuse.
    pub messages: Vec<String>,
    /// Groups down, configurations across.
    pub table: String,
    /// How many ended as they should.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
}

/// Compares outcomes with excuses.
#[must_use]
pub fn judge(
    results: &[(&Test, Configuration, Outcome)],
    configurations: &[Configuration],
    excuses: &Excuses,
) -> Verdict {
    let mut messages = Vec::new();
    let mut counts: BTreeMap<(&str, Configuration), (usize, usize)> = BTreeMap::new();
    let (mut passed, mut failed) = (0, 0);
    for (test, configuration, outcome) in results {
        let key = test.key();
        let problem = match (outcome, excuses.of(&key, *configuration)) {
            (Ok(()), None) | (Err(_), Some(_)) => None,
            (Err(why), None) => Some(format!("{key} ({configuration}): {}", why.replace('\n', "\n  "))),
            (Ok(()), Some(excuse)) => {
                Some(format!("{key} ({configuration}) passes; delete its excuse, \"{}\"", excuse.why))
            }
        };
        let count = counts.entry((&test.group, *configuration)).or_default();
        count.1 += 1;
        match problem {
            None => {
                count.0 += usize::from(outcome.is_ok());
                passed += 1;
            }
            Some(problem) => {
                failed += 1;
                messages.push(problem);
            }
        }
    }
    let mut groups: Vec<&str> = counts.keys().map(|(group, _)| *group).collect();
    groups.dedup();
    let mut table = format!("{:16}", "");
    configurations.iter().for_each(|configuration| table.push_str(&format!("{:>16}", configuration.to_string())));
    for group in groups {
        table.push_str(&format!("\n{group:16}"));
        for configuration in configurations {
            let cell = match counts.get(&(group, *configuration)) {
                Some((good, all)) => format!("{good}/{all}"),
                None => "–".to_owned(),
            };
            table.push_str(&format!("{cell:>16}"));
        }
    }
    Verdict { messages, table, passed, failed }
}
