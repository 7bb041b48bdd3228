//! Bad input: truncated, damaged and hostile modules end in a result or an error. Never in a panic, a crash, a hang, or
//! more memory than a gigabyte.
//!
//! Each group of cases runs in a process of its own with limits, which is this program again: a stack overflow or an
//! exhausted memory ends only that process, and what it printed last names the case.

use anyhow::{Context, Result, bail};
use aot_compiler::options::{MemoryStrategy, Model, Optimize};
use aot_compiler::{ErrorKind, Options, Target};
use aot_harness::program::{self, Ending, Limits};
use std::panic::catch_unwind;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

/// The compiler may not need more than this for any of the cases.
const LIMITS: Limits = Limits { time: Duration::from_secs(120), data_bytes: 1 << 30, output_bytes: 16 << 20 };

/// What may come of a case.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allowed {
    /// The module is valid, or not, or too much.
    Anything,
    /// It has to be refused.
    Error,
    /// It is valid and small enough.
    Success,
}

struct Case {
    name: String,
    wasm: Vec<u8>,
    allowed: Allowed,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.as_slice() {
        [flag, group, from] if flag == "--group" => run_group(group, from),
        _ => supervise(),
    };
    aot_harness::ending::of(result)
}

type Cases = fn() -> Result<Vec<Case>>;

const GROUPS: [(&str, Cases); 5] =
    [("truncated", truncated), ("damaged", damaged), ("counts", counts), ("deep", deep), ("large", large)];

fn supervise() -> Result<bool> {
    let mut ok = true;
    for (group, _) in GROUPS {
        let mut from = 0;
        // After a crash, the cases behind it still get their turn.
        loop {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["--group", group, &from.to_string()]).stdin(Stdio::null());
            let finished = program::run(&mut command, LIMITS, Path::new(env!("CARGO_TARGET_TMPDIR")))?;
            let output = String::from_utf8_lossy(&finished.stdout);
            output.lines().filter(|line| !line.starts_with("case ")).for_each(|line| println!("{line}"));
            if finished.ending == Ending::Exited(0) {
                break;
            }
            ok = false;
            if finished.ending == Ending::Exited(1) {
                break;
            }
            let case = output.lines().rev().find(|line| line.starts_with("case ")).unwrap_or("before the first case");
            let stderr = String::from_utf8_lossy(&finished.stderr);
            println!("{group}: {case}: the compiler {}: {}", finished.ending, stderr.trim());
            match case.split(' ').nth(1).and_then(|number| number.parse::<usize>().ok()) {
                Some(number) => from = number + 1,
                None => break,
            }
        }
    }
    println!("hostile: {}", if ok { "every module ended in a result or an error" } else { "see above" });
    Ok(ok)
}

/// The child process: the cases of a group from this number on.
fn run_group(group: &str, from: &str) -> Result<bool> {
    let (_, cases) = GROUPS.iter().find(|(name, _)| *name == group).context("no such group")?;
    std::panic::set_hook(Box::new(|_| {}));
    let mut ok = true;
    let all = cases()?;
    for (number, case) in all.iter().enumerate().skip(from.parse()?) {
        println!("case {number} {}", case.name);
        if let Err(problem) = check(case) {
            ok = false;
            println!("{group}: {}: {problem}", case.name);
        }
    }
    println!("{group}: {} modules", all.len());
    Ok(ok)
}

fn check(case: &Case) -> Result<()> {
    for (model, memory, optimize) in [
        (Model::Library, MemoryStrategy::Guard, Optimize::None),
        (Model::Executable, MemoryStrategy::Bounds, Optimize::Speed),
    ] {
        let mut options = Options::new(Target::parse("x86_64-linux")?);
        (options.model, options.memory, options.optimize) = (model, memory, optimize);
        options.memory_in_place = model == Model::Executable;
        let Ok(result) = catch_unwind(|| aot_compiler::compile(&case.wasm, &options)) else {
            bail!("the compiler panicked ({model:?})");
        };
        match (result, case.allowed) {
            (Ok(_), Allowed::Error) => bail!("was accepted"),
            (Err(error), _) if error.kind() == ErrorKind::Internal => bail!("internal error: {error}"),
            (Err(error), Allowed::Success) => bail!("was refused: {error}"),
            (Err(error), _) if error.message().is_empty() => bail!("an error without a message"),
            (Ok(object), _) if object.bytes.len() > 256 << 20 => {
                bail!("an object of {} bytes from {} bytes", object.bytes.len(), case.wasm.len());
            }
            _ => {}
        }
    }
    Ok(())
}

fn rich() -> Result<Vec<u8>> {
    Ok(wat::parse_str(include_str!("hostile/rich.wat"))?)
}

/// Every prefix of a module that has everything, and of the smallest ones.
fn truncated() -> Result<Vec<Case>> {
    let whole = rich()?;
    let mut cases: Vec<Case> = (0..whole.len())
        .map(|length| Case {
            name: format!("first {length} bytes"),
            wasm: whole[..length].to_vec(),
            // A prefix that ends between two sections can be a module.
            allowed: if length < 8 { Allowed::Error } else { Allowed::Anything },
        })
        .collect();
    cases.push(Case { name: "all of it".into(), wasm: whole, allowed: Allowed::Success });
    cases.push(Case { name: "the empty module".into(), wasm: b"\0asm\x01\0\0\0".to_vec(), allowed: Allowed::Success });
    cases.push(Case { name: "a component".into(), wasm: b"\0asm\x0d\0\x01\0".to_vec(), allowed: Allowed::Error });
    Ok(cases)
}

/// The same module with bits flipped, bytes replaced, and pieces cut out or repeated; always the same ones.
fn damaged() -> Result<Vec<Case>> {
    let whole = rich()?;
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut cases = Vec::new();
    for number in 0..3000 {
        let mut wasm = whole.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(wasm.len());
            match random.below(5) {
                0 | 1 => wasm[at] ^= 1 << random.below(8),
                2 => wasm[at] = [0x00, 0x7f, 0x80, 0xff][random.below(4)],
                3 => drop(wasm.drain(at..(at + 1 + random.below(4)).min(wasm.len()))),
                _ => {
                    let piece = wasm[at..(at + 1 + random.below(16)).min(wasm.len())].to_vec();
                    let to = random.below(wasm.len());
                    wasm.splice(to..to, piece);
                }
            }
        }
        cases.push(Case { name: format!("damage {number}"), wasm, allowed: Allowed::Anything });
    }
    Ok(cases)
}

/// Counts that promise far more than follows, or than anybody has memory for.
fn counts() -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let mut case = |name: &str, allowed: Allowed, sections: &[(u8, Vec<u8>)]| {
        cases.push(Case { name: name.into(), wasm: module(sections), allowed });
    };
    for id in 1..=13 {
        case(&format!("section {id} with 2^32 - 1 entries"), Allowed::Error, &[(id, uleb(0xffff_ffff))]);
        case(&format!("section {id} with a count of ten bytes"), Allowed::Error, &[(id, vec![0xff; 10])]);
    }
    let body = |locals: &[(u64, u8)], code: &[u8]| {
        let groups = locals.iter().flat_map(|(count, ty)| [uleb(*count), vec![*ty]].concat());
        let body = [uleb(locals.len() as u64), groups.collect(), code.to_vec()].concat();
        vec![function_type(&[], &[]), functions(1), (10, [vec![1], uleb(body.len() as u64), body].concat())]
    };
    case("four billion locals", Allowed::Error, &body(&[(0xffff_ffff, 0x7f)], &[0x0b]));
    case("four times a billion locals", Allowed::Error, &body(&[(0x3fff_ffff, 0x7b); 4], &[0x0b]));
    case("50,000 locals", Allowed::Anything, &body(&[(50_000, 0x7b)], &[0x0b]));
    case(
        "br_table with 2^32 - 1 targets",
        Allowed::Error,
        &body(&[], &[0x41, 0, 0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]),
    );

    let wat = |name: &str, allowed: Allowed, text: &str| -> Result<Case> {
        Ok(Case { name: name.into(), wasm: wat::parse_str(text).with_context(|| name.to_owned())?, allowed })
    };
    let text_cases = [
        ("a table of 2^32 - 1 elements", "(table 0xffffffff funcref)"),
        ("a table of 2^64 - 1 elements", "(table i64 0xffffffffffffffff funcref)"),
        ("a table that may grow to 2^64 - 1", "(table i64 0 0xffffffffffffffff funcref)"),
        (
            "ten million elements, the last one set",
            "(table 10000000 funcref) (func $f) (elem (i32.const 9999999) func $f)",
        ),
        (
            "4 GiB of memory, first and last byte set",
            "(memory 65536) (data (i32.const 0) \"a\") (data (i32.const -1) \"b\")",
        ),
        ("4 GiB of memory, data behind it", "(memory 65536) (data (i32.const -1) \"bc\")"),
        ("2^48 pages", "(memory i64 0x1000000000000)"),
        ("2^48 pages, data far inside", "(memory i64 0x1000000000000) (data (i64.const 0xfffffffffffffff) \"a\")"),
        ("data at 2^64 - 1", "(memory i64 1) (data (i64.const -1) \"a\")"),
        ("16 EiB of pages of one byte", "(memory i64 0xffffffffffffffff (pagesize 1))"),
        ("shared memory of 2^48 pages", "(memory i64 1 0x1000000000000 shared)"),
        ("an element segment at 2^64 - 1", "(table i64 1 funcref) (func $f) (elem (i64.const -1) func $f)"),
    ];
    for (name, fields) in text_cases {
        cases.push(wat(name, Allowed::Anything, &format!("(module {fields})"))?);
    }
    let many = |count: usize, field: &str| field.repeat(count);
    cases.push(wat("1,000 memories", Allowed::Anything, &format!("(module {})", many(1000, "(memory 65536)")))?);
    cases.push(wat(
        "100 tables of ten million",
        Allowed::Anything,
        &format!("(module {})", many(100, "(table 10000000 funcref)")),
    )?);
    Ok(cases)
}

/// Nesting that would overflow the stack of anything that recurses.
fn deep() -> Result<Vec<Case>> {
    const DEPTH: usize = 100_000;
    let nested = |name: &str, open: &str, close: &str, allowed: Allowed| -> Result<Case> {
        // Encoded by hand: the text parser has a limit of its own.
        let (open, close) = (hexadecimal(open), hexadecimal(close));
        let code = [vec![0], open.repeat(DEPTH), close.repeat(DEPTH), vec![0x0b]].concat();
        Ok(Case { name: format!("{name}, {DEPTH} deep"), wasm: one_function(&[], &code), allowed })
    };
    let mut cases = vec![
        nested("blocks", "02 40", "0b", Allowed::Anything)?,
        nested("loops", "03 40", "0b", Allowed::Anything)?,
        nested("ifs", "41 00 04 40", "0b", Allowed::Anything)?,
        nested("ifs with else", "41 00 04 40", "05 0b", Allowed::Anything)?,
        nested("blocks in dead code", "00 02 40", "0b", Allowed::Anything)?,
        nested("blocks left in between", "02 40 41 00 0d 00", "0b", Allowed::Anything)?,
        nested("blocks with a result", "02 7f", "41 00 0b 1a", Allowed::Error)?,
        nested("operands", "41 01", "1a", Allowed::Anything)?,
        nested("additions", "41 01", "41 01 6a 1a", Allowed::Anything)?,
        nested("blocks that never end", "02 40", "", Allowed::Error)?,
        nested("try_table", "1f 40 00", "0b", Allowed::Anything)?,
    ];
    let chain = |operator: &[u8]| {
        [vec![0, 0x41, 1], [vec![0x41, 1], operator.to_vec()].concat().repeat(DEPTH), vec![0x1a, 0x0b]].concat()
    };
    cases.push(Case {
        name: "one chain of additions".into(),
        wasm: one_function(&[], &chain(&[0x6a])),
        allowed: Allowed::Anything,
    });
    cases.push(Case {
        name: "one chain of divisions".into(),
        wasm: one_function(&[], &chain(&[0x6d])),
        allowed: Allowed::Anything,
    });
    // An initializer as long as a function.
    let initializer = [vec![1, 0x7f, 0, 0x41, 1], [0x41, 1, 0x6a].repeat(DEPTH), vec![0x0b]].concat();
    cases.push(Case {
        name: "a long initializer".into(),
        wasm: module(&[(6, initializer)]),
        allowed: Allowed::Anything,
    });
    let stacked = [vec![1, 0x7f, 0], [0x41, 1].repeat(DEPTH), vec![0x6a; DEPTH - 1], vec![0x0b]].concat();
    cases.push(Case { name: "a deep initializer".into(), wasm: module(&[(6, stacked)]), allowed: Allowed::Anything });
    // Each type refers to the one before it.
    let types = (0..20_000u64).map(|index| match index {
        0 => vec![0x60, 0, 0],
        _ => [vec![0x60, 1, 0x63], uleb(index - 1), vec![0]].concat(),
    });
    let types = [uleb(20_000), types.flatten().collect()].concat();
    cases.push(Case { name: "a chain of types".into(), wasm: module(&[(1, types)]), allowed: Allowed::Anything });
    let supers = (0..1000u64).map(|index| match index {
        0 => vec![0x50, 0, 0x60, 0, 0],
        _ => [vec![0x50, 1], uleb(index - 1), vec![0x60, 0, 0]].concat(),
    });
    let supers = [uleb(1000), supers.flatten().collect()].concat();
    cases.push(Case { name: "a chain of supertypes".into(), wasm: module(&[(1, supers)]), allowed: Allowed::Anything });
    Ok(cases)
}

/// Modules that are merely large: they may take a while, but not for ever.
fn large() -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let mut case = |name: &str, wasm: Vec<u8>| cases.push(Case { name: name.into(), wasm, allowed: Allowed::Anything });
    let bodies = [uleb(50_000), [2, 0, 0x0b].repeat(50_000)].concat();
    case("50,000 functions", module(&[function_type(&[], &[]), functions(50_000), (10, bodies)]));
    case("a br_table with 50,000 targets", {
        let code = [vec![0, 0x41, 0, 0x0e], uleb(50_000), vec![0; 50_001], vec![0x0b]].concat();
        one_function(&[], &code)
    });
    case("100 br_tables with 5,000 targets", {
        let table = [vec![0x02, 0x40, 0x41, 0, 0x0e], uleb(5_000), vec![0; 5_001], vec![0x0b]].concat();
        one_function(&[], &[vec![0], table.repeat(100), vec![0x0b]].concat())
    });
    case("100,000 imports", {
        let imports = [uleb(100_000), [1, b'm', 1, b'f', 0, 0].repeat(100_000)].concat();
        module(&[function_type(&[], &[]), (2, imports)])
    });
    case("100,000 exports of one function", {
        let exports =
            (0..100_000u32).flat_map(|number| [vec![5], format!("{number:05}").into_bytes(), vec![0, 0]].concat());
        let exports = [uleb(100_000), exports.collect()].concat();
        module(&[function_type(&[], &[]), functions(1), (7, exports), (10, vec![1, 2, 0, 0x0b])])
    });
    case("an export whose name has 90,000 bytes", {
        let exports = [vec![1], uleb(90_000), vec![b'x'; 90_000], vec![0, 0]].concat();
        module(&[function_type(&[], &[]), functions(1), (7, exports), (10, vec![1, 2, 0, 0x0b])])
    });
    case(
        "a hundred thousand globals",
        module(&[(6, [uleb(100_000), [0x7f, 1, 0x41, 0, 0x0b].repeat(100_000)].concat())]),
    );
    case("100,000 data segments", {
        let data = [uleb(100_000), [0, 0x41, 0, 0x0b, 1, 7].repeat(100_000)].concat();
        module(&[(5, vec![1, 0, 1]), (11, data)])
    });
    case("1,000 parameters and results, called 1,000 times", {
        let many = vec![0x7f; 1000];
        let parameters: Vec<u8> = (0..1000).flat_map(|_| [0x41, 1]).collect();
        let call = [parameters, vec![0x10, 0], vec![0x1a; 1000]].concat();
        let first =
            [vec![0], (0..1000u64).flat_map(|index| [vec![0x20], uleb(index)].concat()).collect(), vec![0x0b]].concat();
        let second = [vec![0], call.repeat(100), vec![0x0b]].concat();
        let types = [vec![2, 0x60], uleb(1000), many.clone(), uleb(1000), many, vec![0x60, 0, 0]].concat();
        let sized = |body: Vec<u8>| [uleb(body.len() as u64), body].concat();
        module(&[(1, types), (3, vec![2, 0, 1]), (10, [vec![2], sized(first), sized(second)].concat())])
    });
    case("one function of 300,000 operators", {
        // local 0 = ((local 0 * 3) ^ 5) + …, with a branch now and then so that there are many blocks.
        let step =
            [0x20, 0, 0x41, 3, 0x6c, 0x41, 5, 0x73, 0x21, 0, 0x02, 0x40, 0x20, 0, 0x0d, 0, 0x41, 1, 0x21, 0, 0x0b];
        one_function(&[], &[vec![1, 1, 0x7f], step.repeat(23_000), vec![0x0b]].concat())
    });
    case("a name section that lies", {
        let names =
            [vec![4], b"name".to_vec(), vec![1], uleb(12), uleb(0xffff_ffff), vec![0, 1, 0xff, 5, 1, 0x80]].concat();
        module(&[function_type(&[], &[]), functions(1), (10, vec![1, 2, 0, 0x0b]), (0, names)])
    });
    case("50,000 functions of one name", {
        let names = (0..50_000u64).flat_map(|index| [uleb(index), vec![1, b'f']].concat());
        let map = [uleb(50_000), names.collect::<Vec<u8>>()].concat();
        let section = [vec![4], b"name".to_vec(), vec![1], uleb(map.len() as u64), map].concat();
        let bodies = [uleb(50_000), [2, 0, 0x0b].repeat(50_000)].concat();
        module(&[function_type(&[], &[]), functions(50_000), (10, bodies), (0, section)])
    });
    Ok(cases)
}

/// A module of these sections.
fn module(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    for (id, payload) in sections {
        wasm.push(*id);
        wasm.extend(uleb(payload.len() as u64));
        wasm.extend(payload);
    }
    wasm
}

fn function_type(parameters: &[u8], results: &[u8]) -> (u8, Vec<u8>) {
    let counted = |types: &[u8]| [uleb(types.len() as u64), types.to_vec()].concat();
    (1, [vec![1, 0x60], counted(parameters), counted(results)].concat())
}

fn functions(count: usize) -> (u8, Vec<u8>) {
    (3, [uleb(count as u64), vec![0; count]].concat())
}

/// A module with one function: its locals and code.
fn one_function(parameters: &[u8], body: &[u8]) -> Vec<u8> {
    let code = [vec![1], uleb(body.len() as u64), body.to_vec()].concat();
    module(&[function_type(parameters, &[]), functions(1), (10, code)])
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

fn hexadecimal(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("written in this file")).collect()
}

/// xorshift64*: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }
}
