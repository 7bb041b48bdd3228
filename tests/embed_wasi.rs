//! WASI for instances in somebody else's process: archives with a host in C.
//!
//! Every program of the official suite, and every path attack, runs as an instance of `embed_wasi/run.c`, which grants what
//! an executable would have been granted, in every configuration of the suite for executables. What only a host sees is
//! in `embed_wasi/host.c`. Programs that start threads are left out: an embedder's memories belong to one instance.

use anyhow::{Context, Result, bail, ensure};
use aot::Console;
use aot_harness::spec::configuration::Target;
use aot_harness::wasi::{Configuration, attacks, suite};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const STRICT: [&str; 5] = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"];

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("embed_wasi.{name}.{}", std::process::id()))
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("embed_wasi")
}

/// `aot` in this process; an error is what it printed.
fn aot(words: &[&str]) -> Result<(), String> {
    let (mut stdin, mut stdout, mut stderr) = (std::io::empty(), Vec::new(), Vec::new());
    let words = std::iter::once("aot").chain(words.iter().copied());
    match aot::run(words, &mut Console::captured(&mut stdin, &mut stdout, &mut stderr)) {
        aot::EXIT_SUCCESS => Ok(()),
        _ => Err(String::from_utf8_lossy(&stderr).into_owned()),
    }
}

fn compiler(target: Target) -> &'static str {
    if target.is_native() { "cc" } else { "aarch64-linux-gnu-gcc" }
}

fn run(command: &mut Command) -> Result<String> {
    let output =
        command.output().with_context(|| format!("cannot run {command:?}; `.ci/setup` installs what tests need"))?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    Ok(stdout.into_owned())
}

/// A string of C.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        // Three digits, so that a digit behind them is not one of theirs.
        write!(quoted, "\\{byte:03o}").expect("a string can always grow");
    }
    quoted + "\""
}

/// What `aot compile … -o OUT` does for an executable, done for a plugin: the module's archive, and a host with its grants.
fn compile_with_a_host(arguments: &[String]) -> Result<(), String> {
    let mut words = vec!["--emit", "staticlib,header", "--prefix", "plugin", "--wasi"];
    let (mut grants, mut out, mut target) = (String::new(), None, Target::X86_64);
    let mut arguments = arguments.iter().map(String::as_str);
    while let Some(word) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{word} needs a value"));
        let mut grant = |call: String| grants.push_str(&call);
        match word {
            "--arg" => grant(format!("aot_wasi_argument(wasi, {});", quoted(value()?))),
            "--env" => grant(format!("aot_wasi_variable(wasi, {});", quoted(value()?))),
            "--dir" => {
                let (path, read_only) = match value()? {
                    path if path.ends_with(":ro") => (&path[..path.len() - 3], 1),
                    path => (path, 0),
                };
                let (host, guest) = path.split_once("::").unwrap_or((path, path));
                grant(format!("aot_wasi_directory(wasi, {}, {}, {read_only});", quoted(host), quoted(guest)));
            }
            "-o" => out = Some(PathBuf::from(value()?)),
            "--target" => {
                let name = value()?;
                target = Target::parse(name).ok_or("no such target")?;
                words.extend(["--target", name]);
            }
            word => words.push(word),
        }
    }
    let out = out.ok_or("there is no output")?;
    let folder = out.parent().ok_or("the output is in no folder")?;
    let plugin = folder.join("plugin").display().to_string();
    // The command comes first.
    let at = words.iter().position(|word| *word == "compile").ok_or("nothing is to be compiled")?;
    words.remove(at);
    words.splice(0..0, ["compile"]);
    words.extend(["-o", &plugin]);
    aot(&words)?;
    let mut command = Command::new(compiler(target));
    command.current_dir(folder).args(STRICT).arg(format!("-DGRANTS={grants}")).arg("-I.").arg(sources().join("run.c"));
    command.args(["libplugin.a", "-static", "-o"]).arg(&out);
    run(&mut command).map(drop).map_err(|error| format!("{error:#}"))
}

fn suite_folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("AOT_WASI_TESTSUITE") {
        return Some(folder.into()).filter(|folder: &PathBuf| folder.is_dir());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    root.ancestors().skip(1).take(2).map(|folder| folder.join("shared/wasi-testsuite")).find(|folder| folder.is_dir())
}

#[test]
fn programs_of_wasi_run_as_instances() -> Result<()> {
    let mut tests = attacks::tests();
    match suite_folder() {
        Some(folder) => tests.extend(suite::tests(&folder)?),
        None if std::env::var_os("CI").is_some() => bail!("the official test suite is not there"),
        None => eprintln!("embed_wasi: SKIPPED: the official test suite is not there"),
    }
    tests.retain(|test| test.group != "wasi-threads");
    let scratch = scratch("suite");
    let results = aot_harness::wasi::run(&tests, &Configuration::ALL, &compile_with_a_host, &scratch, false);
    let _ = std::fs::remove_dir_all(&scratch);
    let failed: Vec<String> = results
        .iter()
        .filter_map(|(test, configuration, outcome)| {
            outcome.as_ref().err().map(|error| format!("{} ({configuration}): {error}", test.key()))
        })
        .collect();
    println!("{} tests in {} configurations, {} failures", tests.len(), Configuration::ALL.len(), failed.len());
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    ensure!(results.len() == tests.len() * Configuration::ALL.len(), "not every test ran");
    Ok(())
}

/// Builds the host of many guests in a folder of its own.
fn build_host(test: &str, target: Target, options: &[&str]) -> Result<PathBuf> {
    let folder = scratch(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("grant"))?;
    std::fs::write(folder.join("grant/file"), "inside")?;
    std::fs::write(folder.join("outside"), "outside")?;
    let (input, output) =
        (sources().join("guest.wat").display().to_string(), folder.join("guest").display().to_string());
    let words = ["compile", &input, "--emit", "staticlib,header", "--wasi", "-o", &output, "--target", target.triple()];
    aot(&[&words, options].concat()).map_err(anyhow::Error::msg)?;
    let mut command = Command::new(compiler(target));
    command.current_dir(&folder).args(STRICT).args(["-D_XOPEN_SOURCE=700", "-g", "-I."]).arg(sources().join("host.c"));
    if !target.is_native() {
        command.arg("-static");
    }
    run(command.args(["libguest.a", "-pthread", "-o", "host"]))?;
    Ok(folder)
}

#[test]
fn a_host_decides_what_guests_get() -> Result<()> {
    for target in [Target::X86_64, Target::Aarch64] {
        // An emulator has a record of every page of a reservation.
        let rounds = if target.is_native() { "5000" } else { "60" };
        for memory in ["guard", "bounds"] {
            let folder = build_host(&format!("{target}-{memory}"), target, &["--memory", memory])?;
            let said = run(target.command(&folder.join("host")).arg(rounds).current_dir(&folder))?;
            assert_eq!(said, "all is well\n", "{target} {memory}");
            let _ = std::fs::remove_dir_all(folder);
        }
    }
    Ok(())
}

#[test]
fn valgrind_finds_no_error_and_no_leak() -> Result<()> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        ensure!(std::env::var_os("CI").is_none(), "there is no valgrind; `.ci/setup` installs it");
        eprintln!("embed_wasi: SKIPPED, NOTHING WAS TESTED: there is no valgrind; `.ci/setup` installs it");
        return Ok(());
    }
    let folder = build_host("valgrind", Target::X86_64, &["--memory", "bounds"])?;
    let mut command = Command::new("valgrind");
    command.current_dir(&folder).args(["-q", "--max-stackframe=65536", "--error-exitcode=9", "--leak-check=full"]);
    command.args(["--errors-for-leak-kinds=definite,indirect,possible", "./host", "60"]);
    assert_eq!(run(&mut command)?, "all is well\n");
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}

/// Bytes of a host with a module, linked as any program is.
fn size_of_host(folder: &Path, wat: &str, options: &[&str]) -> Result<u64> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("plugin.wat"), wat)?;
    std::fs::write(
        folder.join("main.c"),
        "#include \"plugin.h\"\nint main(void) { plugin_instance *it; if (plugin_create(&it, 0)) return 1;\n\
         plugin_destroy(it); return 0; }",
    )?;
    let (input, output) =
        (folder.join("plugin.wat").display().to_string(), folder.join("plugin").display().to_string());
    aot(&[&["compile", &input, "--emit", "staticlib,header", "-o", &output], options].concat())
        .map_err(anyhow::Error::msg)?;
    let mut command = Command::new("cc");
    run(command.current_dir(folder).args(STRICT).args(["-O1", "-s", "main.c", "libplugin.a", "-o", "host"]))?;
    run(Command::new(folder.join("host")).env_clear())?;
    Ok(std::fs::metadata(folder.join("host"))?.len())
}

#[test]
fn only_modules_that_import_wasi_are_linked_with_it() -> Result<()> {
    let folder = scratch("size");
    let plain = "(module (func (export \"f\")))";
    let with_wasi = "(module (import \"wasi_snapshot_preview1\" \"sched_yield\" (func $yield (result i32)))
        (func (export \"f\") (drop (call $yield))))";
    let without = size_of_host(&folder.join("without"), plain, &[])?;
    let unused = size_of_host(&folder.join("unused"), plain, &["--wasi"])?;
    let used = size_of_host(&folder.join("used"), with_wasi, &["--wasi"])?;
    println!("a host without WASI: {without} bytes; with it: {used}");
    assert_eq!(without, unused);
    assert!(used > without + 10_000, "{used} and {without}");
    // Both kinds of archives in one program share the runtime: the part fits what the first archive brought.
    let main = "#include \"a.h\"\n#include \"b.h\"\nint main(void) { a_instance *a; b_instance *b; int32_t r = 1;\n\
                if (a_create(&a, 0) || b_create(&b, 0)) return 1;\n\
                if (aot_wasi_give(aot_wasi_create(), (aot_instance *)b, 0) || b_call_f(b, &r, 0) || r) return 2;\n\
                a_destroy(a); b_destroy(b); return 0; }";
    let both = folder.join("both");
    std::fs::create_dir_all(&both)?;
    std::fs::write(both.join("main.c"), main)?;
    std::fs::write(both.join("a.wat"), plain)?;
    std::fs::write(
        both.join("b.wat"),
        "(module (import \"wasi_snapshot_preview1\" \"sched_yield\" (func $yield (result i32)))
           (func (export \"f\") (result i32) (call $yield)))",
    )?;
    for name in ["a", "b"] {
        let (input, output) =
            (both.join(format!("{name}.wat")).display().to_string(), both.join(name).display().to_string());
        aot(&["compile", &input, "--wasi", "--emit", "staticlib,header", "-o", &output]).map_err(anyhow::Error::msg)?;
    }
    for order in [["liba.a", "libb.a"], ["libb.a", "liba.a"]] {
        run(Command::new("cc").current_dir(&both).args(STRICT).arg("main.c").args(order).args(["-o", "host"]))?;
        run(&mut Command::new(both.join("host")))?;
    }
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}
