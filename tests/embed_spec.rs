//! The spec suite through `aot-embed`'s public interface: `cargo test -p aot-tests --test embed_spec [-- FILTER…] [--target T] [--keep]`.
//!
//! Every script is compiled as a library whose imports are the host's, in both memory strategies, and linked by the C
//! compiler with a Rust program on std (`tests/driver/embed`) that executes it. Nothing is expected to fail. What only
//! works between instances that share something is left out, and counted.

use anyhow::{Context, Result, bail, ensure};
use aot_compiler::ErrorKind;
use aot_compiler::options::OtherImports;
use aot_harness::program::{self, Limits};
use aot_harness::spec::Spectest;
use aot_harness::spec::aot::{Variation, options};
use aot_harness::spec::configuration::{Configuration, Memory, Model, Target};
use aot_harness::spec::plan::Plan;
use aot_harness::spec::program::{Settled, build};
use aot_harness::spec::suite::{self, Script};
use aot_harness::spec::toolbox::{Refusal, Request, Toolbox};
use aot_runtime_recipe::{Outcome, Recipe};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Scripts of these groups: all of the language that hosts have values of.
const GROUPS: &[&str] =
    &["v2", "memory64", "multi-memory", "tail-call", "extended-const", "relaxed-simd", "wide-arithmetic"];

/// What a script is about, by how its name begins; the first row that fits.
const FAMILIES: &[(&str, &[&str])] = &[
    ("vector", &["simd", "relaxed", "i8x16", "i16x8", "i32x4"]),
    (
        "numeric",
        &[
            "i32",
            "i64",
            "f32",
            "f64",
            "int",
            "float",
            "const",
            "conversions",
            "wide",
            "endianness",
            "nop",
            "select",
            "labels",
        ],
    ),
    (
        "memory",
        &["memory", "address", "align", "load", "store", "data", "bulk", "traps0", "start0", "imports0", "binary0"],
    ),
    ("table", &["table", "elem", "ref_", "call_indirect"]),
    (
        "call",
        &[
            "call",
            "func",
            "return",
            "fac",
            "forward",
            "left-to-right",
            "stack",
            "skip-stack",
            "local",
            "global",
            "br",
            "block",
            "if",
            "loop",
            "switch",
        ],
    ),
    ("trap", &["trap", "unreachable", "unreached", "unwind"]),
];

/// Families in which not a single directive may fail, and in which there have to be some.
const REQUIRED: &[&str] = &["numeric", "memory", "table", "call", "trap"];

/// What one family came to.
#[derive(Debug, Default)]
struct Score {
    scripts: usize,
    passed: usize,
    failed: usize,
    left_out: usize,
}

struct EmbedToolbox {
    driver: PathBuf,
    scratch: PathBuf,
}

fn main() -> ExitCode {
    aot_harness::ending::of(run())
}

fn run() -> Result<bool> {
    let (mut filters, mut target, mut keep) = (Vec::new(), Target::X86_64, false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--target" => target = words.next().and_then(|name| Target::parse(&name)).context("a target")?,
            "--keep" => keep = true,
            "--" | "--nocapture" => {}
            word if word.starts_with('-') => bail!("unknown option {word}"),
            word => filters.push(word.to_owned()),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("embed-spec.{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    let recipe = Recipe {
        package: &root.join("driver/embed"),
        target: target.triple(),
        target_directory: &Path::new(env!("CARGO_TARGET_TMPDIR")).join("driver-embed"),
    };
    let driver = match aot_runtime_recipe::build(&recipe) {
        Outcome::Built(path) => path,
        Outcome::MissingTarget { help } => bail!("the driver needs a target: {help}"),
        Outcome::Failed { log } => bail!("the driver does not build:\n{log}"),
    };
    let mut scripts = suite::whole(&root.join("spec/own"))?;
    scripts.retain(|script| {
        GROUPS.contains(&script.group.as_str())
            && (filters.is_empty() || filters.iter().any(|filter| script.key.contains(filter)))
    });
    let toolbox = EmbedToolbox { driver, scratch: scratch.clone() };
    let spectest = Spectest::new()?;
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for job in 0..jobs {
            let (scripts, toolbox, spectest, next, results) = (&scripts, &toolbox, &spectest, &next, &results);
            let folder = scratch.join(format!("job{job}"));
            scope.spawn(move || {
                while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = execute(script, target, toolbox, spectest, &folder);
                    results.lock().expect("nobody panics with it").push((script, result));
                }
            });
        }
    });
    if !keep {
        let _ = std::fs::remove_dir_all(&scratch);
    }
    report(results.into_inner().expect("nobody panics with it"), filters.is_empty())
}

/// One script in both strategies: how many directives passed and were left out, and what failed.
fn execute(
    script: &Script,
    target: Target,
    toolbox: &EmbedToolbox,
    spectest: &Spectest,
    folder: &Path,
) -> Result<(usize, usize, Vec<String>)> {
    std::fs::create_dir_all(folder)?;
    let plan = Plan::read(&script.key, &script.text, spectest);
    let (mut passed, mut left_out, mut failures) = (0, 0, Vec::new());
    for memory in [Memory::Guard, Memory::Bounds] {
        let configuration = Configuration { target, memory, model: Model::Library, optimized: true };
        let program = build(&plan, &script.group, configuration, toolbox);
        let executable = program.executable.with_context(|| format!("{} {memory}", script.key))?;
        let path = folder.join("script");
        // A new file each time: the old one may still be held by a process that is on its way out.
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, executable)?;
        make_executable(&path)?;
        let progress = program::scratch_file(folder, "progress")?;
        let mut command = target.command(&path);
        command.stdin(Stdio::from(progress));
        let finished = program::run(&mut command, Limits::default(), folder)?;
        let stdout = String::from_utf8_lossy(&finished.stdout).into_owned();
        ensure!(
            stdout.ends_with(&format!("end {}\n", program.driven.len())),
            "{} {memory}: the program died: {} {}",
            script.key,
            finished.ending,
            String::from_utf8_lossy(&finished.stderr)
        );
        let mut said: BTreeMap<usize, (&str, &str)> = BTreeMap::new();
        for line in stdout.lines() {
            let mut words = line.splitn(3, ' ');
            if let (Some(word), Some(Ok(index)), Some(reason)) =
                (words.next(), words.next().map(str::parse), words.next())
            {
                said.insert(index, (word, reason));
            }
        }
        let mut driven = 0;
        for (step, settled) in plan.steps.iter().zip(&program.steps) {
            let outcome = match settled {
                Settled::Already(outcome) => outcome.as_ref().err().map(|reason| ("fail", reason.as_str())),
                Settled::ByDriver => {
                    driven += 1;
                    said.get(&(driven - 1)).copied()
                }
            };
            match outcome {
                None => passed += 1,
                Some(("skip", _)) => left_out += 1,
                Some((_, reason)) => failures.push(format!("{}:{} {memory}: {reason}", script.key, step.line)),
            }
        }
    }
    Ok((passed, left_out, failures))
}

fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?)
}

type Executed<'a> = (&'a Script, Result<(usize, usize, Vec<String>)>);

fn report(results: Vec<Executed<'_>>, complete: bool) -> Result<bool> {
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for (script, result) in results {
        let name = script.key.rsplit('/').next().unwrap_or(&script.key);
        let family = FAMILIES.iter().find(|(_, starts)| starts.iter().any(|start| name.starts_with(start)));
        let score = scores.entry(family.map_or("other", |(family, _)| *family)).or_default();
        score.scripts += 1;
        match result {
            Ok((passed, left_out, failures)) => {
                score.passed += passed;
                score.left_out += left_out;
                score.failed += failures.len();
                failures.iter().for_each(|failure| println!("{failure}"));
            }
            Err(error) => {
                score.failed += 1;
                println!("{error:#}");
            }
        }
    }
    println!("{:<10} {:>8} {:>8} {:>8} {:>9}", "family", "scripts", "passed", "failed", "left out");
    for (family, score) in &scores {
        println!("{family:<10} {:>8} {:>8} {:>8} {:>9}", score.scripts, score.passed, score.failed, score.left_out);
    }
    if complete {
        for family in REQUIRED {
            ensure!(scores.get(family).is_some_and(|score| score.passed > 100), "there are {family} scripts");
        }
    }
    Ok(scores.values().all(|score| score.failed == 0))
}

impl Toolbox for EmbedToolbox {
    fn compile(&self, wasm: &[u8], request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
        let refusal = |error: aot_compiler::Error| Refusal {
            invalid: match error.kind() {
                ErrorKind::Invalid => true,
                ErrorKind::Unsupported => !error.message().contains("not supported yet"),
                _ => false,
            },
            message: error.to_string().replace('\n', " "),
        };
        let mut options = options(request, &Variation::default()).map_err(refusal)?;
        options.imports.others = OtherImports::Host;
        aot_compiler::compile(wasm, &options).map(|object| object.bytes).map_err(refusal)
    }

    fn link(&self, configuration: Configuration, objects: &[Vec<u8>]) -> Result<Vec<u8>> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let folder = self.scratch.join(format!("link{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir_all(&folder)?;
        let compiler = match configuration.target {
            target if target.is_native() => "cc",
            Target::Aarch64 => "aarch64-linux-gnu-gcc",
            Target::X86_64 => "x86_64-linux-gnu-gcc",
        };
        let mut command = Command::new(compiler);
        command.current_dir(&folder).args(["-static", "-Wl,--gc-sections", "-Wl,--strip-debug", "-o", "out"]);
        for (number, object) in objects.iter().enumerate() {
            std::fs::write(folder.join(format!("{number}.o")), object)?;
            command.arg(format!("{number}.o"));
        }
        command.arg(&self.driver).args(["-lpthread", "-lm", "-ldl", "-lgcc_eh", "-lc"]);
        let output = command.output().with_context(|| compiler.to_owned())?;
        ensure!(output.status.success(), "{compiler}: {}", String::from_utf8_lossy(&output.stderr));
        let bytes = std::fs::read(folder.join("out"))?;
        std::fs::remove_dir_all(&folder)?;
        Ok(bytes)
    }
}
