//! Bodies that are known for what they compute, by what the machine has for it.

use super::op;
use super::translator::FuncTranslator;
use crate::error::Result;
use crate::facts::KnownBody;
use cranelift_codegen::ir::{InstBuilder, SourceLoc, Value, types};
use wasmparser::{Operator, OperatorsReader};

/// Translates a known body instead of what it consists of. Its stores stay where they are: they may trap.
pub(crate) fn translate(
    f: &mut FuncTranslator<'_, '_>,
    known: KnownBody,
    parameters: &[Value],
    mut operators: OperatorsReader<'_>,
) -> Result<()> {
    let KnownBody::Multiply128 = known;
    let [address, low_1, high_1, low_2, high_2] = *parameters else { unreachable!("its type is part of a known body") };
    // One instruction gives both halves.
    let wide_1 = f.builder.ins().uextend(types::I128, low_1);
    let wide_2 = f.builder.ins().uextend(types::I128, low_2);
    let product = f.builder.ins().imul(wide_1, wide_2);
    let (low, mut high) = f.builder.ins().isplit(product);
    for (low, high_of_other) in [(low_1, high_2), (low_2, high_1)] {
        let product = f.builder.ins().imul(low, high_of_other);
        high = f.builder.ins().iadd(high, product);
    }
    while !operators.eof() {
        f.offset = u32::try_from(operators.original_position()).unwrap_or(u32::MAX);
        f.builder.set_srcloc(SourceLoc::new(f.offset));
        match operators.read()? {
            Operator::I64Store { memarg } => {
                f.push(address);
                f.push(if memarg.offset == 0 { low } else { high });
                op::visit_i64_store(f, memarg)?;
            }
            // The only one: known bodies have no blocks.
            Operator::End => op::visit_end(f)?,
            _ => {}
        }
    }
    Ok(())
}
