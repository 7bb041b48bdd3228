//! The command line, as a user meets it: `cli/**/*.wat` with `;; RUN:` lines; the manual is `cli/readme.wat`.
//!
//! `cargo test -p aot-tests --test cli [-- [--bless] [FILTER]…]`, or `cargo bless [FILTER]…`.

use anyhow::{Context, Result, bail, ensure};
use aot::Console;
use aot_harness::program::{self, Ending, Limits};
use similar::TextDiff;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Set in the process that does the work.
const CHILD: &str = "AOT_CLI_TEST";

fn main() -> ExitCode {
    aot_harness::ending::of(if std::env::var_os(CHILD).is_some() { run() } else { start() })
}

/// Runs this again with an environment in which `aot run` has a cache of its own, and nothing of the user's matters.
fn start() -> Result<bool> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-cache.{}", std::process::id()));
    let status = Command::new(std::env::current_exe()?)
        .args(std::env::args().skip(1))
        .env(CHILD, "1")
        .env("XDG_CACHE_HOME", &cache)
        .env_remove("NO_COLOR")
        .env_remove("AOT_GRANTS")
        .env_remove("AOT_BACKTRACE")
        .status()?;
    let _ = fs::remove_dir_all(cache);
    Ok(status.success())
}

fn run() -> Result<bool> {
    let mut bless = false;
    let mut filters = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--bless" => bless = true,
            "--" => {}
            option if option.starts_with('-') => bail!("unknown option {option}; there are --bless and filters"),
            _ => filters.push(argument),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cli");
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli.{}", std::process::id()));
    let (mut passed, mut failed, mut blessed) = (0, 0, 0);
    for file in files(&root)? {
        let name = file.strip_prefix(&root).expect("found below it").display().to_string();
        if !filters.is_empty() && !filters.iter().any(|filter| name.contains(filter.as_str())) {
            continue;
        }
        let _ = fs::remove_dir_all(&scratch);
        fs::create_dir_all(&scratch)?;
        match test(&file, &scratch, bless) {
            Ok(Outcome::Passed) => passed += 1,
            Ok(Outcome::Blessed) => {
                blessed += 1;
                println!("blessed {name}");
            }
            Ok(Outcome::Differs(difference)) => {
                failed += 1;
                println!("{name} differs; if that is intended: cargo bless {name}\n{difference}");
            }
            Err(error) => {
                failed += 1;
                println!("{name}: {error:#}");
            }
        }
    }
    let _ = fs::remove_dir_all(&scratch);
    if filters.is_empty() {
        match reference_page(bless)? {
            Outcome::Passed => passed += 1,
            Outcome::Blessed => blessed += 1,
            Outcome::Differs(difference) => {
                failed += 1;
                println!("docs/CLI.md is not what `cargo run -p aot -- markdown` prints: cargo bless\n{difference}");
            }
        }
    }
    println!("cli: {passed} passed, {failed} failed, {blessed} blessed");
    // `cargo bless FILTER` means other suites as well.
    ensure!(bless || passed + failed + blessed > 0, "no file's name contains {}", filters.join(" or "));
    Ok(failed == 0)
}

/// `docs/CLI.md` is generated from the definitions of the flags.
fn reference_page(bless: bool) -> Result<Outcome> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/CLI.md");
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let actual = aot::args::help::markdown();
    if expected == actual {
        return Ok(Outcome::Passed);
    }
    if bless {
        fs::write(path, actual)?;
        return Ok(Outcome::Blessed);
    }
    let diff = TextDiff::from_lines(&expected, &actual);
    Ok(Outcome::Differs(diff.unified_diff().header("docs/CLI.md", "markdown").to_string()))
}

enum Outcome {
    Passed,
    Blessed,
    Differs(String),
}

/// The test files, sorted. Their folder is flat.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(root).with_context(|| root.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let mut files: Vec<PathBuf> =
        paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "wat")).collect();
    files.sort();
    Ok(files)
}

fn test(file: &Path, scratch: &Path, bless: bool) -> Result<Outcome> {
    let text = fs::read_to_string(file)?;
    let steps = steps(&text)?;
    let place = Place { file, folder: file.parent().context("a file is in a folder")?, scratch };
    std::env::set_current_dir(scratch)?;
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let mut wrong = String::new();
    for step in &steps {
        let said = step.run(&place)?;
        stdout.push_str(&place.forget(&said.stdout));
        stderr.push_str(&place.forget(&said.stderr));
        if said.status != step.status {
            wrong.push_str(&format!("{}\n  status {}, expected {}\n", step.command, said.status, step.status));
        }
    }
    let streams = [("stdout", stdout), ("stderr", stderr)];
    let mut changed = false;
    for (stream, actual) in streams {
        let path = file.with_extension(stream);
        let expected = if path.exists() { fs::read_to_string(&path)? } else { String::new() };
        if expected == actual {
            continue;
        }
        changed = true;
        if !bless {
            let diff = TextDiff::from_lines(&expected, &actual);
            wrong.push_str(&diff.unified_diff().header(stream, "actual").to_string());
        } else if actual.is_empty() {
            fs::remove_file(&path)?;
        } else {
            fs::write(&path, actual)?;
        }
    }
    Ok(match (wrong.is_empty(), changed) {
        (false, _) => Outcome::Differs(wrong),
        (true, true) => Outcome::Blessed,
        (true, false) => Outcome::Passed,
    })
}

/// One `;; RUN:` line.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    command: String,
    status: u8,
}

struct Said {
    status: u8,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Reads the `;; RUN: …` and `;; RUN(status): …` lines.
fn steps(text: &str) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix(";; RUN")) {
        let (status, command) = line.split_once(':').with_context(|| format!("no colon in `;; RUN{line}`"))?;
        let status = match status.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(digits) => digits.parse().with_context(|| format!("the status of `;; RUN{line}`"))?,
            None if status.is_empty() => 0,
            None => bail!("`;; RUN{line}` is neither `;; RUN: …` nor `;; RUN(status): …`"),
        };
        steps.push(Step { command: command.trim().to_owned(), status });
    }
    ensure!(!steps.is_empty(), "a test has `;; RUN:` lines; see readme.wat");
    Ok(steps)
}

impl Step {
    fn run(&self, place: &Place<'_>) -> Result<Said> {
        match self.command.split_once(' ').unwrap_or((&self.command, "")) {
            ("aot", arguments) => aot_command(arguments, place),
            _ => shell(&self.command, place),
        }
    }
}

/// Runs `aot` in this process.
fn aot_command(arguments: &str, place: &Place<'_>) -> Result<Said> {
    let (arguments, input) = match arguments.split_once(" < ") {
        Some((arguments, path)) => (arguments, Some(place.fill(path.trim()))),
        None => (arguments, None),
    };
    let words = std::iter::once("aot".to_owned()).chain(arguments.split_whitespace().map(|word| place.fill(word)));
    let mut stdin: Box<dyn Read> = match input {
        Some(path) => Box::new(File::open(&path).with_context(|| path.clone())?),
        None => Box::new(std::io::empty()),
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let status = aot::run(words, &mut Console::captured(&mut stdin, &mut stdout, &mut stderr));
    Ok(Said { status, stdout, stderr })
}

/// Runs anything else by the shell.
fn shell(command: &str, place: &Place<'_>) -> Result<Said> {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(place.fill(command)).stdin(Stdio::null());
    let finished = program::run(&mut shell, Limits::default(), place.scratch)?;
    let status = match finished.ending {
        Ending::Exited(status) => u8::try_from(status)?,
        other => bail!("`{command}` {other}"),
    };
    Ok(Said { status, stdout: finished.stdout, stderr: finished.stderr })
}

/// What stands for the paths of this machine in commands and expectations.
struct Place<'a> {
    file: &'a Path,
    folder: &'a Path,
    scratch: &'a Path,
}

impl Place<'_> {
    fn names(&self) -> [(&'static str, String); 3] {
        // The file before its folder, of which its name is a continuation.
        [("%s", self.file), ("%d", self.folder), ("%t", self.scratch)]
            .map(|(name, path)| (name, path.display().to_string()))
    }

    fn fill(&self, text: &str) -> String {
        self.names().iter().fold(text.to_owned(), |text, (name, path)| text.replace(name, path))
    }

    fn forget(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.names().iter().fold(text, |text, (name, path)| text.replace(path.as_str(), name))
    }
}
