//! One case: a fresh folder, the grants, the program with limits, and a comparison of everything it did.

use super::conversation::{self, Connection};
use super::way::Way;
use crate::program::{self, Finished, Limits};
use crate::spec::configuration::Target;
use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Seek, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The signal that a trap ends with.
const SIGABRT: i32 = 6;
/// What a program may use besides its linear memory.
const LIMITS: Limits = Limits { time: Duration::from_secs(60), data_bytes: 6 << 30, output_bytes: 64 << 20 };

/// What a program is given, and what it should do.
#[derive(Debug, Clone)]
pub struct Case {
    /// Distinct within the program.
    pub name: String,
    /// Flags of `aot compile` for this case.
    pub flags: Vec<String>,
    /// Arguments, without the program's name.
    pub args: Vec<String>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Granted directories.
    pub directories: Vec<Directory>,
    /// Standard input.
    pub stdin: Vec<u8>,
    /// Grants are compiled in; else they are given when the program runs.
    pub baked: bool,
    /// How it should end.
    pub ending: Ending,
    /// What it should print.
    pub stdout: Text,
    /// Pieces that its standard error should have.
    pub stderr_has: Vec<String>,
    /// What files should hold afterwards: guest path to the SHA-256 of the contents.
    pub files_after: BTreeMap<String, String>,
    /// Conversations with it over a socket on which it is granted to listen.
    pub connections: Vec<Connection>,
    /// Wall-clock limit.
    pub seconds: u64,
}

impl Default for Case {
    fn default() -> Self {
        Case {
            name: String::new(),
            flags: Vec::new(),
            args: Vec::new(),
            env: BTreeMap::new(),
            directories: Vec::new(),
            stdin: Vec::new(),
            baked: false,
            ending: Ending::Exit(0),
            stdout: Text::Exactly(Vec::new()),
            stderr_has: Vec::new(),
            files_after: BTreeMap::new(),
            connections: Vec::new(),
            seconds: 60,
        }
    }
}

/// A granted directory.
#[derive(Debug, Clone)]
pub struct Directory {
    /// What the program calls it.
    pub guest: String,
    /// Folder whose contents it starts with; none: it starts empty.
    pub copy: Option<PathBuf>,
    /// Nothing in it can be changed.
    pub read_only: bool,
}

/// How a program ends.
#[derive(Debug, Clone)]
pub enum Ending {
    /// With this status.
    Exit(i32),
    /// By a trap, with this message where it is known.
    Trap(Option<String>),
    /// By any status but 0, or by a trap.
    Failure,
}

/// What is printed.
#[derive(Debug, Clone)]
pub enum Text {
    /// These bytes.
    Exactly(Vec<u8>),
    /// Bytes with this sum, in hexadecimal digits.
    Sha256(String),
}

/// A case with its folder: what it takes to compile and to run.
#[derive(Debug)]
pub struct Prepared<'a> {
    case: &'a Case,
    folder: PathBuf,
    address: Option<SocketAddr>,
}

impl<'a> Prepared<'a> {
    /// Makes the folder, which must not exist.
    pub fn new(case: &'a Case, folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder.join("empty")).with_context(|| folder.display().to_string())?;
        for (number, directory) in case.directories.iter().enumerate() {
            let to = folder.join(format!("dir{number}"));
            std::fs::create_dir(&to).with_context(|| to.display().to_string())?;
            if let Some(from) = &directory.copy {
                copy(from, &to).with_context(|| from.display().to_string())?;
            }
        }
        let address = if case.connections.is_empty() { None } else { Some(conversation::free_address()?) };
        Ok(Prepared { case, folder: folder.to_path_buf(), address })
    }

    /// Flags of `aot compile` for the grants.
    #[must_use]
    pub fn grant_flags(&self) -> Vec<String> {
        if !self.case.baked {
            return vec!["--runtime-grants".to_owned()];
        }
        let mut flags = Vec::new();
        for (number, directory) in self.case.directories.iter().enumerate() {
            flags.extend(["--dir".to_owned(), self.directory_grant(number, directory)]);
        }
        for (name, value) in &self.case.env {
            flags.extend(["--env".to_owned(), format!("{name}={value}")]);
        }
        if let Some(address) = self.address {
            flags.extend(["--listen".to_owned(), address.to_string()]);
        }
        flags
    }

    fn directory_grant(&self, number: usize, directory: &Directory) -> String {
        let host = self.folder.join(format!("dir{number}"));
        format!("{}::{}{}", host.display(), directory.guest, if directory.read_only { ":ro" } else { "" })
    }

    /// Grants for the environment of a program that was compiled without them.
    fn runtime_grants(&self) -> String {
        let mut grants = Vec::new();
        for (number, directory) in self.case.directories.iter().enumerate() {
            grants.push(format!("dir={}", self.directory_grant(number, directory)));
        }
        for (name, value) in &self.case.env {
            grants.push(format!("env={name}={value}"));
        }
        if let Some(address) = self.address {
            grants.push(format!("listen={address}"));
        }
        grants.join(";")
    }

    /// Runs the executable and compares.
    pub fn run(&self, way: Way, executable: &Path) -> Result<()> {
        let mut command = command(way, executable);
        command.args(&self.case.args).env_clear().current_dir(self.folder.join("empty"));
        if !self.case.baked {
            command.env("AOT_GRANTS", self.runtime_grants());
        }
        if self.case.stdin.is_empty() {
            command.stdin(Stdio::null());
        } else {
            let mut stdin = program::scratch_file(&self.folder, "stdin")?;
            stdin.write_all(&self.case.stdin)?;
            stdin.rewind()?;
            command.stdin(stdin);
        }
        let limits = Limits { time: Duration::from_secs(self.case.seconds), ..LIMITS };
        let finished = match self.address {
            None => program::run(&mut command, limits, &self.folder)?,
            Some(address) => self.serve(&mut command, limits, address)?,
        };
        self.compare(&finished)
    }

    fn serve(&self, command: &mut Command, limits: Limits, address: SocketAddr) -> Result<Finished> {
        let ended = AtomicBool::new(false);
        let (finished, talked) = std::thread::scope(|scope| {
            let client = scope.spawn(|| conversation::converse(address, &self.case.connections, &ended));
            let finished = program::run(command, limits, &self.folder);
            ended.store(true, Ordering::Relaxed);
            (finished, client.join().expect("a conversation ends in a result"))
        });
        let finished = finished?;
        talked.with_context(|| format!("standard error: {}", String::from_utf8_lossy(&finished.stderr)))?;
        Ok(finished)
    }

    fn compare(&self, finished: &Finished) -> Result<()> {
        let mut problems = String::new();
        if let Some(problem) = self.wrong_ending(finished) {
            let _ = writeln!(problems, "{problem}");
        }
        match &self.case.stdout {
            Text::Exactly(expected) if *expected != finished.stdout => {
                problems.push_str(&difference(expected, &finished.stdout));
            }
            Text::Sha256(expected) if *expected != sum(&finished.stdout) => {
                let start = String::from_utf8_lossy(&finished.stdout[..finished.stdout.len().min(2000)]).into_owned();
                let _ = writeln!(
                    problems,
                    "prints {} bytes of sum {}: {start}",
                    finished.stdout.len(),
                    sum(&finished.stdout)
                );
            }
            Text::Exactly(_) | Text::Sha256(_) => {}
        }
        let stderr = String::from_utf8_lossy(&finished.stderr);
        for piece in &self.case.stderr_has {
            if !stderr.contains(piece) {
                let _ = writeln!(problems, "standard error lacks {piece:?}");
            }
        }
        for (path, expected) in &self.case.files_after {
            if let Err(error) = self.check_file(path, expected) {
                let _ = writeln!(problems, "{error:#}");
            }
        }
        if problems.is_empty() {
            return Ok(());
        }
        if !stderr.is_empty() {
            let shown: Vec<&str> = stderr.lines().take(12).collect();
            let _ = writeln!(problems, "standard error: {}", shown.join("\n  "));
        }
        bail!("{}", problems.trim_end())
    }

    fn wrong_ending(&self, finished: &Finished) -> Option<String> {
        use program::Ending as Actual;
        let stderr = String::from_utf8_lossy(&finished.stderr);
        // The program's own last words may stand before it, on the same line.
        let report = stderr.split_once("trap: ").map(|(_, report)| report);
        let trapped = finished.ending == Actual::Signalled(SIGABRT) && report.is_some();
        match &self.case.ending {
            Ending::Exit(status) if finished.ending == Actual::Exited(*status) => None,
            Ending::Exit(status) => Some(format!("{} instead of status {status}", finished.ending)),
            Ending::Failure if trapped => None,
            Ending::Failure if matches!(finished.ending, Actual::Exited(status) if status != 0) => None,
            Ending::Failure => Some(format!("{} instead of failing", finished.ending)),
            Ending::Trap(_) if !trapped => Some(format!("{} instead of a trap", finished.ending)),
            Ending::Trap(Some(message)) if report.and_then(|report| report.lines().next()) != Some(message) => {
                Some(format!("the trap is not `{message}`"))
            }
            Ending::Trap(_) => None,
        }
    }

    fn check_file(&self, guest: &str, expected: &str) -> Result<()> {
        let (number, inside) = self
            .case
            .directories
            .iter()
            .enumerate()
            .filter_map(|(number, directory)| {
                Some((number, guest.strip_prefix(&directory.guest)?.trim_start_matches('/')))
            })
            .min_by_key(|(_, inside)| inside.len())
            .with_context(|| format!("{guest} is in no granted directory"))?;
        let contents =
            std::fs::read(self.folder.join(format!("dir{number}")).join(inside)).context(guest.to_owned())?;
        let actual = sum(&contents);
        ensure!(actual == expected, "{guest} holds {} bytes of sum {actual} instead of {expected}", contents.len());
        Ok(())
    }
}

/// The program to start for a target: the executable itself, or an emulator before it.
fn command(way: Way, executable: &Path) -> Command {
    match emulator(way.target) {
        None => Command::new(executable),
        Some(emulator) => {
            // The emulator is found by the caller's path: the program's environment has none.
            let mut command = Command::new(find(emulator).unwrap_or_else(|| PathBuf::from(emulator)));
            command.arg(executable);
            command
        }
    }
}

/// What runs programs of a target on this machine, if they need it.
#[must_use]
pub fn emulator(target: Target) -> Option<&'static str> {
    match target {
        _ if target.is_native() => None,
        Target::X86_64 => Some("qemu-x86_64"),
        Target::Aarch64 => Some("qemu-aarch64"),
    }
}

/// Where a tool is, if it is in the path.
#[must_use]
pub fn find(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|file| file.is_file())
}

/// SHA-256 in hexadecimal digits.
#[must_use]
pub fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn difference(expected: &[u8], actual: &[u8]) -> String {
    let (expected, actual) = (String::from_utf8_lossy(expected), String::from_utf8_lossy(actual));
    let diff = TextDiff::from_lines(&*expected, &*actual).unified_diff().header("expected", "printed").to_string();
    let lines: Vec<&str> = diff.lines().take(60).collect();
    format!("{}\n", lines.join("\n"))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            // Contents only: the originals may be read-only.
            std::fs::write(&target, std::fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
