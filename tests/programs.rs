//! Whole programs, compiled as a user does and run: `programs/*/`, whose manual is `programs/README.md`, and those of other
//! projects in `../shared/programs` beside the checkout, or where `AOT_PROGRAMS` says.
//!
//! `cargo test -p aot-tests --test programs [-- [FILTER]… [--way WORDS] [--disable NAMES | --each-off] [--list] [--keep]]`

use anyhow::{Context, Result, bail, ensure};
use aot::Console;
use aot_compiler::optimizations::Optimization;
use aot_harness::programs::case::{Case, Prepared, emulator, find};
use aot_harness::programs::description::{self, Program};
use aot_harness::programs::shared::{self, SharedKind, SharedProgram};
use aot_harness::programs::way::Way;
use aot_harness::spec::configuration::Target;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What the collection promises: this many programs, from each of these.
const LEAST_PROGRAMS: usize = 20;
const TOOLCHAINS: [&str; 7] = ["C", "C++", "Rust", "Zig", "Go", "AssemblyScript", "wat"];
/// Other projects' programs up to this size also run under an emulator.
const SMALL_BYTES: u64 = 150_000;
/// Those up to this size also become objects without optimisation.
const MEDIUM_BYTES: u64 = 2_000_000;

fn main() -> ExitCode {
    aot_harness::ending::of(run())
}

#[derive(Debug, Default)]
struct Arguments {
    filters: Vec<String>,
    words: Vec<String>,
    /// Optimisations that are off, as `aot` takes them.
    disabled: Option<String>,
    /// Instead: once for each optimisation, without it alone.
    each_off: bool,
    list: bool,
    keep: bool,
}

fn parse(mut typed: impl Iterator<Item = String>) -> Result<Arguments> {
    let mut arguments = Arguments::default();
    while let Some(argument) = typed.next() {
        match argument.as_str() {
            "--" => {}
            "--way" => arguments.words.push(typed.next().context("--way needs words, as in \"x86_64 -O2\"")?),
            "--disable" => {
                let names = typed.next().context("--disable needs names of optimisations")?;
                let earlier = arguments.disabled.replace(names);
                ensure!(earlier.is_none(), "--disable takes several names, separated by commas");
            }
            "--each-off" => arguments.each_off = true,
            "--list" => arguments.list = true,
            "--keep" => arguments.keep = true,
            option if option.starts_with('-') => {
                bail!("unknown option {option}; there are --way, --disable, --each-off, --list and --keep")
            }
            _ => arguments.filters.push(argument),
        }
    }
    ensure!(!arguments.each_off || arguments.disabled.is_none(), "--each-off switches off one at a time");
    Ok(arguments)
}

/// A piece of work: one program in one way.
struct Job<'a> {
    program: &'a str,
    way: Way,
    bytes: u64,
    work: Work<'a>,
}

enum Work<'a> {
    /// Executables, and every case run.
    Run { module: &'a Path, flags: &'a [String], cases: &'a [Case] },
    /// An object, that nothing is done with.
    Object { module: &'a Path },
    /// An error that names this.
    Refuse { module: &'a Path, names: &'a str },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusedFile {
    refused: Vec<Refused>,
}

/// A program of `refused.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    program: String,
    names: String,
    why: String,
    see: String,
}

/// What became of a job.
#[derive(Default)]
struct Outcome {
    runs: usize,
    problems: Vec<String>,
}

fn run() -> Result<bool> {
    let arguments = parse(std::env::args().skip(1))?;
    let wanted = |name: &str| {
        arguments.filters.is_empty() || arguments.filters.iter().any(|filter| name.contains(filter.as_str()))
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let own = own_programs(&root)?;
    check_promises(&own)?;
    let mut skipped = Vec::new();
    let shared = match shared::folder() {
        Some(folder) => shared_programs(&folder)?,
        None => {
            skipped.push("../shared/programs: not beside this checkout, and AOT_PROGRAMS names no folder".to_owned());
            Vec::new()
        }
    };
    let refused: RefusedFile = toml::from_str(&std::fs::read_to_string(root.join("refused.toml"))?)?;

    let mut jobs = Vec::new();
    for program in own.iter().filter(|program| wanted(&program.name)) {
        let bytes = std::fs::metadata(&program.module)?.len();
        let work = |way| Job {
            program: &program.name,
            way,
            bytes,
            work: Work::Run { module: &program.module, flags: &program.flags, cases: &program.cases },
        };
        jobs.extend(program.ways.iter().copied().map(work));
    }
    for program in shared.iter().filter(|program| wanted(&program.name)) {
        jobs.extend(shared_jobs(program, &refused.refused));
    }
    if !shared.is_empty() {
        for entry in &refused.refused {
            ensure!(
                !entry.why.is_empty() && !entry.see.is_empty(),
                "{}: an entry says why, and where more is said",
                entry.program
            );
            ensure!(
                shared.iter().any(|program| program.name == entry.program),
                "refused.toml: no program {}",
                entry.program
            );
        }
    }
    // Without optimising there is nothing to switch off.
    jobs.retain(|job| {
        arguments.words.iter().all(|words| job.way.has(words)) && !(arguments.each_off && job.way.optimize == "0")
    });
    drop_missing_targets(&mut jobs, &mut skipped);
    ensure!(!jobs.is_empty(), "no program's name contains {}", arguments.filters.join(" or "));
    if arguments.list {
        jobs.iter().for_each(|job| println!("{} {}", job.program, job.way));
        return Ok(true);
    }

    // The long ones first, so that no core idles at the end.
    jobs.sort_by_key(|job| std::cmp::Reverse(job.bytes));
    let mut ok = true;
    if arguments.each_off {
        for off in Optimization::ALL {
            println!("without {}:", off.name());
            ok &= round(&jobs, Some(off.name()), arguments.keep);
        }
    } else {
        ok = round(&jobs, arguments.disabled.as_deref(), arguments.keep);
    }
    for message in &skipped {
        println!("programs: SKIPPED, NOT TESTED: {message}");
    }
    // Where everything has to be there, nothing may be left out.
    Ok(ok && (skipped.is_empty() || std::env::var_os("CI").is_none()))
}

fn own_programs(root: &Path) -> Result<Vec<Program>> {
    let programs = folders(root)?
        .into_iter()
        .map(|folder| description::read(&folder).with_context(|| folder.display().to_string()));
    programs.collect()
}

fn shared_programs(folder: &Path) -> Result<Vec<SharedProgram>> {
    let folders = folders(folder)?.into_iter().filter(|folder| folder.join("prog.wasm").is_file());
    folders.map(|folder| shared::read(&folder).with_context(|| folder.display().to_string())).collect()
}

fn folders(root: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(root).with_context(|| root.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

fn check_promises(own: &[Program]) -> Result<()> {
    ensure!(own.len() >= LEAST_PROGRAMS, "there are only {} programs of our own", own.len());
    let toolchains: BTreeSet<&str> = own.iter().map(|program| program.toolchain.as_str()).collect();
    for toolchain in TOOLCHAINS {
        ensure!(toolchains.contains(toolchain), "there is no program from {toolchain}");
    }
    for program in own {
        ensure!(
            TOOLCHAINS.contains(&program.toolchain.as_str()),
            "{}: unknown toolchain {}",
            program.name,
            program.toolchain
        );
    }
    Ok(())
}

fn shared_jobs<'a>(program: &'a SharedProgram, refused: &'a [Refused]) -> Vec<Job<'a>> {
    let module = program.module.as_path();
    let job = |target, optimize, memory, work| Job {
        program: &program.name,
        way: Way { target, optimize, memory },
        bytes: program.byte_length,
        work,
    };
    if let Some(entry) = refused.iter().find(|entry| entry.program == program.name) {
        let work = || Work::Refuse { module, names: &entry.names };
        return vec![job(Target::X86_64, "2", "guard", work()), job(Target::Aarch64, "0", "bounds", work())];
    }
    let mut jobs = Vec::new();
    match &program.kind {
        SharedKind::Command(cases) | SharedKind::Invoke(cases) => {
            let work = || Work::Run { module, flags: &[], cases };
            jobs.push(job(Target::X86_64, "2", "guard", work()));
            jobs.push(job(Target::X86_64, "2", "bounds", work()));
            if program.byte_length <= SMALL_BYTES {
                jobs.push(job(Target::Aarch64, "2", "guard", work()));
            }
            if program.byte_length <= MEDIUM_BYTES {
                jobs.push(job(Target::Aarch64, "0", "bounds", Work::Object { module }));
            }
        }
        SharedKind::CompileOnly => {
            for target in [Target::X86_64, Target::Aarch64] {
                jobs.push(job(target, "2", "guard", Work::Object { module }));
                jobs.push(job(target, "0", "bounds", Work::Object { module }));
            }
        }
    }
    jobs
}

/// Does everything once, without these optimisations, and says what became of it; returns whether there is no problem.
fn round(jobs: &[Job<'_>], disabled: Option<&str>, keep: bool) -> bool {
    let start = Instant::now();
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("programs.{}", std::process::id()));
    let flags: Vec<String> = disabled.into_iter().flat_map(|names| ["--disable", names]).map(str::to_owned).collect();
    let outcomes = work_off(jobs, &flags, &scratch);
    if !keep {
        let _ = std::fs::remove_dir_all(&scratch);
    }
    let ok = report(jobs, &outcomes);
    let programs: BTreeSet<&str> = jobs.iter().map(|job| job.program).collect();
    println!(
        "programs: {} programs compiled {} times, {} runs, {} problems, {:.0} s",
        programs.len(),
        jobs.len(),
        outcomes.iter().map(|(outcome, _)| outcome.runs).sum::<usize>(),
        outcomes.iter().map(|(outcome, _)| outcome.problems.len()).sum::<usize>(),
        start.elapsed().as_secs_f64()
    );
    ok
}

/// Leaves out what this machine cannot run, and says so.
fn drop_missing_targets(jobs: &mut Vec<Job<'_>>, skipped: &mut Vec<String>) {
    for target in [Target::X86_64, Target::Aarch64] {
        let runs = |job: &Job<'_>| job.way.target == target && matches!(job.work, Work::Run { .. });
        let missing = match emulator(target) {
            Some(emulator) if find(emulator).is_none() => Some(format!("{emulator} is not in the path")),
            _ => runtime_missing(target),
        };
        if let Some(missing) = missing.filter(|_| jobs.iter().any(runs)) {
            skipped.push(format!("everything on {}: {missing}", target.triple()));
            jobs.retain(|job| !runs(job));
        }
    }
}

/// Why executables for a target cannot be made, if so.
fn runtime_missing(target: Target) -> Option<String> {
    let program = b"(module (func (export \"_start\")))";
    let words = ["compile", "-", "-o", "-", "--target", target.triple()].map(str::to_owned);
    aot(&words, program).err().map(|error| format!("{error:#}"))
}

/// Does all jobs with these flags, a core each.
fn work_off(jobs: &[Job<'_>], flags: &[String], scratch: &Path) -> Vec<(Outcome, Duration)> {
    let next = AtomicUsize::new(0);
    let outcomes: Mutex<BTreeMap<usize, (Outcome, Duration)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(number) else { break };
                    let start = Instant::now();
                    let outcome = do_job(job, flags, &scratch.join(number.to_string()));
                    outcomes.lock().expect("nobody panics with it").insert(number, (outcome, start.elapsed()));
                }
            });
        }
    });
    outcomes.into_inner().expect("nobody panics with it").into_values().collect()
}

fn do_job(job: &Job<'_>, more: &[String], scratch: &Path) -> Outcome {
    let mut outcome = Outcome::default();
    let result = catch_unwind(AssertUnwindSafe(|| {
        std::fs::create_dir_all(scratch)?;
        match &job.work {
            Work::Run { module, flags, cases } => {
                run_cases(job.way, module, &[flags, more].concat(), cases, scratch, &mut outcome)
            }
            Work::Object { module } => {
                let flags = [more, &["--emit".to_owned(), "obj".to_owned()]].concat();
                let object = compile(job.way, module, &flags, &scratch.join("object"))?;
                ensure!(std::fs::read(object)?.starts_with(b"\x7fELF"), "no ELF file came out");
                Ok(())
            }
            Work::Refuse { module, names } => match compile(job.way, module, more, &scratch.join("executable")) {
                Ok(_) => bail!("compiles now: refused.toml can forget it"),
                Err(error) if error.to_string().contains(names) => Ok(()),
                Err(error) => bail!("the error does not name {names}: {error:#}"),
            },
        }
    }));
    match result {
        Ok(Ok(())) => {}
        Ok(Err(error)) => outcome.problems.push(format!("{error:#}")),
        Err(_) => outcome.problems.push("the compiler panicked".to_owned()),
    }
    outcome
}

fn run_cases(
    way: Way,
    module: &Path,
    flags: &[String],
    cases: &[Case],
    scratch: &Path,
    outcome: &mut Outcome,
) -> Result<()> {
    // Cases with the same flags share an executable.
    let mut executables: BTreeMap<Vec<String>, PathBuf> = BTreeMap::new();
    for case in cases {
        let prepared = Prepared::new(case, &scratch.join(&case.name))?;
        let flags = [flags, &case.flags, &prepared.grant_flags()].concat();
        let executable = match executables.get(&flags) {
            Some(executable) => executable.clone(),
            None => {
                let path = scratch.join(format!("executable{}", executables.len()));
                let path = compile(way, module, &flags, &path)?;
                executables.insert(flags, path.clone());
                path
            }
        };
        outcome.runs += 1;
        if let Err(error) = prepared.run(way, &executable) {
            outcome.problems.push(format!("case {}: {error:#}", case.name));
        }
    }
    Ok(())
}

/// `aot compile` in this process.
fn compile(way: Way, module: &Path, flags: &[String], out: &Path) -> Result<PathBuf> {
    let mut words =
        vec!["compile".to_owned(), module.display().to_string(), "-o".to_owned(), out.display().to_string()];
    words.extend(["--target".to_owned(), way.target.triple().to_owned(), format!("-O{}", way.optimize)]);
    words.extend(["--memory".to_owned(), way.memory.to_owned(), "-j".to_owned(), "1".to_owned()]);
    words.extend_from_slice(flags);
    aot(&words, b"")?;
    Ok(out.to_path_buf())
}

fn aot(words: &[String], mut input: &[u8]) -> Result<()> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let words = std::iter::once("aot").chain(words.iter().map(String::as_str));
    let status = aot::run(words, &mut Console::captured(&mut input, &mut stdout, &mut stderr));
    ensure!(status == aot::EXIT_SUCCESS, "aot: status {status}: {}", String::from_utf8_lossy(&stderr).trim_end());
    Ok(())
}

/// Prints a line a program, and every problem; returns whether there is none.
fn report(jobs: &[Job<'_>], outcomes: &[(Outcome, Duration)]) -> bool {
    let mut programs: BTreeMap<&str, Vec<(&Job<'_>, &Outcome, Duration)>> = BTreeMap::new();
    for (job, (outcome, time)) in jobs.iter().zip(outcomes) {
        programs.entry(job.program).or_default().push((job, outcome, *time));
    }
    let mut ok = true;
    for (program, done) in programs {
        let runs: usize = done.iter().map(|(_, outcome, _)| outcome.runs).sum();
        let time: f64 = done.iter().map(|(_, _, time)| time.as_secs_f64()).sum();
        let what = if done.iter().all(|(job, ..)| matches!(job.work, Work::Refuse { .. })) {
            "refused as expected".to_owned()
        } else {
            format!("{} ways, {runs} runs", done.len())
        };
        let failed = done.iter().any(|(_, outcome, _)| !outcome.problems.is_empty());
        println!("{program}: {}{what} ({time:.1} s)", if failed { "FAILED: " } else { "" });
        for (job, outcome, _) in done {
            for problem in &outcome.problems {
                println!("  {program} {}: {}", job.way, problem.replace('\n', "\n    "));
            }
        }
        ok &= !failed;
    }
    ok
}
