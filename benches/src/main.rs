//! Flags → measure → table. `cargo table` prints every number that this project promises, and what it is here and now.
#![forbid(unsafe_code)]

mod input;
mod machine;
mod measure;
mod peer;
mod report;
mod start;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// Measures `aot` and what it makes, and prints a Markdown table.
#[derive(Parser, Debug)]
#[command(name = "cargo table")]
struct Flags {
    /// What to measure; everything if left out.
    part: Option<Part>,
    /// How often each program is started.
    #[arg(long, value_name = "COUNT", default_value_t = 400, value_parser = clap::value_parser!(u32).range(10..))]
    runs: u32,
    /// Measure this `aot` instead of building one.
    #[arg(long, value_name = "PATH")]
    aot: Option<PathBuf>,
    /// A folder of programs, `NAME/prog.wasm` each, whose executables are weighed.
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Keep the table as `benches/results/MACHINE.md`.
    #[arg(long)]
    write: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Size and start-up of executables, cost of making one.
    Start,
}

/// What every measurement needs.
struct Bench {
    root: PathBuf,
    /// Inputs and executables; removed in the end.
    scratch: PathBuf,
    runs: u32,
    aot: peer::aot::Aot,
    programs: PathBuf,
}

fn main() -> Result<()> {
    let flags = Flags::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("benches/ is in the root")?.to_path_buf();
    // Before pinning: a build may use the whole machine.
    let aot = match &flags.aot {
        Some(path) => peer::aot::Aot::existing(path)?,
        None => peer::aot::Aot::build(&root)?,
    };
    let scratch = env::temp_dir().join(format!("aot-bench.{}", process::id()));
    fs::create_dir(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
    let programs = flags.programs.clone().unwrap_or_else(|| root.join("../shared/programs"));
    let bench = Bench { root, scratch, runs: flags.runs, aot, programs };
    let tables = measure_all(&bench, flags.part);
    let _ = fs::remove_dir_all(&bench.scratch);
    let machine = machine::Machine::describe(&bench.root, &bench.aot);
    let text = report::document(&machine, &tables?);
    print!("{text}");
    if flags.write {
        let path = bench.root.join("benches/results").join(format!("{}.md", machine.slug()));
        fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("written to {}", path.display());
    }
    Ok(())
}

fn measure_all(bench: &Bench, part: Option<Part>) -> Result<Vec<report::Table>> {
    let wanted = |candidate| part.is_none_or(|part| part == candidate);
    let mut tables = Vec::new();
    if wanted(Part::Start) {
        tables.extend(start::measure(bench)?);
    }
    Ok(tables)
}
