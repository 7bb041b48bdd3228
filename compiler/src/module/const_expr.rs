//! Initializers: a value when they can be folded, otherwise the operators themselves, to be translated as code.

use super::operator;
use crate::error::{Error, Result};
use crate::index::{FuncIndex, GlobalIndex};
use std::ops::Range;
use wasmparser::{BinaryReader, Operator, OperatorsReader};

/// A constant expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConstExpr {
    /// Folded: literals, extended constants, `global.get` of an immutable global that is itself folded.
    Value(ConstValue),
    /// Depends on imports or allocates: bytes of its operators in `Module::wasm`, including the final `end`.
    Code(Range<usize>),
}

/// A folded constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConstValue {
    I32(i32),
    I64(i64),
    /// Bits.
    F32(u32),
    /// Bits.
    F64(u64),
    V128(u128),
    RefNull,
    RefFunc(FuncIndex),
}

impl ConstExpr {
    /// The folded value.
    pub(crate) fn value(&self) -> Option<ConstValue> {
        match self {
            ConstExpr::Value(value) => Some(*value),
            ConstExpr::Code(_) => None,
        }
    }

    /// Functions that it takes references to, and globals that it reads. `wasm` is [`super::Module::wasm`].
    pub(crate) fn references(&self, wasm: &[u8]) -> (Vec<FuncIndex>, Vec<GlobalIndex>) {
        let (mut functions, mut globals) = (Vec::new(), Vec::new());
        match self {
            ConstExpr::Value(ConstValue::RefFunc(function)) => functions.push(*function),
            ConstExpr::Value(_) => {}
            ConstExpr::Code(range) => {
                let mut operators = OperatorsReader::new(BinaryReader::new(&wasm[range.clone()], 0));
                while !operators.eof() {
                    match operators.read().expect("constant expressions are validated") {
                        Operator::RefFunc { function_index } => functions.push(FuncIndex::from_u32(function_index)),
                        Operator::GlobalGet { global_index } => globals.push(GlobalIndex::from_u32(global_index)),
                        _ => {}
                    }
                }
            }
        }
        (functions, globals)
    }
}

impl ConstValue {
    /// An offset of a segment: `i32` values are unsigned.
    pub(crate) fn as_offset(self) -> Option<u64> {
        match self {
            ConstValue::I32(value) => Some(u64::from(value as u32)),
            ConstValue::I64(value) => Some(value as u64),
            _ => None,
        }
    }

    /// The value's bytes as a global holds them; `None` for references to functions, which need an address.
    pub(crate) fn to_bytes(self) -> Option<[u8; 16]> {
        let mut bytes = [0; 16];
        match self {
            ConstValue::I32(value) => bytes[..4].copy_from_slice(&value.to_le_bytes()),
            ConstValue::I64(value) => bytes[..8].copy_from_slice(&value.to_le_bytes()),
            ConstValue::F32(value) => bytes[..4].copy_from_slice(&value.to_le_bytes()),
            ConstValue::F64(value) => bytes[..8].copy_from_slice(&value.to_le_bytes()),
            ConstValue::V128(value) => bytes = value.to_le_bytes(),
            ConstValue::RefNull => {}
            ConstValue::RefFunc(_) => return None,
        }
        Some(bytes)
    }
}

/// What reading a constant expression finds out besides its value.
pub(super) struct Folded {
    pub(super) expr: ConstExpr,
    /// Functions that it takes references to.
    pub(super) references: Vec<FuncIndex>,
    /// Why it cannot be compiled, if so.
    pub(super) unsupported: Option<Error>,
}

/// Folds a valid constant expression. `global` gives the values of globals that are folded themselves.
pub(super) fn fold(
    expr: &wasmparser::ConstExpr<'_>,
    global: impl Fn(GlobalIndex) -> Option<ConstValue>,
) -> Result<Folded> {
    let range = expr.get_binary_reader().range();
    let mut references = Vec::new();
    let mut unsupported = None;
    // `None` once something could not be folded. The operators after it still have to be looked at.
    let mut stack = Some(Vec::new());
    let mut operators = expr.get_operators_reader();
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        if let Operator::RefFunc { function_index } = operator {
            references.push(FuncIndex::from_u32(function_index));
        }
        unsupported = unsupported.or_else(|| operator::unsupported(&operator, offset));
        stack = stack.and_then(|stack| step(stack, &operator, &global));
    }
    let expr = match stack.as_deref() {
        Some(&[value]) => ConstExpr::Value(value),
        _ => ConstExpr::Code(range.start as usize..range.end as usize),
    };
    Ok(Folded { expr, references, unsupported })
}

/// One operator of a constant expression; `None` when its result is not known.
fn step(
    mut stack: Vec<ConstValue>,
    operator: &Operator<'_>,
    global: impl Fn(GlobalIndex) -> Option<ConstValue>,
) -> Option<Vec<ConstValue>> {
    let value = match *operator {
        Operator::I32Const { value } => ConstValue::I32(value),
        Operator::I64Const { value } => ConstValue::I64(value),
        Operator::F32Const { value } => ConstValue::F32(value.bits()),
        Operator::F64Const { value } => ConstValue::F64(value.bits()),
        Operator::V128Const { value } => ConstValue::V128(u128::from_le_bytes(*value.bytes())),
        Operator::RefNull { .. } => ConstValue::RefNull,
        Operator::RefFunc { function_index } => ConstValue::RefFunc(FuncIndex::from_u32(function_index)),
        Operator::GlobalGet { global_index } => global(GlobalIndex::from_u32(global_index))?,
        Operator::I32Add => i32_binary(&mut stack, i32::wrapping_add)?,
        Operator::I32Sub => i32_binary(&mut stack, i32::wrapping_sub)?,
        Operator::I32Mul => i32_binary(&mut stack, i32::wrapping_mul)?,
        Operator::I64Add => i64_binary(&mut stack, i64::wrapping_add)?,
        Operator::I64Sub => i64_binary(&mut stack, i64::wrapping_sub)?,
        Operator::I64Mul => i64_binary(&mut stack, i64::wrapping_mul)?,
        Operator::End => return Some(stack),
        _ => return None,
    };
    stack.push(value);
    Some(stack)
}

fn i32_binary(stack: &mut Vec<ConstValue>, operation: fn(i32, i32) -> i32) -> Option<ConstValue> {
    match (stack.pop()?, stack.pop()?) {
        (ConstValue::I32(second), ConstValue::I32(first)) => Some(ConstValue::I32(operation(first, second))),
        _ => None,
    }
}

fn i64_binary(stack: &mut Vec<ConstValue>, operation: fn(i64, i64) -> i64) -> Option<ConstValue> {
    match (stack.pop()?, stack.pop()?) {
        (ConstValue::I64(second), ConstValue::I64(first)) => Some(ConstValue::I64(operation(first, second))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::test_support::with_module;

    fn globals(wat: &str) -> Vec<Option<ConstValue>> {
        with_module(wat, |module| {
            module.globals.values().map(|global| global.init.as_ref().and_then(ConstExpr::value)).collect()
        })
    }

    #[test]
    fn literals_and_arithmetic_fold() {
        let values = globals(
            r#"(module
                (func $f)
                (global i32 (i32.sub (i32.const 3) (i32.const 5)))
                (global i64 (i64.mul (i64.const 0x7fffffffffffffff) (i64.add (i64.const 1) (i64.const 1))))
                (global f32 (f32.const -0.0))
                (global f64 (f64.const nan:0x1))
                (global v128 (v128.const i32x4 1 2 3 4))
                (global funcref (ref.null func))
                (global funcref (ref.func $f)))"#,
        );
        let expected = [
            ConstValue::I32(-2),
            ConstValue::I64(-2),
            ConstValue::F32(0x8000_0000),
            ConstValue::F64(0x7ff0_0000_0000_0001),
            ConstValue::V128(0x0000_0004_0000_0003_0000_0002_0000_0001),
            ConstValue::RefNull,
            ConstValue::RefFunc(FuncIndex::from_u32(0)),
        ];
        assert_eq!(values, expected.map(Some));
    }

    #[test]
    fn globals_fold_when_they_are_immutable_and_known() {
        let values = globals(
            r#"(module
                (import "m" "g" (global $imported i32))
                (global $known i32 (i32.const 7))
                (global i32 (i32.add (global.get $known) (i32.const 1)))
                (global i32 (i32.add (global.get $imported) (i32.const 1))))"#,
        );
        assert_eq!(values, [None, Some(ConstValue::I32(7)), Some(ConstValue::I32(8)), None]);
    }

    #[test]
    fn what_is_not_folded_keeps_its_bytes_and_references() {
        let wat = r#"(module
            (import "m" "g" (global $imported i32))
            (global i32 (i32.add (global.get $imported) (i32.const 1))))"#;
        with_module(wat, |module| {
            let global = module.globals.last().unwrap().1;
            let Some(ConstExpr::Code(range)) = &global.init else { panic!("{global:?}") };
            assert_eq!(module.wasm[range.clone()], [0x23, 0, 0x41, 1, 0x6a, 0x0b]);
        });
    }
}
