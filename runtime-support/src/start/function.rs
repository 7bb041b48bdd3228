//! `--entry NAME`: a function's arguments from the command line, by its type, and its results on standard output.
#![allow(unsafe_code, reason = "reads a type descriptor and calls by reference")]

use super::{Program, not_exported};
use crate::instance::{Extern, Instance};
use crate::os;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use aot_abi::context::{FuncRef, ValueSlot};
use aot_abi::types::{ValueKind, ValueType};

/// Status for arguments that do not fit the function.
const USAGE: i32 = 2;

/// Calls the function and prints its results, one a line.
pub(super) fn run(program: &Program, instance: Instance, name: &[u8], arguments: &[&[u8]]) -> i32 {
    let Some(Extern::Function(function)) = instance.export(name) else { not_exported(name) };
    // SAFETY: the reference belongs to the live instance, and the compiler wrote its type.
    let (parameters, results) = unsafe { signature(function) };
    if parameters.len() != arguments.len() {
        let types: Vec<&str> = parameters.iter().map(type_name).collect();
        return misused(&format!(
            "`{}` takes {} arguments ({}), {} given",
            String::from_utf8_lossy(name),
            parameters.len(),
            types.join(", "),
            arguments.len()
        ));
    }
    let mut values = vec![ValueSlot::default(); parameters.len().max(results.len())];
    for ((ty, argument), value) in parameters.iter().zip(arguments).zip(&mut values) {
        match core::str::from_utf8(argument).ok().and_then(|text| parse(ty, text)) {
            Some(bits) => value.bytes = bits.to_le_bytes(),
            None => {
                let argument = String::from_utf8_lossy(argument);
                return misused(&format!("`{argument}` is not a value of type {} that can be typed", type_name(ty)));
            }
        }
    }
    if let Some(Extern::Function(initialize)) = instance.export(b"_initialize")
        && name != b"_initialize"
    {
        // SAFETY: as below. Validation of reactors says that it takes nothing; a larger type finds zeros.
        let (parameters, results) = unsafe { signature(initialize) };
        let mut nothing = vec![ValueSlot::default(); parameters.len().max(results.len())];
        // SAFETY: the reference belongs to the live instance, and the values fit its type.
        if let Err(trapped) = unsafe { crate::call(initialize, &mut nothing) } {
            program.die_of(&trapped)
        }
    }
    // SAFETY: the reference belongs to the live instance, and the values fit its type.
    if let Err(trapped) = unsafe { crate::call(function, &mut values) } {
        program.die_of(&trapped)
    }
    let mut output = String::new();
    for (ty, value) in results.iter().zip(&values) {
        output.push_str(&show(ty, u128::from_le_bytes(value.bytes)));
        output.push('\n');
    }
    if os::write_stdout(output.as_bytes()) { 0 } else { 1 }
}

/// Parameters and results of a function.
///
/// # Safety
/// The reference belongs to a live instance.
unsafe fn signature(function: *const FuncRef) -> (&'static [ValueType], &'static [ValueType]) {
    // SAFETY: a descriptor holds as many value types as it says.
    unsafe {
        let descriptor = &*(*function).type_descriptor;
        let (parameters, results) = (descriptor.parameter_count as usize, descriptor.result_count as usize);
        if parameters + results == 0 {
            return (&[], &[]);
        }
        core::slice::from_raw_parts(descriptor.values, parameters + results).split_at(parameters)
    }
}

fn misused(why: &str) -> i32 {
    os::write_stderr(format!("error: {why}\n").as_bytes());
    USAGE
}

fn type_name(ty: &ValueType) -> &'static str {
    match ty.kind {
        ValueKind::I32 => "i32",
        ValueKind::I64 => "i64",
        ValueKind::F32 => "f32",
        ValueKind::F64 => "f64",
        ValueKind::V128 => "v128",
        ValueKind::I8 | ValueKind::I16 | ValueKind::Reference => "ref",
    }
}

/// The bits of a value: integers signed or unsigned, decimal or `0x…`; floats as Rust writes them; vectors as `0x…`.
fn parse(ty: &ValueType, text: &str) -> Option<u128> {
    match ty.kind {
        ValueKind::I32 => integer(text, 32),
        ValueKind::I64 => integer(text, 64),
        ValueKind::F32 => Some(u128::from(text.parse::<f32>().ok()?.to_bits())),
        ValueKind::F64 => Some(u128::from(text.parse::<f64>().ok()?.to_bits())),
        ValueKind::V128 => u128::from_str_radix(text.strip_prefix("0x")?, 16).ok(),
        ValueKind::I8 | ValueKind::I16 | ValueKind::Reference => None,
    }
}

fn integer(text: &str, bits: u32) -> Option<u128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let magnitude = match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => digits.parse::<u64>(),
    }
    .ok()?;
    let mask = u64::MAX >> (64 - bits);
    let limit = if negative { 1 << (bits - 1) } else { mask };
    if magnitude > limit || digits.starts_with('+') {
        return None;
    }
    let value = if negative { magnitude.wrapping_neg() } else { magnitude };
    Some(u128::from(value & mask))
}

fn show(ty: &ValueType, bits: u128) -> String {
    match ty.kind {
        ValueKind::I32 => format!("{}", bits as i32),
        ValueKind::I64 => format!("{}", bits as i64),
        ValueKind::F32 => format!("{:?}", f32::from_bits(bits as u32)),
        ValueKind::F64 => format!("{:?}", f64::from_bits(bits as u64)),
        ValueKind::V128 => format!("{bits:#034x}"),
        ValueKind::I8 | ValueKind::I16 | ValueKind::Reference => {
            String::from(if bits == 0 { "null" } else { "reference" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aot_abi::types::HeapKind;

    fn of(kind: ValueKind) -> ValueType {
        ValueType { kind, nullable: 0, heap: HeapKind::NotAReference, reserved: [0; 5], concrete: core::ptr::null() }
    }

    #[test]
    fn integers_are_read_in_both_signs_and_bases() {
        let i32 = |text| parse(&of(ValueKind::I32), text);
        assert_eq!(i32("-1"), Some(0xffff_ffff));
        assert_eq!(i32("4294967295"), Some(0xffff_ffff));
        assert_eq!(i32("-2147483648"), Some(0x8000_0000));
        assert_eq!(i32("0xff"), Some(255));
        for wrong in ["4294967296", "-2147483649", "", "-", "--1", "+1", "1.0", "0x", "١"] {
            assert_eq!(i32(wrong), None, "{wrong}");
        }
        assert_eq!(parse(&of(ValueKind::I64), "-1"), Some(u128::from(u64::MAX)));
        assert_eq!(parse(&of(ValueKind::I64), "18446744073709551616"), None);
    }

    #[test]
    fn results_are_shown_as_they_can_be_typed() {
        for (kind, text) in [
            (ValueKind::I32, "-7"),
            (ValueKind::I64, "9223372036854775807"),
            (ValueKind::F32, "0.1"),
            (ValueKind::F64, "-inf"),
            (ValueKind::F64, "NaN"),
            (ValueKind::V128, "0x0000000000000000000000000000002a"),
        ] {
            assert_eq!(show(&of(kind), parse(&of(kind), text).expect("valid")), text);
        }
    }
}
