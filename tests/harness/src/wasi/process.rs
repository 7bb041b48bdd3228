//! What surrounds a program: its streams, the limits of its process, signals, and how it dies.

use super::{Bench, Test, expect_status, expect_text};
use anyhow::{Result, ensure};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Runs on a bench, with the programs at hand.
type Body = fn(&Bench<'_>, &Programs) -> Result<()>;

/// The tests, and whether an emulator may stand for the machine. Limits on address space and stack would be the
/// emulator's own.
const CASES: [(&str, bool, Body); 18] = [
    ("closed_streams", true, closed_streams),
    ("reader_of_a_pipe_is_gone", true, reader_of_a_pipe_is_gone),
    ("nonblocking_input_blocks", true, nonblocking_input_blocks),
    ("disk_is_full", true, disk_is_full),
    ("address_space_limit_names_bounds", false, address_space_limit_names_bounds),
    ("bounds_need_no_address_space", false, bounds_need_no_address_space),
    ("unlimited_stack_limit", false, unlimited_stack_limit),
    ("small_stack_limit", false, small_stack_limit),
    ("stack_size_is_an_option", true, stack_size_is_an_option),
    ("missing_directory", true, missing_directory),
    ("granted_directory_is_a_file", true, granted_directory_is_a_file),
    ("trap_names_frames", true, trap_names_frames),
    ("backtrace_can_be_silenced", true, backtrace_can_be_silenced),
    ("stack_overflow_is_a_trap", true, stack_overflow_is_a_trap),
    ("native_fault_is_no_trap", true, native_fault_is_no_trap),
    ("signal_from_outside_kills", true, signal_from_outside_kills),
    ("imported_memory_is_made", true, imported_memory_is_made),
    ("threads_share_a_memory", true, threads_share_a_memory),
];

/// The folder of `.wat` files.
struct Programs(PathBuf);

impl Programs {
    fn compile(&self, bench: &Bench<'_>, name: &str, flags: &[&str]) -> Result<()> {
        bench.compile(&self.0.join(name).with_extension("wat"), name, flags)
    }
}

/// The tests; `programs` is the folder of their modules.
#[must_use]
pub fn tests(programs: &Path) -> Vec<Test> {
    let test = |(name, emulated, body): (&str, bool, Body)| {
        let programs = Programs(programs.to_path_buf());
        let body = Box::new(move |bench: &Bench<'_>| body(bench, &programs));
        Test { group: "processes".to_owned(), name: name.to_owned(), emulated, body }
    };
    CASES.into_iter().map(test).collect()
}

fn closed_streams(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    fs::create_dir(bench.folder.join("grant"))?;
    programs.compile(bench, "closed_streams", &["--dir", "grant::/"])?;
    bench.run_to(134, &mut bench.shell("aot_program closed_streams <&- >&- 2>&-"))?;
    // Neither what the guest wrote to its streams nor the report of the trap may have ended up in a file that took
    // their number.
    expect_text("the file", "file", &fs::read(bench.folder.join("grant/file"))?)
}

fn reader_of_a_pipe_is_gone(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "write_until_error", &[])?;
    let script = "{ aot_program write_until_error; echo $? >status; } | true";
    bench.run_to(0, &mut bench.shell(script))?;
    // `pipe`, and no signal: it would be 141.
    expect_text("the status", "64\n", &fs::read(bench.folder.join("status"))?)
}

fn nonblocking_input_blocks(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "echo", &[])?;
    let (reader, mut writer) = std::io::pipe()?;
    fcntl_setfl(&reader, fcntl_getfl(&reader)? | OFlags::NONBLOCK)?;
    let finished = std::thread::scope(|scope| {
        scope.spawn(move || {
            for part in ["one ", "two"] {
                std::thread::sleep(Duration::from_millis(50));
                // A program that ended early is found out below.
                let _ = writer.write_all(part.as_bytes());
            }
        });
        bench.run(bench.command("echo").stdin(Stdio::from(reader)))
    })?;
    expect_status(0, &finished)?;
    expect_text("standard output", "one two", &finished.stdout)
}

fn disk_is_full(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "write_until_error", &[])?;
    // `nospc`.
    bench.run_to(51, &mut bench.shell("aot_program write_until_error >/dev/full")).map(drop)
}

fn address_space_limit_names_bounds(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    for name in ["memory", "threads", "imported_memory"] {
        programs.compile(bench, name, &["--memory", "guard"])?;
        let finished = bench.run_to(1, &mut bench.shell(&format!("ulimit -v 1000000; aot_program {name}")))?;
        let said = String::from_utf8_lossy(&finished.stderr);
        ensure!(said.starts_with("error: ") && said.contains("`--memory bounds`"), "{name} says {said:?}");
    }
    Ok(())
}

fn bounds_need_no_address_space(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    for name in ["memory", "threads", "imported_memory"] {
        programs.compile(bench, name, &["--memory", "bounds"])?;
        bench.run_to(0, &mut bench.shell(&format!("ulimit -v 100000; aot_program {name}")))?;
    }
    Ok(())
}

fn unlimited_stack_limit(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    under_stack_limit("unlimited", bench, programs)
}

fn small_stack_limit(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    under_stack_limit("128", bench, programs)
}

/// The program's stack is its own: the process's limit neither shrinks it nor takes its guard away.
fn under_stack_limit(limit: &str, bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "deep_recursion", &["--stack", "32M"])?;
    // Nobody may raise a hard limit; where it stands lower, it is as good as unlimited.
    let limit = format!("ulimit -S -s {limit} || ulimit -S -s $(ulimit -H -s)");
    bench.run_to(0, &mut bench.shell(&format!("{limit}; aot_program deep_recursion")))?;
    programs.compile(bench, "endless_recursion", &[])?;
    let script = format!("{limit}; AOT_BACKTRACE=0 aot_program endless_recursion");
    let finished = bench.run_to(134, &mut bench.shell(&script))?;
    ensure!(said_by_program(&finished.stderr) == "trap: call stack exhausted", "{:?}", finished.stderr);
    Ok(())
}

fn stack_size_is_an_option(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "deep_recursion", &["--stack", "256K"])?;
    let finished = bench.run_to(134, &mut bench.command("deep_recursion"))?;
    ensure!(finished.stderr.starts_with(b"trap: call stack exhausted\n"), "{:?}", finished.stderr);
    programs.compile(bench, "deep_recursion", &["--stack", "64M"])?;
    bench.run_to(0, &mut bench.command("deep_recursion")).map(drop)
}

fn missing_directory(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "memory", &["--dir", "not here::/"])?;
    let finished = bench.run_to(1, &mut bench.command("memory"))?;
    let said = String::from_utf8_lossy(&finished.stderr);
    ensure!(said.starts_with("error: ") && said.contains("not here"), "says {said:?}");
    Ok(())
}

fn granted_directory_is_a_file(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    fs::write(bench.folder.join("a file"), "")?;
    programs.compile(bench, "memory", &["--dir", "a file"])?;
    let finished = bench.run_to(1, &mut bench.command("memory"))?;
    let said = String::from_utf8_lossy(&finished.stderr);
    ensure!(said.starts_with("error: ") && said.contains("a file"), "says {said:?}");
    Ok(())
}

fn trap_names_frames(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "trap", &["-O0"])?;
    let finished = bench.run_to(134, &mut bench.command("trap"))?;
    let said = String::from_utf8_lossy(&finished.stderr);
    let lines: Vec<&str> = said.lines().collect();
    ensure!(
        lines.first() == Some(&"trap: integer divide by zero")
            && lines.get(1).is_some_and(|line| line.starts_with("  at function 0 (trap+0x"))
            && lines.get(2).is_some_and(|line| line.starts_with("  at `_start` (trap+0x")),
        "says {said:?}"
    );
    Ok(())
}

fn backtrace_can_be_silenced(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "trap", &[])?;
    let finished = bench.run_to(134, bench.command("trap").env("AOT_BACKTRACE", "0"))?;
    expect_text("standard error", "trap: integer divide by zero", said_by_program(&finished.stderr).as_bytes())
}

fn stack_overflow_is_a_trap(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "endless_recursion", &[])?;
    let finished = bench.run_to(134, &mut bench.command("endless_recursion"))?;
    let said = String::from_utf8_lossy(&finished.stderr);
    // Innermost and outermost frames, but not all of the hundreds of thousands.
    ensure!(said.starts_with("trap: call stack exhausted\n  at `forever` ("), "says {said:?}");
    ensure!(said.contains(" more frames …") && said.lines().count() < 200, "{} lines", said.lines().count());
    Ok(())
}

fn native_fault_is_no_trap(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "native_fault", &["--import", "env.fault=memcpy"])?;
    // By the signal itself.
    let finished = bench.run_to(139, &mut bench.command("native_fault"))?;
    let said = String::from_utf8_lossy(&finished.stderr);
    ensure!(said.starts_with("fatal: native fault in the runtime: SIGSEGV at address 0x"), "says {said:?}");
    ensure!(!said.contains("trap:"), "says {said:?}");
    Ok(())
}

fn signal_from_outside_kills(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "echo", &[])?;
    // The program waits for input that comes only when it is gone.
    let emulator = bench.configuration.target.emulator().unwrap_or_default();
    let script = format!(
        "mkfifo input; {emulator} ./echo <input >output & exec 9>input; echo ready >&9; \
        while [ ! -s output ]; do sleep 0.02; done; kill -SEGV $!; wait $!"
    );
    let finished = bench.run_to(139, &mut bench.shell(&script))?;
    let said = String::from_utf8_lossy(&finished.stderr);
    ensure!(!said.contains("trap:") && !said.contains("native fault"), "says {said:?}");
    Ok(())
}

fn imported_memory_is_made(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "imported_memory", &[])?;
    bench.run_to(0, &mut bench.command("imported_memory")).map(drop)
}

fn threads_share_a_memory(bench: &Bench<'_>, programs: &Programs) -> Result<()> {
    programs.compile(bench, "threads", &[])?;
    bench.run_to(0, &mut bench.command("threads")).map(drop)
}

/// Standard error without what an emulator or a shell adds about the signal.
fn said_by_program(stderr: &[u8]) -> String {
    let said = String::from_utf8_lossy(stderr);
    said.lines().filter(|line| !line.starts_with("qemu: ") && !line.ends_with("Aborted")).collect::<Vec<_>>().join("\n")
}
