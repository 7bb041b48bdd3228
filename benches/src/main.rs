//! Flags → measure → table. `cargo table` prints every number that this project promises, and what it is here and now.
#![forbid(unsafe_code)]

mod ab;
mod built;
mod child;
mod compare;
mod compiling;
mod embed;
mod emulated;
mod input;
mod machine;
mod measure;
mod peer;
mod program;
mod promises;
mod report;
mod run;
mod start;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use peer::Peer;
use peer::aot::AotPeer;
use program::Folders;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// Measures `aot` and what it makes, and prints a Markdown table.
#[derive(Parser, Debug)]
#[command(name = "cargo table")]
struct Flags {
    /// What to measure; everything if left out.
    part: Option<Part>,
    /// How often each program is run; for `start`, how often it is started [default: 5; start: 400]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
    /// Programs to run, by name or by group: real, vector, scalar.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    programs: Vec<String>,
    /// Who runs them; the first is what others are compared with
    /// [default: native-O3,aot,wasmtime,wasm2c,v8,native-O2,aot-native,aot-bounds]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    peers: Vec<String>,
    /// Modules without vectors.
    #[arg(long)]
    scalar: bool,
    /// More flags for `aot compile`; with `ab`, of the other one.
    #[arg(long, value_name = "FLAGS", allow_hyphen_values = true, default_value = "")]
    aot_flags: String,
    /// Measure this `aot` instead of building one.
    #[arg(long, value_name = "PATH")]
    aot: Option<PathBuf>,
    /// With `ab`: the other one's executable [default: the same]
    #[arg(long, value_name = "PATH")]
    other: Option<PathBuf>,
    /// A folder of programs, `NAME/prog.wasm` each, whose executables are weighed.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Keep the table as `benches/results/MACHINE.md`.
    #[arg(long)]
    write: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Size and start-up of executables, cost of making one.
    Start,
    /// How fast programs run, against peers.
    Run,
    /// What compiling costs: time, memory, size.
    Compile,
    /// How fast programs run by two configurations of aot: `--other`, `--aot-flags`.
    Ab,
    /// Plugins in a host's process, against the wasmtime crate; only when asked for, because that is built first.
    Embed,
    /// Executed instructions for aarch64, in an emulator, against wasmtime; only when asked for, because that is built first.
    Aarch64,
}

/// What every measurement needs.
struct Bench {
    root: PathBuf,
    /// Inputs and executables; removed in the end.
    scratch: PathBuf,
    folders: Folders,
    starts: u32,
    rounds: u32,
    vectors: bool,
    aot: peer::aot::Aot,
    /// Programs of others, to be weighed.
    weighed: PathBuf,
}

fn main() -> Result<()> {
    if let Some(result) = child::in_between() {
        return result;
    }
    let flags = Flags::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("benches/ is in the root")?.to_path_buf();
    if flags.part == Some(Part::Embed) {
        return embed::run(&root);
    }
    let folders = folders(&root)?;
    // Names that do not exist are found before anything is built.
    let programs = program::list(&folders.programs, &flags.programs)?;
    // Before pinning: a build may use the whole machine.
    let aot = match &flags.aot {
        Some(path) => peer::aot::Aot::existing(path)?,
        None => peer::aot::Aot::build(&root)?,
    };
    let peers = peers(&flags, &aot)?;
    let scratch = env::temp_dir().join(format!("aot-bench.{}", process::id()));
    fs::create_dir(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
    let weighed = flags.folder.clone().unwrap_or_else(|| root.join("../shared/programs"));
    let (starts, rounds) = (flags.runs.unwrap_or(400).max(10), flags.runs.unwrap_or(5));
    let bench = Bench { root, scratch, folders, starts, rounds, vectors: !flags.scalar, aot, weighed };
    let tables = measure_all(&bench, &flags, &programs, &peers);
    let _ = fs::remove_dir_all(&bench.scratch);
    let machine = machine::Machine::describe(&bench.root, &bench.aot);
    let text = report::document(&machine, &tables?);
    print!("{text}");
    if flags.write {
        let folder = bench.root.join("benches/results");
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        // What is counted is the same on every machine.
        let name = if flags.part == Some(Part::Aarch64) { "aarch64".to_owned() } else { machine.slug() };
        let path = folder.join(format!("{name}.md"));
        fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("written to {}", path.display());
    }
    Ok(())
}

fn folders(root: &Path) -> Result<Folders> {
    let kit = match env::var_os("AOT_BENCH") {
        Some(path) => path.into(),
        None => PathBuf::from(env::var_os("HOME").context("HOME is not set")?).join(".cache/aot-bench"),
    };
    let kept = root.join("target/table");
    fs::create_dir_all(&kept).with_context(|| format!("cannot create {}", kept.display()))?;
    Ok(Folders { programs: root.join("benches/programs"), kit, kept })
}

/// Everyone who is asked for.
fn peers(flags: &Flags, aot: &peer::aot::Aot) -> Result<Vec<Box<dyn Peer>>> {
    let defaults =
        ["native-O3", "aot", "wasmtime", "wasm2c", "v8", "native-O2", "aot-native", "aot-bounds"].map(str::to_owned);
    let names = if flags.peers.is_empty() { &defaults[..] } else { &flags.peers[..] };
    let with = |name: &str, more: &[&str]| -> Box<dyn Peer> {
        let extra = flags.aot_flags.split_whitespace();
        let all = more.iter().copied().chain(extra).map(str::to_owned).collect();
        Box::new(AotPeer { name: name.to_owned(), path: aot.path.clone(), flags: all })
    };
    names
        .iter()
        .map(|name| {
            Ok(match name.as_str() {
                "aot" => with(name, &[]),
                "aot-bounds" => with(name, &["--memory", "bounds"]),
                "aot-native" => with(name, &["--cpu", "native"]),
                "aot-O0" => with(name, &["-O0"]),
                "native-O2" => Box::new(peer::native::Native { name: "native-O2", level: 2 }),
                "native-O3" => Box::new(peer::native::Native { name: "native-O3", level: 3 }),
                "wasmtime" => Box::new(peer::wasmtime::Wasmtime),
                "wasm2c" => Box::new(peer::wasm2c::Wasm2c),
                "v8" => Box::new(peer::v8::V8),
                _ => bail!("there is no peer `{name}`; there are {}, aot-O0", defaults.join(", ")),
            })
        })
        .collect()
}

fn measure_all(
    bench: &Bench,
    flags: &Flags,
    programs: &[program::Program],
    peers: &[Box<dyn Peer>],
) -> Result<Vec<report::Table>> {
    let wanted = |candidate| flags.part.is_none_or(|part| part == candidate);
    let mut tables = Vec::new();
    if flags.part == Some(Part::Ab) {
        let extra = flags.aot_flags.split_whitespace().map(str::to_owned).collect();
        let path = match &flags.other {
            Some(path) => peer::aot::Aot::existing(path)?.path,
            None => bench.aot.path.clone(),
        };
        return ab::measure(bench, programs, &ab::Other { path, flags: extra });
    }
    if flags.part == Some(Part::Aarch64) {
        return Ok(vec![emulated::measure(bench, programs)?]);
    }
    if wanted(Part::Start) {
        tables.extend(start::measure(bench)?);
    }
    if wanted(Part::Compile) {
        tables.extend(compiling::measure(bench, programs)?);
    }
    if wanted(Part::Run) {
        let outcome = run::measure(bench, programs, peers)?;
        tables.push(promises::table(&outcome));
        let against = [("aot", "wasmtime"), ("aot-native", "wasmtime"), ("aot", "wasm2c"), ("aot-bounds", "aot")];
        tables.push(run::table(&outcome, "Run time", &against));
    }
    Ok(tables)
}
