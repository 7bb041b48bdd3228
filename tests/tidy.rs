//! Rules that a compiler does not check: flow between stages, headers, sizes, links, and expectations that only shrink.
//!
//! Each rule is a test, and lists everything that breaks it. `docs/ARCHITECTURE.md` says why the rules exist.

use aot_harness::expectations::Expectations;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the repository.
struct Source {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Lines with their number, comments at their end and whole-line comments removed.
    fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| {
            let code = if line.trim_start().starts_with("//") { "" } else { line.split(" // ").next().unwrap_or("") };
            (index + 1, code)
        })
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the root").to_path_buf()
}

/// Every text file of the repository.
fn sources() -> Vec<Source> {
    let root = root();
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the repository is readable") {
            let path = entry.expect("the repository is readable").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && name != ".git" {
                    folders.push(path);
                }
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let path = path.strip_prefix(&root).expect("found below it").to_string_lossy().replace('\\', "/");
                sources.push(Source { path, text });
            }
        }
    }
    assert!(sources.len() > 50, "the repository has more files than {}", sources.len());
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn report(rule: &str, problems: &[String]) {
    let mut text = String::new();
    for problem in problems {
        writeln!(text, "  {problem}").expect("writing to a string");
    }
    assert!(problems.is_empty(), "{rule}\n{text}");
}

/// Stages from left to right. `plan` is one file, made once between facts and code.
const STAGES: [&str; 7] = ["module", "facts", "plan", "clif", "opt", "code", "object"];
/// Files that are below all stages.
const FOUNDATIONS: [&str; 7] = ["error", "options", "optimizations", "index", "target", "features", "timing"];

#[test]
fn a_stage_uses_none_to_its_right() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.is_rust()) {
        let Some(inside) = source.path.strip_prefix("compiler/src/") else { continue };
        let stage = inside.split(['/', '.']).next().unwrap_or_default();
        let forbidden: &[&str] = if FOUNDATIONS.contains(&stage) {
            &STAGES
        } else if stage == "plan" {
            // The plan chooses conventions, which are spelled where signatures are made.
            &["opt", "code", "object"]
        } else if let Some(position) = STAGES.iter().position(|known| *known == stage) {
            &STAGES[position + 1..]
        } else {
            // `lib.rs` and `dump.rs` run the pipeline; `interface` is a view, not a stage.
            &[]
        };
        for (line, code) in source.code_lines() {
            for right in forbidden {
                if code.contains(&format!("crate::{right}::")) || code.contains(&format!("crate::{right};")) {
                    problems.push(format!("{}:{line}: `{stage}` uses `{right}`", source.path));
                }
            }
        }
    }
    report("module → facts → plan → clif → opt → code → object: a stage never uses one to its right", &problems);
}

#[test]
fn compiler_and_linker_are_pure() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.is_rust()) {
        if !source.path.starts_with("compiler/src/") && !source.path.starts_with("compiler/link/src/") {
            continue;
        }
        for (line, code) in source.code_lines() {
            for impure in ["std::fs", "std::process", "std::env", "std::io::std", "println!", "eprintln!", "dbg!("] {
                if code.contains(impure) {
                    problems.push(format!("{}:{line}: {impure}", source.path));
                }
            }
        }
    }
    report(
        "compiler and linker are functions from bytes to bytes: no files, processes, environment, terminal",
        &problems,
    );
}

#[test]
fn knowledge_stays_in_its_file() {
    // What may be spelled, and where.
    let rules: [(&[&str], &[&str]); 4] = [
        // Layouts of the context and the image.
        (&["offset_of!", "ContextLayout::new"], &["clif/instance.rs", "object/", "plan"]),
        // Names of Cranelift's settings.
        (&["settings::builder", "isa::lookup"], &["code/isa.rs"]),
        // What Cranelift's finished code looks like.
        (&["CompiledCode", "FinalizedMachReloc", "MachTrap", ".buffer."], &["code/compiled.rs"]),
        // Memory flags: a location tagged in two ways is a wrong answer.
        (&["MemFlags::new", "MemFlags::trusted", "MemFlagsData::"], &["clif/regions.rs"]),
    ];
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.is_rust()) {
        let Some(inside) = source.path.strip_prefix("compiler/src/") else { continue };
        for (words, places) in rules {
            if places.iter().any(|place| inside.starts_with(place)) {
                continue;
            }
            for (line, code) in source.code_lines() {
                if let Some(word) = words.iter().find(|word| code.contains(**word)) {
                    problems.push(format!("{}:{line}: `{word}` belongs to {}", source.path, places.join(", ")));
                }
            }
        }
    }
    report("some knowledge has one place", &problems);
}

#[test]
fn unsafe_code_is_opted_into() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.is_rust()) {
        // The benches of plugins and of aarch64 may trust what wasmtime precompiled for it.
        let allowed =
            ["runtime-support/", "tests/driver/", "benches/embed/src/theirs.rs", "benches/emulated/src/bin/run.rs"]
                .iter()
                .any(|place| source.path.starts_with(place));
        let opted = source.text.contains("#![allow(unsafe_code, reason = \"");
        for (line, code) in source.code_lines() {
            let is_unsafe = ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "#[unsafe("]
                .iter()
                .any(|form| code.contains(form) && !code.contains(&format!("\"{form}")));
            if is_unsafe && !(allowed && opted) {
                problems.push(format!("{}:{line}", source.path));
            }
        }
    }
    report(
        "unsafe code lives in runtime-support, in files that open with #![allow(unsafe_code, reason = …)]",
        &problems,
    );
}

#[test]
fn every_file_says_what_it_is_for() {
    let starts = |source: &&Source| source.is_rust() && !source.text.starts_with("//! ");
    let problems: Vec<String> = sources().iter().filter(starts).map(|source| source.path.clone()).collect();
    report("a Rust file starts with `//! ` and the one job it does", &problems);
}

#[test]
fn files_stay_readable() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.is_rust()) {
        let lines = source.text.lines().count();
        // The mark goes with a reason, as in `// tidy: a table of operators, any length`.
        let is_table = source.text.lines().any(|line| line.starts_with("// tidy: a table "));
        if lines > 800 && !is_table {
            problems.push(format!("{}: {lines} lines", source.path));
        }
    }
    report("past 800 lines, look for the second job; a table may be any length and says so", &problems);
}

/// Links of a Markdown text: line, target.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // Code spans hold no links: keep every other piece.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        for piece in prose.split("](").skip(1) {
            if let Some((target, _)) = piece.split_once(')') {
                found.push((index + 1, target.trim().to_owned()));
            }
        }
    }
    found
}

/// Anchors of a Markdown text, as the usual renderers make them from headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            title
                .chars()
                .filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'))
                .map(|character| if character == ' ' { '-' } else { character })
                .collect()
        })
        .collect()
}

fn broken_link(from: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = Path::new(from).parent().unwrap_or(Path::new(""));
    let file = root().join(if path.is_empty() { PathBuf::from(from) } else { folder.join(path) });
    if !file.exists() {
        return Some(format!("there is no {path}"));
    }
    if !anchor.is_empty() && file.extension().is_some_and(|extension| extension == "md") {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if !anchors(&text).contains(anchor) {
            return Some(format!("{path} has no heading #{anchor}"));
        }
    }
    None
}

#[test]
fn links_in_documents_resolve() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.path.ends_with(".md")) {
        for (line, target) in links(&source.text) {
            if let Some(problem) = broken_link(&source.path, &target) {
                problems.push(format!("{}:{line}: {problem}", source.path));
            }
        }
    }
    report("links lead somewhere", &problems);
}

#[test]
fn rows_of_support_tables_link_a_test() {
    let mut problems = Vec::new();
    for source in sources() {
        if source.path != "docs/PROPOSALS.md" && source.path != "docs/WASI.md" {
            continue;
        }
        for (index, line) in source.text.lines().enumerate() {
            let is_row = line.starts_with('|') && !line.contains("---");
            let next_is_rule = source
                .text
                .lines()
                .nth(index + 1)
                .is_some_and(|next| next.starts_with("|--") || next.starts_with("| --"));
            if !is_row || next_is_rule {
                continue;
            }
            let to_test = links(line).iter().any(|(_, target)| target.contains("tests/") || target.contains("/src/"));
            if !to_test {
                problems.push(format!("{}:{}: links no test", source.path, index + 1));
            }
        }
    }
    report("each row of PROPOSALS.md and WASI.md links its test", &problems);
}

#[test]
fn versions_of_dependencies_stand_in_one_place() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.path.ends_with("/Cargo.toml")) {
        // Packages outside of the workspace cannot inherit.
        if source.text.contains("[workspace]") {
            continue;
        }
        let mut in_dependencies = false;
        for (index, line) in source.text.lines().enumerate() {
            if line.starts_with('[') {
                in_dependencies = line.contains("dependencies");
            } else if in_dependencies
                && line.contains('=')
                && !line.contains("workspace = true")
                && !line.starts_with('#')
            {
                problems.push(format!("{}:{}: {line}", source.path, index + 1));
            }
        }
        if source.path == "runtime-support/abi/Cargo.toml" && source.text.contains(".workspace = true\naot-") {
            problems.push("runtime-support/abi/Cargo.toml: the agreement depends on nothing".into());
        }
    }
    report("dependencies inherit their version from the root, where a sentence says why", &problems);
}

#[test]
fn nothing_names_this_machine() {
    let root = root();
    let mut places: Vec<String> = [Some(root.as_path()), root.parent()]
        .into_iter()
        .flatten()
        .chain(std::env::var_os("HOME").as_deref().map(Path::new))
        .map(|path| format!("{}/", path.display()))
        .collect();
    // A checkout at the top of the file system, or a home there, is no place to look for.
    places.retain(|place| place.len() > 2);
    let mut problems = Vec::new();
    for source in sources() {
        for (index, line) in source.text.lines().enumerate() {
            if let Some(place) = places.iter().find(|place| line.contains(place.as_str())) {
                problems.push(format!("{}:{}: {place}", source.path, index + 1));
            }
        }
    }
    report("files work on any machine, so they name no place on this one", &problems);
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root()).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn expected_failures_at(commit: &str, path: &str) -> usize {
    // A file that does not exist there expects nothing.
    git(&["show", &format!("{commit}:{path}")])
        .and_then(|text| Expectations::parse(&text).ok())
        .map_or(0, |e| e.count())
}

#[test]
fn expectations_only_shrink() {
    let Some(head) = git(&["rev-parse", "HEAD"]) else {
        println!("not a git checkout: nothing to compare with");
        return;
    };
    let trunk = ["origin/main", "main"].into_iter().find_map(|name| git(&["merge-base", "HEAD", name]));
    // On the trunk itself, each commit is compared with the one before.
    let base = trunk.filter(|base| *base != head).or_else(|| git(&["rev-parse", "HEAD~1"]));
    let Some(base) = base else { return };
    let messages = git(&["log", "--format=%B", &format!("{base}..HEAD")]).unwrap_or_default();
    let mut problems = Vec::new();
    for path in ["tests/spec/expectations.toml", "tests/wasi/expectations.toml"] {
        let (before, now) = (expected_failures_at(&base, path), expected_failures_at("HEAD", path));
        if now > before && !messages.lines().any(|line| line.starts_with("Expectations: +")) {
            problems.push(format!("{path}: {before} lines at {base}, {now} now"));
        }
    }
    report("a commit that expects more failures says `Expectations: +2, because …`", &problems);
}

#[test]
fn expectation_files_are_well_formed() {
    for path in ["tests/spec/expectations.toml", "tests/wasi/expectations.toml"] {
        Expectations::load(&root().join(path)).expect("a valid expectations file");
    }
}

#[test]
fn links_are_found_and_anchors_made() {
    let text = "See [a](b.md#c-d) and `[no](x)`.\n```\n[no](y)\n```\n# C, d\n";
    assert_eq!(links(text), [(1, "b.md#c-d".to_owned())]);
    assert_eq!(anchors(text), BTreeSet::from(["c-d".to_owned()]));
    assert!(broken_link("README.md", "no/such/file.md").is_some());
}
