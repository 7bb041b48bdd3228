//! Programs compiled from their sources, natively and to WebAssembly, by the same compiler; kept until an input changes.

use crate::child::Words;
use crate::peer::Missing;
use crate::program::{Folders, Language, Program};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What a program is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// For this machine's architecture, no feature beyond its baseline, at this level.
    Native(u8),
    /// To WebAssembly; with vectors?
    Wasm { vectors: bool },
}

/// The executable or module.
pub(crate) fn built(program: &Program, build: Build, folders: &Folders) -> Result<PathBuf, Missing> {
    let command = match program.language {
        Language::C | Language::Cpp => c(program, build, folders)?,
        Language::Rust => rust(program, build, folders)?,
        Language::Go => go(program, build, folders)?,
    };
    let folder = folders.kit.join("built");
    fs::create_dir_all(&folder).map_err(|error| missing("the set-up's folder", error))?;
    let key = key(program, &command, folders)?;
    let out = folder.join(format!("{}-{key}.{}", program.name, suffix(build)));
    if out.is_file() {
        return Ok(out);
    }
    // Renamed when it is complete: others may build the same.
    let unfinished = folder.join(format!("{}-{key}.{}", program.name, std::process::id()));
    eprintln!("compiling {} for {build:?}", program.name);
    let output =
        command.command(&unfinished).output().map_err(|error| missing(&command.words[0].to_string_lossy(), error))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let line = errors.lines().find(|line| line.contains("error")).or(errors.lines().last()).unwrap_or_default();
        return Err(missing(&format!("{} for {build:?}", program.name), line));
    }
    fs::rename(&unfinished, &out).map_err(|error| missing("the set-up's folder", error))?;
    Ok(out)
}

fn suffix(build: Build) -> &'static str {
    match build {
        Build::Native(_) => "native",
        Build::Wasm { .. } => "wasm",
    }
}

fn missing(tool: &str, why: impl ToString) -> Missing {
    Missing { tool: tool.to_owned(), why: why.to_string() }
}

/// A compiler's command line; the output is named when it runs.
struct Compiler {
    words: Words,
    environment: Vec<(&'static str, &'static str)>,
    inputs: Vec<PathBuf>,
}

impl Compiler {
    fn command(&self, out: &Path) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).arg("-o").arg(out).args(&self.inputs).envs(self.environment.iter().copied());
        command
    }
}

/// A tool of the set-up.
pub(crate) fn tool(folders: &Folders, name: &str) -> Result<PathBuf, Missing> {
    let path = folders.kit.join("bin").join(name);
    if path.exists() { Ok(path) } else { Err(missing(name, "is not there; `benches/setup` installs it")) }
}

/// `zig cc` for this machine's architecture, and no CPU that is newer than its baseline.
pub(crate) fn native_target() -> String {
    format!("{}-linux-gnu", env::consts::ARCH)
}

fn c(program: &Program, build: Build, folders: &Folders) -> Result<Compiler, Missing> {
    let zig = tool(folders, "zig")?;
    let mut words: Words = vec![zig.into(), if program.language == Language::Cpp { "c++" } else { "cc" }.into()];
    // Contraction would give native code other results than Wasm can have.
    let mut flags =
        vec!["-DNDEBUG".to_owned(), "-ffp-contract=off".to_owned(), "-fno-sanitize=all".to_owned(), "-s".to_owned()];
    match build {
        Build::Native(level) => {
            flags.extend([format!("-O{level}"), "-target".to_owned(), native_target()]);
            flags.extend(program.native_flags.iter().cloned());
        }
        Build::Wasm { vectors } => {
            flags.extend(["-O3".to_owned(), "-target".to_owned(), "wasm32-wasi".to_owned()]);
            flags.extend(vectors.then(|| "-msimd128".to_owned()));
            flags.extend(program.wasm_flags.iter().cloned());
        }
    }
    flags.extend(program.flags.iter().cloned());
    words.extend(flags.into_iter().map(Into::into));
    for folder in program.include(folders) {
        words.extend(["-I".into(), folder.into()]);
    }
    Ok(Compiler { words, environment: Vec::new(), inputs: program.sources(folders) })
}

fn rust(program: &Program, build: Build, folders: &Folders) -> Result<Compiler, Missing> {
    let mut words: Words = vec![tool(folders, "rustc")?.into(), "--edition=2021".into(), "-Cstrip=symbols".into()];
    words.extend(["-Ccodegen-units=1", "-Cpanic=abort"].map(Into::into));
    match build {
        Build::Native(level) => words.push(format!("-Copt-level={level}").into()),
        Build::Wasm { vectors } => {
            words.extend(["-Copt-level=3", "--target=wasm32-wasi"].map(Into::into));
            let mut linker = std::ffi::OsString::from("-Clinker=");
            linker.push(tool(folders, "wasm-ld")?);
            let mut library = std::ffi::OsString::from("-L");
            library.push(folders.kit.join("rust/usr/lib/wasm32-wasi"));
            words.extend([linker, library]);
            words.extend(vectors.then(|| "-Ctarget-feature=+simd128".into()));
            words.extend(program.wasm_flags.iter().map(Into::into));
        }
    }
    Ok(Compiler { words, environment: Vec::new(), inputs: program.sources(folders) })
}

/// Go has one level, and no vectors in Wasm.
fn go(program: &Program, build: Build, folders: &Folders) -> Result<Compiler, Missing> {
    let mut words: Words = vec![tool(folders, "go")?.into()];
    words.extend(["build", "-trimpath", "-ldflags=-s -w"].map(Into::into));
    let environment = match build {
        Build::Native(_) => vec![("CGO_ENABLED", "0")],
        Build::Wasm { .. } => vec![("GOOS", "wasip1"), ("GOARCH", "wasm")],
    };
    Ok(Compiler { words, environment, inputs: program.sources(folders) })
}

/// Changes with the command, the sources and the files beside them.
fn key(program: &Program, compiler: &Compiler, folders: &Folders) -> Result<String, Missing> {
    let mut hash = Sha256::new();
    for word in &compiler.words {
        hash.update(word.as_encoded_bytes());
        hash.update([0]);
    }
    for (name, value) in &compiler.environment {
        hash.update(format!("{name}={value}\n"));
    }
    let mut files = vec![folders.programs.join("bench.h"), folders.programs.join("corpus.h")];
    for source in program.sources(folders) {
        let folder = source.parent().map(Path::to_path_buf).unwrap_or_default();
        // Beside a main file are headers and scripts; other folders have many programs, or what comes with a set-up.
        if source.starts_with(&folders.programs) && !folder.ends_with("loops") {
            let beside = fs::read_dir(&folder).into_iter().flatten().flatten();
            files.extend(beside.map(|entry| entry.path()));
        } else {
            files.push(source);
        }
    }
    files.sort();
    files.dedup();
    for file in files.iter().filter(|file| file.is_file()) {
        hash.update(fs::read(file).map_err(|error| missing(&file.display().to_string(), error))?);
    }
    Ok(hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect())
}
