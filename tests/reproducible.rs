//! The same bytes: with one thread and with many, from any folder, in any process.
//!
//! The compiler is given bytes and never learns a path, so "two folders" is checked where paths exist: two processes of
//! this program, started in different folders, compile a file that lies in different places.

use anyhow::{Context, Result, bail};
use aot_compiler::options::Model;
use aot_compiler::{Options, Target};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.as_slice() {
        [flag, threads, target, input, output] if flag == "--compile" => {
            compile_file(threads, target, Path::new(input), Path::new(output))
        }
        _ => compare(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Result<()> {
    let wasm = generated(5 << 20);
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("reproducible.{}", std::process::id()));
    let result = compare_in(&scratch, &wasm);
    let _ = std::fs::remove_dir_all(&scratch);
    result
}

fn compare_in(scratch: &Path, wasm: &[u8]) -> Result<()> {
    for target in ["x86_64-linux", "aarch64-linux"] {
        // Two processes in two folders, with different numbers of threads, at the same time.
        let mut running = Vec::new();
        for (folder, threads) in [("one", "1"), ("another/folder", "2")] {
            let folder = scratch.join(folder);
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join("input.wasm"), wasm)?;
            let output = folder.join(format!("{target}.o"));
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["--compile", threads, target, "input.wasm"]).arg(&output).current_dir(&folder);
            running.push((command.spawn()?, output));
        }
        let mut objects: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        for (mut child, output) in running {
            if !child.wait()?.success() {
                bail!("the compilation of a generated module for {target} failed");
            }
            let bytes = std::fs::read(&output)?;
            objects.push((output, bytes));
        }
        let [(_, first), (_, second)] = objects.as_slice() else { bail!("two compilations make two objects") };
        if first.len() < wasm.len() / 4 {
            bail!("an object of {} bytes cannot hold the module's code", first.len());
        }
        if first != second {
            let at = first.iter().zip(second).position(|(a, b)| a != b).unwrap_or(first.len().min(second.len()));
            bail!("{target}: objects of {} and {} bytes differ first at {at:#x}", first.len(), second.len());
        }
        println!("reproducible: {target}: {} bytes of Wasm, twice the same {} bytes", wasm.len(), first.len());
    }
    Ok(())
}

fn compile_file(threads: &str, target: &str, input: &Path, output: &Path) -> Result<()> {
    let wasm = std::fs::read(input).with_context(|| input.display().to_string())?;
    let mut options = Options::new(Target::parse(target)?);
    options.threads = threads.parse()?;
    options.model = Model::Executable;
    options.debug_info = true;
    // Checked in every other suite; here it would only take time.
    options.verify = false;
    let object = aot_compiler::compile(&wasm, &options)?;
    std::fs::write(output, object.bytes)?;
    Ok(())
}

/// A valid module of about this many bytes: many functions, some large, that call each other and touch memory, tables
/// and globals, with names for all.
fn generated(bytes: usize) -> Vec<u8> {
    let mut random = Random(0x1234_5678_9abc_def1);
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    let mut total = 0;
    while total < bytes {
        let number = bodies.len() as u64;
        let steps = if random.below(64) == 0 { 600 } else { 8 + random.below(40) };
        let mut body = vec![1, 2, 0x7f];
        for _ in 0..steps {
            match random.below(6) {
                // local 2 = local 2 * constant + local 0
                0 => body.extend([0x20, 2, 0x41, 1 + random.below(60) as u8, 0x6c, 0x20, 0, 0x6a, 0x21, 2]),
                // local 1 ^= load(local 2 & 0xfff0)
                1 => body.extend([0x20, 1, 0x20, 2, 0x41, 0xf0, 0xff, 0x03, 0x71, 0x28, 2, 4, 0x73, 0x21, 1]),
                // store(local 1 & 0xfff0, local 2)
                2 => body.extend([0x20, 1, 0x41, 0xf0, 0xff, 0x03, 0x71, 0x20, 2, 0x36, 2, 8]),
                // if local 2 { global 0 += 1 }
                3 => body.extend([0x20, 2, 0x04, 0x40, 0x23, 0, 0x41, 1, 0x6a, 0x24, 0, 0x0b]),
                // local 2 = call(local 1, local 2), an earlier function
                4 if number > 0 => {
                    body.extend([0x20, 1, 0x20, 2, 0x10]);
                    body.extend(uleb(random.below(number as usize) as u64));
                    body.extend([0x21, 2]);
                }
                // local 1 = call_indirect(local 1, local 2) through table[local 2 & 7]
                _ => body.extend([0x20, 1, 0x20, 2, 0x20, 2, 0x41, 7, 0x71, 0x11, 0, 0, 0x21, 1]),
            }
        }
        body.extend([0x20, 1, 0x20, 2, 0x6a, 0x0b]);
        total += body.len() + 12;
        bodies.push(body);
    }
    let count = bodies.len() as u64;
    let sized = |body: &[u8]| [uleb(body.len() as u64), body.to_vec()].concat();
    let names = (0..count).flat_map(|index| [uleb(index), sized(format!("function {index}").as_bytes())].concat());
    let names = [uleb(count), names.collect::<Vec<u8>>()].concat();
    let elements = [vec![1, 0, 0x41, 0, 0x0b, 8], (0..8).collect()].concat();
    let sections: [(u8, Vec<u8>); 9] = [
        (1, vec![1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]),
        (3, [uleb(count), vec![0; count as usize]].concat()),
        (4, vec![1, 0x70, 0, 8]),
        (5, vec![1, 0, 2]),
        (6, vec![1, 0x7f, 1, 0x41, 0, 0x0b]),
        (7, [vec![1, 4], b"last".to_vec(), vec![0], uleb(count - 1)].concat()),
        (9, elements),
        (10, [uleb(count), bodies.iter().flat_map(|body| sized(body)).collect()].concat()),
        (0, [sized(b"name"), vec![1], sized(&names)].concat()),
    ];
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    for (id, payload) in sections {
        wasm.push(id);
        wasm.extend(sized(&payload));
    }
    wasm
}

fn uleb(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// xorshift64*: the same module on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }
}
