//! Modules in Rust programs outside of the workspace, as others would make them, by `aot-build` and `aot-embed`: the
//! programs in `examples/`, the one that `docs/EMBEDDING.md` tells how to write, followed word by word, and what Cargo says
//! when something is wrong with it.
//!
//! All share one folder for what Cargo builds, so the compiler is built for them once.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn scratch() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("embed-rust")
}

/// One Cargo at a time: they would wait for each other anyway.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A command that runs Cargo, for packages outside of the workspace. Nothing is downloaded that this workspace does not
/// have itself.
fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("CARGO_TARGET_DIR", scratch().join("target"));
    // What the tests themselves were built with is not for these.
    for variable in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CARGO_MANIFEST_DIR", "OUT_DIR", "TARGET"] {
        command.env_remove(variable);
    }
    command.env("CARGO_NET_OFFLINE", "true").env("CARGO_TERM_COLOR", "never").env("CARGO_TERM_QUIET", "false");
    command
}

fn cargo(folder: &Path) -> Command {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()), folder)
}

/// Whether it succeeded, and what it printed.
fn run(command: &mut Command) -> Result<(bool, String, String)> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((output.status.success(), text(&output.stdout), text(&output.stderr)))
}

/// What a command prints, which must succeed.
fn output(command: &mut Command) -> Result<String> {
    let (good, stdout, stderr) = run(command)?;
    ensure!(good, "{command:?}\n{stdout}{stderr}");
    Ok(stdout)
}

#[test]
fn examples_do_what_they_say() -> Result<()> {
    let _turn = turn();
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("examples"))? {
        let folder = entry?.path();
        if !folder.join("Cargo.toml").is_file() {
            continue;
        }
        let expected = std::fs::read_to_string(folder.join("expected.txt"));
        let expected = expected.with_context(|| format!("{} has no expected.txt", folder.display()))?;
        let said = output(cargo(&folder).args(["run", "--locked", "--quiet"]))?;
        assert_eq!(said, expected, "{}", folder.display());
        count += 1;
    }
    ensure!(count > 0, "there are examples");
    Ok(())
}

/// A module of an example, and the flags that its build script gives.
type Plugin = (&'static str, &'static [&'static str]);

/// The examples' plugins, and how their build scripts have them compiled. Without the server: ten thousand instances take
/// an emulator more than a minute.
const PLUGINS: &[(&str, &[Plugin])] = &[
    ("two-plugins", &[("plugins/shout.wat", &[]), ("plugins/reverse.wat", &[])]),
    ("image", &[("plugin/qoi.wasm", &["--interruptible"])]),
    ("endless", &[("plugins/endless.wat", &["--interruptible", "--fuel"])]),
];

/// Without their build scripts, which would need the whole compiler built once more: by the command line, for which the
/// crate `aot-embed` is enough.
#[test]
fn examples_run_on_aarch64_by_way_of_the_command_line() -> Result<()> {
    const TARGET: &str = "aarch64-unknown-linux-gnu";
    let Some(rustc) = aot_runtime_recipe::rustc_for(TARGET, &root()) else {
        ensure!(std::env::var_os("CI").is_none(), "there is no Rust library for {TARGET}; `.ci/setup` installs it");
        eprintln!("embed_examples: SKIPPED, NOTHING WAS TESTED: no Rust library for {TARGET}; `.ci/setup` installs it");
        return Ok(());
    };
    let folder = Folder(std::env::temp_dir().join(format!("aot-examples-{}", std::process::id())));
    for (example, plugins) in PLUGINS {
        let (source, package) = (root().join("examples").join(example), folder.0.join(example));
        std::fs::create_dir_all(package.join("src"))?;
        std::fs::copy(source.join("src/main.rs"), package.join("src/main.rs"))?;
        std::fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock"))?;
        let embed = root().canonicalize()?.join("runtime-support/embed");
        let manifest = format!(
            "[package]\nname = \"{example}\"\nedition = \"2024\"\n[dependencies]\naot-embed = {{ path = {embed:?} }}\n[workspace]\n"
        );
        std::fs::write(package.join("Cargo.toml"), manifest)?;
        for (plugin, options) in *plugins {
            let input = source.join(plugin);
            let output = package.join(input.file_stem().context("it has a name")?);
            let (input, output) = (input.display().to_string(), output.display().to_string());
            let words = ["aot", "compile", &input, "--target", TARGET, "--emit", "staticlib,rust", "-o", &output];
            let (mut stdin, mut stdout, mut stderr) = (std::io::empty(), Vec::new(), Vec::new());
            let mut console = aot::Console::captured(&mut stdin, &mut stdout, &mut stderr);
            let status = aot::run(words.iter().chain(*options).copied(), &mut console);
            ensure!(status == 0, "{}", String::from_utf8_lossy(&stderr));
        }
        let mut run = cargo(&package);
        run.env("CARGO_TARGET_DIR", scratch().join(TARGET)).env("RUSTC", &rustc).env("OUT_DIR", &package);
        run.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc");
        // Where the libraries are that the bindings name, for this package alone: others need not be built again.
        let said = output(run.args(["rustc", "--quiet", "--target", TARGET, "--", "-L"]).arg(&package));
        said.context("building")?;
        let mut program = Command::new("qemu-aarch64");
        program
            .args(["-L", "/usr/aarch64-linux-gnu"])
            .arg(scratch().join(TARGET).join(TARGET).join("debug").join(example));
        let expected = std::fs::read_to_string(source.join("expected.txt"))?;
        assert_eq!(output(&mut program)?, expected, "{example}");
    }
    Ok(())
}

/// A fenced block of the page.
struct Block {
    language: String,
    /// The last thing in back quotes before it: the file that it is.
    name: String,
    text: String,
}

/// The blocks of one section.
fn blocks(page: &str, heading: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let section = page.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with("## "));
    let (mut name, mut open) = (String::new(), None::<Block>);
    for line in section {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(Block { language: language.to_owned(), name: name.clone(), text: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text += &format!("{line}\n"),
            (None, None) => name = line.rsplit('`').nth(1).map_or(name, str::to_owned),
        }
    }
    blocks
}

/// Follows the page in a folder of its own, beside which the repository is called `aot`: a script, and what it should print.
/// Returns the folder, and that of the new package in it.
fn follow(page: &str) -> Result<(Folder, PathBuf)> {
    // Not below this repository: Cargo would make the package a part of its workspace.
    let folder = std::env::temp_dir().join(format!("aot-embedding-page-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let guard = Folder(folder.clone());
    std::fs::create_dir_all(&folder)?;
    std::os::unix::fs::symlink(root().canonicalize()?, folder.join("aot"))?;
    let mut script = "set -e\n".to_owned();
    let mut wanted = String::new();
    for Block { language, name, text } in blocks(page, "## In a Rust program") {
        match language.as_str() {
            "sh" => script += &text,
            "text" => wanted += &text,
            _ => script += &format!("cat > '{name}' <<'END OF THE BLOCK'\n{text}END OF THE BLOCK\n"),
        }
    }
    // The versions that this workspace has, where a lock file of its own would want the newest.
    script = script.replacen("cd host\n", &format!("cd host\ncp '{}' .\n", root().join("Cargo.lock").display()), 1);
    let said = output(command("bash", &folder).args(["-c", &script]))?;
    ensure!(!wanted.is_empty() && said == wanted, "the page says\n{wanted}and it is\n{said}");
    Ok((guard, folder.join("host")))
}

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_page_can_be_followed_word_by_word() -> Result<()> {
    let _turn = turn();
    let page = std::fs::read_to_string(root().join("docs/EMBEDDING.md"))?;
    let (_folder, host) = follow(&page)?;

    // And when something is wrong, Cargo says what, with names and types.
    let main = std::fs::read_to_string(host.join("src/main.rs"))?;
    let refused = |main: &str, wanted: &[&str]| -> Result<()> {
        std::fs::write(host.join("src/main.rs"), main)?;
        fails(&host, wanted)
    };
    let (before, rest) = main.split_once("    fn env_name").context("the page implements the import")?;
    let (_, after) = rest.split_once("\n    }\n").context("it ends")?;
    let without = format!("{before}{after}");
    refused(&without, &["not all trait items implemented, missing: `env_name`", "arg0: i32, arg1: i32", "Result<i32"])?;
    let mistyped = main.replace("at: i32, capacity: i32)", "at: i32, capacity: i64)");
    refused(&mistyped, &["method `env_name` has an incompatible type for trait", "expected `i32`, found `i64`"])?;
    let miscalled = main.replace("price.with_tax(100.0, 19.0)", "price.with_tax(100, 19.0)");
    refused(&miscalled, &["mismatched types", "expected `f64`, found integer"])?;

    // What would be wrong when it runs does not compile.
    let at_the_end = |more: &str| main.replace("    Ok(())\n}\n", &format!("    {more}\n    Ok(())\n}}\n"));
    for (more, wanted) in [
        ("drop(greet); greet.greet()?;", "borrow of moved value: `greet`"),
        ("let view = greet.memory().bytes()?; greet.greet()?; view.len();", "cannot borrow `greet` as mutable"),
        ("let view = greet.memory().bytes()?; drop(greet); view.len();", "cannot move out of `greet`"),
        ("let mut view = greet.memory_mut(); greet.memory(); view.grow(1);", "cannot borrow `greet` as immutable"),
        (
            "let mine = price::Instance::new(std::rc::Rc::new(1))?; std::thread::spawn(move || mine);",
            "cannot be sent between threads safely",
        ),
        ("let other: &price::Instance<User> = &greet;", "mismatched types"),
    ] {
        refused(&at_the_end(more), &[wanted])?;
    }
    let kept =
        main.replace("let bytes = user", "user.kept = Some(memory.as_ref().bytes()?);\n        let bytes = user");
    let kept = kept.replace("    name: String,", "    name: String,\n    kept: Option<&'static [u8]>,");
    let kept = kept.replace("\"Wasm\".to_owned()", "\"Wasm\".to_owned(), kept: None");
    refused(&kept, &["`memory` does not live long enough"])?;
    std::fs::write(host.join("src/main.rs"), &main)?;

    // A plugin that was changed is compiled again, and has to fit.
    let price = host.join("plugins/price.wat");
    let text = std::fs::read_to_string(&price)?;
    std::fs::write(&price, text.replace("with_tax", "with_duty"))?;
    fails(&host, &["no method named `with_tax` found for struct `price::Instance"])?;
    std::fs::write(&price, text.replace("f64.const 1)", "f64.const 2)"))?;
    let said = output(cargo(&host).args(["run", "--quiet"]))?;
    ensure!(said.starts_with("219\n"), "the change shows: {said}");

    // What is no plugin at all.
    for (bytes, wanted) in [
        (&b"\0asm\x0d\0\x01\0"[..], "plugins/price.wat: not a WebAssembly module: this is a component"),
        (b"PK\x03\x04", "not a WebAssembly module: this is a zip archive"),
        (b"(module (func (result i32)))", "plugins/price.wat: type mismatch"),
        (b"(module (func (i32.const 1)", "plugins/price.wat: expected `)`"),
        (
            br#"(module (import "env" "f" (func (param (ref func)))))"#,
            "`f` from `env` is imported with a reference type that hosts have no values of",
        ),
    ] {
        std::fs::write(&price, bytes)?;
        fails(&host, &[wanted])?;
    }
    std::fs::remove_file(&price)?;
    fails(
        &host,
        &["plugins/price.wat: cannot read: No such file or directory", "paths are from the package's folder"],
    )?;
    std::fs::write(&price, &text)?;

    // What cannot be asked for.
    let build = host.join("build.rs");
    let script = std::fs::read_to_string(&build)?;
    for (config, wanted) in [
        (".name(\"9\")", "`9` is not a name for a Rust module"),
        (".cpu(\"pentium\")", "there is no processor level `pentium`"),
        (".features(\"thread\")", "there is no feature `thread`"),
    ] {
        let config = format!("aot_build::Config::new(\"plugins/price.wat\"){config}.compile()?");
        std::fs::write(&build, script.replace("aot_build::compile(\"plugins/price.wat\")?", &config))?;
        fails(&host, &[wanted])?;
    }
    Ok(())
}

/// `cargo check` fails, and says all of this.
fn fails(host: &Path, wanted: &[&str]) -> Result<()> {
    let (good, _, stderr) = run(cargo(host).args(["check"]))?;
    let all = wanted.iter().all(|wanted| stderr.contains(wanted));
    ensure!(!good && all, "it should say {wanted:?}, and says\n{stderr}");
    ensure!(!stderr.contains("panicked"), "{stderr}");
    Ok(())
}
