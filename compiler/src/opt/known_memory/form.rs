//! How a value and bytes in memory belong together, and how one is made of the other.

use crate::clif::regions;
use cranelift_codegen::cursor::FuncCursor;
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Type, Value, types};

/// What is above the bytes that are in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extension {
    Unknown,
    Zero,
    Sign,
}

/// A value's type, and how many of its low bytes are in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) ty: Type,
    pub(super) bytes: u8,
    extension: Extension,
}

impl Form {
    /// What a load makes of bytes; `None` for loads that do more than that.
    pub(super) fn of_load(function: &Function, inst: Inst) -> Option<Form> {
        let ty = function.dfg.value_type(*function.dfg.inst_results(inst).first()?);
        let (bytes, extension) = match function.dfg.insts[inst].opcode() {
            Opcode::Load => (size(ty)?, Extension::Unknown),
            Opcode::Uload8 => (1, Extension::Zero),
            Opcode::Sload8 => (1, Extension::Sign),
            Opcode::Uload16 => (2, Extension::Zero),
            Opcode::Sload16 => (2, Extension::Sign),
            Opcode::Uload32 => (4, Extension::Zero),
            Opcode::Sload32 => (4, Extension::Sign),
            _ => return None,
        };
        Some(Form { ty, bytes, extension })
    }

    /// What a store makes of a value: the value and its form.
    pub(super) fn of_store(function: &Function, inst: Inst) -> Option<(Value, Form)> {
        let InstructionData::Store { opcode, args: [value, _], .. } = function.dfg.insts[inst] else { return None };
        let value = function.dfg.resolve_aliases(value);
        let ty = function.dfg.value_type(value);
        let bytes = match opcode {
            Opcode::Store => size(ty)?,
            Opcode::Istore8 => 1,
            Opcode::Istore16 => 2,
            Opcode::Istore32 => 4,
            _ => return None,
        };
        Some((value, Form { ty, bytes, extension: Extension::Unknown }))
    }

    /// What is true of both, if they are alike.
    pub(super) fn common(self, other: Form) -> Option<Form> {
        let extension = if self.extension == other.extension { self.extension } else { Extension::Unknown };
        (self.ty == other.ty && self.bytes == other.bytes).then_some(Form { extension, ..self })
    }

    /// Whether [`Form::read`] can make a value of this form from the bytes of one of `known`.
    pub(super) fn can_read(self, known: Form, ahead: u8) -> bool {
        self.is_same(known, ahead) || integer(known.ty).is_some() && integer(self.ty).is_some()
    }

    fn is_same(self, known: Form, ahead: u8) -> bool {
        let extension = self.extension == known.extension || size(self.ty) == Some(self.bytes);
        ahead == 0 && self.ty == known.ty && self.bytes == known.bytes && extension
    }

    /// The value that a load of this form has, `ahead` bytes behind where a value of form `known` is in memory.
    pub(super) fn read(self, cursor: &mut FuncCursor<'_>, value: Value, known: Form, ahead: u8) -> Value {
        if self.is_same(known, ahead) {
            return value;
        }
        let known_type = integer(known.ty).expect("vectors are only read as what they are");
        let result = integer(self.ty).expect("vectors are only read as what they are");
        let mut value =
            if known.ty.is_float() { cursor.ins().bitcast(known_type, regions::bitcast(), value) } else { value };
        if ahead > 0 {
            value = cursor.ins().ushr_imm_u(value, i64::from(ahead) * 8);
        }
        let in_memory = Type::int_with_byte_size(u16::from(self.bytes)).expect("integers of 1 to 8 bytes");
        if known_type.bytes() > in_memory.bytes() {
            value = cursor.ins().ireduce(in_memory, value);
        }
        if result.bytes() > in_memory.bytes() {
            value = match self.extension {
                Extension::Sign => cursor.ins().sextend(result, value),
                Extension::Zero | Extension::Unknown => cursor.ins().uextend(result, value),
            };
        }
        if self.ty.is_float() { cursor.ins().bitcast(self.ty, regions::bitcast(), value) } else { value }
    }
}

fn size(ty: Type) -> Option<u8> {
    u8::try_from(ty.bytes()).ok().filter(|_| !ty.is_dynamic_vector())
}

/// The integer with the bytes of a scalar.
fn integer(ty: Type) -> Option<Type> {
    match ty {
        types::I8 | types::I16 | types::I32 | types::I64 => Some(ty),
        types::F32 => Some(types::I32),
        types::F64 => Some(types::I64),
        _ => None,
    }
}
