//! Value types, and signatures as numbers: two functions have the same type exactly when the numbers are equal.
#![allow(unsafe_code, reason = "reads what a descriptor points to")]

use aot_runtime::abi::types::{HeapKind, TypeDescriptor, ValueKind, ValueType};
use std::fmt;

/// The type of a value that hosts and guests exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Type {
    /// `i32`.
    I32 = 1,
    /// `i64`.
    I64 = 2,
    /// `f32`.
    F32 = 3,
    /// `f64`.
    F64 = 4,
    /// `v128`.
    V128 = 5,
    /// `funcref`.
    FuncRef = 6,
    /// `externref`.
    ExternRef = 7,
}

impl Type {
    /// The type that an image describes; `None` for one that hosts have no values of.
    pub(crate) fn of(ty: &ValueType) -> Option<Type> {
        Some(match ty.kind {
            ValueKind::I32 => Type::I32,
            ValueKind::I64 => Type::I64,
            ValueKind::F32 => Type::F32,
            ValueKind::F64 => Type::F64,
            ValueKind::V128 => Type::V128,
            ValueKind::Reference if ty.nullable == 1 && ty.heap == HeapKind::Func => Type::FuncRef,
            ValueKind::Reference if ty.nullable == 1 && ty.heap == HeapKind::Extern => Type::ExternRef,
            ValueKind::Reference | ValueKind::I8 | ValueKind::I16 => return None,
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::I32 => "i32",
            Type::I64 => "i64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::V128 => "v128",
            Type::FuncRef => "funcref",
            Type::ExternRef => "externref",
        })
    }
}

/// Parameters and results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Types of the parameters.
    pub parameters: Box<[Type]>,
    /// Types of the results.
    pub results: Box<[Type]>,
}

impl Signature {
    /// What a descriptor says; `None` where a host has no values of one of its types.
    ///
    /// # Safety
    /// The descriptor is part of an image: the runtime's promise 1 holds for it.
    pub(crate) unsafe fn of(descriptor: *const TypeDescriptor) -> Option<Signature> {
        // SAFETY: descriptors live as long as the process, and point to as many types as they say.
        let (types, parameters) = unsafe {
            let descriptor = &*descriptor;
            let (parameters, results) = (descriptor.parameter_count as usize, descriptor.result_count as usize);
            let count = parameters + results;
            let types = if count == 0 { &[] } else { std::slice::from_raw_parts(descriptor.values, count) };
            (types, parameters)
        };
        let list = |types: &[ValueType]| types.iter().map(Type::of).collect::<Option<Box<[Type]>>>();
        Some(Signature { parameters: list(&types[..parameters])?, results: list(&types[parameters..])? })
    }

    /// As a number; `None` for those that are too long to have one.
    pub(crate) fn code(&self) -> Option<Code> {
        Code::of(&self.parameters, &self.results)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, types: &[Type]| {
            types.iter().enumerate().try_for_each(|(index, ty)| {
                let separator = if index == 0 { "" } else { ", " };
                write!(f, "{separator}{ty}")
            })
        };
        f.write_str("(")?;
        list(f, &self.parameters)?;
        f.write_str(") -> (")?;
        list(f, &self.results)?;
        f.write_str(")")
    }
}

/// A signature as a number: a one, then three bits for each parameter, three zero bits, and three bits for each result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(u128);

impl Code {
    /// As many types as there are bits for.
    const TYPES_MAX: usize = (128 - 1 - 3) / 3;

    pub(crate) const fn of(parameters: &[Type], results: &[Type]) -> Option<Code> {
        if parameters.len() + results.len() > Code::TYPES_MAX {
            return None;
        }
        let code = Code::append(1, parameters) << 3;
        Some(Code(Code::append(code, results)))
    }

    const fn append(mut code: u128, types: &[Type]) -> u128 {
        let mut index = 0;
        while index < types.len() {
            code = code << 3 | types[index] as u128;
            index += 1;
        }
        code
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, Type};

    #[test]
    fn codes_tell_signatures_apart() {
        let lists: [&[Type]; 6] = [
            &[],
            &[Type::I32],
            &[Type::I32, Type::I32],
            &[Type::ExternRef],
            &[Type::F32, Type::I64, Type::V128],
            &[Type::ExternRef; 20],
        ];
        for (a, parameters) in lists.iter().enumerate() {
            for (b, results) in lists.iter().enumerate() {
                for (c, others) in lists.iter().enumerate() {
                    for (d, more) in lists.iter().enumerate() {
                        let same = Code::of(parameters, results) == Code::of(others, more);
                        assert_eq!(same, (a, b) == (c, d));
                    }
                }
            }
        }
        assert!(Code::of(&[Type::I32; 21], &[Type::I32; 21]).is_none());
    }
}
