//! CLIF → CLIF, function by function, before Cranelift's own optimiser: the passes and their order.
//!
//! In: a valid function. Out: a valid function that behaves the same, all of whose blocks can be reached. A pass never looks
//! at another function's body and never needs a fact to be known: what it cannot prove, it leaves alone.

use crate::clif::Env;
use crate::error::{Error, ErrorKind, Result};
use crate::optimizations::Optimization;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::settings::OptLevel;
use cranelift_codegen::{Context, ir};
use flow::Flow;

pub(crate) mod base_registers;
mod byte_loops;
mod carries;
mod check_shapes;
mod exit_edges;
mod flow;
mod known_memory;
mod linear;
mod loop_checks;
mod loop_exits;
mod masks;
mod narrow_sums;
mod near_addresses;
mod passed_values;
mod range_checks;
mod ranges;
mod vector_loads;
mod wide_addresses;
mod zero_extensions;

/// A pass: what switches it off, and what it does.
type Pass = (Optimization, fn(Env<'_>, &mut ir::Function, &mut Flow) -> Result<()>);

/// The passes, in the order they run. Cranelift's own optimiser folds constants, merges equal values, moves invariant
/// ones out of loops and forwards loads. A pass of ours is one file in this folder, one line here, and a row in
/// `optimizations.rs`.
const PASSES: &[Pass] = &[
    (Optimization::PassedValues, passed_values::run),
    (Optimization::ByteLoops, byte_loops::run),
    (Optimization::KnownMemory, known_memory::run),
    (Optimization::NarrowSums, narrow_sums::run),
    (Optimization::Carries, carries::run),
    (Optimization::RangeChecks, range_checks::run),
    (Optimization::Masks, masks::run),
    (Optimization::NearAddresses, near_addresses::run),
    (Optimization::WideAddresses, wide_addresses::run),
    (Optimization::LoopExits, loop_exits::run),
    (Optimization::ZeroExtensions, zero_extensions::run),
    (Optimization::VectorLoads, vector_loads::run),
    // Last: the others look for the constant.
    (Optimization::BaseRegisters, base_registers::run),
    (Optimization::ExitEdges, exit_edges::run),
];

/// Runs the passes, unless this function is not to be optimised.
pub(crate) fn optimize(env: Env<'_>, isa: &dyn TargetIsa, function: &mut ir::Function) -> Result<()> {
    if isa.flags().opt_level() == OptLevel::None {
        return Ok(());
    }
    let mut flow = tidy(isa, function)?;
    for &(pass, run) in PASSES.iter().filter(|(pass, _)| env.options.optimizations.has(*pass)) {
        run(env, function, &mut flow).map_err(|error| error.with_help(format!("in the pass `{}`", pass.name())))?;
        if flow.is_untidy {
            flow = tidy(isa, function)?;
        }
    }
    Ok(())
}

/// Removes unreachable blocks, and parameters to which the same value arrives on every way: the translator's SSA form
/// carries values through loops that do not touch them, which would hide from the passes what does not change.
fn tidy(isa: &dyn TargetIsa, function: &mut ir::Function) -> Result<Flow> {
    let mut context = Context::for_function(std::mem::replace(function, ir::Function::new()));
    context.compute_cfg();
    context.compute_domtree();
    let done = context.eliminate_unreachable_code(isa).and_then(|()| context.remove_constant_phis(isa));
    context.func.dfg.resolve_all_aliases();
    done.map_err(|error| Error::new(ErrorKind::Internal, format!("tidying failed: {error}")))?;
    context.compute_loop_analysis();
    *function = context.func;
    Ok(Flow { graph: context.cfg, tree: context.domtree, loops: context.loop_analysis, is_untidy: false })
}
