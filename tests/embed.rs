//! Modules in a C program: what `--emit staticlib,header` writes, compiled with plain `cc` and run.
//!
//! `tests/embed/host.c` is the program: it checks calls, traps, memory, functions of the host and their errors, two modules
//! at once, many instances on many threads, and a host's own signal handler. Here it is built and run for each machine,
//! in both memory strategies, as C99 and as C++, and under valgrind.

use anyhow::{Context, Result, bail, ensure};
use aot::Console;
use std::path::{Path, PathBuf};
use std::process::Command;

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];

/// A folder of its own for a test, with the modules' archives and headers, and the host's source.
fn prepare(test: &str, options: &[&str]) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("embed-{test}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("embed");
    for source in ["host.c", "provided.c", "signals.c"] {
        std::fs::copy(sources.join(source), folder.join(source))?;
    }
    for module in ["plugin", "other", "provided"] {
        let (input, output) = (sources.join(format!("{module}.wat")), folder.join(module));
        let (input, output) = (input.display().to_string(), output.display().to_string());
        let words = ["aot", "compile", &input, "--emit", "staticlib,header", "-o", &output];
        let (status, said) = aot(words.iter().chain(options));
        ensure!(status == 0, "aot said: {said}");
    }
    Ok(folder)
}

fn aot<'a>(words: impl Iterator<Item = &'a &'a str>) -> (u8, String) {
    let (mut stdin, mut stdout, mut stderr) = (std::io::empty(), Vec::new(), Vec::new());
    let status = aot::run(words.copied(), &mut Console::captured(&mut stdin, &mut stdout, &mut stderr));
    (status, String::from_utf8_lossy(&stderr).into_owned())
}

/// Builds the hosts, with the first module's archive before the second's.
fn compile(folder: &Path, compiler: &str, flags: &[&str]) -> Result<()> {
    let plugin = &["libplugin.a"][..];
    let hosts = [("host", &["libplugin.a", "libother.a"][..]), ("provided", &["libprovided.a"]), ("signals", plugin)];
    for (host, archives) in hosts {
        let mut command = Command::new(compiler);
        command.current_dir(folder).args(flags).args(STRICT).args(["-D_POSIX_C_SOURCE=200809L", "-g"]);
        command.arg(format!("{host}.c")).args(["-x", "none"]).args(archives).args(["-o", host, "-pthread"]);
        run(&mut command)?;
    }
    Ok(())
}

/// What a command that must succeed prints.
fn run(command: &mut Command) -> Result<String> {
    let output =
        command.output().with_context(|| format!("cannot run {command:?}; `.ci/setup` installs what tests need"))?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    Ok(stdout.into_owned())
}

const GOOD: &str = "all is well\n";

#[test]
fn a_c_program_has_two_modules() -> Result<()> {
    for strategy in ["guard", "bounds"] {
        for level in ["-O0", "-O2"] {
            let folder = prepare(&format!("c-{strategy}{level}"), &["--memory", strategy, level])?;
            compile(&folder, "cc", &["-std=c99"])?;
            assert_eq!(run(&mut Command::new(folder.join("host")))?, GOOD);
            assert_eq!(run(&mut Command::new(folder.join("provided")))?, GOOD);
        }
    }
    Ok(())
}

#[test]
fn faults_of_the_host_reach_its_own_handler() -> Result<()> {
    let folder = prepare("signals", &[])?;
    compile(&folder, "cc", &["-std=c99"])?;
    let said = run(Command::new(folder.join("host")).arg("signals"))?;
    assert_eq!(said, format!("{GOOD}the host's own handler\n"));
    assert_eq!(run(&mut Command::new(folder.join("signals")))?, GOOD);
    Ok(())
}

#[test]
fn headers_are_c_plus_plus_as_well() -> Result<()> {
    let folder = prepare("cpp", &[])?;
    for host in ["host.c", "provided.c", "signals.c"] {
        let mut command = Command::new("cc");
        command.current_dir(&folder).args(["-x", "c++", "-std=c++11", "-fsyntax-only", "-D_GNU_SOURCE"]).args(STRICT);
        run(command.arg(host))?;
    }
    Ok(())
}

#[test]
fn a_c_program_runs_on_aarch64() -> Result<()> {
    for strategy in ["guard", "bounds"] {
        let folder = prepare(&format!("aarch64-{strategy}"), &["--target", "aarch64-linux", "--memory", strategy])?;
        compile(&folder, "aarch64-linux-gnu-gcc", &["-std=c99", "-static"])?;
        let said = run(Command::new("qemu-aarch64").arg(folder.join("host")).arg("signals"))?;
        assert_eq!(said, format!("{GOOD}the host's own handler\n"));
        assert_eq!(run(Command::new("qemu-aarch64").arg(folder.join("provided")))?, GOOD);
    }
    Ok(())
}

#[test]
fn valgrind_finds_no_error_and_no_leak() -> Result<()> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        if std::env::var_os("CI").is_some() {
            bail!("there is no valgrind; `.ci/setup` installs it");
        }
        eprintln!("embed: SKIPPED, NOTHING WAS TESTED: there is no valgrind; `.ci/setup` installs it");
        return Ok(());
    }
    let folder = prepare("valgrind", &["--memory", "bounds"])?;
    compile(&folder, "cc", &["-std=c99"])?;
    for host in ["host", "provided"] {
        let mut command = Command::new("valgrind");
        // Valgrind tells a change of stacks from a large frame by the distance.
        command.args(["-q", "--max-stackframe=65536", "--error-exitcode=9", "--leak-check=full"]);
        command.arg("--errors-for-leak-kinds=definite,indirect,possible");
        assert_eq!(run(command.arg(folder.join(host)).arg("without-guards"))?, GOOD);
    }
    Ok(())
}

#[test]
fn a_header_of_another_module_does_not_link() -> Result<()> {
    let folder = prepare("mismatch", &[])?;
    let input = folder.join("provided.wat");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("embed/provided.wat");
    let text = std::fs::read_to_string(source)?;
    // One more export before all others: every position is another.
    let changed = text.replacen("(global $runs (export", "(func (export \"a\")) (global $runs (export", 1);
    ensure!(changed != text, "the module is another one");
    std::fs::write(&input, changed)?;
    let (input, output) = (input.display().to_string(), folder.join("libprovided.a").display().to_string());
    let (status, said) = aot(["aot", "compile", &input, "--emit", "staticlib", "-o", &output].iter());
    ensure!(status == 0, "aot said: {said}");
    let output = Command::new("cc").current_dir(&folder).args(["provided.c", "libprovided.a", "-pthread"]).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("undefined reference to `provided_image_of_header_"), "{said}");
    Ok(())
}

#[test]
fn prefixes_of_the_runtime_are_refused() -> Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("embed-refused");
    std::fs::create_dir_all(&folder)?;
    let (input, output) = (folder.join("memory.wat"), folder.join("memory"));
    std::fs::write(&input, r#"(module (import "env" "memory" (memory 1)))"#)?;
    let (input, output) = (input.display().to_string(), output.display().to_string());
    let (status, said) = aot(["aot", "compile", &input, "--emit", "header", "--prefix", "aot_x", "-o", &output].iter());
    assert_eq!(status, 2, "{said}");
    Ok(())
}
