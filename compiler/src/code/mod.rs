//! CLIF → machine code: all functions, in parallel.
//!
//! In: [`Env`]. Out: one [`CompiledFunction`] for each name of [`clif::functions_to_compile`], in that order, whatever the
//! schedule, without bodies that went wholly into their callers. This stage lays nothing out and gives nothing a symbol.

pub(crate) mod cache;
pub(crate) mod compiled;
mod global_register;
mod inline;
pub(crate) mod isa;
mod leftovers;
mod machine;
mod stored;
pub(crate) mod text;
pub(crate) mod unwind;
pub(crate) mod versions;

use crate::clif::{self, Env};
use crate::code_name::CodeName;
use crate::error::{Error, ErrorKind, Result};
use crate::index::FuncIndex;
use crate::timing::Timer;
use crate::{opt, pool};
use cache::{FunctionCache, FunctionStore};
use compiled::CompiledFunction;
use cranelift_codegen::settings::OptLevel;
use cranelift_codegen::{CodegenError, Context, ir};
use cranelift_frontend::FunctionBuilderContext;
use inline::{InlineBodies, InlineLocations};
use isa::Effort;
use machine::Machine;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Values of CLIF, with [`VALUES_PER_BLOCK`] for each block, from which a function gets [`Effort::Reduced`]. Time and
/// memory of the optimiser and of the backtracking register allocator grow faster than the function: 16,000 loops after
/// each other took half a minute. The largest functions of SQLite and QuickJS have a fourth of this; what exceeds it is
/// generated, such as tables spelled out as one function.
const REDUCED_EFFORT_VALUES: usize = 300_000;

/// What a block costs, measured in values.
const VALUES_PER_BLOCK: usize = 10;

/// Compiles every function that the plan keeps, but those that the store has.
pub(crate) fn compile_functions(
    env: Env<'_>,
    timer: &Timer,
    store: Option<&dyn FunctionStore>,
) -> Result<Vec<CompiledFunction>> {
    let mut compiler = Compiler::new(env)?;
    compiler.cache = store.map(|store| timer.stage("cache", || FunctionCache::open(env, store)));
    let names = clif::functions_to_compile(env);
    let mut functions = pool::run(env.options.threads, || compiler.compile_all(&names, timer))??;
    if let Some(cache) = compiler.cache.take() {
        timer.stage("cache", || cache.close(env, &functions));
    }
    if functions.iter().any(|function| !function.inlined.calls.is_empty()) {
        leftovers::remove(env, &mut functions);
    }
    Ok(versions::separate(functions))
}

/// What all workers share.
pub(crate) struct Compiler<'a> {
    env: Env<'a>,
    full: Machine,
    reduced: Machine,
    /// For processors with AVX2, where functions are compiled for those as well.
    avx2: Option<Machine>,
    cache: Option<FunctionCache<'a>>,
    inline_bodies: InlineBodies,
}

/// What one worker keeps from function to function.
pub(crate) struct Worker {
    translation: FunctionBuilderContext,
    codegen: Context,
    /// The register allocator's memory.
    registers: regalloc2::Ctx,
}

impl Default for Worker {
    fn default() -> Self {
        Worker {
            translation: FunctionBuilderContext::new(),
            codegen: Context::new(),
            registers: regalloc2::Ctx::default(),
        }
    }
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(env: Env<'a>) -> Result<Self> {
        Ok(Compiler {
            env,
            full: Machine::new(env, env.options, Effort::Full)?,
            reduced: Machine::new(env, env.options, Effort::Reduced)?,
            avx2: versions::machine(env)?,
            cache: None,
            inline_bodies: InlineBodies::new(env.module.functions.len()),
        })
    }

    /// Every worker takes the largest function left, so that the last ones to finish are small.
    fn compile_all(&self, names: &[CodeName], timer: &Timer) -> Result<Vec<CompiledFunction>> {
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|&position| std::cmp::Reverse(self.operators(names[position])));
        timer.expect(names.iter().map(|&name| u64::from(self.operators(name))).sum());
        let next = AtomicUsize::new(0);
        // Of several errors, the first function's is reported: functions behind a known error are not compiled, those
        // before it are.
        let first_error = AtomicUsize::new(usize::MAX);
        let work = || {
            let mut worker = Worker::default();
            let mut done = Vec::new();
            while let Some(&position) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                if position > first_error.load(Ordering::Relaxed) {
                    continue;
                }
                let result = self.compile(&mut worker, names[position], timer);
                if result.is_err() {
                    first_error.fetch_min(position, Ordering::Relaxed);
                }
                timer.advance(u64::from(self.operators(names[position])));
                done.push((position, result));
            }
            done
        };
        let mut results: Vec<_> = rayon::broadcast(|_| work()).into_iter().flatten().collect();
        results.sort_by_key(|&(position, _)| position);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// One function through all stages. A panic on the way is an error that names the function and the stage.
    pub(crate) fn compile(&self, worker: &mut Worker, name: CodeName, timer: &Timer) -> Result<CompiledFunction> {
        if let Some(found) = self.cache.as_ref().and_then(|cache| cache.find(self.env, name)) {
            timer.reuse();
            return Ok(found);
        }
        let stage = Cell::new("clif");
        let result = catch_unwind(AssertUnwindSafe(|| {
            let function = timer.stage("clif", || self.translate(worker, name))?;
            stage.set("opt");
            let (mut function, locations) = timer.stage("opt", || self.inline(worker, name, function));
            timer.stage("opt", || opt::optimize(self.env, self.machine_for(&function).isa(), &mut function))?;
            stage.set("code");
            timer.stage("code", || self.generate(worker, name, function, locations))
        }));
        let result = result.unwrap_or_else(|panic| {
            // Whatever the panic left half done goes with the worker's state.
            *worker = Worker::default();
            Err(panic_error(stage.get(), panic.as_ref()))
        });
        result.map_err(|error| self.locate(error, name))
    }

    fn generate(
        &self,
        worker: &mut Worker,
        name: CodeName,
        function: ir::Function,
        locations: InlineLocations,
    ) -> Result<CompiledFunction> {
        let machine = self.machine_for(&function);
        let avx2 = self.avx2.as_ref().filter(|_| machine.isa().flags().opt_level() != OptLevel::None);
        let again =
            avx2.filter(|_| versions::may_pay(&function)).map(|avx2| (avx2, function.clone(), locations.clone()));
        let mut compiled = machine.compile(worker, self.env, name, function, locations)?;
        if let Some((avx2, function, locations)) = again
            && versions::pay(&worker.codegen.func)
        {
            compiled.for_avx2 = Some(Box::new(avx2.compile(worker, self.env, name, function, locations)?));
        }
        Ok(compiled)
    }

    /// The function as the translator leaves it.
    pub(crate) fn translate(&self, worker: &mut Worker, name: CodeName) -> Result<ir::Function> {
        clif::translate(self.env, name, self.full.isa().frontend_config(), &mut worker.translation)
            .map_err(|error| self.locate(error, name))
    }

    /// The function after our passes and Cranelift's own.
    pub(crate) fn optimize(&self, worker: &mut Worker, name: CodeName, function: ir::Function) -> Result<ir::Function> {
        let (mut function, locations) = self.inline(worker, name, function);
        locations.show_offsets(&mut function);
        let isa = self.machine_for(&function).isa();
        opt::optimize(self.env, isa, &mut function)?;
        let mut context = Context::for_function(function);
        machine::optimize(&mut context, isa)?;
        Ok(context.func)
    }

    fn machine_for(&self, function: &ir::Function) -> &Machine {
        let cost = function.dfg.num_values() + VALUES_PER_BLOCK * function.dfg.num_blocks();
        if cost > REDUCED_EFFORT_VALUES { &self.reduced } else { &self.full }
    }

    fn operators(&self, name: CodeName) -> u32 {
        let CodeName::Wasm(function) = name else { return 0 };
        self.env.module.defined(function).map_or(0, |body| self.env.module.bodies[body].operators)
    }

    /// Adds what a reader needs to find the function, unless the error says already.
    fn locate(&self, error: Error, name: CodeName) -> Error {
        let (CodeName::Wasm(function) | CodeName::ImportWrapper(function)) = name else { return error };
        let error = error.in_function(function.as_u32(), self.env.module.names.display_name(function));
        match self.body_offset(function) {
            Some(offset) => error.at(offset),
            None => error,
        }
    }

    fn body_offset(&self, function: FuncIndex) -> Option<u64> {
        let body = self.env.module.defined(function)?;
        Some(self.env.module.bodies[body].range.start as u64)
    }
}

fn codegen_error(error: &CodegenError) -> Error {
    match error {
        CodegenError::ImplLimitExceeded | CodegenError::CodeTooLarge => {
            Error::new(ErrorKind::Limit, "the function is too large for the code generator")
                .with_help("split it, or ask the tool that made it to outline parts of it")
        }
        CodegenError::Verifier(errors) => {
            Error::new(ErrorKind::Internal, format!("the translated function is not valid CLIF: {errors}"))
                .with_help("this is a bug of the compiler; please report it with the module")
        }
        other => Error::new(ErrorKind::Internal, format!("the code generator failed: {other}"))
            .with_help("this is a bug of the compiler; please report it with the module"),
    }
}

fn panic_error(stage: &str, panic: &(dyn std::any::Any + Send)) -> Error {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Error::new(ErrorKind::Internal, format!("the stage `{stage}` panicked: {message}"))
        .with_help("this is a bug of the compiler; please report it with the module")
}
