//! `aot dump`: what each stage made of the module, as text.

use crate::clif::{self, Env};
use crate::code::{self, Compiler, Worker};
use crate::code_name::CodeName;
use crate::error::{Error, ErrorKind, Result};
use crate::object::symbols::Symbols;
use crate::options::Options;
use crate::timing::Timer;
use crate::{facts, module, object, plan};
use std::str::FromStr;

/// A stage whose result can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The validated module.
    Module,
    /// What is known about it.
    Facts,
    /// Each function as the translator leaves it, beside its Wasm operators.
    Clif,
    /// Each function after optimisation.
    Opt,
    /// Each function disassembled.
    Code,
    /// Sections and symbols of the object.
    Object,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: &'static [Stage] =
        &[Stage::Module, Stage::Facts, Stage::Clif, Stage::Opt, Stage::Code, Stage::Object];

    /// Its name on the command line and in golden tests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::Module => "module",
            Stage::Facts => "facts",
            Stage::Clif => "clif",
            Stage::Opt => "opt",
            Stage::Code => "code",
            Stage::Object => "object",
        }
    }
}

impl FromStr for Stage {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Stage::ALL.iter().copied().find(|stage| stage.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Stage::ALL.iter().map(|stage| stage.name()).collect();
            Error::new(ErrorKind::Options, format!("there is no stage `{name}`"))
                .with_help(format!("stages: {}", names.join(", ")))
        })
    }
}

/// What a stage makes of the module. `filter` chooses functions in the stages that have functions: by index, or by a part
/// of their name.
pub fn dump(wasm: &[u8], options: &Options, stage: Stage, filter: Option<&str>) -> Result<String> {
    options.check()?;
    let module = module::read(wasm, options)?;
    if stage == Stage::Module {
        return Ok(module::text(&module));
    }
    let facts = facts::prove(&module, options);
    if stage == Stage::Facts {
        return Ok(facts::text(&module, &facts));
    }
    let plan = plan::make(&module, &facts, options)?;
    let env = Env { module: &module, facts: &facts, plan: &plan, options };
    if stage == Stage::Object {
        let functions = code::compile_functions(env, &Timer::new(), None)?;
        return object::text(&object::emit(env, &functions, None)?);
    }
    let symbols = Symbols::new(env);
    let chosen: Vec<CodeName> =
        clif::functions_to_compile(env).into_iter().filter(|&name| is_chosen(env, &symbols, name, filter)).collect();
    if chosen.is_empty() && filter.is_some() {
        let message = format!("no function matches `{}`", filter.unwrap_or(""));
        return Err(Error::new(ErrorKind::Options, message).with_help(
            "a filter is a function's index or a part of its name; functions that nothing can reach are gone",
        ));
    }
    let compiler = Compiler::new(env)?;
    let worker = &mut Worker::default();
    let texts: Vec<String> = chosen
        .into_iter()
        .map(|name| function_text(&compiler, worker, env, &symbols, name, stage))
        .collect::<Result<_>>()?;
    Ok(texts.join("\n"))
}

fn function_text(
    compiler: &Compiler<'_>,
    worker: &mut Worker,
    env: Env<'_>,
    symbols: &Symbols<'_>,
    name: CodeName,
    stage: Stage,
) -> Result<String> {
    let symbol = |name| symbols.of(name);
    if stage == Stage::Code {
        let function = compiler.compile(worker, name, &Timer::new())?;
        let versions = code::versions::separate(vec![function]);
        let texts = versions.iter().map(|version| code::text::text(version, env.options.target.arch, &symbol));
        return Ok(texts.collect::<Result<Vec<_>>>()?.join("\n"));
    }
    let mut function = compiler.translate(worker, name)?;
    if stage == Stage::Opt {
        function = compiler.optimize(worker, name, function)?;
    }
    Ok(clif::text(env, name, &function, &symbol))
}

fn is_chosen(env: Env<'_>, symbols: &Symbols<'_>, name: CodeName, filter: Option<&str>) -> bool {
    let Some(filter) = filter else { return true };
    if let (Ok(index), CodeName::Wasm(function)) = (filter.parse::<u32>(), name) {
        return function.as_u32() == index;
    }
    let display = match name {
        CodeName::Wasm(function) => env.module.names.display_name(function),
        _ => None,
    };
    display.is_some_and(|display| display.contains(filter)) || symbols.of(name).contains(filter)
}
