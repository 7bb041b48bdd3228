//! What a result has to look like.

use alloc::vec::Vec;
use core::fmt;

/// A value as arguments and results carry it: its bytes, little-endian, zero-extended to 16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value(pub [u8; 16]);

impl Value {
    /// From the value's bits, zero-extended.
    #[must_use]
    pub const fn from_bits(bits: u128) -> Self {
        Value(bits.to_le_bytes())
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u128 {
        u128::from_le_bytes(self.0)
    }

    /// The reference that stands for host object `number`: 0 would be null.
    #[must_use]
    pub const fn host_reference(number: u32) -> Self {
        Value::from_bits(number as u128 + 1)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#x}", self.bits())
    }
}

/// One acceptable shape of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// Exactly this value.
    Exact(Value),
    /// Float lanes from the lowest, `lane_bytes` (4 or 8) each: one lane is a scalar. Bytes beyond the lanes are zero.
    Floats { lane_bytes: u8, lanes: Vec<Lane> },
    /// A reference other than null.
    NonNull,
    /// A reference to an object of this kind.
    Reference(ReferenceKind),
    /// Any of these.
    Either(Vec<Pattern>),
}

/// One float lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// These bits.
    Exact(u64),
    /// A NaN whose payload is the quiet bit only, either sign.
    CanonicalNan,
    /// A NaN whose payload has the quiet bit, either sign.
    ArithmeticNan,
}

/// Kinds of objects that only their header tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    Any,
    Eq,
    I31,
    Struct,
    Array,
}

/// Tells the kind of the object that a non-null reference points to.
pub trait Classify {
    /// Whether `reference` is of this kind; `None` when nothing here can tell.
    fn is_kind(&self, reference: u64, kind: ReferenceKind) -> Option<bool>;
}

impl Pattern {
    /// Whether `value` is of this shape.
    #[must_use]
    pub fn matches(&self, value: Value, classify: &dyn Classify) -> bool {
        match self {
            Pattern::Exact(expected) => *expected == value,
            Pattern::Floats { lane_bytes, lanes } => {
                let bits = value.bits();
                let lane_bits = u32::from(*lane_bytes) * 8;
                let used = lane_bits * lanes.len() as u32;
                (used == 128 || bits >> used == 0)
                    && lanes.iter().enumerate().all(|(index, lane)| {
                        let lane_value = (bits >> (lane_bits * index as u32)) as u64 & (u64::MAX >> (64 - lane_bits));
                        lane.matches(lane_value, *lane_bytes)
                    })
            }
            Pattern::NonNull => value.bits() != 0,
            Pattern::Reference(kind) => {
                value.bits() != 0 && classify.is_kind(value.bits() as u64, *kind).unwrap_or(false)
            }
            Pattern::Either(patterns) => patterns.iter().any(|pattern| pattern.matches(value, classify)),
        }
    }
}

impl Lane {
    fn matches(self, lane: u64, lane_bytes: u8) -> bool {
        // Everything but the sign, with the quiet bit as the lowest that has to be set.
        let (magnitude, quiet) = if lane_bytes == 4 {
            (lane & 0x7fff_ffff, 0x7fc0_0000)
        } else {
            (lane & 0x7fff_ffff_ffff_ffff, 0x7ff8_0000_0000_0000)
        };
        match self {
            Lane::Exact(bits) => lane == bits,
            Lane::CanonicalNan => magnitude == quiet,
            Lane::ArithmeticNan => magnitude & quiet == quiet,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Exact(value) => write!(formatter, "{value}"),
            Pattern::Floats { lanes, .. } => {
                for (index, lane) in lanes.iter().enumerate() {
                    let separator = if index == 0 { "" } else { " " };
                    match lane {
                        Lane::Exact(bits) => write!(formatter, "{separator}{bits:#x}")?,
                        Lane::CanonicalNan => write!(formatter, "{separator}nan:canonical")?,
                        Lane::ArithmeticNan => write!(formatter, "{separator}nan:arithmetic")?,
                    }
                }
                Ok(())
            }
            Pattern::NonNull => formatter.write_str("a reference"),
            Pattern::Reference(kind) => write!(formatter, "a reference of kind {kind:?}"),
            Pattern::Either(patterns) => {
                for (index, pattern) in patterns.iter().enumerate() {
                    write!(formatter, "{}{pattern}", if index == 0 { "" } else { " or " })?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    struct Nothing;
    impl Classify for Nothing {
        fn is_kind(&self, _: u64, _: ReferenceKind) -> Option<bool> {
            None
        }
    }

    fn matches(pattern: &Pattern, bits: u128) -> bool {
        pattern.matches(Value::from_bits(bits), &Nothing)
    }

    #[test]
    fn nan_patterns_ignore_the_sign_only() {
        let canonical = Pattern::Floats { lane_bytes: 4, lanes: vec![Lane::CanonicalNan] };
        let arithmetic = Pattern::Floats { lane_bytes: 4, lanes: vec![Lane::ArithmeticNan] };
        for (bits, is_canonical, is_arithmetic) in [
            (0x7fc0_0000, true, true),
            (0xffc0_0000, true, true),
            (0x7fc0_0001, false, true),
            (0x7fa0_0000, false, false),
            (0x7f80_0000, false, false),
            (0x1_7fc0_0000, false, false),
        ] {
            assert_eq!(matches(&canonical, bits), is_canonical, "{bits:#x}");
            assert_eq!(matches(&arithmetic, bits), is_arithmetic, "{bits:#x}");
        }
        let wide = Pattern::Floats { lane_bytes: 8, lanes: vec![Lane::CanonicalNan, Lane::Exact(5)] };
        assert!(matches(&wide, 5 << 64 | 0xfff8_0000_0000_0000));
        assert!(!matches(&wide, 6 << 64 | 0xfff8_0000_0000_0000));
    }

    #[test]
    fn either_takes_any_and_null_is_no_reference() {
        let either =
            Pattern::Either(vec![Pattern::Exact(Value::from_bits(1)), Pattern::Exact(Value::host_reference(1))]);
        assert!(matches(&either, 1) && matches(&either, 2) && !matches(&either, 3));
        assert!(matches(&Pattern::NonNull, 7) && !matches(&Pattern::NonNull, 0));
        assert!(!matches(&Pattern::Reference(ReferenceKind::Struct), 7), "nothing can tell, so it does not match");
    }
}
