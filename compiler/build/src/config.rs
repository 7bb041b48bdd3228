//! `Config`: what is to be compiled, and how.

use crate::cargo::{self, Build};
use crate::error::Error;
use crate::{input, output};
use aot_compiler::features::Features;
use aot_compiler::options::{Cpu, ImportBinding, Imports, MemoryStrategy, Model, NamedImport, Optimize, OtherImports};
use aot_compiler::{Options, Target};
use std::path::{Path, PathBuf};

/// A module to compile. What is not said is as Cargo says: target, optimisation, debug information.
///
/// ```no_run
/// # fn main() -> Result<(), aot_build::Error> {
/// aot_build::Config::new("plugins/filter.wat").name("filter").memory(aot_build::Memory::Bounds).compile()
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    path: PathBuf,
    name: Option<String>,
    optimize: Option<Optimize>,
    debug: Option<bool>,
    memory: MemoryStrategy,
    memory_maximum: Option<u64>,
    features: Option<String>,
    cpu: Option<String>,
    imports: Vec<NamedImport>,
    unresolved: OtherImports,
    deterministic: bool,
    spectre: bool,
    interruptible: bool,
    fuel: bool,
    wasi: bool,
}

/// How accesses outside of a memory are caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// As is best for the module and the target.
    Auto,
    /// By reserving address space, 6 GiB for each memory, and without checks.
    Guard,
    /// By checks, with no more address space than the memory uses.
    Bounds,
}

impl Config {
    /// The module at this path, from the package's folder: `.wasm` or `.wat`.
    #[must_use]
    pub fn new(path: impl AsRef<Path>) -> Config {
        Config {
            path: path.as_ref().to_owned(),
            name: None,
            optimize: None,
            debug: None,
            memory: MemoryStrategy::Auto,
            memory_maximum: None,
            features: None,
            cpu: None,
            imports: Vec::new(),
            unresolved: OtherImports::Host,
            deterministic: false,
            spectre: false,
            interruptible: false,
            fuel: false,
            wasi: false,
        }
    }

    /// What the bindings are called, for `aot_embed::include!`. Otherwise it is the name of the file.
    #[must_use]
    pub fn name(mut self, name: &str) -> Config {
        self.name = Some(name.to_owned());
        self
    }

    /// How hard to optimise, as `opt-level` of a profile: `0` to `3`, `s` or `z`. Otherwise it is the profile's, but never
    /// `0`: a plugin is rarely what is being debugged.
    #[must_use]
    pub fn opt_level(mut self, level: &str) -> Config {
        self.optimize = Some(optimize(level));
        self
    }

    /// Whether there is debug information: line tables of the WebAssembly code.
    #[must_use]
    pub fn debug(mut self, debug: bool) -> Config {
        self.debug = Some(debug);
        self
    }

    /// How accesses outside of a memory are caught.
    #[must_use]
    pub fn memory(mut self, memory: Memory) -> Config {
        self.memory = match memory {
            Memory::Auto => MemoryStrategy::Auto,
            Memory::Guard => MemoryStrategy::Guard,
            Memory::Bounds => MemoryStrategy::Bounds,
        };
        self
    }

    /// The size in bytes beyond which no memory grows, whatever the module declares.
    #[must_use]
    pub fn memory_maximum(mut self, bytes: u64) -> Config {
        self.memory_maximum = Some(bytes);
        self
    }

    /// Which proposals the module may use, as `--features` of the command line: `wasm2,threads,-simd`.
    #[must_use]
    pub fn features(mut self, list: &str) -> Config {
        self.features = Some(list.to_owned());
        self
    }

    /// What the code may expect of the processor, as `--cpu` of the command line: `baseline`, `x86-64-v3` or `native`, and
    /// features after commas.
    #[must_use]
    pub fn cpu(mut self, cpu: &str) -> Config {
        self.cpu = Some(cpu.to_owned());
        self
    }

    /// Makes calls of an imported function trap, instead of asking the host for it. `*` stands for all functions of the
    /// import's module.
    #[must_use]
    pub fn import_traps(self, module: &str, field: &str) -> Config {
        self.bind(module, field, ImportBinding::Trap)
    }

    /// Makes calls of an imported function do nothing and return zeros, instead of asking the host for it. `*` stands for
    /// all functions of the import's module.
    #[must_use]
    pub fn import_returns_zero(self, module: &str, field: &str) -> Config {
        self.bind(module, field, ImportBinding::Zero)
    }

    /// Makes calls of all imported functions trap that nothing else was said about: the host provides nothing.
    #[must_use]
    pub fn unresolved_imports_trap(mut self) -> Config {
        self.unresolved = OtherImports::Trap;
        self
    }

    /// The same NaNs and relaxed vector operations on every target.
    #[must_use]
    pub fn deterministic(mut self) -> Config {
        self.deterministic = true;
        self
    }

    /// Checks that also hold where the processor guesses wrong.
    #[must_use]
    pub fn spectre(mut self) -> Config {
        self.spectre = true;
        self
    }

    /// The host can stop the guest from another thread, by `Instance::set_epoch`. Costs a comparison at the entry of each
    /// function and at the head of each loop.
    #[must_use]
    pub fn interruptible(mut self) -> Config {
        self.interruptible = true;
        self
    }

    /// The guest counts what it does, the same on every machine, and stops when its fuel is used up: see
    /// `Instance::set_fuel`.
    #[must_use]
    pub fn fuel(mut self) -> Config {
        self.fuel = true;
        self
    }

    /// Functions of WASI are the runtime's, and the host says what each instance gets: see `aot_embed::WasiConfig`.
    /// Otherwise they are functions of the host like others.
    #[must_use]
    pub fn wasi(mut self) -> Config {
        self.wasi = true;
        self
    }

    /// Compiles the module, writes the library and the bindings, and tells Cargo about them.
    pub fn compile(&self) -> Result<(), Error> {
        let result = Build::from_environment().and_then(|build| self.compile_for(&build));
        if let Err(error) = &result {
            cargo::fail(&error.to_string());
        }
        result
    }

    fn compile_for(&self, build: &Build) -> Result<(), Error> {
        let path = build.folder.join(&self.path);
        // Also when it is missing: the build is tried again as soon as it is there.
        cargo::rerun_if_changed(&path);
        let label = self.path.display().to_string();
        let name = self.rust_name(&label)?;
        let options = self.options(build, &name)?;
        let wasm = input::read(&path, &label)?;
        output::write(&wasm, &options, &name, &label, build)?;
        cargo::link_search(&build.out_dir);
        Ok(())
    }

    /// The name of the bindings.
    fn rust_name(&self, label: &str) -> Result<String, Error> {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => self.path.file_stem().unwrap_or_default().to_string_lossy().replace(['-', '.', ' '], "_"),
        };
        let valid = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
            && name != "_";
        if valid {
            return Ok(name);
        }
        Err(Error::new(format!(
            "{label}: `{name}` is not a name for a Rust module\n  help: choose one with `aot_build::Config::new(…).name(…)`"
        )))
    }

    fn options(&self, build: &Build, name: &str) -> Result<Options, Error> {
        let wrong = |error: aot_compiler::Error| Error::new(error.to_string());
        let mut options = Options::new(Target::parse(&build.target).map_err(wrong)?);
        options.model = Model::Library;
        options.symbol_prefix = output::symbol_prefix(build, name);
        name.clone_into(&mut options.module_name);
        options.optimize = self.optimize.unwrap_or_else(|| match build.opt_level.as_str() {
            "0" => Optimize::Speed,
            level => optimize(level),
        });
        options.debug_info = self.debug.unwrap_or(build.debug);
        options.memory = self.memory;
        options.memory_maximum = self.memory_maximum;
        if let Some(list) = &self.features {
            options.features = Features::parse(list).map_err(wrong)?;
        }
        if let Some(cpu) = &self.cpu {
            options.cpu = cpu.parse::<Cpu>().map_err(wrong)?;
        }
        options.imports = Imports { wasi: self.wasi, named: self.imports.clone(), others: self.unresolved };
        options.deterministic = self.deterministic;
        options.spectre = self.spectre;
        options.interruptible = self.interruptible;
        options.fuel = self.fuel;
        // Build scripts are not optimised: nobody would wait for the verifier.
        options.verify = false;
        options.check().map_err(wrong)?;
        Ok(options)
    }

    fn bind(mut self, module: &str, field: &str, binding: ImportBinding) -> Config {
        let field = (field != "*").then(|| field.to_owned());
        self.imports.push(NamedImport { module: module.to_owned(), field, binding });
        self
    }
}

fn optimize(level: &str) -> Optimize {
    match level {
        "0" => Optimize::None,
        "s" | "z" => Optimize::SpeedAndSize,
        _ => Optimize::Speed,
    }
}
