//! What the suites share: building inputs with the machine's tools, linking them with us and with others, running.

#![allow(dead_code, reason = "every suite uses a part of this")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aot_link::{Architecture, Input, Layout, LinkError};

pub(crate) const BOTH: [Architecture; 2] = [Architecture::X86_64, Architecture::Aarch64];

/// The name of a GNU tool for an architecture.
pub(crate) fn gnu(architecture: Architecture, tool: &str) -> String {
    match architecture {
        Architecture::X86_64 => tool.into(),
        Architecture::Aarch64 => format!("aarch64-linux-gnu-{tool}"),
    }
}

/// Says whether all tools are there. A missing one is reported by name; with `CI` set, that is a failure.
#[must_use]
pub(crate) fn have(tools: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |tool: &&&str| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    let missing: Vec<_> = tools.iter().filter(|tool| !is_there(tool)).collect();
    if !missing.is_empty() {
        assert!(std::env::var_os("CI").is_none(), "missing tools: {missing:?}");
        eprintln!("NOT TESTED: missing tools: {missing:?}");
    }
    missing.is_empty()
}

/// What is needed to build and run programs of an architecture.
#[must_use]
pub(crate) fn have_toolchain(architecture: Architecture) -> bool {
    let (compiler, archiver, linker) = (gnu(architecture, "gcc"), gnu(architecture, "ar"), gnu(architecture, "ld"));
    let runner: &[&str] = if architecture == Architecture::Aarch64 { &["qemu-aarch64"] } else { &[] };
    have(&[&[compiler.as_str(), &archiver, &linker, "ld.lld"], runner].concat())
}

/// A folder for one test's files.
pub(crate) struct Scratch {
    pub(crate) folder: PathBuf,
    pub(crate) architecture: Architecture,
}

impl Scratch {
    pub(crate) fn new(test: &str, architecture: Architecture) -> Scratch {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{architecture:?}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Scratch { folder, architecture }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Compiles C (or assembly, by the ending of `name`) to an object; returns its path.
    pub(crate) fn compile(&self, name: &str, source: &str, flags: &[&str]) -> PathBuf {
        let source_path = self.path(name);
        fs::write(&source_path, source).unwrap();
        let object = source_path.with_extension("o");
        run(Command::new(gnu(self.architecture, "gcc"))
            .args(["-c", "-O1", "-ffreestanding", "-fno-stack-protector", "-ffunction-sections", "-fdata-sections"])
            .args(flags)
            .arg("-o")
            .args([&object, &source_path]));
        object
    }

    pub(crate) fn archive(&self, name: &str, flags: &str, members: &[PathBuf]) -> PathBuf {
        let archive = self.path(name);
        run(Command::new(gnu(self.architecture, "ar")).arg(flags).arg(&archive).args(members));
        archive
    }

    /// The objects that every program starts with: entry point, `print`, `exit`.
    pub(crate) fn start(&self, flags: &[&str]) -> PathBuf {
        self.compile("start.c", include_str!("../programs/start.c"), flags)
    }

    /// Links with us and writes the executable.
    pub(crate) fn link(&self, name: &str, inputs: &[PathBuf], layout: &Layout) -> PathBuf {
        let bytes = link_files(inputs, layout).unwrap_or_else(|error| panic!("{name}: {error}"));
        self.write_executable(name, &bytes)
    }

    pub(crate) fn write_executable(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Runs an executable of this architecture; returns status and output.
    pub(crate) fn execute(&self, executable: &Path) -> (Option<i32>, String) {
        let output = match self.architecture {
            Architecture::X86_64 => Command::new(executable).output(),
            Architecture::Aarch64 => Command::new("qemu-aarch64").arg(executable).output(),
        };
        let output = output.unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

pub(crate) fn link_files(inputs: &[PathBuf], layout: &Layout) -> Result<Vec<u8>, LinkError> {
    let contents: Vec<(String, Vec<u8>)> = inputs
        .iter()
        .map(|path| (path.file_name().unwrap().to_str().unwrap().into(), fs::read(path).unwrap()))
        .collect();
    let inputs: Vec<_> = contents.iter().map(|(name, bytes)| Input { name, bytes }).collect();
    aot_link::link(&inputs, layout).map(|linked| linked.bytes)
}

/// Runs a tool that must succeed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", both_streams(&output));
    both_streams(&output)
}

pub(crate) fn both_streams(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
