//! Vectors: fixed-width and relaxed SIMD.
//!
//! A `v128` on the operand stack is always an `i8x16`; each operator casts to the lanes it works on and back. The casts
//! cost nothing: every lane type lives in the same registers.

/// One vector of these lanes in, one out.
macro_rules! unary {
    ($($visit:ident => $lanes:ident $instruction:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let operand = f.pop_vector(types::$lanes);
            let result = f.builder.ins().$instruction(operand);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

/// Two vectors of these lanes in, one out.
macro_rules! binary {
    ($($visit:ident => $lanes:ident $instruction:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let (left, right) = f.pop2_vectors(types::$lanes);
            let result = f.builder.ins().$instruction(left, right);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

/// One vector of these lanes in; the instruction is told what lanes come out.
macro_rules! convert {
    ($($visit:ident => $lanes:ident $instruction:ident $result:ident;)*) => { $(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>) -> Result<()> {
            let operand = f.pop_vector(types::$lanes);
            let result = f.builder.ins().$instruction(types::$result, operand);
            f.push_vector(result);
            Ok(())
        }
    )* };
}

mod convert;
mod float;
mod integer;
mod lane;
mod memory;
mod relaxed;

pub(crate) use convert::*;
pub(crate) use float::*;
pub(crate) use integer::*;
pub(crate) use lane::*;
pub(crate) use memory::*;
pub(crate) use relaxed::*;
