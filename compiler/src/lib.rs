//! Wasm bytes to a native object: a pure function.
//!
//! ```text
//! bytes ─► module ─► facts ─► plan ─► clif ─► opt ─► code ─► object
//! ```
//!
//! A stage may use stages to its left and never one to its right. Nothing here touches files, processes or the
//! environment; the same input and options give the same bytes on any number of threads.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod clif;
mod code;
mod code_name;
mod dump;
pub mod error;
mod facts;
pub mod features;
pub mod form;
mod index;
pub mod interface;
mod module;
mod object;
mod opt;
pub mod optimizations;
pub mod options;
mod plan;
mod pool;
pub mod profile;
pub mod target;
pub mod timing;

pub use code::cache::FunctionStore;
pub use dump::{Stage, dump};
pub use error::{Error, ErrorKind, Result};
pub use options::Options;
pub use target::Target;

/// A finished object file.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Compiles a module: the whole pipeline, one call per stage.
pub fn compile(wasm: &[u8], options: &Options) -> Result<Object> {
    options.check()?;
    compile_with(wasm, options, &timing::Timer::new(), None)
}

/// [`compile`], adding the time each stage took to `timer`, and taking functions that were compiled before from `store`.
pub fn compile_with(
    wasm: &[u8],
    options: &Options,
    timer: &timing::Timer,
    store: Option<&dyn FunctionStore>,
) -> Result<Object> {
    options.check()?;
    let module = timer.stage("module", || module::read(wasm, options))?;
    let facts = timer.stage("facts", || facts::prove(&module, options));
    let plan = timer.stage("plan", || plan::make(&module, &facts, options))?;
    let env = clif::Env { module: &module, facts: &facts, plan: &plan, options };
    let functions = code::compile_functions(env, timer, store)?; // clif, opt and code for each function, in parallel
    timer.stage("object", || object::emit(env, &functions, interface::image_symbol(&module, &plan, options)))
}
