//! What was typed, as compiler options: the machine's own target filled in, names looked up, contradictions refused.

use super::{CodeArgs, FactsArg, MemoryArg, ModelArg, ObjectArgs, OptimizeLevel, StageArg};
use crate::console::describe;
use crate::diagnostic::{Failure, Message};
use crate::output::version;
use aot_compiler::features::Features;
use aot_compiler::optimizations::Optimizations;
use aot_compiler::options::{MemoryStrategy, Model, Optimize};
use aot_compiler::profile::{Counts, Profile};
use aot_compiler::{Options, Stage, Target};
use std::path::PathBuf;
use std::sync::Arc;

/// The targets that are complete, by their full names.
pub(crate) const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// The target that is meant: `--target`, else this machine.
pub(crate) fn target(code: &CodeArgs) -> Result<Target, Failure> {
    let name = match (&code.target, host_target()) {
        (Some(name), _) => name.as_str(),
        (None, Some(host)) => host,
        (None, None) => {
            return Err(Message::usage("this machine is not one that aot compiles for")
                .with_help("choose one with `--target`; `aot targets` lists them")
                .into());
        }
    };
    Target::parse(name).map_err(|error| of_option(&error))
}

/// This machine, where it is a supported target.
pub(crate) fn host_target() -> Option<&'static str> {
    TARGETS.into_iter().find(|name| cfg!(target_os = "linux") && name.starts_with(std::env::consts::ARCH))
}

/// Options for an object or a dump of the module called `module_name`.
pub(crate) fn options(code: &CodeArgs, object: &ObjectArgs, module_name: &str) -> Result<Options, Failure> {
    let mut options = code_options(code, module_name, false)?;
    options.symbol_prefix = object.prefix.clone().unwrap_or_else(|| aot_abi::symbol::EXECUTABLE_PREFIX.to_owned());
    options.imports.wasi = object.wasi;
    options.model = match object.model {
        ModelArg::Library => Model::Library,
        ModelArg::Executable | ModelArg::Program => Model::Executable,
    };
    options.only_module = object.model == ModelArg::Program;
    options.check().map_err(|error| of_option(&error))?;
    Ok(options)
}

/// What every output has in common. Executables may have several versions, of which these options are for the first.
pub(crate) fn code_options(code: &CodeArgs, module_name: &str, several_versions: bool) -> Result<Options, Failure> {
    let mut options = Options::new(target(code)?);
    module_name.clone_into(&mut options.module_name);
    let [first, others @ ..] = &*version::versions(code)? else { unreachable!("there is a first version") };
    if !others.is_empty() && !several_versions {
        return Err(Message::usage("only executables have several versions")
            .with_help("name one level in `--cpu`")
            .into());
    }
    options.cpu = first.cpu.clone();
    options.optimize = match code.optimize {
        OptimizeLevel::Zero => Optimize::None,
        OptimizeLevel::One | OptimizeLevel::Two => Optimize::Speed,
        OptimizeLevel::Small => Optimize::SpeedAndSize,
    };
    options.memory = match code.memory {
        MemoryArg::Auto => MemoryStrategy::Auto,
        MemoryArg::Guard => MemoryStrategy::Guard,
        MemoryArg::Bounds => MemoryStrategy::Bounds,
    };
    options.memory_maximum = code.max_memory.map(|size| size.0);
    if let Some(list) = &code.features {
        options.features = Features::parse(list).map_err(|error| of_option(&error))?;
    }
    options.profile = profile(&code.pgo_use)?;
    options.debug_info = code.debug_info;
    options.deterministic = code.deterministic;
    options.spectre = code.spectre;
    options.interruptible = code.interruptible;
    options.fuel = code.fuel;
    options.facts = code.facts == FactsArg::All;
    options.optimizations =
        Optimizations::parse_disabled(code.disable.iter().map(String::as_str)).map_err(|error| of_option(&error))?;
    options.verify |= code.verify;
    options.threads = code.jobs.map_or(0, usize::from);
    Ok(options)
}

/// What earlier runs counted.
fn profile(files: &[PathBuf]) -> Result<Profile, Failure> {
    let mut counts = Counts::default();
    for path in files {
        let label = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|error| Message::machine(format!("cannot read: {}", describe(&error))).about(&label))?;
        counts.add(&bytes).map_err(|error| {
            let message = Message::input(error.message()).about(&label);
            match error.help() {
                Some(help) => message.with_help(help),
                None => message,
            }
        })?;
    }
    Ok(if files.is_empty() { Profile::None } else { Profile::Use(Arc::new(counts)) })
}

/// The compiler's name of a stage.
pub(crate) fn stage(stage: StageArg) -> Stage {
    match stage {
        StageArg::Module => Stage::Module,
        StageArg::Facts => Stage::Facts,
        StageArg::Clif => Stage::Clif,
        StageArg::Opt => Stage::Opt,
        StageArg::Code => Stage::Code,
        StageArg::Object => Stage::Object,
    }
}

/// The compiler refuses an option: nobody's file is at fault.
pub(crate) fn of_option(error: &aot_compiler::Error) -> Failure {
    let mut message = Message::usage(error.message());
    if let Some(help) = error.help() {
        message = message.with_help(help);
    }
    message.into()
}
