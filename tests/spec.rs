//! The spec suite: `cargo spec [FILTER|PATH]… [OPTION]…`, see `--help`.

use anyhow::{Context, Result, bail};
use aot_compiler::optimizations::{Optimization, Optimizations};
use aot_harness::expectations::Expectations;
use aot_harness::program::Limits;
use aot_harness::spec::aot::{AotToolbox, Variation};
use aot_harness::spec::configuration::{Configuration, Memory, Model, Target};
use aot_harness::spec::report::{ScriptReport, failing_lines, judge};
use aot_harness::spec::suite::{self, Script};
use aot_harness::spec::{self, Spectest};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

const HELP: &str = "\
Runs WebAssembly scripts as linked native code.

  cargo spec                     the whole suite on x86_64, in all 8 configurations
  cargo spec simd_load v3/       scripts whose name contains one of these
  cargo spec PATH…               any .wast file, or folder of them; no failure is expected there

  --target x86_64|aarch64        architecture; one that is not this machine's runs under qemu
  --all                          aarch64: all 8 configurations instead of the 4 optimized ones
  --configuration WORDS          only configurations whose name has all these words, as in \"guard plain\"
  --jobs N                       scripts at a time (default: one per core)
  --time-limit SECONDS           for each program (default 60)
  --cpu LEVEL[,FEATURE]…         compile for baseline (default), x86-64-v3 or native, with these features
  --spectre, --deterministic     compile with these options
  --interruptible, --fuel        likewise; no guest is interrupted, and the fuel is enough
  --counting                     programs count what runs, as for a profile
  --linker PROGRAM               link with ld, ld.lld, aarch64-linux-gnu-ld, … instead of the built-in linker
  --disable NAME[,NAME]…         without these optimisations
  --each-off                     instead: once for each optimisation, without it alone, in the optimized ones of
                                 \"guard executable\" and \"bounds library\"
  --keep                         leave the last program of each job in target/tmp/spec.*
  --list                         print the scripts and stop
  --bless-expectations           write tests/spec/expectations.toml from what fails
";

#[derive(Debug, Default)]
struct Arguments {
    names: Vec<String>,
    target: Option<Target>,
    all: bool,
    words: Vec<String>,
    jobs: Option<usize>,
    time_limit: Option<u64>,
    variation: Variation,
    each_off: bool,
    keep: bool,
    list: bool,
    bless: bool,
}

fn main() -> ExitCode {
    aot_harness::ending::of(run())
}

fn run() -> Result<bool> {
    let Some(arguments) = parse(std::env::args().skip(1))? else {
        print!("{HELP}");
        return Ok(true);
    };
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/own");
    let expectations_path = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/expectations.toml");
    let (scripts, from_suite, complete) = select(&arguments.names, &own)?;
    if arguments.list {
        scripts.iter().for_each(|script| println!("{}", script.key));
        return Ok(true);
    }
    let target = arguments.target.unwrap_or(if Target::Aarch64.is_native() { Target::Aarch64 } else { Target::X86_64 });
    let mut configurations = Configuration::of(target, arguments.all || target.is_native());
    configurations.retain(|configuration| {
        let name = configuration.to_string();
        arguments.words.iter().all(|word| name.split(' ').any(|part| part == word))
    });
    if arguments.each_off {
        configurations.retain(|configuration| {
            let pair = (configuration.memory, configuration.model);
            configuration.optimized
                && [(Memory::Guard, Model::Executable), (Memory::Bounds, Model::Library)].contains(&pair)
        });
    }
    if configurations.is_empty() {
        bail!("no configuration has all of these words: {}", arguments.words.join(" "));
    }

    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("spec.{}", std::process::id()));
    std::fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("driver");
    let mut toolbox = AotToolbox::new(&[target], &built, &scratch, arguments.variation.clone())?;
    let mut limits = Limits::default();
    if let Some(seconds) = arguments.time_limit {
        limits.time = std::time::Duration::from_secs(seconds);
    }
    let spectest = Spectest::new().context("the spectest module")?;
    let jobs = arguments.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let run = spec::Run { configurations, spectest, limits, scratch: scratch.clone(), jobs };
    let expectations = if from_suite { Expectations::load(&expectations_path)? } else { Expectations::default() };
    let mut ok = true;
    let rounds: &[Option<Optimization>] =
        &if arguments.each_off { Optimization::ALL.iter().copied().map(Some).collect() } else { vec![None] };
    for &without in rounds {
        let start = Instant::now();
        if let Some(which) = without {
            let mut variation = arguments.variation.clone();
            variation.optimizations = variation.optimizations.without(which);
            toolbox = toolbox.with(variation);
        }
        let reports = run.scripts(&scripts, &toolbox)?;
        if arguments.bless && from_suite {
            return bless(&reports, &expectations, &expectations_path);
        }
        let verdict = judge(&reports, &expectations, complete);
        for message in &verdict.messages {
            println!("{message}");
        }
        match without {
            Some(which) => print!("without {}: ", which.name()),
            None => println!("{}", verdict.table),
        }
        println!(
            "{} scripts in {:.1} s: {}",
            scripts.len(),
            start.elapsed().as_secs_f64(),
            if verdict.ok { "as expected".to_owned() } else { format!("{} messages", verdict.messages.len()) }
        );
        ok &= verdict.ok;
    }
    if !arguments.keep {
        let _ = std::fs::remove_dir_all(&scratch);
    }
    Ok(ok)
}

fn parse(mut typed: impl Iterator<Item = String>) -> Result<Option<Arguments>> {
    let mut arguments = Arguments::default();
    while let Some(argument) = typed.next() {
        let mut value = || typed.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            // `cargo spec` ends in `--` already; a second one comes from habit.
            "--" => {}
            "-h" | "--help" => return Ok(None),
            "--target" => {
                let name = value()?;
                arguments.target = Some(Target::parse(&name).with_context(|| format!("unknown target {name}"))?);
            }
            "--all" => arguments.all = true,
            "--configuration" => arguments.words.extend(value()?.split_whitespace().map(str::to_owned)),
            "--jobs" => arguments.jobs = Some(value()?.parse::<usize>()?.max(1)),
            "--time-limit" => arguments.time_limit = Some(value()?.parse()?),
            "--linker" => arguments.variation.external_linker = Some(value()?),
            "--cpu" => arguments.variation.cpu = Some(value()?),
            "--spectre" => arguments.variation.spectre = true,
            "--deterministic" => arguments.variation.deterministic = true,
            "--interruptible" => arguments.variation.interruptible = true,
            "--fuel" => arguments.variation.fuel = true,
            "--counting" => arguments.variation.counting = true,
            "--disable" => {
                arguments.variation.optimizations = Optimizations::parse_disabled(value()?.split(','))?;
            }
            "--each-off" => arguments.each_off = true,
            "--keep" => arguments.keep = true,
            "--list" => arguments.list = true,
            "--bless-expectations" => arguments.bless = true,
            option if option.starts_with('-') => bail!("unknown option {option}; see `cargo spec --help`"),
            _ => arguments.names.push(argument),
        }
    }
    Ok(Some(arguments))
}

/// The scripts asked for, whether they are the suite's, and whether they are all of it.
fn select(names: &[String], own: &Path) -> Result<(Vec<Script>, bool, bool)> {
    if names.is_empty() {
        return Ok((suite::whole(own)?, true, true));
    }
    let paths: Vec<Option<PathBuf>> = names.iter().map(|name| existing_path(name)).collect();
    if paths.iter().all(Option::is_some) {
        let mut scripts = Vec::new();
        for path in paths.iter().flatten() {
            scripts.extend(suite::at(path)?);
        }
        return Ok((scripts, false, false));
    }
    if let Some(name) = names.iter().find(|name| name.ends_with(".wast") && name.starts_with(['/', '.'])) {
        bail!("there is no file {name}");
    }
    let mut scripts = suite::whole(own)?;
    scripts.retain(|script| names.iter().any(|name| script.key.contains(name.as_str())));
    if scripts.is_empty() {
        bail!("no script's name contains {}", names.join(" or "));
    }
    Ok((scripts, true, false))
}

/// The path that the user means: Cargo runs tests in their package's folder, the shell may stand elsewhere.
fn existing_path(name: &str) -> Option<PathBuf> {
    let shell = std::env::var_os("PWD").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf);
    let path = [shell, root].into_iter().flatten().map(|folder| folder.join(name)).find(|path| path.exists())?;
    // `v3` is a filter even if a folder of that name stands somewhere.
    (path.is_dir() || path.extension().is_some_and(|extension| extension == "wast")).then_some(path)
}

fn bless(reports: &[ScriptReport], expectations: &Expectations, path: &Path) -> Result<bool> {
    let files: BTreeSet<String> = reports.iter().map(|report| report.key.clone()).collect();
    let failing: BTreeMap<String, BTreeMap<u32, String>> = reports
        .iter()
        .map(|report| (report.key.clone(), causes(failing_lines(report))))
        .filter(|(_, lines)| !lines.is_empty())
        .collect();
    let blessed = expectations.blessed(&files, &failing, |why| {
        let words = why.strip_prefix("needs the ").and_then(|rest| rest.split(' ').next());
        format!("docs/PROPOSALS.md#{}", words.unwrap_or("what-does-not-pass-yet"))
    });
    std::fs::write(path, blessed.to_toml()).with_context(|| path.display().to_string())?;
    println!("{}: {} lines before, {} now", path.display(), expectations.count(), blessed.count());
    Ok(true)
}

/// Reasons for a file of expectations: what is missing rather than what became of it, and for directives without an
/// instance the reason why the module before them has none.
fn causes(lines: BTreeMap<u32, String>) -> BTreeMap<u32, String> {
    let mut module = String::new();
    let cause = |(line, reason): (u32, String)| {
        let missing = reason.split_once("needs the ").and_then(|(_, rest)| rest.split_once(' '));
        let why = match missing {
            Some((proposal, _)) => format!("needs the {proposal} proposal"),
            None if reason == "its module has no instance" && !module.is_empty() => module.clone(),
            None => reason,
        };
        module.clone_from(&why);
        (line, why)
    };
    lines.into_iter().map(cause).collect()
}
