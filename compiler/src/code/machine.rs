//! An optimised function's way through Cranelift, for one processor: its optimiser, what waits for that to be done, its code.

use super::compiled::CompiledFunction;
use super::inline::InlineLocations;
use super::isa::{self, Effort, GlobalRegister};
use super::{Worker, codegen_error, global_register};
use crate::clif::Env;
use crate::code_name::CodeName;
use crate::error::Result;
use crate::opt::base_registers;
use crate::options::Options;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::OptLevel;
use cranelift_codegen::{CodegenResult, Context, ir};

/// A processor, and how hard the code generator works for it.
pub(super) struct Machine {
    isa: OwnedTargetIsa,
    /// Where a global has a register: the same for functions that leave it alone.
    free: Option<OwnedTargetIsa>,
}

impl Machine {
    pub(super) fn new(env: Env<'_>, options: &Options, effort: Effort) -> Result<Self> {
        let free = isa::build(options, effort, GlobalRegister::Free)?;
        if env.plan.register_global.is_none() {
            return Ok(Machine { isa: free, free: None });
        }
        Ok(Machine { isa: isa::build(options, effort, GlobalRegister::Taken)?, free: Some(free) })
    }

    /// What functions are optimised for.
    pub(super) fn isa(&self) -> &dyn TargetIsa {
        &*self.isa
    }

    /// Leaves the function as it was optimised in the worker.
    pub(super) fn compile(
        &self,
        worker: &mut Worker,
        env: Env<'_>,
        name: CodeName,
        function: ir::Function,
        locations: InlineLocations,
    ) -> Result<CompiledFunction> {
        let codegen = &mut worker.codegen;
        codegen.clear();
        codegen.func = function;
        let isa = match &self.free {
            Some(free) if global_register::is_free(env, &codegen.func) => &**free,
            _ => &*self.isa,
        };
        optimize(codegen, isa)?;
        if self.free.is_some() {
            global_register::replace_cell(env, &mut codegen.func)?;
            codegen.verify_if(isa).map_err(|error| codegen_error(&error))?;
        }
        let code = isa
            .compile_function(
                &codegen.func,
                &codegen.domtree,
                &mut worker.registers,
                false,
                &mut ControlPlane::default(),
            )
            .map_err(|error| codegen_error(&error))?
            .apply_params(&codegen.func.params);
        CompiledFunction::new(name, &codegen.func, &code, locations, isa)
    }
}

/// What our own passes leave to Cranelift's optimiser, and what waits for it.
pub(super) fn optimize(codegen: &mut Context, isa: &dyn TargetIsa) -> Result<()> {
    optimize_tidied(codegen, isa).map_err(|error| codegen_error(&error))?;
    if base_registers::stand_in(&codegen.func) {
        base_registers::place(codegen);
    }
    Ok(())
}

/// [`Context::optimize`] without what our own passes have begun with: no block is unreachable, and no parameter is the same
/// on every way.
fn optimize_tidied(codegen: &mut Context, isa: &dyn TargetIsa) -> CodegenResult<()> {
    let control = &mut ControlPlane::default();
    let flags = isa.flags();
    if flags.opt_level() == OptLevel::None || flags.enable_nan_canonicalization() {
        return codegen.optimize(isa, control);
    }
    codegen.verify_if(isa)?;
    codegen.flowgraph();
    codegen.func.dfg.resolve_all_aliases();
    codegen.egraph_pass(isa, control)
}
