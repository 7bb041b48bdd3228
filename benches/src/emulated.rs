//! `cargo table aarch64`: how many instructions programs execute there, by `aot` and by wasmtime, counted in an emulator.
//!
//! Time in an emulator says nothing of a processor; counts of instructions do not depend on the machine, hardly change from
//! run to run, and show what a compiler leaves undone. They do not show what waits for memory, or what a branch costs.
//! wasmtime's part is a package of its own, `benches/emulated`, which is built first: nobody else should have to.

use crate::Bench;
use crate::built::{Build, built};
use crate::child::Words;
use crate::compare::geometric_mean;
use crate::program::{Group, Program};
use crate::report::{Table, columns};
use anyhow::{Context, Result, bail, ensure};
use object::{Object, ObjectSymbol};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

const TARGET: &str = "aarch64-unknown-linux-gnu";
const EMULATOR: &str = "qemu-aarch64";
/// Debian's compiler for the target is the linker of wasmtime's runtime.
const LINKER: &str = "aarch64-linux-gnu-gcc";
/// Runs that take longer than this, in seconds, are broken.
const LIMIT: &str = "1200";

/// What was built to measure with.
struct Tools {
    /// `wasmtime compile`, for the target.
    compile: PathBuf,
    /// `wasmtime run`, of what that made; itself of the target.
    run: PathBuf,
    /// Counts instructions.
    plugin: PathBuf,
}

/// One program by one compiler.
struct Side {
    /// Executed instructions of the program itself.
    inside: u64,
    /// Those of the runtime, of start-up and of what the code calls there.
    outside: u64,
    code_bytes: u64,
    output: Vec<u8>,
}

impl Side {
    fn all(&self) -> u64 {
        self.inside + self.outside
    }
}

pub(crate) fn measure(bench: &Bench, programs: &[Program]) -> Result<Table> {
    let tools = Tools::build(bench)?;
    let mut missing = Vec::new();
    let mut counted = Vec::new();
    for program in programs {
        match both(bench, &tools, program) {
            Ok((aot, wasmtime)) => {
                eprintln!("{}: aot {}, wasmtime {}", program.name, aot.all(), wasmtime.all());
                counted.push((program, aot, wasmtime));
            }
            Err(error) => missing.push(format!("`{}`: {error:#}", program.name)),
        }
    }
    Ok(table(&counted, missing))
}

impl Tools {
    fn build(bench: &Bench) -> Result<Tools> {
        let folder = bench.root.join("benches/emulated");
        let rustc = aot_runtime_recipe::rustc_for(TARGET, &folder)
            .with_context(|| format!("no rustc has the library of {TARGET}; `.ci/setup` installs one"))?;
        let target = bench.root.join("target/emulated");
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let build = || {
            let mut command = Command::new(&cargo);
            command.args(["build", "--release", "--locked", "--target-dir"]).arg(&target).current_dir(&folder);
            command
        };
        succeed(build().args(["--features", "compile"]))?;
        let variable = TARGET.to_uppercase().replace('-', "_");
        succeed(
            build()
                .args(["--features", "run", "--target", TARGET])
                .env("RUSTC", rustc)
                .env(format!("CARGO_TARGET_{variable}_LINKER"), LINKER)
                // The program must not need a loader and libraries of the target.
                .env(format!("CARGO_TARGET_{variable}_RUSTFLAGS"), "-Ctarget-feature=+crt-static"),
        )?;
        let plugin = target.join("libcount.so");
        let source = folder.join("count.c");
        succeed(
            Command::new("gcc").args(["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]).arg(&plugin).arg(source),
        )?;
        Ok(Tools { compile: target.join("release/compile"), run: target.join(TARGET).join("release/run"), plugin })
    }
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}

/// The same module by `aot` and by wasmtime.
fn both(bench: &Bench, tools: &Tools, program: &Program) -> Result<(Side, Side)> {
    let build = Build::Wasm { vectors: bench.vectors };
    let wasm = match built(program, build, &bench.folders) {
        Ok(wasm) => wasm,
        Err(missing) => bail!("{missing}"),
    };
    let file = |suffix: &str| bench.folders.kept.join(format!("{}.{suffix}", program.name));
    let executable = file("aarch64");
    bench.aot.executable(&wasm, &executable, &["--target", TARGET]).context("aot")?;
    let code = code_of(&executable)?;
    let aot = count(bench, tools, program, vec![executable.into()], |_| Ok(code)).context("aot")?;

    let precompiled = file("aarch64.cwasm");
    succeed(Command::new(&tools.compile).args([&wasm, &precompiled]))?;
    let words = vec![tools.run.clone().into(), precompiled.clone().into()];
    let mut wasmtime = count(bench, tools, program, words, announced).context("wasmtime")?;
    // What it says of itself is whole pages of 64 KiB.
    wasmtime.code_bytes = end_of_functions(&precompiled)?;
    ensure!(aot.output == wasmtime.output, "**ERROR: the two print different things**");
    Ok((aot, wasmtime))
}

/// Where the module's own code is in an executable of `aot`.
fn code_of(executable: &Path) -> Result<Range<u64>> {
    let bytes = fs::read(executable)?;
    let file = object::File::parse(&*bytes)?;
    let address = |name: &str| {
        let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name));
        symbol.map(|symbol| symbol.address()).with_context(|| format!("the executable has no symbol `{name}`"))
    };
    Ok(address("aot_text_start")?..address("aot_text_end")?)
}

/// How far the functions of wasmtime's file go, which is an object of one section of code.
fn end_of_functions(precompiled: &Path) -> Result<u64> {
    let bytes = fs::read(precompiled)?;
    let file = object::File::parse(&*bytes)?;
    let functions = file.symbols().filter(|symbol| symbol.kind() == object::SymbolKind::Text);
    functions.map(|symbol| symbol.address() + symbol.size()).max().context("the file has no functions")
}

/// Where it is in a process of wasmtime, which says so on standard error.
fn announced(errors: &str) -> Result<Range<u64>> {
    let numbers = errors.lines().find_map(|line| line.strip_prefix("code 0x")?.split_once(" 0x"));
    let (start, length) = numbers.context("the program does not say where its code is")?;
    let start = u64::from_str_radix(start, 16)?;
    Ok(start..start + u64::from_str_radix(length, 16)?)
}

/// Runs it once.
fn count(
    bench: &Bench,
    tools: &Tools,
    program: &Program,
    words: Words,
    code: impl FnOnce(&str) -> Result<Range<u64>>,
) -> Result<Side> {
    let counts = bench.scratch.join("counts");
    let mut plugin = tools.plugin.clone().into_os_string();
    plugin.push(",out=");
    plugin.push(&counts);
    let output = Command::new("timeout")
        .args([LIMIT, EMULATOR, "-plugin"])
        .arg(plugin)
        .args(words)
        .arg(program.work.to_string())
        .stdin(Stdio::null())
        .env_clear()
        .envs(env::var_os("PATH").map(|path| ("PATH", path)))
        .output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {}", output.status, errors.lines().last().unwrap_or_default());
    let code = code(&errors)?;
    let blocks = blocks(&fs::read_to_string(&counts).context("the emulator counts nothing")?)?;
    let inside = blocks.range(code.clone()).map(|(_, count)| count).sum();
    let all: u64 = blocks.values().sum();
    Ok(Side { inside, outside: all - inside, code_bytes: code.end - code.start, output: output.stdout })
}

/// Executed instructions of every block, by its address. Blocks that were translated again have several lines.
fn blocks(text: &str) -> Result<BTreeMap<u64, u64>> {
    let mut blocks = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let mut next = || words.next().with_context(|| format!("not a block: {line}"));
        let address = u64::from_str_radix(next()?, 16)?;
        let (instructions, entered): (u64, u64) = (next()?.parse()?, next()?.parse()?);
        *blocks.entry(address).or_default() += instructions * entered;
    }
    Ok(blocks)
}

fn table(counted: &[(&Program, Side, Side)], missing: Vec<String>) -> Table {
    type Value = fn(&Side) -> u64;
    let values: [Value; 3] = [|side| side.inside, Side::all, |side| side.code_bytes];
    let ratio = |(_, aot, wasmtime): &(&Program, Side, Side), value: Value| value(aot) as f64 / value(wasmtime) as f64;
    let mut rows = Vec::new();
    for row in counted {
        let (program, aot, wasmtime) = row;
        let mut cells = vec![
            format!("{}: {}", program.name, program.about),
            millions(wasmtime.inside),
            millions(wasmtime.outside),
            millions(aot.inside),
            millions(aot.outside),
        ];
        cells.extend(values.map(|value| format!("{:.2}", ratio(row, value))));
        rows.push(cells);
    }
    let groups: [(&str, &[Group]); 4] = [
        ("**real programs**", &[Group::Real]),
        ("**vector loops**", &[Group::Vector]),
        ("**scalar loops**", &[Group::Scalar]),
        ("**all**", &[Group::Real, Group::Vector, Group::Scalar]),
    ];
    for (name, groups) in groups {
        let chosen = || counted.iter().filter(|(program, ..)| groups.contains(&program.group));
        let means = values.map(|value| geometric_mean(&chosen().map(|row| ratio(row, value)).collect::<Vec<_>>()));
        if means[0].is_some() {
            let mut cells = vec![name.to_owned(), String::new(), String::new(), String::new(), String::new()];
            cells.extend(means.map(|mean| mean.map_or_else(String::new, |mean| format!("**{mean:.3}**"))));
            rows.push(cells);
        }
    }
    Table {
        title: "aarch64: executed instructions",
        note: format!(
            "Of whole runs, in millions, counted by a plugin of {}. *Code* is what was made of the module, wherever it \
             was inlined; *rest* is start-up, the runtime, WASI, and what code calls there, as `memory.copy`. Below one is \
             fewer than wasmtime. Size is that of all functions' code. The last rows are geometric means.\n\n\
             - **aot**: `aot compile --target {TARGET}`\n\
             - **wasmtime**: the wasmtime 48 crate, which compiles for {TARGET} with everything else as it is by default, \
             as `wasmtime compile` does; run by its own runtime, with functions of WASI from [`emulated`](../emulated/src/bin/run.rs)",
            version()
        ),
        columns: columns([
            "Program",
            "wasmtime, code",
            "rest",
            "aot, code",
            "rest",
            "aot / wasmtime, code",
            "all",
            "size",
        ]),
        rows,
        missing,
    }
}

fn millions(count: u64) -> String {
    format!("{:.1}", count as f64 / 1e6)
}

fn version() -> String {
    let output = Command::new(EMULATOR).arg("--version").output();
    let line = output.ok().and_then(|output| Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned()));
    line.unwrap_or_else(|| EMULATOR.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_were_translated_again_are_added() {
        let blocks = blocks("40 3 10\n80 1 5\n40 2 1\n").expect("three blocks");
        assert_eq!(blocks, BTreeMap::from([(0x40, 32), (0x80, 5)]));
        assert!(super::blocks("40 3").is_err());
    }

    #[test]
    fn code_is_where_the_program_says() {
        assert_eq!(announced("warning\ncode 0x1000 0x20\n").expect("it says so"), 0x1000..0x1020);
        assert!(announced("nothing").is_err());
    }
}
