//! What came of every step in every configuration, held against the expectations: messages, and the closing table.

use super::configuration::Configuration;
use super::run::Outcome;
use crate::expectations::Expectations;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// All outcomes of one script.
#[derive(Debug, Clone)]
pub struct ScriptReport {
    /// See `suite::Script`.
    pub key: String,
    /// See `suite::Script`.
    pub group: String,
    /// Line of each step; 0 for those that are not the script's own.
    pub lines: Vec<u32>,
    /// For each configuration, the outcome of each step.
    pub outcomes: Vec<(Configuration, Vec<Outcome>)>,
}

/// The verdict.
#[derive(Debug)]
pub struct Verdict {
    /// One line for each thing that is not as expected.
    pub messages: Vec<String>,
    /// The table.
    pub table: String,
    /// Everything is as expected.
    pub ok: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Score {
    passed: usize,
    expected_failures: usize,
    total: usize,
}

/// Lines of a script that fail in some configuration, with the first reason.
#[must_use]
pub fn failing_lines(report: &ScriptReport) -> BTreeMap<u32, String> {
    let mut failing = BTreeMap::new();
    for (_, outcomes) in &report.outcomes {
        for (line, outcome) in report.lines.iter().zip(outcomes) {
            if let Err(reason) = outcome {
                failing.entry(*line).or_insert_with(|| reason.clone());
            }
        }
    }
    failing
}

/// Compares with what is expected. `complete` says that every script ran, so that expectations of files that no longer
/// exist can be told from those of files that were not asked for.
#[must_use]
pub fn judge(reports: &[ScriptReport], expectations: &Expectations, complete: bool) -> Verdict {
    let mut messages = Vec::new();
    let mut scores: BTreeMap<(usize, Configuration), Score> = BTreeMap::new();
    let mut groups: Vec<&str> = Vec::new();
    for report in reports {
        let group = groups.iter().position(|group| *group == report.group).unwrap_or_else(|| {
            groups.push(&report.group);
            groups.len() - 1
        });
        let expected = expectations.lines(&report.key);
        // Line → reason → configurations, so that a failure everywhere is one message.
        let mut unexpected: BTreeMap<(usize, &str), Vec<Configuration>> = BTreeMap::new();
        let mut passes: BTreeMap<u32, Vec<Configuration>> = BTreeMap::new();
        for (configuration, outcomes) in &report.outcomes {
            let score = scores.entry((group, *configuration)).or_default();
            let mut failed = BTreeSet::new();
            for (step, (line, outcome)) in report.lines.iter().zip(outcomes).enumerate() {
                // The spectest module is no assertion of the script, unless it fails.
                score.total += usize::from(*line != 0 || outcome.is_err());
                match outcome {
                    Ok(()) => score.passed += usize::from(*line != 0),
                    Err(reason) => {
                        failed.insert(*line);
                        if expected.contains(line) {
                            score.expected_failures += 1;
                        } else {
                            unexpected.entry((step, reason)).or_default().push(*configuration);
                        }
                    }
                }
            }
            for line in expected.difference(&failed) {
                passes.entry(*line).or_default().push(*configuration);
            }
        }
        let all = report.outcomes.len();
        for ((step, reason), configurations) in unexpected {
            let line = report.lines[step];
            messages.push(format!("{}:{line}: {reason}{}", report.key, in_configurations(&configurations, all)));
        }
        for (line, configurations) in passes {
            let known = if report.lines.contains(&line) { "passes now" } else { "holds no directive" };
            let whereabouts = in_configurations(&configurations, all);
            messages.push(format!("{}:{line}: {known}, delete this entry{whereabouts}", report.key));
        }
    }
    if complete {
        for file in expectations.files() {
            if !reports.iter().any(|report| report.key == file) {
                messages.push(format!("{file}: there is no such script, delete its entries"));
            }
        }
    }
    let ok = messages.is_empty();
    Verdict { messages, table: table(&groups, &scores), ok }
}

fn in_configurations(configurations: &[Configuration], all: usize) -> String {
    if configurations.len() == all {
        return String::new();
    }
    let names: Vec<String> = configurations.iter().map(ToString::to_string).collect();
    format!(" [{}]", names.join(", "))
}

fn table(groups: &[&str], scores: &BTreeMap<(usize, Configuration), Score>) -> String {
    let configurations: BTreeSet<Configuration> = scores.keys().map(|(_, configuration)| *configuration).collect();
    let width = groups.iter().map(|group| group.len()).max().unwrap_or(0).max("proposal".len());
    let mut text = String::new();
    let mut line = |group: &str, configuration: &str, score: [String; 3]| {
        let [passed, expected, total] = score;
        writeln!(text, "{group:width$}  {configuration:37}  {passed:>7}  {expected:>17}  {total:>7}")
            .expect("a string");
    };
    line("proposal", "configuration", ["passed".into(), "expected failures".into(), "total".into()]);
    let mut sums = vec![Score::default(); configurations.len()];
    let text_of = |score: &Score| [score.passed, score.expected_failures, score.total].map(|count| count.to_string());
    let mut rows = |name: &str, row: &[Score]| {
        let mut first = true;
        // Configurations with the same score share a line when all of them have it.
        if row.windows(2).all(|pair| pair[0] == pair[1]) && row.len() > 1 {
            line(name, &format!("all {}", row.len()), text_of(&row[0]));
            return;
        }
        for (configuration, score) in configurations.iter().zip(row) {
            line(if first { name } else { "" }, &configuration.to_string(), text_of(score));
            first = false;
        }
    };
    for (group, name) in groups.iter().enumerate() {
        let row: Vec<Score> = configurations
            .iter()
            .map(|configuration| scores.get(&(group, *configuration)).copied().unwrap_or_default())
            .collect();
        for (sum, score) in sums.iter_mut().zip(&row) {
            sum.passed += score.passed;
            sum.expected_failures += score.expected_failures;
            sum.total += score.total;
        }
        rows(name, &row);
    }
    rows("sum", &sums);
    text
}

#[cfg(test)]
mod tests {
    use super::super::configuration::{Configuration, Target};
    use super::*;

    fn report(outcomes: [Outcome; 2]) -> ScriptReport {
        let configurations = Configuration::of(Target::X86_64, false);
        let second = vec![Ok(()), Ok(()), outcomes[1].clone()];
        ScriptReport {
            key: "v1/a.wast".into(),
            group: "v1".into(),
            lines: vec![0, 5, 9],
            outcomes: vec![(configurations[0], vec![Ok(()), Ok(()), outcomes[0].clone()]), (configurations[1], second)],
        }
    }

    fn expectations() -> Expectations {
        let text = "[[fail]]\nfile = \"v1/a.wast\"\nlines = [9]\nwhy = \"w\"\nsee = \"s\"\n";
        Expectations::parse(text).expect("valid")
    }

    #[test]
    fn failures_are_errors_unless_listed() {
        let failing = report([Err("wrong".into()), Err("wrong".into())]);
        let verdict = judge(&[failing], &Expectations::default(), true);
        assert_eq!(verdict.messages, ["v1/a.wast:9: wrong"]);
        let failing = report([Err("wrong".into()), Err("wrong".into())]);
        let verdict = judge(&[failing], &expectations(), true);
        assert!(verdict.ok, "{:?}", verdict.messages);
        assert!(verdict.table.contains("all 2"), "{}", verdict.table);
    }

    #[test]
    fn a_listed_line_must_fail_everywhere() {
        let verdict = judge(&[report([Err("wrong".into()), Ok(())])], &expectations(), true);
        assert_eq!(
            verdict.messages,
            ["v1/a.wast:9: passes now, delete this entry [x86_64 guard executable optimized]"]
        );
    }

    #[test]
    fn entries_of_scripts_that_are_gone_are_errors_when_all_ran() {
        assert!(judge(&[], &expectations(), false).ok);
        assert!(!judge(&[], &expectations(), true).ok);
    }
}
