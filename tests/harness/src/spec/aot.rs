//! The suite's toolbox, filled with this repository's compiler, linker, runtime and driver.

use super::configuration::{Configuration, Memory, Model, Target};
use super::run::one_line;
use super::toolbox::{Refusal, Request, Toolbox};
use anyhow::{Context, Result, bail};
use aot_compiler::features::Features;
use aot_compiler::optimizations::Optimizations;
use aot_compiler::options::{CpuLevel, MemoryStrategy, Optimize};
use aot_compiler::profile::Profile;
use aot_compiler::{ErrorKind, Options};
use aot_link::{Architecture, Input, Layout};
use aot_runtime_recipe::{Outcome, Recipe};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

/// See the file's documentation.
#[derive(Debug)]
pub struct AotToolbox {
    /// The driver with the runtime, as an archive, for each target asked for.
    drivers: Vec<(Target, Vec<u8>)>,
    /// Folder for files of external linkers.
    scratch: std::path::PathBuf,
    variation: Variation,
}

/// What may differ from how programs are usually compiled and linked, in all configurations alike.
#[derive(Debug, Clone, Default)]
pub struct Variation {
    /// Instead of the built-in linker: a second opinion.
    pub external_linker: Option<String>,
    /// A level of processor and features, as in `x86-64-v3,avx512f`.
    pub cpu: Option<String>,
    /// Bounds checks that hold under misspeculation.
    pub spectre: bool,
    /// The same NaNs and relaxed operators everywhere.
    pub deterministic: bool,
    /// Guests look at the epoch.
    pub interruptible: bool,
    /// Guests count their fuel.
    pub fuel: bool,
    /// Programs count what runs, where they can.
    pub counting: bool,
    /// The optimisations that are on.
    pub optimizations: Optimizations,
}

impl AotToolbox {
    /// Builds the driver for these targets. `target_directory` keeps what cargo builds, `scratch` is for passing files.
    pub fn new(targets: &[Target], target_directory: &Path, scratch: &Path, variation: Variation) -> Result<Self> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../driver");
        let mut drivers = Vec::new();
        for target in targets {
            let recipe = Recipe { package: &package, target: target.triple(), target_directory };
            match aot_runtime_recipe::build(&recipe) {
                Outcome::Built(path) => {
                    drivers.push((*target, std::fs::read(&path).with_context(|| path.display().to_string())?));
                }
                Outcome::MissingTarget { help } => bail!("the spec driver needs a target: {help}"),
                Outcome::Failed { log } => bail!("the spec driver for {} does not build:\n{log}", target.triple()),
            }
        }
        Ok(AotToolbox { drivers, scratch: scratch.to_path_buf(), variation })
    }

    /// The same with other options.
    #[must_use]
    pub fn with(self, variation: Variation) -> Self {
        AotToolbox { variation, ..self }
    }

    fn driver(&self, target: Target) -> Result<&[u8]> {
        let driver = self.drivers.iter().find(|(known, _)| *known == target);
        driver.map(|(_, archive)| archive.as_slice()).context("the driver was not built for this target")
    }

    fn link_externally(&self, linker: &str, configuration: Configuration, objects: &[Vec<u8>]) -> Result<Vec<u8>> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let folder = self.scratch.join(format!("link{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir_all(&folder)?;
        let mut command = Command::new(linker);
        // As far below the fixed memory as the built-in linker puts it.
        command.args(["-static", "--gc-sections", "-Ttext-segment=0x200000", "-o"]).arg(folder.join("out"));
        for (number, object) in objects.iter().enumerate() {
            let path = folder.join(format!("{number}.o"));
            std::fs::write(&path, object)?;
            command.arg(path);
        }
        std::fs::write(folder.join("driver.a"), self.driver(configuration.target)?)?;
        command.arg(folder.join("driver.a"));
        let output = command.output().with_context(|| linker.to_owned())?;
        let result = if output.status.success() {
            Ok(std::fs::read(folder.join("out"))?)
        } else {
            Err(anyhow::anyhow!("{linker}: {}", String::from_utf8_lossy(&output.stderr)))
        };
        std::fs::remove_dir_all(&folder)?;
        result
    }
}

/// What a request means in the compiler's terms.
pub fn options(request: &Request<'_>, variation: &Variation) -> Result<Options, aot_compiler::Error> {
    let configuration = request.configuration;
    let mut options = Options::new(aot_compiler::Target::parse(configuration.target.triple())?);
    options.model = match configuration.model {
        Model::Library => aot_compiler::options::Model::Library,
        Model::Executable => aot_compiler::options::Model::Executable,
    };
    options.memory = match configuration.memory {
        Memory::Guard => MemoryStrategy::Guard,
        Memory::Bounds => MemoryStrategy::Bounds,
    };
    options.facts = configuration.optimized;
    options.optimize = if configuration.optimized { Optimize::Speed } else { Optimize::None };
    options.symbol_prefix = request.symbol_prefix.to_owned();
    options.memory_base = request.memory_base;
    options.only_module = request.only_module;
    options.features = Features::parse(features(request.group))?;
    if let Some(cpu) = &variation.cpu {
        let mut parts = cpu.split(',');
        options.cpu.level = match parts.next() {
            Some("x86-64-v3") => CpuLevel::X86_64V3,
            Some("native") => CpuLevel::Native,
            _ => CpuLevel::Baseline,
        };
        options.cpu.features = parts.map(str::to_owned).collect();
    }
    options.spectre = variation.spectre;
    options.deterministic = variation.deterministic;
    if variation.counting && configuration.model == Model::Executable {
        options.profile = Profile::Generate;
    }
    options.interruptible = variation.interruptible;
    options.fuel = variation.fuel;
    options.optimizations = variation.optimizations;
    options.verify = true;
    if !configuration.target.is_native() {
        // Emulators keep a record for each page of a reservation: the 64 GiB of a 64-bit memory without a maximum take
        // one a second.
        options.memory_maximum = Some(4 << 30);
    }
    // The suite's own threads keep the cores busy.
    options.threads = 1;
    Ok(options)
}

/// The proposals that scripts of a group may use. Those of an older suite expect what came later to be rejected: a second
/// memory, or a byte that has to be zero because it was not an index yet.
fn features(group: &str) -> &'static str {
    match group {
        "v1" => "wasm1",
        "v2" | "multi-value" | "reference-types" => "wasm2",
        "extended-const" => "wasm2,extended-const",
        "bulk-memory" | "function-references" => "wasm3,-multi-memory",
        "memory64" => "wasm2,memory64",
        "threads" => "wasm2,-reference-types,threads",
        _ => "default",
    }
}

impl Toolbox for AotToolbox {
    fn compile(&self, wasm: &[u8], request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
        let compile = || {
            let mut options = options(request, &self.variation)?;
            let first = aot_compiler::compile(wasm, &options);
            let limited = options.memory_maximum.take().is_some();
            match first {
                // The module starts beyond the emulator's limit; it is only asked to be valid.
                Err(error) if limited && error.kind() == ErrorKind::Limit => aot_compiler::compile(wasm, &options),
                first => first,
            }
        };
        match std::panic::catch_unwind(compile) {
            Ok(Ok(object)) => Ok(object.bytes),
            Ok(Err(error)) => {
                // What no option turns on is refused by the validator all the same; what is still to be done is not.
                let planned = error.message().contains("not supported yet");
                let invalid = match error.kind() {
                    ErrorKind::Invalid => true,
                    ErrorKind::Unsupported => !planned,
                    _ => false,
                };
                Err(Refusal { invalid, message: format!("does not compile: {}", one_line(&error.to_string())) })
            }
            Err(payload) => {
                let message = payload.downcast_ref::<String>().map(String::as_str);
                let message = message.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("");
                Err(Refusal { invalid: false, message: format!("the compiler panicked: {}", one_line(message)) })
            }
        }
    }

    fn link(&self, configuration: Configuration, objects: &[Vec<u8>]) -> Result<Vec<u8>> {
        if let Some(linker) = &self.variation.external_linker {
            return self.link_externally(linker, configuration, objects);
        }
        let layout = Layout::new(match configuration.target {
            Target::X86_64 => Architecture::X86_64,
            Target::Aarch64 => Architecture::Aarch64,
        });
        let objects = objects.iter().map(|bytes| Input { name: "module", bytes });
        let driver = Input { name: "driver", bytes: self.driver(configuration.target)? };
        let inputs: Vec<Input<'_>> = objects.chain([driver]).collect();
        Ok(aot_link::link(&inputs, &layout)?.bytes)
    }
}
