//! Executables as hosts of WASI: the official test suite, path attacks, and what happens to processes.
//!
//! The official suite is data of another project and does not live in this repository: it is looked for in
//! `../shared/wasi-testsuite` beside the checkout, or where `AOT_WASI_TESTSUITE` says. Without it this says so loudly
//! and runs the rest; on the CI machine (`CI` is set) it fails. So it does for a target that cannot be run.
//!
//! `cargo test -p aot-tests --test wasi [-- FILTER… | --configuration WORDS | --keep | --list]`

use anyhow::{Context, Result, bail, ensure};
use aot::Console;
use aot_harness::spec::configuration::Target;
use aot_harness::wasi::report::{Excuses, judge};
use aot_harness::wasi::{Bench, Configuration, attacks, process, suite};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

#[derive(Debug, Default)]
struct Arguments {
    filters: Vec<String>,
    words: Vec<String>,
    keep: bool,
    list: bool,
}

fn main() -> ExitCode {
    aot_harness::ending::of(run())
}

fn run() -> Result<bool> {
    let start = Instant::now();
    let arguments = parse(std::env::args().skip(1))?;
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wasi.{}", std::process::id()));
    let mut skipped = Vec::new();
    let mut tests = Vec::new();
    match folder() {
        Some(folder) => {
            tests = suite::tests(&folder)?;
            ensure!(
                tests.len() >= suite::EXPECTED,
                "{} tests in {}, expected {}",
                tests.len(),
                folder.display(),
                suite::EXPECTED
            );
        }
        None => skipped.push(format!(
            "THE OFFICIAL WASI TEST SUITE ({} tests): there is no ../shared/wasi-testsuite beside this checkout, and \
             AOT_WASI_TESTSUITE names no folder",
            suite::EXPECTED
        )),
    }
    tests.extend(attacks::tests());
    tests.extend(process::tests(&Path::new(env!("CARGO_MANIFEST_DIR")).join("wasi/programs")));
    let filtered = !arguments.filters.is_empty();
    tests.retain(|test| !filtered || arguments.filters.iter().any(|filter| test.key().contains(filter.as_str())));
    ensure!(!tests.is_empty(), "no test's name contains {}", arguments.filters.join(" or "));
    if arguments.list {
        tests.iter().for_each(|test| println!("{}", test.key()));
        return Ok(true);
    }

    let mut configurations = Configuration::ALL.to_vec();
    configurations.retain(|configuration| {
        let name = configuration.to_string();
        arguments.words.iter().all(|word| name.split(' ').any(|part| part == word))
    });
    ensure!(!configurations.is_empty(), "no configuration has all of these words: {}", arguments.words.join(" "));
    for target in [Target::X86_64, Target::Aarch64] {
        if !configurations.iter().any(|configuration| configuration.target == target) {
            continue;
        }
        if let Err(error) = can_run(target, &scratch) {
            configurations.retain(|configuration| configuration.target != target);
            skipped.push(format!("{target} ({} tests): {error:#}", tests.len()));
        }
    }

    let results = aot_harness::wasi::run(&tests, &configurations, &aot, &scratch, arguments.keep);
    if !arguments.keep {
        let _ = std::fs::remove_dir_all(&scratch);
    }
    let excuses = Excuses::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("wasi/expectations.toml"))?;
    let verdict = judge(&results, &configurations, &excuses);
    verdict.messages.iter().for_each(|message| println!("{message}"));
    println!("{}", verdict.table);
    skipped.iter().for_each(|what| println!("SKIPPED: {what}"));
    println!(
        "wasi: {} passed, {} failed, {} excused by a platform, {} kinds skipped, in {:.1} s",
        verdict.passed,
        verdict.failed,
        excuses.count(),
        skipped.len(),
        start.elapsed().as_secs_f64()
    );
    if !skipped.is_empty() && std::env::var_os("CI").is_some() {
        bail!("nothing may be skipped where CI is set");
    }
    Ok(verdict.failed == 0)
}

fn parse(mut typed: impl Iterator<Item = String>) -> Result<Arguments> {
    let mut arguments = Arguments::default();
    while let Some(argument) = typed.next() {
        match argument.as_str() {
            "--" => {}
            "--keep" => arguments.keep = true,
            "--list" => arguments.list = true,
            "--configuration" => {
                let words = typed.next().context("--configuration needs a value, as in \"x86_64 guard\"")?;
                arguments.words.extend(words.split_whitespace().map(str::to_owned));
            }
            option if option.starts_with('-') => {
                bail!("unknown option {option}; there are --configuration, --keep, --list and filters")
            }
            _ => arguments.filters.push(argument),
        }
    }
    Ok(arguments)
}

fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("AOT_WASI_TESTSUITE") {
        return Some(folder.into()).filter(|folder: &PathBuf| folder.is_dir());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    // A worktree may lie one folder deeper than the main checkout.
    root.ancestors().skip(1).take(2).map(|folder| folder.join("shared/wasi-testsuite")).find(|folder| folder.is_dir())
}

/// Runs `aot` in this process.
fn aot(arguments: &[String]) -> Result<(), String> {
    let (mut stdin, mut stdout, mut stderr) = (std::io::empty(), Vec::new(), Vec::new());
    let words = std::iter::once("aot").chain(arguments.iter().map(String::as_str));
    match aot::run(words, &mut Console::captured(&mut stdin, &mut stdout, &mut stderr)) {
        aot::EXIT_SUCCESS => Ok(()),
        _ => Err(String::from_utf8_lossy(&stderr).into_owned()),
    }
}

/// Whether this `aot` makes programs for the target and this machine runs them.
fn can_run(target: Target, scratch: &Path) -> Result<()> {
    for configuration in Configuration::ALL.into_iter().filter(|configuration| configuration.target == target) {
        let bench = Bench::new(&aot, configuration, scratch.join("can_run"))?;
        bench.compile_text("(module (func (export \"_start\")))", "nothing", &[])?;
        bench.run_to(0, &mut bench.command("nothing"))?;
    }
    Ok(())
}
