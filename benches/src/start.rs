//! Executables at their smallest: their size, how fast they start, what it costs to make one.

use crate::peer::{Missing, gcc};
use crate::report::{self, Table, kilobytes, megabytes, microseconds, milliseconds, promise, ratio};
use crate::{Bench, input, measure};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// MiB of data segments in the module that shows what they cost.
const DATA_SEGMENTS: usize = 64;
/// Programs to weigh, of those that the folder has.
const WEIGHED: [&str; 8] =
    ["c-hello", "c-libc", "cpp-stl", "rust-stress", "go-hello", "lua-eh", "quickjs-ng", "sqlite"];
const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

pub(crate) fn measure(bench: &Bench) -> Result<Vec<Table>> {
    let mut promises = Table {
        title: "Start: what is promised",
        note: "Times are medians; ratios are of medians of programs that took turns.".to_owned(),
        columns: report::columns(["What", "Promised", "Measured", "Holds"]),
        rows: Vec::new(),
        missing: Vec::new(),
    };
    let hello_wasm = bench.root.join("benches/programs/hello/hello.wasm");
    let hello = bench.scratch.join("hello");
    bench.aot.executable(&hello_wasm, &hello, &[])?;
    let bytes = byte_length(&hello)?;
    let what = format!("hello world from {} of wasm: executable, unstripped", kilobytes(byte_length(&hello_wasm)?));
    promises.rows.push(promise(&what, "< 64 KB", kilobytes(bytes), bytes < 64_000));
    let times = start_up(bench, &hello, &mut promises)?;
    compile(bench, &hello_wasm, &mut promises)?;
    weigh_aot(bench, &hello_wasm, &mut promises)?;
    Ok(vec![promises, times, sizes(bench, &hello_wasm)?])
}

/// Spawn to exit, of all that can be had on this machine in one run.
fn start_up(bench: &Bench, hello: &Path, promises: &mut Table) -> Result<Table> {
    let programs = bench.root.join("benches/programs");
    let data_wasm = bench.scratch.join("data.wasm");
    let data = bench.scratch.join("data");
    fs::write(&data_wasm, input::with_data_segments(DATA_SEGMENTS)?).context("cannot write a module")?;
    bench.aot.executable(&data_wasm, &data, &[])?;

    let bare = bench.scratch.join("bare");
    let bare_source = programs.join(format!("bare/{}.s", std::env::consts::ARCH));
    let static_c = bench.scratch.join("static-c");
    let mut missing = Vec::new();
    let mut optional = |out: PathBuf, made: Result<(), Missing>, what: &str| match made {
        Ok(()) => Some(out),
        Err(reason) => {
            missing.push(format!("{reason}: no {what} to compare with"));
            None
        }
    };
    let bare = optional(bare.clone(), gcc::assembly(&bare_source, &bare), "bare `_start`");
    let static_c =
        optional(static_c.clone(), gcc::static_c(&programs.join("hello/hello.c"), &static_c), "static C program");
    promises.missing.extend(missing);

    let mut named = vec![("hello world", hello.to_path_buf()), ("64 MiB of data segments", data)];
    named.extend(bare.map(|path| ("bare `_start`: write, exit", path)));
    named.extend(static_c.map(|path| ("static C, gcc -O2, glibc", path)));
    for (_, path) in &named {
        let output = Command::new(path).output().with_context(|| format!("cannot run {}", path.display()))?;
        ensure!(output.stdout == input::LINE && output.status.success(), "{} does not greet", path.display());
    }
    let pinned = measure::pin();
    let paths: Vec<&Path> = named.iter().map(|(_, path)| path.as_path()).collect();
    let samples = measure::spawn_to_exit(&paths, bench.starts)?;
    let find = |wanted: &str| named.iter().position(|(name, _)| name.starts_with(wanted)).map(|at| &samples[at]);

    let hello = &samples[0];
    let comparisons = [
        ("hello world: spawn to exit, of a static C hello", "static C", 0.5, hello),
        ("hello world: spawn to exit, of a bare `_start`", "bare", 1.5, hello),
        ("64 MiB of data segments: spawn to exit, of hello world", "hello", 1.2, &samples[1]),
    ];
    for (what, other, limit, samples) in comparisons {
        if let Some(other) = find(other) {
            let value = ratio(samples, other);
            let (one, two) = (microseconds(samples.median()), microseconds(other.median()));
            promises.rows.push(promise(
                what,
                &format!("≤ {limit} ×"),
                format!("{value:.2} × ({one} / {two})"),
                value <= limit,
            ));
        }
    }
    let affinity = if pinned.is_some() { "on one CPU" } else { "**not pinned to a CPU**, which is not allowed here" };
    Ok(Table {
        title: "Start: spawn to exit",
        note: format!(
            "By `posix_spawn` and `wait`, programs taking turns, {affinity}. The range holds eight in ten runs."
        ),
        columns: report::columns(["Program", "Median", "Fastest", "Range", "Runs"]),
        rows: named.iter().zip(&samples).map(|((name, _), samples)| report::times(name, samples)).collect(),
        missing: Vec::new(),
    })
}

fn compile(bench: &Bench, hello_wasm: &Path, promises: &mut Table) -> Result<()> {
    let out = bench.scratch.join("compiled");
    let samples = measure::cpu_time(|| bench.aot.compile(hello_wasm, &out, &[]), bench.starts)?;
    promises.rows.push(promise(
        "`aot compile` of hello world, link included: CPU",
        "< 20 ms",
        milliseconds(samples.median()),
        samples.median().as_secs_f64() < 0.020,
    ));
    Ok(())
}

fn weigh_aot(bench: &Bench, hello_wasm: &Path, promises: &mut Table) -> Result<()> {
    let stripped = bench.scratch.join("aot-stripped");
    let status = Command::new("strip").arg("-o").args([&stripped, &bench.aot.path]).status();
    if !status.as_ref().is_ok_and(std::process::ExitStatus::success) {
        let why = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        promises.missing.push(format!("`strip` does not run ({why}): the size of the `aot` binary is unknown"));
        return Ok(());
    }
    // What it says about itself is not proof.
    let out = bench.scratch.join("for-target");
    let inside = |target: &&&str| bench.aot.executable(hello_wasm, &out, &["--target", target]).is_ok();
    let count = TARGETS.iter().filter(inside).count();
    let bytes = byte_length(&stripped)?;
    promises.rows.push(promise(
        "the `aot` binary, stripped, both targets inside",
        "< 15 MB",
        format!("{}, {count} of {} targets inside", megabytes(bytes), TARGETS.len()),
        bytes < 15_000_000 && count == TARGETS.len(),
    ));
    Ok(())
}

/// Executables of larger programs, on both targets.
fn sizes(bench: &Bench, hello_wasm: &Path) -> Result<Table> {
    let mut table = Table {
        title: "Sizes of executables",
        note: "Unstripped, no flags. Ratios are to the module.".to_owned(),
        columns: report::columns(["Program", "Module", "x86_64", "aarch64"]),
        rows: Vec::new(),
        missing: Vec::new(),
    };
    let mut programs = vec![("hello", hello_wasm.to_path_buf())];
    for name in WEIGHED {
        let path = bench.weighed.join(name).join("prog.wasm");
        if path.is_file() {
            programs.push((name, path));
        } else {
            table.missing.push(format!("the program `{name}` is not in the folder of programs (`--folder`)"));
        }
    }
    for (name, wasm) in programs {
        let module = byte_length(&wasm)?;
        let mut row = vec![name.to_owned(), kilobytes(module)];
        for target in TARGETS {
            let out = bench.scratch.join("weighed");
            row.push(match bench.aot.executable(&wasm, &out, &["--target", target]) {
                Ok(()) => {
                    let bytes = byte_length(&out)?;
                    format!("{} ({:.1} ×)", kilobytes(bytes), bytes as f64 / module as f64)
                }
                Err(error) => {
                    table.missing.push(format!("`{name}` for {target}: {error}"));
                    "–".to_owned()
                }
            });
        }
        table.rows.push(row);
    }
    Ok(table)
}

fn byte_length(path: &Path) -> Result<u64> {
    Ok(fs::metadata(path).with_context(|| format!("there is no {}", path.display()))?.len())
}
