//! `Trap` ↔ `ir::TrapCode`; conditional traps.

use super::translator::FuncTranslator;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::{InstBuilder, TrapCode, Value};

/// As Cranelift carries it. Cranelift keeps codes from 251 up for itself; ours are small.
pub(crate) fn code(trap: Trap) -> TrapCode {
    TrapCode::user(trap.code()).expect("trap codes start at 1 and stay below Cranelift's own")
}

/// As the tables of an object carry it; `None` for codes that are no trap of the program's.
pub(crate) fn from_code(code: TrapCode) -> Option<Trap> {
    match code {
        TrapCode::STACK_OVERFLOW => Some(Trap::StackOverflow),
        TrapCode::HEAP_OUT_OF_BOUNDS => Some(Trap::MemoryOutOfBounds),
        TrapCode::INTEGER_OVERFLOW => Some(Trap::IntegerOverflow),
        TrapCode::INTEGER_DIVISION_BY_ZERO => Some(Trap::IntegerDivideByZero),
        TrapCode::BAD_CONVERSION_TO_INTEGER => Some(Trap::InvalidConversionToInteger),
        other => Trap::from_code(other.as_raw().get()),
    }
}

/// Traps when the condition is not zero.
pub(crate) fn trap_if(f: &mut FuncTranslator<'_, '_>, condition: Value, trap: Trap) {
    f.builder.ins().trapnz(condition, code(trap));
}

/// Traps when the condition is zero.
pub(crate) fn trap_unless(f: &mut FuncTranslator<'_, '_>, condition: Value, trap: Trap) {
    f.builder.ins().trapz(condition, code(trap));
}

/// Traps. What follows is unreachable.
pub(crate) fn raise(f: &mut FuncTranslator<'_, '_>, trap: Trap) {
    f.builder.ins().trap(code(trap));
    f.mark_unreachable();
}
