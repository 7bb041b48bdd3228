//! Plugins of aot beside the wasmtime crate: calls, instances, traps, what stopping costs, size, start.
//!
//! `cargo table embed` builds and runs this. Each measurement is made in turn by the one and the other, and the table has
//! the medians. Times are CPU time of the process, but for the start, which is what a clock says.

mod clock;
mod ours;
mod theirs;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

const ROUNDS: usize = 7;
const CALLS: u32 = 5_000_000;
const TRAPS: u32 = 20_000;
const INSTANCES: u32 = 20_000;
const STARTS: usize = 60;

/// Names and seconds.
type Measured = Vec<(&'static str, f64)>;

/// Programs to be stopped.
#[derive(Clone, Copy)]
enum Kernel {
    Recursion,
    Sieve,
    Matrix,
}

impl Kernel {
    const ALL: [(Kernel, &'static str); 3] = [
        (Kernel::Recursion, "calls (Fibonacci)"),
        (Kernel::Sieve, "short loops over memory (sieve)"),
        (Kernel::Matrix, "floats (matrix product)"),
    ];

    fn text(self) -> &'static str {
        match self {
            Kernel::Recursion => include_str!("../modules/recursion.wat"),
            Kernel::Sieve => include_str!("../modules/sieve.wat"),
            Kernel::Matrix => include_str!("../modules/matrix.wat"),
        }
    }

    fn argument(self) -> i32 {
        match self {
            Kernel::Recursion => 32,
            Kernel::Sieve => 20,
            Kernel::Matrix => 20,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("first-call-ours"), _) => assert_eq!(ours::first_call(), 42),
        (Some("first-call-theirs"), Some(path)) => assert_eq!(theirs::first_call(Path::new(&path)), 42),
        (Some("nothing"), _) => {}
        _ => table()?,
    }
    Ok(())
}

fn table() -> Result<(), Box<dyn Error>> {
    println!("| | aot | wasmtime 48 | ratio |\n|---|---:|---:|---:|");
    compare(ours::calls, theirs::calls);
    compare(ours::instances, theirs::instances);
    starts()?;
    sizes()?;
    println!("\n| Cost of being stoppable | aot, epochs | wasmtime, epochs | aot, fuel | wasmtime, fuel |");
    println!("|---|---:|---:|---:|---:|");
    for (kernel, name) in Kernel::ALL {
        let (mut our, mut their) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            our.push(ours::kernel(kernel));
            their.push(theirs::kernel(kernel));
        }
        let cost = |all: &[[f64; 3]], which: usize| {
            let column = |which: usize| median(all.iter().map(|times| times[which]).collect());
            format!("{:+.0} %", (column(which) / column(0) - 1.0) * 100.0)
        };
        println!("| {name} | {} | {} | {} | {} |", cost(&our, 1), cost(&their, 1), cost(&our, 2), cost(&their, 2));
    }
    Ok(())
}

/// Rows of what both can do, and of what only we can.
fn compare(ours: fn() -> Measured, theirs: fn() -> Measured) {
    let (mut our, mut their) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our.push(ours());
        their.push(theirs());
    }
    let of = |all: &[Measured], row: usize| median(all.iter().map(|measured| measured[row].1).collect());
    for (row, (name, _)) in our[0].iter().enumerate() {
        if row < their[0].len() {
            line(name, of(&our, row), of(&their, row));
        } else {
            println!("| {name} | {} | – | – |", time(of(&our, row)));
        }
    }
}

fn line(name: &str, ours: f64, theirs: f64) {
    println!("| {name} | {} | {} | {:.2} |", time(ours), time(theirs), ours / theirs);
}

fn time(seconds: f64) -> String {
    match seconds * 1e9 {
        small @ ..1000.0 => format!("{small:.1} ns"),
        medium @ ..1e6 => format!("{:.2} µs", medium / 1e3),
        large => format!("{:.2} ms", large / 1e6),
    }
}

/// Processes that make one call and end, less processes that only end.
fn starts() -> Result<(), Box<dyn Error>> {
    let program = env::current_exe()?;
    let precompiled = env::temp_dir().join(format!("aot-bench-embed-{}.cwasm", std::process::id()));
    fs::write(&precompiled, theirs::precompile())?;
    let start = |arguments: &[&str]| -> Result<f64, Box<dyn Error>> {
        let begin = Instant::now();
        let status = Command::new(&program).args(arguments).status()?;
        if !status.success() {
            return Err(format!("{arguments:?}: {status}").into());
        }
        Ok(begin.elapsed().as_secs_f64())
    };
    let path = precompiled.display().to_string();
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..STARTS {
        times[0].push(start(&["nothing"])?);
        times[1].push(start(&["first-call-ours"])?);
        times[2].push(start(&["first-call-theirs", &path])?);
    }
    fs::remove_file(&precompiled)?;
    let [nothing, ours, theirs] = times.map(median);
    line("start of a process to the end of its first call, beyond an empty process", ours - nothing, theirs - nothing);
    Ok(())
}

/// Executables with one call in them, less one without.
fn sizes() -> Result<(), Box<dyn Error>> {
    let folder = env::current_exe()?.parent().map(Path::to_path_buf).unwrap_or_else(PathBuf::new);
    let size = |name: &str| -> Result<f64, Box<dyn Error>> {
        let path = folder.join(name);
        let bytes = fs::metadata(&path).map_err(|error| format!("{}: {error}", path.display()))?.len();
        Ok(bytes as f64 / 1024.0)
    };
    let nothing = size("nothing")?;
    let (ours, theirs) = (size("one-call-ours")? - nothing, size("one-call-theirs")? - nothing);
    println!(
        "| size of an embedded plugin that does nothing | {ours:.0} KiB | {theirs:.0} KiB | {:.3} |",
        ours / theirs
    );
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
