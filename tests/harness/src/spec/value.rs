//! Arguments and results as scripts write them → values and patterns of the driver.

use aot_spec_script::{Lane, Pattern, ReferenceKind, Value};
use wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};

/// The value of an argument.
pub(super) fn argument(argument: &WastArgCore<'_>) -> Result<Value, String> {
    Ok(match argument {
        WastArgCore::I32(value) => Value::from_bits(u128::from(*value as u32)),
        WastArgCore::I64(value) => Value::from_bits(u128::from(*value as u64)),
        WastArgCore::F32(value) => Value::from_bits(u128::from(value.bits)),
        WastArgCore::F64(value) => Value::from_bits(u128::from(value.bits)),
        WastArgCore::V128(value) => Value(value.to_le_bytes()),
        WastArgCore::RefNull(_) => Value::from_bits(0),
        WastArgCore::RefExtern(number) | WastArgCore::RefHost(number) => Value::host_reference(*number),
    })
}

/// The pattern of a result.
pub(super) fn pattern(result: &WastRetCore<'_>) -> Result<Pattern, String> {
    let exact = |bits: u128| Pattern::Exact(Value::from_bits(bits));
    Ok(match result {
        WastRetCore::I32(value) => exact(u128::from(*value as u32)),
        WastRetCore::I64(value) => exact(u128::from(*value as u64)),
        WastRetCore::F32(value) => floats(4, &[lane(value, |float| u64::from(float.bits))]),
        WastRetCore::F64(value) => floats(8, &[lane(value, |float| float.bits)]),
        WastRetCore::V128(value) => vector(value),
        WastRetCore::RefNull(_) => exact(0),
        WastRetCore::RefExtern(Some(number)) | WastRetCore::RefHost(number) => {
            Pattern::Exact(Value::host_reference(*number))
        }
        WastRetCore::RefExtern(None) | WastRetCore::RefFunc(None) => Pattern::NonNull,
        WastRetCore::RefAny => Pattern::Reference(ReferenceKind::Any),
        WastRetCore::RefEq => Pattern::Reference(ReferenceKind::Eq),
        WastRetCore::RefI31 => Pattern::Reference(ReferenceKind::I31),
        WastRetCore::RefStruct => Pattern::Reference(ReferenceKind::Struct),
        WastRetCore::RefArray => Pattern::Reference(ReferenceKind::Array),
        WastRetCore::Either(patterns) => Pattern::Either(patterns.iter().map(pattern).collect::<Result<_, _>>()?),
        WastRetCore::RefFunc(Some(_)) | WastRetCore::RefI31Shared => {
            return Err(format!("the driver cannot check {result:?}"));
        }
    })
}

fn vector(value: &V128Pattern) -> Pattern {
    match value {
        V128Pattern::I8x16(lanes) => integers(8, lanes.map(|lane| u128::from(lane as u8))),
        V128Pattern::I16x8(lanes) => integers(16, lanes.map(|lane| u128::from(lane as u16))),
        V128Pattern::I32x4(lanes) => integers(32, lanes.map(|lane| u128::from(lane as u32))),
        V128Pattern::I64x2(lanes) => integers(64, lanes.map(|lane| u128::from(lane as u64))),
        V128Pattern::F32x4(lanes) => floats(4, &lanes.map(|value| lane(&value, |float| u64::from(float.bits)))),
        V128Pattern::F64x2(lanes) => floats(8, &lanes.map(|value| lane(&value, |float| float.bits))),
    }
}

fn integers<const LANES: usize>(lane_bits: u32, lanes: [u128; LANES]) -> Pattern {
    // The highest lane is shifted in first.
    Pattern::Exact(Value::from_bits(lanes.iter().rev().fold(0, |bits, lane| bits << lane_bits | lane)))
}

fn floats(lane_bytes: u8, lanes: &[Lane]) -> Pattern {
    Pattern::Floats { lane_bytes, lanes: lanes.to_vec() }
}

fn lane<T>(pattern: &NanPattern<T>, bits: impl Fn(&T) -> u64) -> Lane {
    match pattern {
        NanPattern::CanonicalNan => Lane::CanonicalNan,
        NanPattern::ArithmeticNan => Lane::ArithmeticNan,
        NanPattern::Value(value) => Lane::Exact(bits(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_stand_in_order_from_the_lowest() {
        assert_eq!(
            vector(&V128Pattern::I32x4([1, -1, 3, 4])),
            Pattern::Exact(Value::from_bits(0x0000_0004_0000_0003_ffff_ffff_0000_0001))
        );
    }
}
