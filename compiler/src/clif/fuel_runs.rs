//! What fuel counts: the straight-line runs of a body, and what each costs.
//!
//! A *run* is a sequence of operators that is entered at its first and left at its last: it ends where control can go
//! elsewhere or come in from elsewhere, and behind every call. A run is charged as a whole when it is entered. Runs are
//! found in the bytes of the body, by structure alone, so that what an instance has used is the same whatever the target,
//! the strategy, the facts and the optimisation: all of these only decide what becomes of operators afterwards.
//!
//! Every operator costs one unit, except those that only give the body its structure. Bulk operators cost more for every
//! [`BULK_BYTES_LOG2`] of bytes, and for every element; that is charged right before them.

use crate::error::Result;
use crate::module::operator::visit_name_and_proposal;
use wasmparser::{Operator, OperatorsReader};

/// Bytes of memory that a bulk operator moves for one unit, as a logarithm.
pub(crate) const BULK_BYTES_LOG2: u32 = 4;

/// Something to do before the operator at an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    /// Offset in the module.
    pub(crate) offset: u32,
    pub(crate) what: What,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A run begins.
    Run(Run),
    /// A bulk operator, whose length is on top of the stack: its logarithm of bytes or elements for one unit.
    Bulk(u32),
}

/// A straight-line run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Run {
    /// Units.
    pub(crate) cost: u32,
    /// It has an operator that may trap, or that leaves the function: the count has to be right in the context.
    pub(crate) observable: bool,
    /// It is the first of a function or of an iteration: the guest may be stopped here.
    pub(crate) check: bool,
    /// A call comes right before it, or nothing at all: the count in the context is the newer one.
    pub(crate) reload: bool,
}

/// All events of a body, by ascending offset. The last is on the way out, behind the last operator.
pub(crate) fn events(mut operators: OperatorsReader<'_>) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    let mut constructs_are_loops = Vec::new();
    let mut start = position(&operators);
    let mut run = Run { check: true, reload: true, ..Run::default() };
    let mut bulk_events = Vec::new();
    let mut finish = |start: u32, run: Run, bulk: &mut Vec<Event>| {
        if run.cost > 0 || run.observable || run.check || run.reload {
            events.push(Event { offset: start, what: What::Run(run) });
        }
        events.append(bulk);
    };
    while !operators.eof() {
        let offset = position(&operators);
        let operator = operators.read()?;
        run.cost += cost(&operator);
        run.observable |= !is_quiet(&operator);
        bulk_events.extend(bulk(&operator).map(|log2| Event { offset, what: What::Bulk(log2) }));
        match operator {
            Operator::Loop { .. } => constructs_are_loops.push(true),
            Operator::Block { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                constructs_are_loops.push(false);
            }
            _ => {}
        }
        // Nothing jumps behind a loop.
        let ends_loop = matches!(operator, Operator::End) && constructs_are_loops.pop() == Some(true);
        if ends_run(&operator) && !ends_loop {
            finish(start, run, &mut bulk_events);
            start = position(&operators);
            let check = matches!(operator, Operator::Loop { .. });
            run = Run { check, reload: is_call(&operator), ..Run::default() };
        }
    }
    finish(start, Run { observable: true, ..run }, &mut bulk_events);
    Ok(events)
}

fn position(operators: &OperatorsReader<'_>) -> u32 {
    u32::try_from(operators.original_position()).unwrap_or(u32::MAX)
}

/// Units of an operator, whatever its operands.
fn cost(operator: &Operator<'_>) -> u32 {
    match operator {
        Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::TryTable { .. }
        | Operator::Else
        | Operator::End
        | Operator::Nop => 0,
        _ => 1,
    }
}

/// Units by length: the logarithm of how many bytes or elements one unit pays for. The length is the last operand.
fn bulk(operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } | Operator::MemoryInit { .. } => {
            Some(BULK_BYTES_LOG2)
        }
        Operator::TableCopy { .. }
        | Operator::TableFill { .. }
        | Operator::TableInit { .. }
        | Operator::TableGrow { .. } => Some(0),
        _ => None,
    }
}

fn is_call(operator: &Operator<'_>) -> bool {
    matches!(operator, Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. })
}

/// Whether control may go elsewhere behind this operator, or come in from elsewhere.
fn ends_run(operator: &Operator<'_>) -> bool {
    is_call(operator)
        || matches!(
            operator,
            Operator::Loop { .. }
                | Operator::If { .. }
                | Operator::Else
                | Operator::End
                | Operator::TryTable { .. }
                | Operator::Br { .. }
                | Operator::BrIf { .. }
                | Operator::BrTable { .. }
                | Operator::BrOnNull { .. }
                | Operator::BrOnNonNull { .. }
                | Operator::BrOnCast { .. }
                | Operator::BrOnCastFail { .. }
                | Operator::Return
                | Operator::ReturnCall { .. }
                | Operator::ReturnCallIndirect { .. }
                | Operator::ReturnCallRef { .. }
                | Operator::Throw { .. }
                | Operator::ThrowRef
                | Operator::Unreachable
        )
}

/// Operators that neither trap nor leave the function. Forgetting one costs a store.
fn is_quiet(operator: &Operator<'_>) -> bool {
    let (visit, _) = visit_name_and_proposal(operator);
    let name = visit.trim_start_matches("visit_");
    let structure = ["block", "loop", "if", "else", "end", "nop", "drop", "select", "typed_select", "ref_null"];
    if structure.contains(&name) || ["br", "local_", "global_"].iter().any(|start| name.starts_with(start)) {
        return true;
    }
    let trapping = ["load", "store", "atomic", "div", "rem", "trunc_f"];
    ["i32_", "i64_", "f32_", "f64_"].iter().any(|start| name.starts_with(start))
        && !trapping.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::BinaryReader;

    /// Cost, observability, check and reload of each run, with a star before bulk operators.
    fn runs(body: &str) -> Vec<String> {
        let wat = format!("(module (memory 1) (table 1 funcref) (func $f (param i32) (local f64) {body}))");
        let wasm = wat::parse_str(wat).expect("the module is well-formed");
        let parser = wasmparser::Parser::new(0).parse_all(&wasm);
        let body = parser.into_iter().find_map(|payload| match payload {
            Ok(wasmparser::Payload::CodeSectionEntry(body)) => Some(body),
            _ => None,
        });
        let reader: BinaryReader<'_> =
            body.expect("it has a body").get_operators_reader().expect("it is valid").get_binary_reader();
        let events = events(OperatorsReader::new(reader)).expect("it is valid");
        assert!(events.is_sorted_by_key(|event| event.offset));
        let letter = |on: bool, letter| if on { letter } else { "" };
        events
            .iter()
            .map(|event| match event.what {
                What::Bulk(log2) => format!("*{log2}"),
                What::Run(run) => {
                    let flags = [letter(run.observable, "o"), letter(run.check, "c"), letter(run.reload, "r")].concat();
                    format!("{}{flags}", run.cost)
                }
            })
            .collect()
    }

    #[test]
    fn runs_end_where_control_does() {
        assert_eq!(runs(""), ["0cr", "0o"]);
        assert_eq!(runs("local.get 0 drop nop"), ["2cr", "0o"]);
        // Behind the loop, the run of its last operator goes on.
        assert_eq!(runs("loop local.get 0 br_if 0 i32.const 1 drop end i32.const 2 drop"), ["0cr", "2c", "4", "0o"]);
        assert_eq!(runs("local.get 0 if nop else unreachable end"), ["2cr", "1o", "0o"]);
        assert_eq!(runs("i32.const 1 call $f i32.const 2 drop"), ["2ocr", "2r", "0o"]);
        assert_eq!(runs("local.get 0 return_call $f"), ["2ocr", "0o"]);
    }

    #[test]
    fn what_may_trap_is_observable() {
        assert_eq!(runs("local.get 0 i32.load drop"), ["3ocr", "0o"]);
        assert_eq!(runs("local.get 0 local.get 0 i32.div_u drop"), ["4ocr", "0o"]);
        assert_eq!(runs("local.get 1 i32.trunc_sat_f64_s drop"), ["3cr", "0o"]);
        assert_eq!(runs("local.get 1 f64.trunc i32.trunc_f64_s drop"), ["4ocr", "0o"]);
    }

    #[test]
    fn bulk_operators_come_behind_the_run_they_are_in() {
        let fill = "local.get 0 local.get 0 local.get 0 memory.fill";
        assert_eq!(runs(&format!("{fill} {fill}")), ["8ocr", "*4", "*4", "0o"]);
        assert_eq!(runs("ref.null func local.get 0 table.grow 0 drop"), ["4ocr", "*0", "0o"]);
    }
}
