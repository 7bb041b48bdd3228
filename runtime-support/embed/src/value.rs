//! Values whose types are known when the program runs.

use crate::reference::{ExternRef, ForeignFunction, Function, Identity};
use crate::typed::sealed::Value as _;
use crate::types::Type;
use std::fmt;

/// A value of the guest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// `i32`.
    I32(i32),
    /// `i64`.
    I64(i64),
    /// `f32`.
    F32(f32),
    /// `f64`.
    F64(f64),
    /// `v128`, little-endian.
    V128([u8; 16]),
    /// `funcref`.
    FuncRef(Option<Function>),
    /// `externref`.
    ExternRef(Option<ExternRef>),
}

impl Value {
    /// Its type.
    #[must_use]
    pub fn ty(&self) -> Type {
        match self {
            Value::I32(_) => Type::I32,
            Value::I64(_) => Type::I64,
            Value::F32(_) => Type::F32,
            Value::F64(_) => Type::F64,
            Value::V128(_) => Type::V128,
            Value::FuncRef(_) => Type::FuncRef,
            Value::ExternRef(_) => Type::ExternRef,
        }
    }

    pub(crate) fn store(self, identity: Identity) -> Result<[u8; 16], ForeignFunction> {
        match self {
            Value::I32(value) => value.store(identity),
            Value::I64(value) => value.store(identity),
            Value::F32(value) => value.store(identity),
            Value::F64(value) => value.store(identity),
            Value::V128(value) => value.store(identity),
            Value::FuncRef(value) => value.store(identity),
            Value::ExternRef(value) => value.store(identity),
        }
    }

    pub(crate) fn load(ty: Type, bytes: [u8; 16], identity: Identity) -> Value {
        match ty {
            Type::I32 => Value::I32(i32::load(bytes, identity)),
            Type::I64 => Value::I64(i64::load(bytes, identity)),
            Type::F32 => Value::F32(f32::load(bytes, identity)),
            Type::F64 => Value::F64(f64::load(bytes, identity)),
            Type::V128 => Value::V128(bytes),
            Type::FuncRef => Value::FuncRef(Option::load(bytes, identity)),
            Type::ExternRef => Value::ExternRef(Option::load(bytes, identity)),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::I32(value) => value.fmt(f),
            Value::I64(value) => value.fmt(f),
            Value::F32(value) => value.fmt(f),
            Value::F64(value) => value.fmt(f),
            Value::V128(bytes) => write!(f, "{:#034x}", u128::from_le_bytes(*bytes)),
            Value::FuncRef(None) | Value::ExternRef(None) => f.write_str("null"),
            Value::FuncRef(Some(_)) => f.write_str("a function"),
            Value::ExternRef(Some(reference)) => write!(f, "extern {}", reference.number()),
        }
    }
}

macro_rules! from {
    ($($ty:ty => $name:ident,)*) => {
        $(impl From<$ty> for Value {
            fn from(value: $ty) -> Value {
                Value::$name(value)
            }
        })*
    };
}

from! {
    i32 => I32,
    i64 => I64,
    f32 => F32,
    f64 => F64,
    [u8; 16] => V128,
    Option<Function> => FuncRef,
    Option<ExternRef> => ExternRef,
}
