//! Stopping a guest: interruption by an epoch, and deterministic fuel.
//!
//! Both are checked where a guest cannot avoid coming by: at the entries of functions and at the heads of loops.
//!
//! *Epochs.* The context points to a counter that any thread may advance, and has a deadline; code traps when the counter
//! has reached it. The counter is loaded atomically, because nothing else tells Cranelift that it changes by itself: a plain
//! load at a loop's head would be replaced by the one at the function's entry.
//!
//! *Fuel.* The count is kept in a variable of the function. Each [run](super::fuel_runs) takes its cost from it when it
//! begins, and stores it where the run may trap or leave the function, so that the context is right whenever somebody can
//! look: the host during a call, and after a trap. Behind a call, which may have used some, it is loaded again.
//!
//! ```text
//! v1 = iadd_imm v0, -7        ; the run at the head of a loop has 7 operators
//! store v1, context.fuel      ; one of them may trap
//! v2 = icmp_imm slt v1, 0
//! trapnz v2, out of fuel
//! ```

use super::address::extend;
use super::fuel_runs::{self, Event, Run, What};
use super::instance;
use super::regions;
use super::translator::FuncTranslator;
use super::trap;
use crate::error::Result;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use cranelift_frontend::Variable;
use std::collections::VecDeque;
use wasmparser::OperatorsReader;

/// Units for one operator beyond which a 64-bit length is as good as any other: the count cannot overflow.
const UNITS_MAX: u64 = 1 << 60;

/// What is still to be done in the function at hand.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    events: VecDeque<Event>,
    /// The count of fuel, where fuel is on.
    fuel: Option<Variable>,
}

/// Finds out what is to be done in a body, before its first operator.
pub(crate) fn prepare(f: &mut FuncTranslator<'_, '_>, operators: &OperatorsReader<'_>) -> Result<()> {
    let options = f.env.options;
    if !options.fuel && !options.interruptible {
        return Ok(());
    }
    f.checks.events = fuel_runs::events(operators.clone())?.into();
    if options.fuel {
        f.checks.fuel = Some(f.builder.declare_var(types::I64));
    } else {
        f.checks.events.retain(|event| matches!(event.what, What::Run(Run { check: true, .. })));
    }
    Ok(())
}

/// Does what is to be done before the operator at this offset, or behind the last.
pub(crate) fn before_operator(f: &mut FuncTranslator<'_, '_>, offset: u32) {
    while let Some(event) = f.checks.events.pop_front_if(|event| event.offset <= offset) {
        if f.is_reachable() {
            match event.what {
                What::Run(run) => begin_run(f, run),
                What::Bulk(log2) => charge_bulk(f, log2),
            }
        }
    }
}

fn begin_run(f: &mut FuncTranslator<'_, '_>, run: Run) {
    if let Some(variable) = f.checks.fuel {
        charge_run(f, variable, run);
    }
    if run.check && f.env.options.interruptible {
        check_epoch(f);
    }
}

fn charge_run(f: &mut FuncTranslator<'_, '_>, variable: Variable, run: Run) {
    if run.reload {
        let flags = regions::fuel(f);
        let fuel = instance::fuel(f).load(f, types::I64, flags);
        f.builder.def_var(variable, fuel);
    }
    if run.cost > 0 {
        let fuel = f.builder.use_var(variable);
        let left = f.builder.ins().iadd_imm_s(fuel, -i64::from(run.cost));
        f.builder.def_var(variable, left);
    }
    if run.observable {
        store(f, variable);
    }
    if run.check {
        check_fuel(f, variable, run.observable);
    }
}

/// Charges a bulk operator by its last operand, before it does anything.
fn charge_bulk(f: &mut FuncTranslator<'_, '_>, log2: u32) {
    let Some(variable) = f.checks.fuel else { return };
    let length = f.peek();
    let is_64 = f.type_of(length) == types::I64;
    let wide = extend(f, length);
    let mut units = f.builder.ins().ushr_imm_u(wide, i64::from(log2));
    if is_64 && u64::MAX >> log2 > UNITS_MAX {
        let most = f.builder.ins().iconst(types::I64, UNITS_MAX as i64);
        units = f.builder.ins().umin(units, most);
    }
    let fuel = f.builder.use_var(variable);
    let left = f.builder.ins().isub(fuel, units);
    f.builder.def_var(variable, left);
    store(f, variable);
    check_fuel(f, variable, true);
}

fn store(f: &mut FuncTranslator<'_, '_>, variable: Variable) {
    let fuel = f.builder.use_var(variable);
    let flags = regions::fuel(f);
    instance::fuel(f).store(f, fuel, flags);
}

/// Traps when there is less than nothing left. `stored` says that the context knows it already.
fn check_fuel(f: &mut FuncTranslator<'_, '_>, variable: Variable, stored: bool) {
    let fuel = f.builder.use_var(variable);
    let is_out = f.builder.ins().icmp_imm_s(IntCC::SignedLessThan, fuel, 0);
    if stored {
        trap::trap_if(f, is_out, Trap::OutOfFuel);
        return;
    }
    let (out, on) = (f.builder.create_block(), f.builder.create_block());
    f.builder.set_cold_block(out);
    f.builder.ins().brif(is_out, out, &[], on, &[]);
    f.builder.seal_block(out);
    f.builder.seal_block(on);
    f.builder.switch_to_block(out);
    store(f, variable);
    f.builder.ins().trap(trap::code(Trap::OutOfFuel));
    f.builder.switch_to_block(on);
}

/// Traps when the epoch has come.
fn check_epoch(f: &mut FuncTranslator<'_, '_>) {
    let counter = instance::epoch_counter(f);
    let flags = regions::epoch(f);
    let epoch: Value = f.builder.ins().atomic_load(types::I64, flags, counter);
    let flags = regions::epoch_deadline(f);
    let deadline = instance::epoch_deadline(f).load(f, types::I64, flags);
    let is_over = f.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, epoch, deadline);
    trap::trap_if(f, is_over, Trap::Interrupted);
}
