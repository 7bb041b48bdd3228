//! The ways in which every script is run.

use std::fmt;
use std::path::Path;
use std::process::Command;

/// Target, memory strategy, instance model, and whether facts and optimisation are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Configuration {
    /// For which architecture; aarch64 runs under an emulator unless this is one.
    pub target: Target,
    /// How out-of-bounds accesses are caught.
    pub memory: Memory,
    /// One instance at link-time addresses, or any number.
    pub model: Model,
    /// Facts and optimisation: both or neither.
    pub optimized: bool,
}

/// See [`Configuration::target`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    X86_64,
    Aarch64,
}

/// See [`Configuration::memory`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Memory {
    Guard,
    Bounds,
}

/// See [`Configuration::model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Model {
    Library,
    Executable,
}

impl Target {
    /// As users type it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.split('-').next() {
            Some("x86_64") => Some(Target::X86_64),
            Some("aarch64") => Some(Target::Aarch64),
            _ => None,
        }
    }

    /// The triple that modules are compiled for.
    #[must_use]
    pub fn triple(self) -> &'static str {
        match self {
            Target::X86_64 => "x86_64-unknown-linux-gnu",
            Target::Aarch64 => "aarch64-unknown-linux-gnu",
        }
    }

    /// Whether this machine runs it without an emulator.
    #[must_use]
    pub fn is_native(self) -> bool {
        match self {
            Target::X86_64 => cfg!(target_arch = "x86_64"),
            Target::Aarch64 => cfg!(target_arch = "aarch64"),
        }
    }
}

impl Target {
    /// What runs its programs here, where this machine does not.
    #[must_use]
    pub fn emulator(self) -> Option<&'static str> {
        match self {
            _ if self.is_native() => None,
            Target::X86_64 => Some("qemu-x86_64"),
            Target::Aarch64 => Some("qemu-aarch64"),
        }
    }

    /// A command that runs a program of this target.
    #[must_use]
    pub fn command(self, program: &Path) -> Command {
        match self.emulator() {
            None => Command::new(program),
            Some(emulator) => {
                let mut command = Command::new(emulator);
                command.arg(program);
                command
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Target::X86_64 => "x86_64",
            Target::Aarch64 => "aarch64",
        })
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Memory::Guard => "guard",
            Memory::Bounds => "bounds",
        })
    }
}

impl Configuration {
    /// The configurations of a target: every memory strategy and model, with facts and optimisation on; with `all`
    /// also with both off.
    #[must_use]
    pub fn of(target: Target, all: bool) -> Vec<Self> {
        let mut configurations = Vec::new();
        for optimized in [true, false] {
            for memory in [Memory::Guard, Memory::Bounds] {
                for model in [Model::Library, Model::Executable] {
                    if optimized || all {
                        configurations.push(Configuration { target, memory, model, optimized });
                    }
                }
            }
        }
        configurations
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = match self.model {
            Model::Library => "library",
            Model::Executable => "executable",
        };
        let optimized = if self.optimized { "optimized" } else { "plain" };
        write!(formatter, "{} {} {model} {optimized}", self.target, self.memory)
    }
}
