//! Stopping guests: `--interruptible` and `--fuel`, in a C program built with plain `cc` and run.
//!
//! `tests/control/host.c` is the program. It prints how much fuel calls use, which must be the same everywhere: in both
//! memory strategies, at every level of optimisation, with and without facts, on both architectures. The numbers are
//! those of `tests/control/fuel.txt`, which were counted by hand where that is possible.

use anyhow::{Context, Result, ensure};
use aot::Console;
use std::path::Path;
use std::process::Command;

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];
const EXPECTED: &str = include_str!("control/fuel.txt");

/// Where a host is for.
#[derive(Clone, Copy)]
enum Machine {
    X86_64,
    Aarch64,
}

/// Compiles the guest with these options and runs the host with this argument; what it prints.
fn run(test: &str, machine: Machine, options: &[&str], argument: &str) -> Result<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("control-{test}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("control");
    std::fs::copy(sources.join("host.c"), folder.join("host.c"))?;
    let (target, compiler, emulator) = match machine {
        Machine::X86_64 => ("x86_64-linux", "cc", None),
        Machine::Aarch64 => ("aarch64-linux", "aarch64-linux-gnu-gcc", Some("qemu-aarch64")),
    };
    for module in ["guest", "start"] {
        let (input, output) = (text(&sources.join(module).with_extension("wat")), text(&folder.join(module)));
        let words = ["aot", "compile", &input, "--emit", "staticlib,header", "-o", &output, "--target", target];
        let (status, said) = aot(&[&words, options].concat());
        ensure!(status == 0, "aot said: {said}");
    }
    let mut command = Command::new(compiler);
    command.current_dir(&folder).args(STRICT).args(["-std=c99", "-D_XOPEN_SOURCE=700", "-g", "-static", "host.c"]);
    output_of(command.args(["libguest.a", "libstart.a", "-o", "host", "-pthread"]))?;
    let program = folder.join("host");
    let mut command = match emulator {
        None => Command::new(program),
        Some(emulator) => {
            let mut command = Command::new(emulator);
            command.arg(program);
            command
        }
    };
    output_of(command.arg(argument))
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn aot(words: &[&str]) -> (u8, String) {
    let (mut stdin, mut stdout, mut stderr) = (std::io::empty(), Vec::new(), Vec::new());
    let status = aot::run(words.iter().copied(), &mut Console::captured(&mut stdin, &mut stdout, &mut stderr));
    (status, String::from_utf8_lossy(&stderr).into_owned())
}

/// What a command that must succeed prints.
fn output_of(command: &mut Command) -> Result<String> {
    let output =
        command.output().with_context(|| format!("cannot run {command:?}; `.ci/setup` installs what tests need"))?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    Ok(stdout.into_owned())
}

#[test]
fn the_same_calls_use_the_same_fuel_everywhere() -> Result<()> {
    let ways: [&[&str]; 5] = [
        &["--memory", "guard", "-O2"],
        &["--memory", "bounds", "-O2"],
        &["--memory", "guard", "-O0", "--facts", "none"],
        &["--memory", "bounds", "-Os", "--interruptible"],
        &["--memory", "bounds", "-O2", "--spectre", "--cpu", "x86-64-v3"],
    ];
    for (index, way) in ways.iter().enumerate() {
        let options = [*way, &["--fuel"]].concat();
        let said = run(&format!("fuel-{index}"), Machine::X86_64, &options, "fuel")?;
        assert_eq!(said, EXPECTED, "with {options:?}");
    }
    Ok(())
}

#[test]
fn the_same_calls_use_the_same_fuel_on_aarch64() -> Result<()> {
    for (index, memory) in ["guard", "bounds"].iter().enumerate() {
        let options = ["--memory", memory, "--fuel"];
        let said = run(&format!("aarch64-{index}"), Machine::Aarch64, &options, "fuel")?;
        assert_eq!(said, EXPECTED, "with {options:?}");
    }
    Ok(())
}

#[test]
fn threads_and_signals_stop_guests() -> Result<()> {
    let good = "all is well\n";
    for (index, level) in ["-O0", "-O2"].iter().enumerate() {
        let said = run(&format!("epoch-{index}"), Machine::X86_64, &["--interruptible", level], "epoch")?;
        assert_eq!(said, good);
        // Looking at the epoch does not depend on fuel, and the other way round.
        let said = run(&format!("both-{index}"), Machine::X86_64, &["--interruptible", "--fuel", level], "epoch+fuel")?;
        assert_eq!(said, EXPECTED);
    }
    assert_eq!(run("epoch-aarch64", Machine::Aarch64, &["--interruptible"], "epoch")?, good);
    Ok(())
}

#[test]
fn what_was_not_compiled_in_is_refused() -> Result<()> {
    assert_eq!(run("refuse", Machine::X86_64, &[], "refuse")?, "all is well\n");
    Ok(())
}
