//! What compiling costs: CPU time, memory, and the size of what comes out, against `wasmtime compile`.
//!
//! Programs of three sizes, at the default level and at `-O0`. The memory is that of the whole process at its highest.

use crate::Bench;
use crate::built::{Build, built, tool};
use crate::child::{self, Cost, Words};
use crate::peer::Missing;
use crate::program::{Group, Language, Program};
use crate::report::{Table, columns, megabytes, promise};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// A program of Go's own distribution, large enough to show what does not scale.
const LARGE_GO: &str = "cmd/asm";

/// One way to compile, and what it cost by round.
struct Contestant {
    name: &'static str,
    words: Words,
    out: PathBuf,
    costs: Vec<Cost>,
}

impl Contestant {
    fn cpu(&self) -> f64 {
        median(self.costs.iter().map(|cost| cost.cpu().as_secs_f64()).collect())
    }

    fn peak(&self) -> f64 {
        median(self.costs.iter().map(|cost| cost.peak_bytes as f64).collect())
    }

    fn wall(&self) -> f64 {
        median(self.costs.iter().map(|cost| cost.wall.as_secs_f64()).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn measure(bench: &Bench, programs: &[Program]) -> Result<Vec<Table>> {
    let mut promises = Table {
        title: "Compilation: what is promised",
        note: "Ratios of medians; CPU time is that of all threads.".to_owned(),
        columns: columns(["What", "Promised", "Measured", "Holds"]),
        rows: Vec::new(),
        missing: Vec::new(),
    };
    let mut table = Table {
        title: "Compilation",
        note: "`aot` makes an executable, `wasmtime compile` a file that wasmtime loads. Medians.".to_owned(),
        columns: columns(["Module", "Compiler", "CPU", "Elapsed", "CPU per function", "Peak memory", "Output"]),
        rows: Vec::new(),
        missing: Vec::new(),
    };
    for (name, module) in modules(bench, programs, &mut table.missing) {
        match compile(bench, &name, &module) {
            Ok(contestants) => {
                let functions = function_count(&fs::read(&module)?);
                let size = fs::metadata(&module)?.len();
                for one in &contestants {
                    table.rows.push(vec![
                        format!("{name}, {}, {functions} functions", megabytes(size)),
                        one.name.to_owned(),
                        format!("{:.2} s", one.cpu()),
                        format!("{:.2} s", one.wall()),
                        format!("{:.0} µs", one.cpu() * 1e6 / functions.max(1) as f64),
                        format!("{:.0} MB", one.peak() / 1e6),
                        megabytes(fs::metadata(&one.out).map_or(0, |metadata| metadata.len())),
                    ]);
                }
                compare(&name, &contestants, &mut promises);
            }
            Err(error) => table.missing.push(format!("`{name}`: {error:#}")),
        }
    }
    Ok(vec![promises, table])
}

/// The larger ones of the programs, and one that is larger still.
fn modules(bench: &Bench, programs: &[Program], missing: &mut Vec<String>) -> Vec<(String, PathBuf)> {
    let mut modules = Vec::new();
    for program in programs.iter().filter(|program| program.group == Group::Real) {
        if program.language == Language::Go || ["sqlite", "quickjs", "rust"].contains(&program.name.as_str()) {
            match built(program, Build::Wasm { vectors: bench.vectors }, &bench.folders) {
                Ok(path) => modules.push((program.name.clone(), path)),
                Err(why) => missing.push(why.to_string()),
            }
        }
    }
    match large_go(bench) {
        Ok(path) => modules.push((LARGE_GO.to_owned(), path)),
        Err(why) => missing.push(why.to_string()),
    }
    modules
}

fn large_go(bench: &Bench) -> Result<PathBuf, Missing> {
    let go = tool(&bench.folders, "go")?;
    let out = bench.folders.kit.join("built").join(format!("{}.wasm", LARGE_GO.replace('/', "-")));
    if !out.is_file() {
        let output = std::process::Command::new(&go)
            .args(["build", "-trimpath", "-ldflags=-s -w", "-o"])
            .args([out.as_os_str(), LARGE_GO.as_ref()])
            .envs([("GOOS", "wasip1"), ("GOARCH", "wasm")])
            .output();
        let fails = |why: String| Missing { tool: "go".to_owned(), why };
        let output = output.map_err(|error| fails(error.to_string()))?;
        if !output.status.success() {
            return Err(fails(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
    }
    Ok(out)
}

/// Takes turns, as with programs that run.
fn compile(bench: &Bench, name: &str, module: &Path) -> Result<Vec<Contestant>> {
    let file = |suffix: &str| bench.folders.kept.join(format!("{}.{suffix}", name.replace('/', "-")));
    let aot = &bench.aot.path;
    let mut contestants = Vec::new();
    let mut add = |name: &'static str, words: Words, out: PathBuf| {
        contestants.push(Contestant { name, words, out, costs: Vec::new() });
    };
    let out = file("compiled");
    add("aot", child::words(&[aot, &"compile", &module, &"-o", &out]), out);
    let out = file("compiled-O0");
    add("aot -O0", child::words(&[aot, &"compile", &module, &"-O0", &"-o", &out]), out);
    if let Ok(wasmtime) = tool(&bench.folders, "wasmtime") {
        let out = file("compiled.cwasm");
        add("wasmtime", child::words(&[&wasmtime, &"compile", &module, &"-o", &out]), out);
    }
    for round in 0..bench.rounds as usize {
        for turn in 0..contestants.len() {
            let at = (turn + round) % contestants.len();
            let cost = child::run(&contestants[at].words)?;
            contestants[at].costs.push(cost);
        }
        eprintln!("{name}: round {} of {}", round + 1, bench.rounds);
    }
    Ok(contestants)
}

fn compare(name: &str, contestants: &[Contestant], promises: &mut Table) {
    let find = |wanted: &str| contestants.iter().find(|one| one.name == wanted);
    let (Some(full), Some(quick), Some(other)) = (find("aot"), find("aot -O0"), find("wasmtime")) else { return };
    let mut add = |what: &str, limit: f64, value: f64| {
        promises.rows.push(promise(
            &format!("{name}: {what}, of `wasmtime compile`"),
            &format!("≤ {limit} ×"),
            format!("{value:.2} ×"),
            value <= limit,
        ));
    };
    add("CPU", 1.0, full.cpu() / other.cpu());
    add("peak memory", 1.0, full.peak() / other.peak());
    add("CPU at -O0", 0.4, quick.cpu() / other.cpu());
}

/// How many functions a module defines: the count at the start of its function section.
fn function_count(module: &[u8]) -> u64 {
    let mut at = 8;
    while at < module.len() {
        let section = module[at];
        at += 1;
        let Some(length) = number(module, &mut at) else { break };
        if section == 3 {
            return number(module, &mut at).unwrap_or(0);
        }
        at = at.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
    }
    0
}

/// An unsigned number in LEB128.
fn number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_counted() {
        let module = wat::parse_str("(module (type (func)) (import \"a\" \"b\" (func)) (func) (func) (memory 1))");
        assert_eq!(function_count(&module.expect("it is well-formed")), 2);
        assert_eq!(function_count(b"\0asm\x01\0\0\0"), 0);
        assert_eq!(function_count(b""), 0);
    }
}
