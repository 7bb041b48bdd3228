//! Golden tests for each stage: `filetests/{module,facts,clif,opt,code,object}/**/*.wat`; the manual is
//! `filetests/readme.wat`.
//!
//! `cargo test -p aot-tests --test filetests [-- [--bless] [FILTER]…]`, or `cargo bless [FILTER]…`.

use anyhow::{Context, Result, bail};
use aot_harness::directives::{self, Directives};
use aot_harness::golden::Golden;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    aot_harness::ending::of(run())
}

fn run() -> Result<bool> {
    let mut bless = false;
    let mut filters = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--bless" => bless = true,
            "--" => {}
            option if option.starts_with('-') => bail!("unknown option {option}; there are --bless and filters"),
            _ => filters.push(argument),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("filetests");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let (mut passed, mut failed, mut blessed) = (0, 0, 0);
    for file in &files {
        let name = file.strip_prefix(&root).expect("found below it").display().to_string();
        if !filters.is_empty() && !filters.iter().any(|filter| name.contains(filter.as_str())) {
            continue;
        }
        match test(file, &name, bless) {
            Ok(Outcome::Passed) => passed += 1,
            Ok(Outcome::Blessed) => {
                blessed += 1;
                println!("blessed {name}");
            }
            Ok(Outcome::Differs(difference)) => {
                failed += 1;
                println!("{name} differs; if that is intended: cargo bless {name}\n{difference}");
            }
            Err(error) => {
                failed += 1;
                println!("{name}: {error:#}");
            }
        }
    }
    println!("filetests: {passed} passed, {failed} failed, {blessed} blessed");
    if passed + failed + blessed == 0 {
        bail!("no file's name contains {}", filters.join(" or "));
    }
    Ok(failed == 0)
}

enum Outcome {
    Passed,
    Blessed,
    Differs(String),
}

fn test(file: &Path, name: &str, bless: bool) -> Result<Outcome> {
    let text = std::fs::read_to_string(file)?;
    let actual = dump(&text, name)?;
    let golden = Golden::split(&text);
    Ok(match golden.difference(&actual) {
        None => Outcome::Passed,
        Some(_) if bless => {
            std::fs::write(file, golden.blessed(&actual))?;
            Outcome::Blessed
        }
        Some(difference) => Outcome::Differs(difference),
    })
}

fn dump(text: &str, name: &str) -> Result<String> {
    let directives = Directives::read(text)?;
    let folder = name.split_once('/').map(|(folder, _)| folder);
    let stage = match (folder, &directives.stage) {
        (Some(folder), None) => directives::stage(folder)?,
        (None, Some(stage)) => directives::stage(stage)?,
        (Some(_), Some(_)) => bail!("the stage is the folder; only files outside of one name it"),
        (None, None) => bail!("a file outside the folder of a stage names its stage"),
    };
    let options = directives.options()?;
    let wasm = wat::parse_str(text).context("not a module")?;
    let filter = directives.filter.as_deref();
    match catch_unwind(|| aot_compiler::dump(&wasm, &options, stage, filter)) {
        Ok(Ok(dumped)) => Ok(dumped),
        // An error is a result like any other: what it says is part of the interface.
        Ok(Err(error)) => Ok(format!("error: {error}")),
        Err(_) => bail!("the compiler panicked"),
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "wat") {
            files.push(path);
        }
    }
    Ok(())
}
