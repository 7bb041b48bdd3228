//! CLIF → CLIF, function by function, before Cranelift's own optimiser: the passes and their order.
//!
//! In: a valid function. Out: a valid function that behaves the same. A pass never looks at another function's body and
//! never needs a fact to be known: what it cannot prove, it leaves alone.

use crate::clif::Env;
use crate::error::Result;
use crate::optimizations::Optimization;
use crate::options::Optimize;
use cranelift_codegen::ir;

/// A pass: what switches it off, and what it does.
type Pass = (Optimization, fn(Env<'_>, &mut ir::Function) -> Result<()>);

/// The passes, in the order they run. None so far: Cranelift's own optimiser folds constants, merges equal values, moves
/// invariant ones out of loops and forwards loads. A pass of ours is one file in this folder, one line here, and
/// a row in `optimizations.rs`.
const PASSES: &[Pass] = &[];

/// Runs the passes, unless the options say not to optimise.
pub(crate) fn optimize(env: Env<'_>, function: &mut ir::Function) -> Result<()> {
    if env.options.optimize == Optimize::None {
        return Ok(());
    }
    for &(pass, run) in PASSES.iter().filter(|(pass, _)| env.options.optimizations.has(*pass)) {
        run(env, function).map_err(|error| error.with_help(format!("in the pass `{}`", pass.name())))?;
    }
    Ok(())
}
