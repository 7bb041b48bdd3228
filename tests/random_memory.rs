//! Random functions over a few dozen bytes of memory and two globals leave the same bytes, whatever is optimised.
//!
//! Pointers are close to each other, accesses of all sizes overlap, and loops, branches, tables and calls change what is
//! known of them. Each module prints a checksum after each of its calls; what it prints at `-O 0` is what it means.

use anyhow::{Result, ensure};
use aot::Console;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const MODULES: u64 = 6;
const FUNCTIONS: usize = 30;

/// What is compared with `-O 0`: the target, and further options.
const WAYS: [(&str, &[&str]); 5] = [
    ("x86_64-linux", &["-O", "2"]),
    ("x86_64-linux", &["-O", "2", "--memory", "bounds"]),
    ("x86_64-linux", &["-O", "2", "--disable", "known-memory"]),
    ("aarch64-linux", &["-O", "2"]),
    ("aarch64-linux", &["-O", "2", "--memory", "bounds"]),
];

#[test]
fn memory_ends_up_the_same_however_it_is_optimised() -> Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("random-memory");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    for seed in 1..=MODULES {
        let module = folder.join(format!("{seed}.wat"));
        std::fs::write(&module, Generator { random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), labels: 0 }.module())?;
        let expected = output(&folder, &module, "x86_64-linux", &["-O", "0"])?;
        ensure!(expected.len() == 8 * FUNCTIONS, "seed {seed} printed {} bytes", expected.len());
        for (target, options) in WAYS {
            let same = output(&folder, &module, target, options)? == expected;
            ensure!(same, "{} differs for {target} with {}", module.display(), options.join(" "));
        }
    }
    Ok(())
}

/// What the module prints, compiled like this.
fn output(folder: &Path, module: &Path, target: &str, options: &[&str]) -> Result<Vec<u8>> {
    let program = folder.join("program");
    let (input, output) = (module.display().to_string(), program.display().to_string());
    let words = ["aot", "compile", &input, "-o", &output, "--target", target];
    let (mut stdin, mut stdout, mut stderr) = (std::io::empty(), Vec::new(), Vec::new());
    let mut console = Console::captured(&mut stdin, &mut stdout, &mut stderr);
    let status = aot::run(words.iter().chain(options).copied(), &mut console);
    ensure!(status == aot::EXIT_SUCCESS, "aot said: {}", String::from_utf8_lossy(&stderr));
    let finished = command(target, program).stdin(Stdio::null()).output()?;
    ensure!(finished.status.success(), "{input} for {target} ended with {}", finished.status);
    Ok(finished.stdout)
}

fn command(target: &str, program: PathBuf) -> Command {
    let native = target.starts_with(std::env::consts::ARCH);
    if native {
        return Command::new(program);
    }
    let mut command = Command::new(format!("qemu-{}", target.split('-').next().unwrap_or(target)));
    command.arg(program);
    command
}

struct Generator {
    random: u64,
    labels: u32,
}

const LOADS_32: [&str; 5] = ["i32.load", "i32.load8_u", "i32.load8_s", "i32.load16_u", "i32.load16_s"];
const LOADS_64: [&str; 7] =
    ["i64.load", "i64.load8_u", "i64.load8_s", "i64.load16_u", "i64.load16_s", "i64.load32_u", "i64.load32_s"];
const STORES_32: [&str; 3] = ["i32.store", "i32.store8", "i32.store16"];
const STORES_64: [&str; 4] = ["i64.store", "i64.store8", "i64.store16", "i64.store32"];
/// What is not a part of an address.
const HIGH: &str = "(i64.shl (local.get $z) (i64.const 32))";
const POINTERS: [&str; 4] = ["(local.get $p)", "(local.get $q)", "(local.get $p)", "(local.get $r)"];

/// What the functions call: one that writes, and one with a frame on a stack of its own.
const SUPPORT: &str = r#"
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (global $g (mut i32) (i32.const 5)) (global $h (mut i64) (i64.const 7))
  (global $sp (mut i32) (i32.const 60000)) (global $sum (mut i64) (i64.const 0))
  (func $writes (param i32) (local i32)
    (i32.store offset=8 (local.get 0) (i32.const 77)) (global.set $g (i32.const 3))
    (loop (i64.store offset=20 (local.get 0) (i64.extend_i32_u (local.get 1)))
      (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 3)))))
  (func $pair (param i32 i32)
    (i64.store offset=8 (local.get 0) (i64.extend_i32_s (local.get 1)))
    (i64.store (local.get 0) (i64.mul (i64.const 3) (i64.extend_i32_s (local.get 1)))))
  (func $frame (param i32 i32) (local $f i32)
    (global.set $sp (local.tee $f (i32.sub (global.get $sp) (i32.const 32))))
    (i32.store offset=8 (local.get $f) (local.get 1))
    (call $pair (i32.add (local.get $f) (i32.const 16)) (local.get 1))
    (i64.store (local.get 0) (i64.add (i64.load offset=16 (local.get $f)) (i64.load offset=24 (local.get $f))))
    (i32.store offset=8 (local.get 0) (i32.load offset=8 (local.get $f)))
    (global.set $sp (i32.add (local.get $f) (i32.const 32))))
  (func $hash (local $i i32)
    (loop $next
      (global.set $sum (i64.add (i64.rotl (i64.mul (global.get $sum) (i64.const 0x100000001b3)) (i64.const 5))
        (i64.load (i32.add (i32.const 960) (local.get $i)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 160))))
    (global.set $sum (i64.xor (i64.mul (global.get $sum) (i64.const 31))
      (i64.add (i64.extend_i32_u (global.get $g)) (global.get $h)))))
"#;

impl Generator {
    fn below(&mut self, limit: u64) -> u64 {
        // xorshift64*: the same numbers on every machine.
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn module(mut self) -> String {
        let maximum = self.one_of(&["", " 2"]);
        let mut text = format!("(module {SUPPORT}\n  (memory (export \"memory\") 1{maximum})\n");
        for number in 0..FUNCTIONS {
            let body = if self.below(2) == 0 { self.body(3) + &self.body(2) } else { self.resumable() };
            let _ = write!(
                text,
                "  (func $f{number} (param $p i32) (param $q i32) (param $x i32) (param $y i32) (param $pc i32) (result i32)
                (local $z i64) (local $r i32) (local $n0 i32) (local $n1 i32) (local $n2 i32) (local $n3 i32)
                (local.set $r (local.get $q))\n{body}
                (i32.xor (local.get $x) (i32.add (local.get $y) (i32.wrap_i64 (local.get $z)))))\n"
            );
        }
        text.push_str("  (func (export \"_start\")\n");
        for number in 0..FUNCTIONS {
            for (p, q) in [(1000, 1000), (1000, 1008), (1004, 1001), (1016, 1000)] {
                let (x, y) = (self.below(5), self.below(9));
                let pc = self.below(4);
                let arguments = [p, q, x, y, pc].map(|argument| format!("(i32.const {argument})")).join(" ");
                let call = format!("(call $f{number} {arguments})");
                let sum = format!("(i64.add (i64.mul (global.get $sum) (i64.const 17)) (i64.extend_i32_u {call}))");
                let _ = writeln!(text, "    (global.set $sum {sum}) (call $hash)");
            }
            let _ = writeln!(text, "    (i64.store (i32.const {}) (global.get $sum))", 2000 + 8 * number);
        }
        let length = 8 * FUNCTIONS;
        let _ = write!(
            text,
            "    (i32.store (i32.const 100) (i32.const 2000)) (i32.store (i32.const 104) (i32.const {length}))
            (drop (call $write (i32.const 1) (i32.const 100) (i32.const 1) (i32.const 200)))))"
        );
        text
    }

    /// An offset and an address, at most a few dozen bytes from 1000.
    fn address(&mut self) -> String {
        let offset = self.one_of(&["", "", "", "offset=1", "offset=4", "offset=8", "offset=16"]);
        let pointer = self.one_of(&POINTERS);
        let constant = self.one_of(&["0", "1", "2", "3", "4", "8", "12", "16", "-4", "-8"]);
        let shift = self.one_of(&["0", "2", "3"]);
        let address = match self.below(24) {
            19..21 => format!("(i32.wrap_i64 (i64.add (i64.extend_i32_s {pointer}) (i64.const {constant})))"),
            21 => {
                format!("(i32.wrap_i64 (i64.sub (i64.or {HIGH} (i64.extend_i32_u {pointer})) (i64.const {constant})))")
            }
            22 => {
                let index = format!("(i64.shl (i64.add {HIGH} (i64.extend_i32_u (local.get $x))) (i64.const {shift}))");
                let index = format!("(i64.and {index} (i64.const 0xff00000000f))");
                format!("(i32.wrap_i64 (i64.add {index} (i64.extend_i32_u {pointer})))")
            }
            0..5 => pointer.to_owned(),
            5..11 => format!("(i32.add {pointer} (i32.const {constant}))"),
            11..14 => format!("(i32.sub {pointer} (i32.const {constant}))"),
            14..17 => {
                format!("(i32.add {pointer} (i32.shl (i32.and (local.get $x) (i32.const 3)) (i32.const {shift})))")
            }
            17..19 => {
                let index = "(i32.add (i32.and (local.get $y) (i32.const 3)) (i32.const 1))";
                format!("(i32.add {pointer} (i32.mul {index} (i32.const 4)))")
            }
            _ => format!("(i32.const {})", self.one_of(&["1000", "1001", "1004", "1008"])),
        };
        format!("{offset} {address}")
    }

    fn value_32(&mut self, depth: u32) -> String {
        match self.below(20) {
            5..12 => format!("({} {})", self.one_of(&LOADS_32), self.address()),
            12 => format!("(i32.reinterpret_f32 (f32.load {}))", self.address()),
            13 if depth > 0 => format!("(i32.wrap_i64 {})", self.value_64(depth - 1)),
            14.. if depth > 0 => {
                let operator = self.one_of(&["add", "sub", "xor", "mul", "and"]);
                format!("(i32.{operator} {} {})", self.value_32(depth - 1), self.value_32(depth - 1))
            }
            _ => self.one_of(&["(local.get $x)", "(local.get $y)", "(i32.const -3)", "(global.get $g)"]).to_owned(),
        }
    }

    fn value_64(&mut self, depth: u32) -> String {
        match self.below(20) {
            5..12 => format!("({} {})", self.one_of(&LOADS_64), self.address()),
            12 => format!("(i64x2.extract_lane 1 (v128.load {}))", self.address()),
            13 if depth > 0 => format!("(i64.extend_i32_s {})", self.value_32(depth - 1)),
            14.. if depth > 0 => {
                let operator = self.one_of(&["add", "sub", "xor", "mul"]);
                format!("(i64.{operator} {} {})", self.value_64(depth - 1), self.value_64(depth - 1))
            }
            _ => self.one_of(&["(local.get $z)", "(i64.const 0x123456789abcdef)", "(global.get $h)"]).to_owned(),
        }
    }

    /// A function that begins where its caller says, with a pointer that is not the same everywhere.
    fn resumable(&mut self) -> String {
        let [first, second, third] = [(); 3].map(|()| self.body(1));
        let [step, back] = [(); 2].map(|()| self.one_of(&["0", "4", "8", "-8"]).to_owned());
        let (one, other, jumps) = (self.address(), self.address(), self.value_32(1));
        let look = |address: &str| format!("(local.set $z (i64.xor (local.get $z) (i64.load {address})))");
        let moved = |by: &str| format!("(local.set $p (i32.add (local.get $p) (i32.const {by})))");
        let (one, other, step, back) = (look(&one), look(&other), moved(&step), moved(&back));
        format!(
            "(loop $head (block $c (block $b (block $a (br_table $a $b $c (local.get $pc)))
                {first} {step} {one}
                (if {jumps} (then {other} (local.set $pc (i32.const 2)) (br $head))))
              {one} {second} {back} {one} {other})
            {one} {other} {third})\n"
        )
    }

    fn body(&mut self, depth: u32) -> String {
        (0..=self.below(5)).map(|_| self.statement(depth)).collect()
    }

    fn statement(&mut self, depth: u32) -> String {
        let statement = match self.below(if depth > 0 { 52 } else { 34 }) {
            0..10 => format!("({} {} {})", self.one_of(&STORES_32), self.address(), self.value_32(2)),
            10..16 => format!("({} {} {})", self.one_of(&STORES_64), self.address(), self.value_64(2)),
            16 => format!("(v128.store {} (i64x2.splat {}))", self.address(), self.value_64(2)),
            17 => format!("(f64.store {} (f64.reinterpret_i64 {}))", self.address(), self.value_64(2)),
            18..23 => format!("(local.set {} {})", self.one_of(&["$x", "$y"]), self.value_32(2)),
            23..26 => format!("(local.set $z {})", self.value_64(2)),
            26..28 => format!("(global.set $g {})", self.value_32(2)),
            28 => format!("(global.set $h {})", self.value_64(2)),
            29 => {
                let low = format!("(i32.and {} (i32.const 31))", self.value_32(1));
                format!("(local.set $r (i32.add {low} (i32.const 1000)))")
            }
            30 => format!("(call $writes {})", self.one_of(&POINTERS)),
            31 => {
                let length = self.one_of(&["1", "3", "8", "20"]);
                format!("(memory.copy {} {} (i32.const {length}))", self.one_of(&POINTERS), self.one_of(&POINTERS))
            }
            32 | 33 => format!("(call $frame {} {})", self.one_of(&POINTERS), self.value_32(1)),
            34..44 => {
                let (condition, yes, no) = (self.value_32(1), self.body(depth - 1), self.body(depth - 1));
                format!("(if {condition} (then {yes}) (else {no}))")
            }
            44..49 => {
                self.labels += 1;
                let (label, rounds, body) = (self.labels, 1 + self.below(3), self.body(depth - 1));
                let next = format!("(local.tee $n{depth} (i32.sub (local.get $n{depth}) (i32.const 1)))");
                format!("(local.set $n{depth} (i32.const {rounds})) (loop $l{label} {body} (br_if $l{label} {next}))")
            }
            _ => {
                let (index, one, two) = (self.value_32(1), self.body(depth - 1), self.body(depth - 1));
                format!("(block (block (block (br_table 0 1 2 0 (i32.and {index} (i32.const 3)))) {one} (br 1)) {two})")
            }
        };
        format!("    {statement}\n")
    }
}
