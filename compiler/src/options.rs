//! Options: plain data, checked once by [`Options::check`].

use crate::error::{Error, ErrorKind, Result};
use crate::features::Features;
use crate::optimizations::Optimizations;
use crate::profile::Profile;
use crate::target::Target;
use std::str::FromStr;

/// Everything that decides what [`crate::compile`] makes of a module, besides its bytes.
#[derive(Debug, Clone)]
pub struct Options {
    /// Architecture, system and object format.
    pub target: Target,
    /// What the code may expect of the processor.
    pub cpu: Cpu,
    /// x86_64: functions with vectors in loops are compiled for AVX2 as well, and ask which version to run. What they ask
    /// is a part of executables' runtime only.
    pub vector_versions: bool,
    /// One instance at link-time addresses, or any number.
    pub model: Model,
    /// Executable model: no code of another module runs in the program, and a trap ends it. Then registers can have a
    /// meaning for the whole program.
    pub only_module: bool,
    /// Start of every symbol of the module; see `aot_abi::symbol`.
    pub symbol_prefix: String,
    /// Name for messages and backtraces where the module has none.
    pub module_name: String,
    /// Exports that stay reachable; `None` for all. An executable closes its world with the names it needs.
    pub roots: Option<Vec<String>>,
    /// How out-of-bounds accesses are caught.
    pub memory: MemoryStrategy,
    /// Executable model: address of memory 0; `None` for the target's default. Further memories have no fixed address.
    pub memory_base: Option<u64>,
    /// Executable model: place the initial contents of memory 0 in a section of its own that the linker maps at the
    /// fixed address, instead of copying them at start-up.
    pub memory_in_place: bool,
    /// Another object of the link, made from the same module with the same options, has that section already.
    pub memory_elsewhere: bool,
    /// Upper limit of every memory in bytes, whatever the module declares.
    pub memory_maximum: Option<u64>,
    /// Bounds checks also hold under misspeculation.
    pub spectre: bool,
    /// Proposals that modules may use.
    pub features: Features,
    /// Use what is provable about the closed world. Off: nothing is known, which is always correct.
    pub facts: bool,
    /// The optimisations that are on, of those that `facts` and `optimize` allow.
    pub optimizations: Optimizations,
    /// How hard to optimise.
    pub optimize: Optimize,
    /// Whether to count what runs, or what was counted.
    pub profile: Profile,
    /// Relaxed SIMD and NaN bit patterns are the same on every target.
    pub deterministic: bool,
    /// Functions and loops look whether the epoch has come at which the host wants the guest to stop.
    pub interruptible: bool,
    /// Count what the program does, the same on every target, and stop it when its fuel is used up.
    pub fuel: bool,
    /// How imported functions are bound.
    pub imports: Imports,
    /// Emit DWARF line tables.
    pub debug_info: bool,
    /// Run Cranelift's verifier on every function.
    pub verify: bool,
    /// Threads of the code stage; 0 for one per core.
    pub threads: usize,
}

impl Options {
    /// The defaults for a target: a library for anyone to instantiate.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Options {
            target,
            cpu: Cpu::default(),
            vector_versions: false,
            model: Model::Library,
            only_module: false,
            symbol_prefix: "aot".to_owned(),
            module_name: String::new(),
            roots: None,
            memory: MemoryStrategy::Auto,
            memory_base: None,
            memory_in_place: false,
            memory_elsewhere: false,
            memory_maximum: None,
            spectre: false,
            features: Features::default(),
            facts: true,
            optimizations: Optimizations::ALL,
            optimize: Optimize::Speed,
            profile: Profile::None,
            deterministic: false,
            interruptible: false,
            fuel: false,
            imports: Imports::default(),
            debug_info: false,
            verify: cfg!(debug_assertions),
            threads: 0,
        }
    }

    /// Refuses combinations that cannot work, before any work is done.
    pub fn check(&self) -> Result<()> {
        let wrong = |message: &str| Err(Error::new(ErrorKind::Options, message));
        let prefix_is_symbol = self.symbol_prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && self.symbol_prefix.bytes().next().is_some_and(|b| !b.is_ascii_digit());
        if !prefix_is_symbol {
            return wrong("the symbol prefix must be a C identifier");
        }
        if self.model == Model::Library && (self.memory_base.is_some() || self.memory_in_place) {
            return wrong("a fixed memory address needs the executable model");
        }
        if self.model == Model::Library && self.only_module {
            return wrong("a library is not alone in its program");
        }
        if self.model == Model::Library && matches!(self.profile, Profile::Generate) {
            return wrong("counting needs the executable model");
        }
        if self.memory_base.is_some_and(|base| base == 0 || base % (1 << 16) != 0 || base >= 1 << 46) {
            return wrong("the memory base must be a multiple of 64 KiB, not zero, and below 2^46");
        }
        Ok(())
    }
}

/// Which processors the code runs on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cpu {
    /// The base level.
    pub level: CpuLevel,
    /// Cranelift names of further features to turn on (`has_avx2`, `has_lse`, …), without the `has_`.
    pub features: Vec<String>,
}

impl FromStr for Cpu {
    type Err = Error;

    /// A level, and features after commas: `x86-64-v3,+avx512f`.
    fn from_str(text: &str) -> Result<Self> {
        let mut words = text.split(',').map(str::trim);
        let level = match words.next().unwrap_or_default() {
            "baseline" => CpuLevel::Baseline,
            "x86-64-v3" => CpuLevel::X86_64V3,
            "native" => CpuLevel::Native,
            other => {
                let message = format!("there is no processor level `{other}`");
                return Err(Error::new(ErrorKind::Options, message).with_help(
                    "levels: baseline, x86-64-v3, native; features follow after commas, as in `baseline,avx2`",
                ));
            }
        };
        let features = words.map(|word| word.trim_start_matches('+').replace('-', "_")).collect();
        Ok(Cpu { level, features })
    }
}

/// A base level of processor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CpuLevel {
    /// x86-64-v2 or armv8-a.
    #[default]
    Baseline,
    /// x86-64-v3; an error on other architectures.
    X86_64V3,
    /// What this machine has; an error when compiling for another architecture.
    Native,
}

/// The instance model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// One instance, state at link-time addresses, no context parameter.
    Executable,
    /// Any number of instances, one context parameter, position-independent.
    Library,
}

/// How out-of-bounds accesses are caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryStrategy {
    /// By memory and target.
    Auto,
    /// Reservation and guard pages; no checks where they suffice.
    Guard,
    /// Explicit checks, no large reservation.
    Bounds,
}

/// How hard to optimise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optimize {
    /// Compile quickly.
    None,
    /// Run quickly.
    Speed,
    /// Run quickly and be small.
    SpeedAndSize,
}

/// How imported functions are bound. Imported memories, tables, globals and tags always come from the instantiator.
#[derive(Debug, Clone, Default)]
pub struct Imports {
    /// Bind functions of the WASI modules to the runtime's.
    pub wasi: bool,
    /// Named imports, first match wins; before `wasi`.
    pub named: Vec<NamedImport>,
    /// What becomes of all others.
    pub others: OtherImports,
}

/// What one import is bound to.
#[derive(Debug, Clone)]
pub struct NamedImport {
    /// Import module name.
    pub module: String,
    /// Import field name; `None` for all of the module.
    pub field: Option<String>,
    /// To what.
    pub binding: ImportBinding,
}

/// What a function import is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportBinding {
    /// A slot of the context, filled by the instantiator with a function of another instance or the host.
    Slot,
    /// A native function by the documented C ABI: `extern "C" fn(*mut InstanceContext, args…) -> result`.
    Symbol(String),
    /// A function that the embedder of a library gives when it creates an instance; see `aot_abi::libcall`, `HostCall`.
    Host,
    /// Calls trap.
    Trap,
    /// Calls do nothing and return zeros.
    Zero,
}

/// What becomes of function imports that nothing names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OtherImports {
    /// [`ImportBinding::Slot`].
    #[default]
    Slot,
    /// [`ImportBinding::Host`].
    Host,
    /// [`ImportBinding::Trap`].
    Trap,
    /// An error that lists them all.
    Error,
}

#[cfg(test)]
mod tests {
    use super::{Cpu, CpuLevel};

    #[test]
    fn a_processor_is_a_level_and_features() {
        let parsed: Cpu = "x86-64-v3,+avx512f,bmi1".parse().expect("it is well formed");
        assert_eq!(parsed, Cpu { level: CpuLevel::X86_64V3, features: vec!["avx512f".into(), "bmi1".into()] });
        assert!("pentium".parse::<Cpu>().is_err());
        assert!("".parse::<Cpu>().is_err());
    }
}
