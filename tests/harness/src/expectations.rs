//! Expectation files: every assertion that does not pass yet, and nothing else; they may only shrink.
//!
//! ```toml
//! [[fail]]
//! file  = "proposals/threads/atomic.wast"
//! lines = [412, 431]
//! why   = "memory.atomic.wait32 is not implemented"
//! see   = "docs/PROPOSALS.md#threads"
//! ```

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// What is expected to fail.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectations {
    #[serde(default, rename = "fail")]
    entries: Vec<Entry>,
}

/// Lines of one file that fail for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The script's key.
    pub file: String,
    /// Lines of directives.
    pub lines: BTreeSet<u32>,
    /// What is missing.
    pub why: String,
    /// Where that is documented.
    pub see: String,
}

impl Expectations {
    /// Reads a file; one that does not exist expects nothing to fail.
    pub fn load(path: &Path) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).with_context(|| path.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self> {
        let expectations: Expectations = toml::from_str(text)?;
        let mut seen = BTreeSet::new();
        for entry in &expectations.entries {
            if entry.lines.is_empty() || entry.why.is_empty() || entry.see.is_empty() {
                bail!("{}: an entry needs lines, a reason and where to read about it", entry.file);
            }
            for line in &entry.lines {
                if !seen.insert((&entry.file, line)) {
                    bail!("{}:{line} is listed twice", entry.file);
                }
            }
        }
        Ok(expectations)
    }

    /// Whether this line of this file is expected to fail.
    #[must_use]
    pub fn lists(&self, file: &str, line: u32) -> bool {
        self.entries.iter().any(|entry| entry.file == file && entry.lines.contains(&line))
    }

    /// All expected lines of a file.
    #[must_use]
    pub fn lines(&self, file: &str) -> BTreeSet<u32> {
        self.entries.iter().filter(|entry| entry.file == file).flat_map(|entry| entry.lines.iter().copied()).collect()
    }

    /// Files that have entries.
    #[must_use]
    pub fn files(&self) -> BTreeSet<&str> {
        self.entries.iter().map(|entry| entry.file.as_str()).collect()
    }

    /// How many lines are listed: the number that may only shrink.
    #[must_use]
    pub fn count(&self) -> usize {
        self.entries.iter().map(|entry| entry.lines.len()).sum()
    }

    /// Replaces what is expected of `files` by `failing` (file → line → reason). Lines that were listed keep their
    /// reason; for new ones the reason comes from the failure, and the reference from the
    /// reason.
    #[must_use]
    pub fn blessed(
        &self,
        files: &BTreeSet<String>,
        failing: &BTreeMap<String, BTreeMap<u32, String>>,
        see: impl Fn(&str) -> String,
    ) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        for entry in &self.entries {
            let mut kept = entry.clone();
            if files.contains(&entry.file) {
                kept.lines.retain(|line| failing.get(&entry.file).is_some_and(|lines| lines.contains_key(line)));
            }
            entries.push(kept);
        }
        for (file, lines) in failing {
            for (line, why) in lines.iter().filter(|(line, _)| !self.lists(file, **line)) {
                match entries.iter_mut().find(|entry| entry.file == *file && entry.why == *why) {
                    Some(entry) => {
                        entry.lines.insert(*line);
                    }
                    None => entries.push(Entry {
                        file: file.clone(),
                        lines: BTreeSet::from([*line]),
                        why: why.clone(),
                        see: see(why),
                    }),
                }
            }
        }
        entries.retain(|entry| !entry.lines.is_empty());
        entries.sort_by(|a, b| (&a.file, &a.lines).cmp(&(&b.file, &b.lines)));
        Expectations { entries }
    }

    /// The text of the file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::from(
            "# Every assertion that does not pass yet, and nothing else. This file may only shrink: an entry that passes\n\
             # fails the suite until it is deleted. See docs/HABITS.md, \"Expectations that may only shrink\".\n",
        );
        for entry in &self.entries {
            let mut lines = String::new();
            let mut column = 0;
            for (position, line) in entry.lines.iter().enumerate() {
                let item = if position == 0 { line.to_string() } else { format!(", {line}") };
                // As wide as the rest of the repository; `lines = [` takes nine columns.
                if column + item.len() > 108 {
                    lines.push_str(",\n  ");
                    lines.push_str(&line.to_string());
                    column = item.len();
                } else {
                    column += item.len();
                    lines.push_str(&item);
                }
            }
            write!(
                text,
                "\n[[fail]]\nfile = {}\nlines = [{lines}]\nwhy = {}\nsee = {}\n",
                quoted(&entry.file),
                quoted(&entry.why),
                quoted(&entry.see)
            )
            .expect("writing to a string");
        }
        text
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control.is_control() => write!(out, "\\u{:04x}", control as u32).expect("writing to a string"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "[[fail]]\nfile = \"a.wast\"\nlines = [3, 1]\nwhy = \"w\"\nsee = \"docs/X.md\"\n";

    #[test]
    fn text_round_trips() {
        let mut expectations = Expectations::parse(SAMPLE).expect("valid");
        expectations.entries[0].lines = (1000..1100).collect();
        expectations.entries[0].why = "a \"quoted\" \\ reason\u{1}".into();
        let again = Expectations::parse(&expectations.to_toml()).expect("valid");
        assert_eq!(again.entries, expectations.entries);
        assert!(expectations.to_toml().lines().all(|line| line.len() <= 120));
    }

    #[test]
    fn entries_need_every_field_and_lines_are_listed_once() {
        assert!(Expectations::parse("[[fail]]\nfile = \"a\"\nlines = [1]\nwhy = \"w\"\n").is_err());
        assert!(Expectations::parse("[[fail]]\nfile = \"a\"\nlines = []\nwhy = \"w\"\nsee = \"s\"\n").is_err());
        assert!(Expectations::parse("[[skip]]\nfile = \"a\"\n").is_err());
        assert!(Expectations::parse(&format!("{SAMPLE}{SAMPLE}")).is_err());
    }

    #[test]
    fn blessing_keeps_reasons_and_drops_what_passes() {
        let old = Expectations::parse(SAMPLE).expect("valid");
        let failing = BTreeMap::from([(
            "a.wast".to_string(),
            BTreeMap::from([(3, "ignored".to_string()), (7, "new".to_string())]),
        )]);
        let new = old.blessed(&BTreeSet::from(["a.wast".to_string()]), &failing, |_| "docs/Y.md".into());
        assert_eq!(new.lines("a.wast"), BTreeSet::from([3, 7]));
        assert_eq!(new.entries[0].why, "w");
        assert_eq!((new.entries[1].why.as_str(), new.entries[1].see.as_str()), ("new", "docs/Y.md"));
        assert_eq!(new.count(), 2);
        assert_eq!(old.blessed(&BTreeSet::new(), &BTreeMap::new(), |_| String::new()).count(), 2, "not run: kept");
    }
}
