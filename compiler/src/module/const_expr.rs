//! Initializers: a value when they can be folded, otherwise the operators themselves, to be translated as code.

use crate::index::FuncIndex;
use std::ops::Range;

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
