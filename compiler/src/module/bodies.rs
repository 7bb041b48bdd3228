//! Function bodies: validated in parallel, counted, and checked against limits and planned proposals.

use super::{limits, operator};
use crate::error::{Error, ErrorKind, Result};
use crate::features;
use crate::index::FuncIndex;
use crate::pool;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use wasmparser::{
    FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, Operator, OperatorsReader,
    ValidatorResources, WasmModuleResources,
};

/// Below this many bytes of bodies, threads would cost more than they save.
const PARALLEL_BYTES_MIN: usize = 64 << 10;

/// A body to validate.
pub(super) struct Pending<'a> {
    pub(super) to_validate: FuncToValidate<ValidatorResources>,
    pub(super) body: FunctionBody<'a>,
}

/// What validation finds out about a body.
pub(super) struct Validated {
    pub(super) operators: u32,
    /// The first operator that is valid but not compiled yet.
    pub(super) unsupported: Option<Error>,
}

/// Validates all bodies. Of several errors, the one at the lowest offset is returned, whatever the schedule.
pub(super) fn validate(
    pending: Vec<Pending<'_>>,
    threads: usize,
    name: impl Fn(FuncIndex) -> Option<String> + Sync,
) -> Result<Vec<Validated>> {
    let bytes: usize = pending.iter().map(|pending| pending.body.as_bytes().len()).sum();
    let validate = |allocations: &mut FuncValidatorAllocations, pending: Pending<'_>| {
        let function = FuncIndex::from_u32(pending.to_validate.index);
        let in_function = |error: Error| error.in_function(function.as_u32(), name(function).as_deref());
        match validate_one(allocations, pending) {
            Ok(mut validated) => {
                validated.unsupported = validated.unsupported.map(in_function);
                Ok(validated)
            }
            Err(error) => Err(in_function(error)),
        }
    };
    let results: Vec<_> = if bytes < PARALLEL_BYTES_MIN {
        let mut allocations = FuncValidatorAllocations::default();
        pending.into_iter().map(|pending| validate(&mut allocations, pending)).collect()
    } else {
        pool::run(threads, || pending.into_par_iter().map_init(FuncValidatorAllocations::default, validate).collect())?
    };
    results.into_iter().collect()
}

fn validate_one(allocations: &mut FuncValidatorAllocations, pending: Pending<'_>) -> Result<Validated> {
    let mut validator = pending.to_validate.into_validator(std::mem::take(allocations));
    let mut reader = pending.body.get_binary_reader();
    validator.read_locals(&mut reader).map_err(invalid)?;
    let mut operators = OperatorsReader::new(reader);
    let mut count = 0;
    let mut moved_values = 0;
    let mut unsupported = None;
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset().map_err(invalid)?;
        moved_values += values_moved_before(&operator, &validator);
        if moved_values > limits::MOVED_VALUES_MAX {
            let what = "calls, blocks and branches of the function move too many values";
            return Err(limits::exceeded(what, limits::MOVED_VALUES_MAX).at(offset));
        }
        validator.op(offset, &operator).map_err(|error| invalid_operator(&operator, &error))?;
        if validator.control_stack_height() > limits::NESTING_MAX {
            return Err(limits::exceeded("blocks are nested too deeply", limits::NESTING_MAX).at(offset));
        }
        if unsupported.is_none() {
            unsupported = operator::unsupported(&operator, offset);
        }
        count += 1;
    }
    operators.finish().map_err(invalid)?;
    *allocations = validator.into_allocations();
    Ok(Validated { operators: count, unsupported })
}

/// What the operator adds to [`limits::MOVED_VALUES_MAX`]. Nothing for operators that move a fixed number of values.
fn values_moved_before<T: WasmModuleResources>(operator: &Operator<'_>, validator: &FuncValidator<T>) -> u64 {
    let targets = match operator {
        Operator::BrTable { targets } => u64::from(targets.len()) + 1,
        Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::If { .. }
        | Operator::Else
        | Operator::End
        | Operator::Br { .. }
        | Operator::BrIf { .. }
        | Operator::BrOnNull { .. }
        | Operator::BrOnNonNull { .. }
        | Operator::Call { .. }
        | Operator::CallIndirect { .. }
        | Operator::CallRef { .. }
        | Operator::TryTable { .. } => 1,
        _ => return 0,
    };
    // The arity is unknown when indices are wrong, and then validation is about to say so.
    let (popped, pushed) = operator.operator_arity(validator).unwrap_or((0, 0));
    targets.saturating_mul(u64::from(popped)) + u64::from(pushed)
}

/// wasmparser's error as ours, with the feature to turn on where that would help.
pub(super) fn invalid(error: wasmparser::BinaryReaderError) -> Error {
    describe(&error, error.message().to_owned())
}

/// The same, about an operator.
fn invalid_operator(operator: &Operator<'_>, error: &wasmparser::BinaryReaderError) -> Error {
    let message = match error.missing_wasm_feature().and_then(features::with_flag) {
        Some(feature) => format!("`{}` needs the {} proposal, which is off", operator::name(operator), feature.name),
        None => error.message().to_owned(),
    };
    describe(error, message)
}

fn describe(error: &wasmparser::BinaryReaderError, message: String) -> Error {
    let (kind, help) = match error.missing_wasm_feature().and_then(features::with_flag) {
        None => (ErrorKind::Invalid, None),
        Some(feature) if feature.status == features::Status::Never => {
            (ErrorKind::Unsupported, Some(format!("the {} proposal is not supported", feature.name)))
        }
        Some(feature) => (ErrorKind::Unsupported, Some(format!("pass `--features {}`", feature.name))),
    };
    let error = Error::new(kind, message).at(error.offset());
    match help {
        Some(help) => error.with_help(help),
        None => error,
    }
}
