//! Executables as hosts of WASI: a module becomes a program by `aot compile`, and runs in a folder of its own.
//!
//! | Module | Which tests |
//! |---|---|
//! | [`suite`] | the official WASI test suite |
//! | [`attacks`] | paths that try to leave a granted directory |
//! | [`process`] | streams, limits, signals and traps of a process |
//! | [`report`] | who passes, in lines and a table |

pub mod attacks;
pub mod process;
pub mod report;
pub mod suite;

use crate::program::{self, Ending, Finished, Limits};
use crate::spec::configuration::{Memory, Target};
use anyhow::{Context, Result, bail, ensure};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// `aot` with these arguments, the program's name left out. An error is what it printed.
pub type Aot<'a> = &'a (dyn Fn(&[String]) -> Result<(), String> + Sync);

/// A way in which every test is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Configuration {
    /// For which architecture; one that is not this machine's runs under an emulator.
    pub target: Target,
    /// How out-of-bounds accesses are caught.
    pub memory: Memory,
}

impl Configuration {
    /// All there are.
    pub const ALL: [Configuration; 4] = [
        Configuration { target: Target::X86_64, memory: Memory::Guard },
        Configuration { target: Target::X86_64, memory: Memory::Bounds },
        Configuration { target: Target::Aarch64, memory: Memory::Guard },
        Configuration { target: Target::Aarch64, memory: Memory::Bounds },
    ];
}

impl fmt::Display for Configuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.target, self.memory)
    }
}

/// What a test does.
pub type Body = Box<dyn Fn(&Bench<'_>) -> Result<()> + Sync + Send>;

/// A test: one of these for each file of the suite and each case of ours.
pub struct Test {
    /// What failures and the table call its kind: a language, or what it is about.
    pub group: String,
    /// Its own name.
    pub name: String,
    /// Whether it also makes sense where an emulator is the process.
    pub emulated: bool,
    /// Does it all.
    pub body: Body,
}

impl Test {
    /// `group/name`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }
}

/// Where a test runs: a configuration and an empty folder.
pub struct Bench<'a> {
    aot: Aot<'a>,
    /// The configuration.
    pub configuration: Configuration,
    /// The folder, and the working directory of the programs.
    pub folder: PathBuf,
}

impl<'a> Bench<'a> {
    /// A bench in a new, empty folder.
    pub fn new(aot: Aot<'a>, configuration: Configuration, folder: PathBuf) -> Result<Self> {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(Bench { aot, configuration, folder })
    }

    /// Compiles a module to the program `name`.
    pub fn compile(&self, input: &Path, name: &str, flags: &[&str]) -> Result<()> {
        let mut arguments = vec!["compile".to_owned(), input.display().to_string(), "-o".to_owned()];
        arguments.push(self.folder.join(name).display().to_string());
        arguments.extend(["--target".to_owned(), self.configuration.target.triple().to_owned()]);
        // Tests are what runs in parallel.
        arguments.extend(["--jobs".to_owned(), "1".to_owned()]);
        if !flags.contains(&"--memory") {
            arguments.extend(["--memory".to_owned(), self.configuration.memory.to_string()]);
        }
        arguments.extend(flags.iter().map(|&flag| flag.to_owned()));
        (self.aot)(&arguments).map_err(|said| anyhow::anyhow!("does not compile: {}", said.trim()))
    }

    /// Compiles a module given as text.
    pub fn compile_text(&self, text: &str, name: &str, flags: &[&str]) -> Result<()> {
        let path = self.folder.join(format!("{name}.wat"));
        fs::write(&path, text)?;
        self.compile(&path, name, flags)
    }

    /// A command that runs the program `name`, with nothing to read that ever comes.
    #[must_use]
    pub fn command(&self, name: &str) -> Command {
        let mut command = self.configuration.target.command(&self.folder.join(name));
        command.stdin(Stdio::piped());
        self.at_home(command)
    }

    /// A shell script, in which `aot_program NAME` runs a program.
    #[must_use]
    pub fn shell(&self, script: &str) -> Command {
        let emulator = self.configuration.target.emulator().unwrap_or_default();
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(format!("aot_program() {{ {emulator} \"./$1\"; }}\n{script}")).stdin(Stdio::null());
        self.at_home(command)
    }

    fn at_home(&self, mut command: Command) -> Command {
        command.current_dir(&self.folder).env_remove("AOT_GRANTS").env_remove("AOT_BACKTRACE");
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, command: &mut Command) -> Result<Finished> {
        // Plenty: threads in the suite wait for half a second, and machines are shared.
        let limits = Limits { time: Duration::from_secs(60), ..Limits::default() };
        program::run(command, limits, &self.folder)
    }

    /// Runs a command that has to end with this status.
    pub fn run_to(&self, status: i32, command: &mut Command) -> Result<Finished> {
        let finished = self.run(command)?;
        expect_status(status, &finished)?;
        Ok(finished)
    }
}

/// An error that shows what the program said, unless it ended with this status. Ending by SIGABRT is status 134, which
/// is what a shell makes of it.
pub fn expect_status(status: i32, finished: &Finished) -> Result<()> {
    let matches = match finished.ending {
        Ending::Exited(exited) => exited == status,
        Ending::Signalled(signal) => 128 + signal == status,
        Ending::TimedOut => false,
    };
    if !matches {
        let said = String::from_utf8_lossy(&finished.stderr);
        bail!("{}, expected status {status}\n{}", finished.ending, said.trim());
    }
    Ok(())
}

/// An error unless a stream has exactly this content.
pub fn expect_text(stream: &str, expected: &str, actual: &[u8]) -> Result<()> {
    ensure!(actual == expected.as_bytes(), "{stream}: {:?}, expected {expected:?}", String::from_utf8_lossy(actual));
    Ok(())
}

/// What became of a test in a configuration: what is wrong, if anything.
pub type Outcome = Result<(), String>;

/// Runs tests in every configuration in which they make sense, as many at a time as there are cores. Outcomes are in
/// the order of tests, then configurations.
pub fn run<'t>(
    tests: &'t [Test],
    configurations: &[Configuration],
    aot: Aot<'_>,
    scratch: &Path,
    keep: bool,
) -> Vec<(&'t Test, Configuration, Outcome)> {
    let jobs: Vec<(&Test, Configuration)> = tests
        .iter()
        .flat_map(|test| configurations.iter().map(move |configuration| (test, *configuration)))
        .filter(|(test, configuration)| test.emulated || configuration.target.is_native())
        .collect();
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        while let Some(&(test, configuration)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = format!("{}.{}.{}", test.key().replace('/', "."), configuration.target, configuration.memory);
            let folder = scratch.join(name);
            let outcome = Bench::new(aot, configuration, folder.clone()).and_then(|bench| (test.body)(&bench));
            if !keep {
                let _ = fs::remove_dir_all(&folder);
            }
            let outcome = outcome.map_err(|error| format!("{error:#}"));
            results.lock().expect("no test panics with it").push((test, configuration, outcome));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let mut results = results.into_inner().expect("no test panics with it");
    results.sort_by_key(|(test, configuration, _)| (test.key(), *configuration));
    results
}
