//! The ways in which a program is compiled: target, optimisation level, memory strategy.

use crate::spec::configuration::Target;
use anyhow::{Result, bail, ensure};
use std::fmt;

/// One way to compile a program. Its name is what it says on the command line of `aot compile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// For which architecture.
    pub target: Target,
    /// The level of `-O`.
    pub optimize: &'static str,
    /// The strategy of `--memory`.
    pub memory: &'static str,
}

impl Way {
    /// All eight.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut ways = Vec::new();
        for target in [Target::X86_64, Target::Aarch64] {
            for optimize in ["0", "2"] {
                for memory in ["guard", "bounds"] {
                    ways.push(Way { target, optimize, memory });
                }
            }
        }
        ways
    }

    /// Whether the name of this way has all of these words.
    #[must_use]
    pub fn has(&self, words: &str) -> bool {
        let name = self.to_string();
        words.split_whitespace().all(|word| name.split(' ').any(|part| part == word))
    }

    /// The ways that have all words of one of the entries; all of them when there is no entry.
    pub fn chosen(only: &[String]) -> Result<Vec<Self>> {
        for words in only {
            ensure!(Self::all().iter().any(|way| way.has(words)), "no way to compile has all of these words: {words}");
        }
        let ways: Vec<Self> =
            Self::all().into_iter().filter(|way| only.is_empty() || only.iter().any(|words| way.has(words))).collect();
        if ways.is_empty() {
            bail!("no way is left");
        }
        Ok(ways)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match self.target {
            Target::X86_64 => "x86_64",
            Target::Aarch64 => "aarch64",
        };
        write!(formatter, "{target} -O{} {}", self.optimize, self.memory)
    }
}

#[cfg(test)]
mod tests {
    use super::Way;

    #[test]
    fn words_choose_ways() {
        let chosen = |only: &[&str]| Way::chosen(&only.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(chosen(&[]).expect("all").len(), 8);
        let names: Vec<String> =
            chosen(&["x86_64 guard", "aarch64 -O2 bounds"]).expect("some").iter().map(ToString::to_string).collect();
        assert_eq!(names, ["x86_64 -O0 guard", "x86_64 -O2 guard", "aarch64 -O2 bounds"]);
        assert!(chosen(&["x86_64 -O3"]).is_err());
    }
}
